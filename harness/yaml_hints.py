"""A YAML mistake → what is wrong, on which line, and what to write instead.

PyYAML says where it could not go on and what it had expected there; people need to know what they
typed wrong. The hint follows from its message and from the line's text.
"""

from __future__ import annotations

import re
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
    ("could not find expected ':'", "a line that is no 'key: value'",
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
    ("expected <block end>, but found", "something behind a value that has ended",
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
    mark = getattr(error, "problem_mark", None)
    mark = (getattr(error, "context_mark", None) if at_begin else None) or mark
    line_number = _line_at(text, mark.index) if mark else None
    before = text[mark.index - mark.column : mark.index] if mark else ""
    if meaning == _SECOND_COLON and ":" not in before:
        meaning, hint = _INDENTED, _COLUMN_HINT
    if key_hint(text, line_number) and not meaning.startswith("a quotation mark"):
        meaning, hint = "a text that begins with {{ or {%", _BRACES_HINT
    if odd := _ODD_ENDS.search(_lines(text)[line_number - 1] if line_number else ""):
        name = f"U+{ord(odd.group()):04X}"
        meaning = f"the invisible character {name}, which ends a line"
        hint = f"take it out, or write \\u{ord(odd.group()):04x} in a text in double quotes"
    shown = f"{meaning} ({problem})" if meaning else problem
    return ConfigError(
        f"not valid YAML: {shown}", where=Where(path=path, line=line_number), hint=hint
    )


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
