"""A cell of a Parquet or Arrow table → its bytes; the last parts of tables are kept."""

from __future__ import annotations

import threading
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from harness.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

MAX_GROUP_BYTES = 1024 * 1024 * 1024
"""Of one column in one row group of a Parquet file: the least that can be read of it."""

_KEPT_GROUPS = 2
_KEPT_TABLES = 8
_ONE_AT_A_TIME = threading.Lock()
"""Threads that ask for one row group at once must not each unpack it."""

_Version = tuple[int, int]
"""A table's time of change and size; with them goes what is remembered of it."""


def read_cell(path: Path, column: str, row: int, item: int | None = None) -> bytes | None:
    """Give the bytes in a cell, or in its field ``bytes``; None where there are none.

    Args:
        path: of the table.
        column: its name.
        row: from 0.
        item: which of a cell that holds a list; None: it holds none.

    Raises:
        DataError: the row group is too large to be read.
        Exception: the table is missing or broken, or has no such column.
    """
    facts = path.stat()
    version = (facts.st_mtime_ns, facts.st_size)
    with path.open("rb") as file:
        packed = file.read(4) == b"PAR1"
    with _ONE_AT_A_TIME:
        value = (_parquet_value if packed else _arrow_value)(path, version, column, row)
    if item is not None:
        value = value[item] if value and 0 <= item < len(value) else None
    if isinstance(value, dict):
        value = value.get("bytes")
    return value if isinstance(value, bytes) else None


def _parquet_value(path: Path, version: _Version, column: str, row: int) -> Any:
    ends = _group_ends(path, version)
    if not 0 <= row < ends[-1]:
        return None
    group = bisect_right(ends, row)
    begin = ends[group - 1] if group else 0
    return _group(path, version, column, group)[row - begin].as_py()


def _arrow_value(path: Path, version: _Version, column: str, row: int) -> Any:
    table = _table(path, version)
    return table[column][row].as_py() if 0 <= row < table.num_rows else None


@lru_cache(_KEPT_TABLES)
def _group_ends(path: Path, _: _Version) -> list[int]:
    """Say with which row each row group has ended; 0 stands for a table without any."""
    from pyarrow import parquet

    facts = parquet.read_metadata(path)
    rows = [facts.row_group(i).num_rows for i in range(facts.num_row_groups)]
    return list(accumulate(rows)) or [0]


@lru_cache(_KEPT_GROUPS)
def _group(path: Path, _: _Version, column: str, group: int) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(path, memory_map=True) as file:
        facts = file.metadata.row_group(group)
        chunks = [facts.column(i) for i in range(facts.num_columns)]
        size = sum(
            chunk.total_uncompressed_size
            for chunk in chunks
            if chunk.path_in_schema.partition(".")[0] == column
        )
        if size > MAX_GROUP_BYTES:
            raise DataError(
                f"{path}: row group {group} holds {size:,} bytes of '{column}', more than "
                f"{MAX_GROUP_BYTES:,}",
                hint="write the table with smaller row groups",
            )
        return file.read_row_group(group, columns=[column])[column]


@lru_cache(_KEPT_TABLES)
def _table(path: Path, _: _Version) -> Any:
    """Map an Arrow file into memory, written with an index or as a stream."""
    import pyarrow

    source = pyarrow.memory_map(str(path))
    try:
        return pyarrow.ipc.open_file(source).read_all()
    except pyarrow.ArrowInvalid:
        source.seek(0)
        return pyarrow.ipc.open_stream(source).read_all()
