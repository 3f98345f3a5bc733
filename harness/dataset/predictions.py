"""A file of predictions made elsewhere → texts by system and sample, and what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.tabular import FORMATS, read_table
from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFile:
    """The texts of a file, and the rows that could not be used."""

    texts: dict[str, dict[str, str]]
    """System → sample id → text, systems in the order in which they appear."""
    unknown: tuple[str, ...]
    """Ids that the dataset does not have, each once."""


def read_predictions(path: Path, ids: Collection[str]) -> PredictionFile:
    """Read a CSV, TSV, JSON lines or Parquet file with the columns ``id``, ``text`` [, ``system``].

    Args:
        path: the file; its ending tells the format. Without a ``system`` column its stem is the
            system's name.
        ids: the samples that there are.

    Raises:
        DataError: the file cannot be read, lacks a column, predicts a sample twice, or has no id
            of the dataset.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"not a known kind of file: {path}", hint=f"known: {', '.join(FORMATS)}")
    rows = read_table(path, kind, ["id", "text"])
    systems = rows["system"] if "system" in rows.columns else [path.stem] * len(rows)
    texts: dict[str, dict[str, str]] = {}
    unknown: dict[str, None] = {}
    for system, sample_id, text in zip(map(str, systems), rows["id"], rows["text"], strict=True):
        name = str(sample_id)
        if name not in ids:
            unknown[name] = None
            continue
        mine = texts.setdefault(system, {})
        if name in mine:
            raise DataError(f"{path.name}: system '{system}' predicts sample '{name}' twice")
        if isinstance(text, str):
            mine[name] = text
    if not texts:
        raise DataError(
            f"{path.name} has no sample of the dataset",
            hint=f"its ids look like {', '.join(list(unknown)[:3])}; "
            f"the dataset's like {', '.join(list(ids)[:3])}",
        )
    return PredictionFile(texts=texts, unknown=tuple(unknown))
