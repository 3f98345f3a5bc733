"""``harness check``: what a run would refuse, and what is seldom meant, as text or as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.options import (  # noqa: TC001 - typer reads the annotations
    JsonOption,
    SetOption,
    SplitOption,
)
from harness.cli.output import error_lines, say, say_json


def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Projects, suites, prompt variants, datasets. Default: the project around."
        ),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Read every row and decode every image too.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 where there are warnings, too.")
    ] = False,
    sets: SetOption = None,
    split: SplitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find what a run would refuse, and warn of what is seldom meant; no model is asked."""
    from harness.config.variables import parse_setting
    from harness.pipeline.looking.check import check as check_paths

    settings = tuple(map(parse_setting, sets or ()))
    checked = check_paths(*(paths or [Path()]), data=data, settings=settings, split=split)
    if as_json:
        say_json(checked.json())
    else:
        for problem in checked.problems:
            say(*error_lines(problem))
        for lint in checked.lints:
            say(f"warning: {lint}", *([f"  hint: {lint.hint}"] if lint.hint else []))
        for notice in checked.notices:
            say(f"note: {notice}")
        say(checked.verdict)
    if checked.problems or (strict and checked.lints):
        raise typer.Exit(1)
