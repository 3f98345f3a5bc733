"""A YAML mistake → what is wrong, on which line, and what to write instead.

PyYAML says where it could not go on and what it had expected there; people need to know what they
typed wrong. The hint follows from its message and from the line's text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import yaml

from harness.errors import ConfigError
from harness.records import Where

if TYPE_CHECKING:
    from pathlib import Path

LINE_END = re.compile(r"\r\n|\n|\r")
"""What ends a line for an editor; YAML ends one at the odd letters too."""
_ODD_ENDS = re.compile("[\x85\u2028\u2029]")
_BRACES = re.compile(r"(?:^|[:\-,\[]\s+)\{[{%]")
_BRACES_HINT = "YAML reads { as a mapping: put the text in quotes, or under 'user: |' and indent it"
_SECOND_COLON = "a second ': ' in a line"
_INDENTED = "a line indented more or less than those around it"
_COLUMN_HINT = "keys of one level begin in the same column"
_NO_KEY = "a line that is no 'key: value'"
_BEHIND = "something behind a value that has ended"
_IN_BLOCK = "a line of a text that is indented less than the lines before it"
_INDENT = re.compile(r"^[\s\u200b-\u200f\u2060\ufeff]*")
_HEADER = re.compile(r"(?P<lead>\s*(?:- +)*)(?:(?P<key>[^\s#:'\"]+): +)?[|>][-+0-9]*\s*(?:#.*)?$")
"""A line under which a text of several lines stands."""
_QUOTED = {
    '"': 'inside "…" a quotation mark is written \\"; '
    "or put the whole in '…', or under 'key: |'",
    "'": "inside '…' an apostrophe is written ''; or put the whole in \"…\", or under 'key: |'",
}
"""Quotation mark that ended a text too early → what to write."""
_COLON_HINT = "a text with ': ' or '#' in it needs quotes; a long one goes under 'user: |'"

# Part of PyYAML's message → what it means, what to do, and whether the mistake stands where the
# thing that could not be finished began.
_KNOWN: tuple[tuple[str, str, str | None, bool], ...] = (
    ("character '\\t'", "a tab", "YAML indents with spaces", False),
    ("unexpected end of stream", "a quotation mark that is not closed",
     "a text that begins with a quotation mark must end with the same one", True),
    ("unexpected document separator", "a quotation mark that is not closed",
     "a text that begins with a quotation mark must end with the same one", True),
    ("unknown escape character", "a backslash that means nothing",
     "inside \"…\" a backslash begins an escape; write '…' instead", False),
    ("expected escape sequence", "a backslash that means nothing",
     "inside \"…\" a backslash begins an escape; write '…' instead", False),
    ("mapping values are not allowed", _SECOND_COLON, _COLON_HINT, False),
    ("could not find expected ':'", _NO_KEY,
     "a text over several lines goes under 'key: |', and is indented", True),
    ("undefined alias", "a text that begins with * means a name given with &",
     "put a text that begins with * in quotes", False),
    ("scanning an alias", "a text that begins with * means a name given with &",
     "put a text that begins with * in quotes", False),
    ("scanning an anchor", "a text that begins with & gives a name",
     "put a text that begins with & in quotes", False),
    ("duplicate anchor", "a name given with & twice", "put a text that begins with & in quotes",
     False),
    ("expected ',' or ']'", "a list that is not closed", "a list that opens with [ ends with ]",
     True),
    ("expected ',' or '}'", "a mapping that is not closed",
     "a mapping that opens with { ends with }; " + _BRACES_HINT, True),
    ("but found '<block mapping start>'", _INDENTED, _COLUMN_HINT, False),
    ("but found '<block sequence start>'", _INDENTED, "items of one list begin in one column",
     False),
    ("expected the node content", "a value is missing", "a list that opens with [ ends with ]",
     False),
    ("nested more than", "", None, False),
    ("expected <block end>, but found", _BEHIND,
     "a text that begins with a quotation mark, [ or { ends where that ends: "
     "put the whole in quotes", False),
    ("expected a single document", "a second document", "a file has no '---' but on its first line",
     False),
    ("timestamp is not allowed", "", "put a date in quotes", False),
    ("is not allowed", "", "put a text that begins with ! in quotes", False),
    ("could not determine a constructor", "", "put a text that begins with ! in quotes", False),
    ("cannot start any token", "a sign that begins no value", "put the text in quotes", False),
)  # fmt: skip


def explain(path: Path, text: str, error: yaml.YAMLError) -> ConfigError:
    """Say what a YAML error means."""
    if isinstance(error, yaml.reader.ReaderError):
        line = _line_at(text, error.position)
        return ConfigError(
            f"not valid YAML: the character U+{error.character:04X} is not allowed",
            where=Where(path=path, line=line),
            hint="save the file as plain UTF-8 text",
        )
    problem = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None) or ""
    said = f"{context} {problem}"
    _, meaning, hint, at_begin = next(
        (known for known in _KNOWN if known[0] in said), ("", "", None, False)
    )
    ended = getattr(error, "problem_mark", None)
    mark = (getattr(error, "context_mark", None) if at_begin else None) or ended
    line_number = _line_at(text, mark.index) if mark else None
    before = text[mark.index - mark.column : mark.index] if mark else ""
    if meaning == _SECOND_COLON and ":" not in before:
        meaning, hint = _INDENTED, _COLUMN_HINT
    if key_hint(text, line_number) and not (
        meaning.startswith("a quotation mark")
        or (meaning == _SECOND_COLON and not _BRACES.search(before))
    ):
        meaning, hint = "a text that begins with {{ or {%", _BRACES_HINT
    meaning, hint = _of_a_text(text, line_number, ended, (meaning, hint))
    shown = _lines(text)[line_number - 1] if line_number else ""
    if odd := _ODD_ENDS.search(shown):
        meaning = f"the invisible character U+{ord(odd.group()):04X}, which ends a line"
        hint = f"take it out, or write \\u{ord(odd.group()):04x} in a text in double quotes"
    elif name := invisible("".join(_INDENT.findall(shown))):
        meaning, hint = f"a line that is indented by {name}", SPACES_HINT
    shown = f"{meaning} ({problem})" if meaning else problem
    return ConfigError(
        f"not valid YAML: {shown}", where=Where(path=path, line=line_number), hint=hint
    )


SPACES_HINT = "YAML indents with plain spaces: delete what stands before the word, and type it anew"


def invisible(text: str) -> str | None:
    """Name the first character of a text that looks like a space or like nothing; None: none."""
    for letter in text:
        if letter not in " \t\n\r" and unicodedata.category(letter) in ("Zs", "Zl", "Zp", "Cf"):
            name = unicodedata.name(letter, "a sign without a name").lower()
            return f"U+{ord(letter):04X} ({name})"
    return None


def _of_a_text(
    text: str, line: int | None, ended: yaml.Mark | None, said: tuple[str, str | None]
) -> tuple[str, str | None]:
    """Say what is wrong where a line belongs to a text that ended before it; else what was said.

    Args:
        text: the file.
        line: where the mistake stands.
        ended: where YAML could not go on.
        said: the meaning and the hint of before.
    """
    if line is None or ended is None:
        return said
    meaning, hint = said
    quote = text[: ended.index].rstrip(" ")[-1:]
    closed = meaning == _BEHIND or meaning.startswith(("a list that", "a mapping that"))
    if closed and ended.column and quote in _QUOTED and text[ended.index :][:1] not in _QUOTED:
        return "something behind the quotation mark that ends a text", _QUOTED[quote]
    under = _block_over(_lines(text), line)
    if under is None:
        return said
    key, column = under
    whose, begin = (f"'{key}: |'", f"'{key}'") if key else ("'- |'", "the '-'")
    rule = f"the lines under {whose} are all indented more than {begin}"
    here = _lines(text)[line - 1]
    if _width(here) > column:
        return _IN_BLOCK, f"{rule}, and none less than the first"
    if meaning in (_NO_KEY, _BEHIND) or here.startswith(("{{", "{%"), _width(here)):
        return _NO_KEY, f"{rule}: if this line belongs to that text, indent it"
    return meaning, hint


def _block_over(lines: list[str], number: int) -> tuple[str | None, int] | None:
    """Find the text under ``|`` or ``>`` that a line may be meant to be of.

    Returns:
        Its key, None in a list, and the column that its lines must be behind; None: none ends here.
    """
    inner: list[int] = []
    for line in reversed(lines[: number - 1]):
        if match := _HEADER.match(line):
            column = len(match["lead"]) if match["key"] else _width(line)
            return (match["key"], column) if min(inner, default=column + 1) > column else None
        if line.strip():
            inner.append(_width(line))
    return None


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def key_hint(text: str, line: int | None) -> str | None:
    """Say what to do where a line has a value that begins with ``{{`` or ``{%``."""
    lines = _lines(text)
    if line is None or not 0 < line <= len(lines):
        return None
    return _BRACES_HINT if _BRACES.search(lines[line - 1]) else None


def _line_at(text: str, index: int) -> int:
    return len(LINE_END.findall(text, 0, index)) + 1


def _lines(text: str) -> list[str]:
    return LINE_END.split(text)
