"""Jinja's tokens of a text → the same, with the lines of the file that the text stands in.

Jinja counts the line ends of a text. A folded text, or one in quotes, has others than its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import TemplateSyntaxError

from harness.yaml_texts import line_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.yaml_texts import Breaks

_Token = tuple[int, str, str]
"""Line, kind and text."""


def in_the_file(tokens: Iterable[_Token], source: str, breaks: Breaks) -> Iterator[_Token]:
    """Give tokens with their lines in a file, 1 being that on which the text begins.

    Args:
        tokens: of Jinja's lexer, which leaves out nothing but white space.
        source: their text.
        breaks: where lines of the file begin in it.

    Raises:
        TemplateSyntaxError: that of the lexer, with its line in the file.
    """
    position = 0
    try:
        for _, kind, text in tokens:
            position = max(position, source.find(text, position))
            yield 1 + line_below(breaks, position), kind, text
            position += len(text)
    except TemplateSyntaxError as error:
        rest = source[position:]
        position += len(rest) - len(rest.lstrip())
        line = 1 + line_below(breaks, position)
        raise TemplateSyntaxError(error.message or "", line, error.name, error.filename) from error
