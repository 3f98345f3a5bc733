"""A dataset → a folder with its samples: a table, the images, and a description that reads back."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.config.load import load_dataset
from harness.counted import counted
from harness.dataset.converting import IMAGES, copy_images, write_dataset
from harness.dataset.samples import load_samples
from harness.dataset.splits import undivided
from harness.errors import DataError
from harness.fingerprint import canonical_json
from harness.pipeline.looking.data_check import read_data

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.dataset.converting import TableFormat
    from harness.dataset.samples import LoadedDataset
    from harness.pipeline.looking.data_check import Progress
    from harness.records import DatasetConfig, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was written."""

    description: Path
    samples: int
    images: int
    table: TableFormat
    left_out: int
    """Rows."""


def convert_data(dataset: str, folder: Path, progress: Progress) -> Converted:
    """Write the samples of a dataset, and read them again to see that they are the same.

    The folder is there when it is whole, and not before. Parquet cannot hold every metadata as it
    is, such as a field that is a text here and a list there; then JSON lines are written.

    Args:
        dataset: its name under ``datasets/``, or a path ending in .yaml.
        folder: where to; it may not be there, or must be empty.
        progress: told how far it is.

    Raises:
        ConfigErrors: there is no such dataset, or its description is wrong.
        DataError: it cannot be read as a run reads it, or the folder holds something already or
            cannot be written.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise DataError(f"{folder} is there already", hint="nothing is overwritten: name another")
    config, loaded = read_data(dataset, progress, divided=False, lenient=False)
    progress.stage(f"writing {folder}")
    whole = folder.resolve()
    waiting = whole.with_name(f".{whole.name}.{os.getpid()}")
    try:
        waiting.mkdir(parents=True)
        names = copy_images(
            loaded.samples, waiting / IMAGES, lambda done: progress.so_far(f"{done:,} images")
        )
        table, description = _written(loaded, config, waiting, names)
        waiting.rename(whole)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    return Converted(
        description=folder / description.name,
        samples=len(loaded.samples),
        images=len(names),
        table=table,
        left_out=len(loaded.dropped),
    )


def _written(
    loaded: LoadedDataset, config: DatasetConfig, folder: Path, names: dict[str, str]
) -> tuple[TableFormat, Path]:
    """Write the table in the first format from which the same samples are read.

    Raises:
        DataError: there is none.
    """
    count = len(loaded.samples)
    told = f"Written by 'harness data convert' from {config.name}: {counted(count, 'sample')}."
    fault = ""
    formats: tuple[TableFormat, ...] = ("parquet", "jsonl")
    for table in formats:
        try:
            path = write_dataset(loaded.samples, config, folder, names, table=table, told=told)
            fault = _difference(loaded.samples, load_samples(undivided(load_dataset(path))).samples)
        except (ValueError, DataError) as error:
            fault = str(error)
        if not fault:
            return table, path
        (folder / f"samples.{table}").unlink(missing_ok=True)
    raise DataError(f"dataset '{config.name}' cannot be written so that it reads back: {fault}")


def _difference(before: Sequence[Sample], after: Sequence[Sample]) -> str:
    """Name the first sample that is not the same; empty where all are."""
    if len(before) != len(after):
        return f"{counted(len(before), 'sample')} became {len(after):,}"
    pairs = zip(before, after, strict=True)
    return next((f"sample '{a.id}' is another" for a, b in pairs if _said(a) != _said(b)), "")


def _said(sample: Sample) -> str:
    """Write all that a sample says, but where its images are."""
    return canonical_json(
        [
            sample.id,
            sample.references,
            sample.cluster,
            sample.metadata,
            [ref.sha256 for ref in sample.media],
        ]
    )
