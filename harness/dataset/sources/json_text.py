"""JSON → cells; a number keeps the text that stands for it, and half a character is no text."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from harness.dataset.sources.table import HALF_A_CHARACTER, Number

if TYPE_CHECKING:
    from harness.dataset.sources.table import Cell

_HALF = re.compile("[\ud800-\udfff]")


class BadJson(ValueError):
    """What stands there is no JSON, or none that can be meant.

    Args:
        problem: in words.
        line: 1-based; None where it is not known.
    """

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line


def json_cell(text: str) -> Cell:
    """Read a JSON value.

    Raises:
        BadJson: it is none, has a key twice, is nested too deeply, or holds a number of thousands
            of digits.
    """
    try:
        value: Cell = _DECODER.decode(text)
    except RecursionError as error:
        raise BadJson("no JSON that can be read: nested too deeply") from error
    except json.JSONDecodeError as error:
        raise BadJson(f"no JSON: {error.msg}, at letter {error.colno}", error.lineno) from error
    return _without_halves(value) if "\\ud" in text or "\\uD" in text else value


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
        raise BadJson(f"key '{twice}' stands twice in an object")
    return record


def _integer(text: str) -> Number:
    try:
        return Number(int(text), text)
    except ValueError as error:  # Python reads no more than some thousand digits
        raise BadJson(f"a number of {len(text):,} digits") from error


def _float(text: str) -> Number:
    return Number(float(text), text)


def _constant(text: str) -> Number | None:
    # Programs write NaN where nothing is.
    return None if text == "NaN" else Number(math.copysign(math.inf, float(text)), text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
