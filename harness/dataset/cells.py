"""A cell → what its column was declared to hold: a text, several texts, or a JSON value.

A number where text is meant is the text that stands in the file. What would have to be guessed
(is true ``true``, ``True`` or ``yes``?) is a fault of the row.
"""

from __future__ import annotations

import json
import math
import re
from ast import literal_eval
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.row_fault import RowFault
from harness.dataset.sources.table import Number, Unreadable

if TYPE_CHECKING:
    from harness.dataset.sources.table import Cell
    from harness.records import Json

MAX_NESTING = 64
"""Lists and records within each other; what reads them later would end in a recursion."""

_STRING = r"""u?(?:'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+")"""
_WRITTEN_LIST = re.compile(rf"\s*\[\s*(?:{_STRING}(?:[\s,]+{_STRING})*[\s,]*)?\]\s*", re.DOTALL)
"""A list of texts as JSON, Python or numpy write it; numpy puts no commas."""
_PYTHON_LIST = re.compile(rf"\s*\[\s*(?:{_STRING}(?:\s*,\s*{_STRING})*\s*,?)?\s*\]\s*", re.DOTALL)
_PYTHON_STRING = re.compile(_STRING, re.DOTALL)
_NO_ESCAPE = re.compile(r"""(?:^|[^\\])(?:\\\\)*\\[^\\'"abfnrtvxuUN]""")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListForm:
    """How a cell of text holds several texts; as a rule it holds one."""

    written: str | None = None
    """json, python: as a list that these write; text: never, whatever it looks like. None: where
    it is wholly a list of quoted texts, as programs write them."""
    separator: str | None = None
    """What stands between the texts."""


ONE_TEXT = ListForm(written="text")


def text_of(cell: Cell, column: str) -> str | None:
    """Give a cell's text as it stands; None where there is none, or only blank space.

    Raises:
        RowFault: it holds what is no text.
    """
    if isinstance(cell, list):
        raise _bad(column, "a list where one text is meant")
    return next(iter(texts_of(cell, column)), None)


def texts_of(cell: Cell, column: str, form: ListForm = ONE_TEXT, *, nesting: int = 0) -> list[str]:
    """Give the texts of a cell: of a text, or of each member of a list; blank ones are none.

    Raises:
        RowFault: it holds what is no text, or no list of the declared form.
    """
    match cell:
        case None:
            return []
        case str():
            return [text for text in _members(cell, column, form) if text.strip()]
        case Number() if math.isfinite(cell.value):
            return [cell.text]
        case list() if nesting < MAX_NESTING:
            inner = nesting + 1
            return [t for member in cell for t in texts_of(member, column, nesting=inner)]
    raise _bad(column, f"{_kind(cell)} where text is meant")


def json_of(cell: Cell, column: str, *, nesting: int = 0) -> Json:
    """Give a cell's value as the file has it.

    Raises:
        RowFault: JSON cannot hold it, or it is nested too deeply.
    """
    inner = nesting + 1
    match cell:
        case None | str() | bool():
            return cell
        case Number() if math.isfinite(cell.value):
            return cell.value
        case list() if nesting < MAX_NESTING:
            return [json_of(member, column, nesting=inner) for member in cell]
        case dict() if nesting < MAX_NESTING:
            return {key: json_of(m, column, nesting=inner) for key, m in cell.items()}
    raise _bad(column, f"{_kind(cell)}, which metadata cannot hold")


def holds_number(cell: Cell) -> bool:
    """Tell whether a cell is a number, or a list with one."""
    return isinstance(cell, Number) or (isinstance(cell, list) and any(map(holds_number, cell)))


def holds_written_list(cell: Cell, form: ListForm) -> bool:
    """Tell whether a cell of text was taken as a list because it looks like one."""
    undeclared = form.written is None and form.separator is None
    return undeclared and isinstance(cell, str) and _written_list(cell) is not None


def _members(text: str, column: str, form: ListForm) -> list[str]:
    if form.separator is not None:
        return [member.strip() for member in text.split(form.separator)]
    if form.written == "text" or not text.strip():
        return [text]
    if form.written is None:
        members = _written_list(text)
        return [text] if members is None else members
    members = _json_list(text) if form.written == "json" else _python_list(text)
    if members is None:
        raise _bad(column, f"no list of texts as {form.written} writes it: {_short(text)}")
    return members


def _written_list(text: str) -> list[str] | None:
    if not _WRITTEN_LIST.fullmatch(text):
        return None
    members = _json_list(text)
    return _strings(text) if members is None else members


def _json_list(text: str) -> list[str] | None:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    all_texts = isinstance(members, list) and all(isinstance(m, str) for m in members)
    return members if all_texts else None


def _python_list(text: str) -> list[str] | None:
    # Without the check of commas, numpy's ['a' 'b'] would be Python's one text 'ab'.
    return _strings(text) if _PYTHON_LIST.fullmatch(text) else None


def _strings(text: str) -> list[str] | None:
    if _NO_ESCAPE.search(text):
        return None  # Python would read it with a warning; no program writes it
    try:
        return [str(literal_eval(member)) for member in _PYTHON_STRING.findall(text)]
    except (ValueError, SyntaxError):  # half an escape, a line break
        return None


def _bad(column: str, what: str) -> RowFault:
    return RowFault("bad_cell", f"column '{column}' holds {what}")


def _kind(cell: Cell) -> str:
    match cell:
        case bool():
            return "true or false"
        case Number():
            return "an infinite number"
        case Unreadable():
            return cell.reason
        case list():
            return f"lists and records more than {MAX_NESTING} deep"
        case dict():
            return "a record"
    return "a picture"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
