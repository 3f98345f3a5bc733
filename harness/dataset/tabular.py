"""CSV, TSV, JSON lines and Parquet → a table whose cells are as they stand in the file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from harness.records import Where

FORMATS = {".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".parquet": "parquet"}
"""How a file's name ends → its format."""


def read_table(
    path: Path, kind: str, columns: Sequence[str], *, where: Where | None = None
) -> pd.DataFrame:
    """Read these columns of a file.

    Args:
        path: the file.
        kind: csv, tsv, jsonl or parquet.
        columns: which to keep; all must be there.
        where: the place that names the file, for errors.

    Raises:
        DataError: the file is missing or is not of its kind, or lacks a column.
    """
    if not path.is_file():
        raise DataError(f"no such file: {path}", where=where)
    try:
        rows = _read(path, kind)
    except (ValueError, OSError) as error:
        raise DataError(f"cannot be read as {kind}: {path} ({error})", where=where) from error
    missing = [column for column in columns if column not in rows.columns]
    if missing:
        have = ", ".join(str(column) for column in rows.columns)
        raise DataError(
            f"{path.name} has no column {', '.join(map(repr, missing))}",
            where=where,
            hint=f"its columns: {have}",
        )
    return rows


def _read(path: Path, kind: str) -> pd.DataFrame:
    import pandas as pd

    if kind == "parquet":
        return pd.read_parquet(path)
    if kind == "jsonl":
        with path.open(encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.strip()]
        return pd.DataFrame(lines, dtype=object)
    # A title may well be "None" or "NA": every cell is text, and only an empty one empty.
    separator = "\t" if kind == "tsv" else ","
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
