"""JSON lines → rows; a number keeps the text that stands for it in the file."""

from __future__ import annotations

import json
import math
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

from harness.dataset.sources.table import HALF_A_CHARACTER, Number, Row, check_columns
from harness.dataset.sources.text_lines import decoded_lines

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from harness.dataset.sources.table import Cell, TableFile


_HALF = re.compile("[\ud800-\udfff]")


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
                record = _DECODER.decode(line)
            except RecursionError as error:
                raise file.error(
                    "no JSON that can be read: nested too deeply", row=number
                ) from error
            except json.JSONDecodeError as error:
                problem = f"no JSON: {error.msg}, at letter {error.colno}"
                hint = 'one object a line, as {"id": 1}; not one list over many lines'
                raise file.error(problem, row=number, hint=hint) from error
            except ValueError as error:  # of the hooks below
                raise file.error(str(error), row=number) from error
            if not isinstance(record, dict):
                raise file.error(
                    "no JSON object",
                    row=number,
                    hint='each line is one row, as {"id": 1, "title": …}',
                )
            yield number, _without_halves(record) if "\\ud" in line.lower() else record


def _without_halves(value: Any) -> Any:
    match value:
        case str() if _HALF.search(value):
            return HALF_A_CHARACTER
        case list():
            return [_without_halves(member) for member in value]
        case dict():
            return {_named(key): _without_halves(member) for key, member in value.items()}
    return value


def _named(key: str) -> str:
    """Write half a character in a key as its escape: what a column is called names no cell."""
    return _HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", key)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key '{twice}' stands twice in an object")
    return record


def _integer(text: str) -> Number:
    try:
        return Number(int(text), text)
    except ValueError as error:  # Python reads no more than some thousand digits
        raise ValueError(f"a number of {len(text):,} digits") from error


def _float(text: str) -> Number:
    return Number(float(text), text)


def _constant(text: str) -> Number | None:
    # Programs write NaN where nothing is.
    return None if text == "NaN" else Number(math.copysign(math.inf, float(text)), text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
