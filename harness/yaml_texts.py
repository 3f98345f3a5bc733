"""A text in a YAML file → on which lines of the file its letters stand.

A block after ``|`` has the file's own lines. A folded one, and one in or without quotes that goes
on over several lines, has others: there a template's line is found by its letter.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

Breaks = tuple[tuple[int, int], ...]
"""Letter of a text with which a line of the file begins; how many lines below the first it is."""

_PROPERTIES = re.compile(r"(?:[&!]\S*|#[^\n]*|\s)*")
"""What may stand before a text: its anchor and its tag."""


def text_place(raw: str, style: str | None, value: str) -> tuple[int, Breaks | None]:
    """Find where a text stands.

    Args:
        raw: as the file has it, from its anchor or first letter to its last.
        style: the sign by which YAML marks it: ``|``, ``>``, a quotation mark; else none.
        value: what it is read as.

    Returns:
        How many lines below ``raw``'s first its own first line is; and where its further lines
        begin, None where each line of the text is one of the file.
    """
    before = _PROPERTIES.match(raw)
    begin = before.end() if before and (style or raw[:1] in "&!") else 0
    first, text = raw.count("\n", 0, begin), raw[begin:]
    if style in ("|", ">"):
        first, text = first + 1, text.partition("\n")[2]
    if style == "|":
        return first, None
    return first, tuple(_breaks(text, style, value))


def line_below(breaks: Breaks, letter: int) -> int:
    """Give how many lines below the first a letter of a text stands."""
    at = bisect_right(breaks, letter, key=lambda begin: begin[0])
    return breaks[at - 1][1] if at else 0


def _breaks(text: str, style: str | None, value: str) -> Iterator[tuple[int, int]]:
    position = 0
    quoted = style in ("'", '"')
    for i, line in enumerate((text[1:-1] if quoted else text).split("\n")):
        content = _read(line.strip(), style)
        at = value.find(content, position) if content else -1
        if at >= 0:
            yield at, i
            position = at + len(content)


def _read(line: str, style: str | None) -> str:
    """Give what a line's letters are read as; nothing where that cannot be told."""
    if style == "'":
        return line.replace("''", "'")
    if style != '"' or "\\" not in line:
        return line
    backslashes = len(line) - len(line.rstrip("\\"))
    try:
        return str(yaml.safe_load(f'"{line[: len(line) - backslashes % 2]}"'))
    except yaml.YAMLError:
        return ""
