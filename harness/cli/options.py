"""What several verbs take and do alike: arguments, JSON on stdout, a question before a deletion."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Mapping

RunArgument = Annotated[
    Path, typer.Argument(help="A run's folder, or results/<suite> for its newest run.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Results folder. Default: results/ of the project.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def print_json(value: object) -> None:
    """Print a value as JSON on stdout."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))


def say(text: str) -> None:
    """Tell the user something that is no result, on stderr."""
    typer.echo(text, err=True)


def ask(question: str, *, yes: bool) -> None:
    """Ask before something is removed; return only if it is wanted.

    Raises:
        HarnessError: there is no terminal to ask on.
        typer.Exit: it is not wanted.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise HarnessError(
            "nothing was removed: there is no terminal to ask on", hint="--yes removes unasked"
        )
    if not typer.confirm(question, err=True):
        say("nothing was removed")
        raise typer.Exit(1)


def decoding_text(params: Mapping[str, object]) -> str:
    """Write sampling parameters in a line."""
    return ", ".join(f"{name}={value}" for name, value in params.items()) or "–"


def size(count: int) -> str:
    """Write a number of bytes for people."""
    value, units = float(count), iter(("B", "kB", "MB", "GB"))
    unit = next(units)
    while value >= 1000 and unit != "GB":
        value, unit = value / 1000, next(units)
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
