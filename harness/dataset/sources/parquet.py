"""Parquet → rows, by Arrow's own types: whole numbers stay whole, whatever is missing beside them.

Dates and times become ISO 8601 text, decimals and UUIDs their text, a record an object, a map a
list of pairs; NaN is a missing value. Bytes, and records of bytes and a path, are pictures: they
are not read with the other columns, and their cell is the place where they stand. What JSON cannot
hold is kept as Unreadable, with its kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.dataset.sources.arrow_cells import cells_of, picture_form
from harness.dataset.sources.table import Row, Unreadable, check_columns
from harness.records import CellPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.dataset.sources.table import Cell, TableFile

BATCH = 1024
"""Rows that are held at a time."""


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a file's rows; see ``table.read_rows``.

    Raises:
        DataError: the file is no Parquet, or lacks a column.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with file.open() as opened, pyarrow.parquet.ParquetFile(opened) as table:
            names = table.schema_arrow.names
            check_columns(file, names, columns)
            wanted = [column for column in (*columns, *optional) if column in names]
            pictures = {name: found for name in wanted if (found := _Pictures.of(table, name))}
            if pictures and file.url is not None:
                raise file.error(
                    "pictures in the cells of a table at a URL are not read",
                    hint="copy the table to this machine",
                )
            read = [pictures[name].read if name in pictures else name for name in wanted]
            number = 1
            for batch in table.iter_batches(batch_size=BATCH, columns=[c for c in read if c]):
                given = {
                    name: pictures[name].cells(str(file.path), batch, number - 1)
                    if name in pictures
                    else cells_of(batch.column(name))
                    for name in wanted
                }
                for i in range(batch.num_rows):
                    cells = {c: given[c][i] if c in given else None for c in (*columns, *optional)}
                    yield Row(number=number, cells=cells)
                    number += 1
    except (pyarrow.ArrowException, ValueError) as error:
        raise file.error(f"cannot be read as Parquet ({error})") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pictures:
    """A column of pictures, and what is read of it instead of them."""

    name: str
    read: str | None
    """The leaf of a record that holds the path; None: nothing."""
    several: bool
    """Whether a cell holds a list of them."""
    by_path: bool
    """Whether no record has bytes, so that its path is an image's name."""

    @staticmethod
    def of(table: Any, name: str) -> _Pictures | None:
        form = picture_form(table.schema_arrow.field(name).type)
        if form is None:
            return None
        leaves = [table.schema.column(i).path for i in range(len(table.schema))]
        within = [leaf for leaf in leaves if leaf.startswith(f"{name}.")]
        return _Pictures(
            name=name,
            read=next((leaf for leaf in within if leaf.endswith(".path")), None),
            several=form == "list",
            by_path=_all_null(table, next((p for p in within if p.endswith(".bytes")), None)),
        )

    def cells(self, table: str, batch: Any, begin: int) -> list[Cell]:
        if self.read is None and self.several:
            return [Unreadable("a list of bytes without records around them")] * batch.num_rows
        if self.read is None:
            places = range(begin, begin + batch.num_rows)
            return [CellPlace(table=table, column=self.name, row=row) for row in places]
        return [
            self._several(table, row, value) if self.several else self._one(table, row, value)
            for row, value in enumerate(batch.column(self.name).to_pylist(), start=begin)
        ]

    def _one(self, table: str, row: int, value: Any, item: int | None = None) -> Cell:
        if value is None:
            return None
        if self.by_path:
            path: str | None = value["path"]
            return path
        return CellPlace(table=table, column=self.name, row=row, item=item)

    def _several(self, table: str, row: int, values: Any) -> Cell:
        return [self._one(table, row, value, i) for i, value in enumerate(values or ())]


def _all_null(table: Any, leaf: str | None) -> bool:
    """Tell by a file's statistics whether a column holds nothing."""
    facts = table.metadata
    groups = [facts.row_group(i) for i in range(facts.num_row_groups)]
    chunks = [
        chunk
        for group in groups
        for chunk in map(group.column, range(group.num_columns))
        if chunk.path_in_schema == leaf
    ]
    return bool(chunks) and all(
        chunk.statistics is not None
        and chunk.statistics.has_null_count
        and chunk.statistics.null_count == chunk.num_values
        for chunk in chunks
    )
