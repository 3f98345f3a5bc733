"""Parquet → rows, by Arrow's own types: whole numbers stay whole, whatever is missing beside them.

Dates and times become ISO 8601 text, decimals and UUIDs their text, a record an object, a map a
list of pairs; NaN is a missing value. What JSON cannot hold is kept as Unreadable, with its kind.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from harness.dataset.sources.table import Number, Row, Unreadable, check_columns

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
        with pyarrow.parquet.ParquetFile(file.path) as table:
            names = table.schema_arrow.names
            check_columns(file, names, columns)
            wanted = [column for column in (*columns, *optional) if column in names]
            number = 1
            for batch in table.iter_batches(batch_size=BATCH, columns=wanted):
                read = {name: _cells(batch.column(name)) for name in wanted}
                for i in range(batch.num_rows):
                    cells = {c: read[c][i] if c in read else None for c in (*columns, *optional)}
                    yield Row(number=number, cells=cells)
                    number += 1
    except (pyarrow.ArrowException, ValueError) as error:
        raise file.error(f"cannot be read as Parquet ({error})") from error


def _cells(column: Any) -> list[Cell]:
    if str(column.type) == "time64[ns]":
        column = column.cast("string")  # Python's times would lose the nanoseconds
    try:
        return [_cell(value) for value in column.to_pylist()]
    except (ValueError, OverflowError):  # Python's dates end where Arrow's do not
        return [_scalar(scalar) for scalar in column]


def _scalar(scalar: Any) -> Cell:
    try:
        return _cell(scalar.as_py())
    except (ValueError, OverflowError) as error:
        return Unreadable(f"a value of type {scalar.type} that cannot be read ({error})")


def _cell(value: Any) -> Cell:
    match value:
        case None | str() | bool():
            return value
        case int() | float():
            return None if math.isnan(value) else Number(value, str(value))
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case UUID():
            return str(value)
        case list() | tuple():
            return [_cell(item) for item in value]
        case dict():
            return {str(key): _cell(item) for key, item in value.items()}
    return Unreadable(f"a value of type {type(value).__name__}")
