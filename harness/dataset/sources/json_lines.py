"""JSON lines → rows; a number keeps the text that stands for it in the file."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from harness.dataset.sources.json_text import BadJson, json_cell
from harness.dataset.sources.table import Row, check_columns
from harness.dataset.sources.text_lines import decoded_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from harness.dataset.sources.table import Cell, TableFile


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a file's rows; see ``table.read_rows``. A column may be missing in some of them.

    Raises:
        DataError: a line is no JSON object or has a key twice, or no line has a column.
    """
    _check_keys(file, columns)
    with closing(_records(file)) as records:
        for line, record in records:
            yield Row(number=line, cells={c: record.get(c) for c in (*columns, *optional)})


def _check_keys(file: TableFile, columns: Sequence[str]) -> None:
    """Read until every column has been seen: a wrong name must not pass for a missing value."""
    seen: dict[str, None] = {}
    with closing(_records(file)) as records:
        for _, record in records:
            seen.update(dict.fromkeys(record))
            if all(column in seen for column in columns):
                return
    check_columns(file, list(seen), columns, None if seen else "it has no rows")


def _records(file: TableFile) -> Generator[tuple[int, dict[str, Cell]], None, None]:
    with closing(decoded_lines(file)) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json_cell(line)
            except BadJson as error:
                form = 'one object a line, as {"id": 1}; not one list over many lines'
                hint = form if error.line else None
                raise file.error(str(error), row=number, hint=hint) from error
            if not isinstance(record, dict):
                raise file.error(
                    "no JSON object",
                    row=number,
                    hint='each line is one row, as {"id": 1, "title": …}',
                )
            yield number, record
