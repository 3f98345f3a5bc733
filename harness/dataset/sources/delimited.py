"""CSV and TSV → rows of texts, read strictly: every row has as many cells as the header.

Such files do not say whether quotation marks are syntax. Read as syntax where they are text, one
that opens a cell would swallow the lines up to the next; this is looked for, and refused.
"""

from __future__ import annotations

import csv
import re
from contextlib import closing
from typing import TYPE_CHECKING

from harness.counted import counted
from harness.dataset.sources.table import Row, check_columns
from harness.dataset.sources.text_lines import decoded_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from harness.dataset.sources.table import TableFile
    from harness.errors import DataError

MAX_CELL = 64 * 1024 * 1024
"""Letters of one cell; tables with pictures in them have long ones that nobody asks for here."""

_DELIMITERS = {"csv": ",", "tsv": "\t"}
_LINE_END = re.compile("\r\n|\r|\n")


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a file's rows; see ``table.read_rows``.

    Raises:
        DataError: the file is not as it is declared to be.
    """
    with closing(_records(file)) as records:
        header = next((record for _, record in records), None)
        if header is None:
            raise file.error("is empty: the first line names the columns")
        check_columns(file, header, columns, _other_delimiter(file, header))
        places = {c: header.index(c) for c in (*columns, *optional) if c in header}
        absent = dict.fromkeys(column for column in optional if column not in header)
        for line, record in records:
            if len(record) != len(header):
                raise _ragged(file, line, record, header)
            if file.quoting is None:
                _check_swallowed(file, line, record)
            cells = {column: record[place] for column, place in places.items()}
            yield Row(number=line, cells=cells | absent)


def _records(file: TableFile) -> Generator[tuple[int, list[str]], None, None]:
    """Give every record with the line on which it begins; blank lines are none."""
    # The limit is the process's, and the default refuses cells that are merely long.
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
    quoted = file.quoting != "none"
    with closing(decoded_lines(file)) as lines:
        reader = csv.reader(
            lines,
            delimiter=_delimiter(file),
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            strict=True,
        )
        line = 1
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _not_quoted_right(file, line, reader.line_num, str(error)) from error
            if record and (len(record) > 1 or record[0].strip()):
                yield line, record
            line = reader.line_num + 1


def _delimiter(file: TableFile) -> str:
    return file.delimiter or _DELIMITERS[file.format]


def _not_quoted_right(file: TableFile, line: int, last: int, problem: str) -> DataError:
    if "field limit" in problem:
        message = f"a cell is longer than {MAX_CELL:,} letters"
    elif "unexpected end" in problem:
        message = "a quotation mark opens a cell that no other closes"
    elif last > line:
        message = f"a quotation mark opens a cell that ends on line {last}, in the middle of a text"
    else:
        message = "a cell begins with a quotation mark, and text follows the closing one"
    return file.error(
        message,
        row=line,
        hint=f"where quotation marks are part of the text, {file.remedy('quoting: none')}; "
        'where they are not, one within a quoted cell is written twice: ""',
    )


def _ragged(file: TableFile, line: int, record: list[str], header: list[str]) -> DataError:
    hint = f"a cell that holds {_delimiter(file)!r} stands in quotation marks"
    if len(record) > len(header) and not "".join(record[len(header) :]).strip():
        hint = f"the row ends with {_delimiter(file)!r}; end the header so too, or take it away"
    elif any(_LINE_END.search(cell) for cell in record):
        hint = (
            "a quotation mark opens a cell here that goes on over the next line; where quotation "
            f"marks are part of the text, {file.remedy('quoting: none')}"
        )
    return file.error(
        f"the row has {counted(len(record), 'cell')}, the header {len(header)}", row=line, hint=hint
    )


def _check_swallowed(file: TableFile, line: int, record: list[str]) -> None:
    """Refuse a quoted cell over several lines when each of them would be a row of its own.

    A quotation mark in column j that is closed in column j of a later line leaves a row of the
    right length. Its cell then holds the rest of the first row, whole rows, and the beginning of
    the last, which shows by the number of delimiters. In running text a space follows a comma, so
    commas with one behind them do not count.
    """
    if not any("\n" in cell or "\r" in cell for cell in record):
        return
    delimiter, last = _delimiter(file), len(record) - 1
    for place, cell in enumerate(record):
        pieces = _LINE_END.split(cell)
        if last == 0 or len(pieces) == 1:
            continue
        expected = [last - place, *[last] * (len(pieces) - 2), place]
        prose = delimiter != "\t"
        counts = [p.count(delimiter) - prose * p.count(f"{delimiter} ") for p in pieces]
        if counts == expected:
            raise file.error(
                f"a cell in quotation marks goes on to line {line + len(pieces) - 1}, and its "
                "lines look like rows of their own",
                row=line,
                hint=f"where quotation marks are part of the text, {file.remedy('quoting: none')}; "
                f"where the cell really has these lines, {file.remedy('quoting: double')}",
            )


def _other_delimiter(file: TableFile, header: list[str]) -> str | None:
    """Guess, for a hint only, what else may stand between the cells of a one-cell header."""
    if len(header) > 1:
        return None
    own = _delimiter(file)
    other = next((sign for sign in "\t;,|" if sign in header[0] and sign != own), None)
    if other is None:
        return None
    option = f'delimiter: "{repr(other)[1:-1]}"'
    return f"its first line is one cell, {header[0]!r}; {file.remedy(option)}"
