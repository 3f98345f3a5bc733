"""A run → a folder of tidy Parquet files that Hugging Face's ``datasets`` loads by its path.

Each table is a configuration of the dataset: predictions, scores, results, completions, systems and
samples, with the columns of ``harness.frames``. Images are not in it; samples name their sha256.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from harness import frames
from harness.errors import DataError
from harness.opened_run import Run
from harness.report.escape import markdown, markdown_line

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from harness.store.run_folder import RunFolder

TABLES = ("predictions", "scores", "results", "completions", "systems", "samples")
"""The first is what is loaded where none is named."""


def export_parquet(folder: RunFolder, to: Path) -> dict[str, int]:
    """Write a scored run's tables; the folder is there when it is whole, and not before.

    Args:
        folder: the run.
        to: where; it may not be there, or must be empty.

    Returns:
        Table → its rows.

    Raises:
        StoreError: the run is not scored, or its files are damaged.
        DataError: the folder holds something already, or cannot be written.
    """
    if to.is_file() or (to.is_dir() and any(to.iterdir())):
        raise DataError(f"{to} is there already", hint="nothing is overwritten: name another")
    run = Run(path=folder.path)
    tables = {
        "predictions": (run.predictions, frames.PREDICTIONS),
        "scores": (run.scores, frames.SCORES),
        "results": (run.results, frames.RESULTS),
        "completions": (run.completions, frames.COMPLETIONS),
        "systems": (frames.system_frame(run.record.systems), frames.SYSTEMS),
        "samples": (frames.sample_frame(run.samples), frames.SAMPLES),
    }
    whole = to.resolve()
    waiting = whole.with_name(f".{whole.name}.{os.getpid()}")
    try:
        waiting.mkdir(parents=True)
        for name, (frame, columns) in tables.items():
            _write(waiting / f"{name}.parquet", frame, columns)
        rows = {name: len(frame) for name, (frame, _) in tables.items()}
        (waiting / "README.md").write_text(_card(run, rows), encoding="utf-8")
        waiting.rename(whole)
    except OSError as error:
        raise DataError(f"{to} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return rows


def _write(path: Path, frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Write a table whose types do not depend on what is in it."""
    import pyarrow
    import pyarrow.parquet

    kinds: dict[str, Any] = {
        "string": pyarrow.string(),
        "Int64": pyarrow.int64(),
        "float64": pyarrow.float64(),
        "object": pyarrow.list_(pyarrow.string()),
    }
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    arrays = [
        # A number that is not there is null, as texts and counts are.
        pyarrow.array(frame[name].tolist(), type=field.type, from_pandas=True)
        for name, field in zip(columns, schema, strict=True)
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), path)


def _card(run: Run, rows: Mapping[str, int]) -> str:
    """Write the dataset's card, with the configurations that ``datasets`` reads."""
    record = run.record
    split = record.dataset.split
    of = f", split {markdown(split.name)}" if split else ""
    sealed = (
        " (sealed: whoever publishes this folder gives it away)"
        if split and split.is_sealed
        else ""
    )
    lines = [
        "---",
        "configs:",
        *(
            line
            for i, name in enumerate(TABLES)
            for line in (
                f"- config_name: {name}",
                f"  data_files: {name}.parquet",
                *(["  default: true"] if i == 0 else []),
            )
        ),
        "---",
        "",
        f"# Run {markdown(record.id)} of {markdown(record.suite)}",
        "",
        markdown_line(
            f"Predictions and scores of {len(record.systems):,} systems on "
            f"{record.dataset.samples:,} samples of"
        )
        + f" {markdown(record.dataset.name)}{of}{sealed}. Written by prompt-harness.",
        "",
        "| table | rows | columns |",
        "|---|---:|---|",
        *(f"| {name} | {rows[name]:,} | {_columns(name)} |" for name in TABLES),
        "",
        "A value that is not there is null, and `status` says why. Samples hold the references,",
        "and the sha256 of images, which are not in this folder.",
        "",
        "```python",
        "from datasets import load_dataset",
        "",
        'predictions = load_dataset("this/folder", "predictions", split="train")',
        "```",
        "",
    ]
    return "\n".join(lines)


def _columns(table: str) -> str:
    columns: Mapping[str, str] = getattr(frames, table.upper())
    return ", ".join(f"`{name}`" for name in columns)
