"""The one door to stdout and stderr: no text that is printed steers the terminal.

Names, ids, answers of models and messages of servers are printed by every verb. Here each of them
becomes visible text (``harness.report.escape``) and each string one line, so a verb cannot forget
to. Nothing else in ``harness.cli`` writes: ruff refuses it (banned-api in pyproject.toml).
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import typer

from harness.errors import ConfigErrors
from harness.report.escape import json_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from harness.errors import HarnessError

INDENT = "  "
"""Of the further lines of a sentence."""


def say(*lines: str, bold: bool = False, dim: bool = False) -> None:
    """Print a result on stdout, each string a line."""
    style = " ".join(["bold"] * bold + ["dim"] * dim)
    for line in lines:
        say_pieces((line, style))


def say_sentences(*sentences: str, bold: bool = False, dim: bool = False) -> None:
    """Print results on stdout; on a terminal one that is too long is broken between words."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        say(*sentences)
        return
    for sentence in sentences:
        say(*broken(visible(sentence), console.width), bold=bold, dim=dim)


def broken(text: str, width: int) -> Iterator[str]:
    """Break a line between its words, so that no part is wider; a word stays whole even so."""
    from rich.cells import cell_len

    first, *words = text.split(" ")
    line = first
    for word in words:
        if line.strip() and cell_len(line) + 1 + cell_len(word) > width:
            yield line
            line = f"{INDENT}{word}"
        else:
            line = f"{line} {word}"
    yield line


def screen_width() -> int:
    """Say how many columns stdout has."""
    from rich.console import Console

    return Console().width


def on_terminal() -> bool:
    """Tell whether styles are shown on stdout."""
    from rich.console import Console

    return Console().is_terminal


def say_pieces(*pieces: tuple[str, str]) -> None:
    """Print a line on stdout, given as texts with the style of each (``bold``, ``red``).

    rich decides, as it does for tables: no style where stdout is no terminal, no colour under
    NO_COLOR.
    """
    shown = [(visible(text), style) for text, style in pieces]
    if any(style for _, style in shown):
        from rich.console import Console
        from rich.text import Text

        console = Console(highlight=False, soft_wrap=True)
        if console.is_terminal:
            console.print(Text.assemble(*shown))
            return
    typer.echo("".join(text for text, _ in shown))


def tell(*lines: str) -> None:
    """Tell the user on stderr what is no result, each string a line."""
    for line in lines:
        typer.echo(visible(line), err=True)


def say_text(text: str, indent: str, *, dim: bool = False) -> None:
    """Print a text of several lines, all of them indented: none can pass for the program's own."""
    say(*(f"{indent}{line}" for line in text.split("\n")), dim=dim)


def say_json(value: object) -> None:
    """Print a value as JSON on stdout."""
    typer.echo(json_text(value))


def confirm(question: str) -> bool:
    """Ask a question on stderr; the answer comes from stdin."""
    return typer.confirm(visible(question), err=True)


def error_lines(error: HarnessError) -> list[str]:
    """Write an error as lines: ``place: message``, what the message has further, and the hint."""
    if isinstance(error, ConfigErrors):
        return [line for problem in error.problems for line in error_lines(problem)]
    place = f"{error.where}: " if error.where else ""
    first, *rest = f"{place}{error.message}".split("\n")
    hint = [f"  hint: {error.hint}"] if error.hint else []
    return [first, *(f"    {line}" for line in rest), *hint]


def tell_trace(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print the trace of an error that nobody expected; it takes the place of Python's own."""
    text = "".join(traceback.format_exception(kind, error, trace))
    tell(*text.rstrip("\n").split("\n"))
