"""Columns of Arrow → cells, and which of them hold pictures."""

from __future__ import annotations

import math
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from harness.dataset.sources.table import Number, Unreadable

if TYPE_CHECKING:
    from harness.dataset.sources.table import Cell


def picture_form(kind: Any) -> Literal["bytes", "record", "list"] | None:
    """Say how a type holds pictures: as bytes, as a record of bytes and a path, or as a list."""
    from pyarrow import types

    if types.is_binary(kind) or types.is_large_binary(kind):
        return "bytes"
    if types.is_struct(kind):
        names = {field.name for field in kind}
        alone = "bytes" in names and names <= {"bytes", "path"}
        return "record" if alone and picture_form(kind.field("bytes").type) == "bytes" else None
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return "list" if picture_form(kind.value_type) in ("bytes", "record") else None
    return None


def cells_of(column: Any) -> list[Cell]:
    """Give the cells of a column that holds no pictures."""
    if str(column.type) == "time64[ns]":
        column = column.cast("string")  # Python's times would lose the nanoseconds
    try:
        return [cell_of(value) for value in column.to_pylist()]
    except (ValueError, OverflowError):  # Python's dates end where Arrow's do not
        return [_scalar(scalar) for scalar in column]


def _scalar(scalar: Any) -> Cell:
    try:
        return cell_of(scalar.as_py())
    except (ValueError, OverflowError) as error:
        return Unreadable(f"a value of type {scalar.type} that cannot be read ({error})")


def cell_of(value: Any) -> Cell:
    """Give the cell of a value that Arrow gave Python."""
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
            return [cell_of(item) for item in value]
        case dict():
            return {str(key): cell_of(item) for key, item in value.items()}
    return Unreadable(f"a value of type {type(value).__name__}")
