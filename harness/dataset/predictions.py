"""A file of predictions made elsewhere → texts by system and sample, and what does not fit."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.cells import ONE_TEXT, text_of, texts_of
from harness.dataset.notes import Notes
from harness.dataset.row_fault import RowFault
from harness.dataset.sources.table import TableFile, read_rows
from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator
    from pathlib import Path

    from harness.dataset.sources.table import Cell, Row

FORMATS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".parquet": "parquet"}
"""How a file's name ends → its format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFile:
    """The texts of a file, and the rows that could not be used."""

    texts: dict[str, dict[str, str]]
    """System → sample id → text, systems in the order in which they appear; one that has no id of
    the dataset is there without a text."""
    unknown: tuple[str, ...]
    """Ids that the dataset does not have, each once."""
    notes: tuple[str, ...] = ()
    """What was taken for something else than it is in the file, a sentence each, with its count."""


def read_predictions(
    path: Path, ids: Collection[str], every: Callable[[], Collection[str]] | None = None
) -> PredictionFile:
    """Read a CSV, TSV, JSON lines or Parquet file with the columns ``id``, ``text`` [, ``system``].

    A number is the text that stands in the file, a list of one text that text, null no prediction.

    Args:
        path: the file; its ending tells the format. Without a ``system`` column its stem is the
            system's name.
        ids: the samples that there are.
        every: where these are a part of the dataset, gives the ids of all of it; asked only if the
            file has none of the part.

    Raises:
        DataError: the file cannot be read or lacks a column; a row has no id, no system where
            others have one, no text that can be told, or a sample that was predicted before; or no
            id is one of the dataset.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"not a known kind of file: {path}", hint=f"known: {', '.join(FORMATS)}")
    file = TableFile(path=path, format=kind)
    texts: dict[str, dict[str, str]] = {}
    lines: dict[tuple[str, str], int] = {}
    unknown: dict[str, None] = {}
    notes = Notes(path.name)
    with closing(_predictions(file)) as predictions:
        for row, system, sample_id, text in predictions:
            texts.setdefault(system, {})
            if sample_id not in ids:
                unknown[sample_id] = None
                continue
            first = lines.setdefault((system, sample_id), row.number)
            if first != row.number:
                raise file.error(
                    f"system '{system}' predicts sample '{sample_id}' twice",
                    row=row.number,
                    hint=f"the first time in {file.place(first)}",
                )
            if text is not None:
                texts[system][sample_id] = text
                notes.add("text", row.cells["text"], ONE_TEXT)
    if not lines and not unknown:
        hint = "a line for each sample: its id and the text that was predicted"
        raise DataError(f"{path.name} has no row", hint=hint)
    if not lines and every:
        ids = every()
    if not lines and unknown.keys().isdisjoint(ids):
        raise DataError(
            f"{path.name} has no sample of the dataset",
            hint=f"its ids look like {', '.join(list(unknown)[:3])}; "
            f"the dataset's like {', '.join(list(ids)[:3])}",
        )
    return PredictionFile(texts=texts, unknown=tuple(unknown), notes=notes.sentences())


def _predictions(
    file: TableFile,
) -> Generator[tuple[Row, str, str, str | None], None, None]:
    """Give each row with its system, sample and text; systems are named in all rows or in none."""
    named: bool | None = None
    with closing(read_rows(file, ["id", "text"], ["system"])) as rows:
        for row in rows:
            try:
                sample_id = text_of(row.cells["id"], "id")
                system = text_of(row.cells["system"], "system")
                text = _answer(row.cells["text"])
            except RowFault as fault:
                raise file.error(fault.detail, row=row.number) from fault
            if sample_id is None:
                raise file.error("no id", row=row.number)
            if named is not None and named != (system is not None):
                problem = (
                    "no system is named, but in the rows before"
                    if named
                    else (f"system '{system}' is named, but none in the rows before")
                )
                raise file.error(problem, row=row.number, hint="name it in every row, or in none")
            named = system is not None
            yield row, system or file.path.stem, sample_id, text


def _answer(cell: Cell) -> str | None:
    if isinstance(cell, str):
        return cell  # an empty text too: the system answered with nothing
    texts = texts_of(cell, "text")
    if len(texts) > 1:
        raise RowFault("bad_cell", f"column 'text' holds {len(texts)} texts where one is meant")
    return texts[0] if texts else None
