"""What several verbs take and do alike: arguments, names of suites, questions, amounts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import confirm, tell
from harness.errors import ConfigError, HarnessError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.records import RunSummary
    from harness.store.run_folder import RunFolder


def named_suite(named: Path) -> Path:
    """Give a suite's folder: the one at this path, or the one of this name under ``prompts/``.

    Raises:
        ConfigError: a bare name is neither.
    """
    from harness.config.load import SUITE_FILE, project_root
    from harness.config.validate import nearest

    if len(named.parts) != 1 or named.is_file() or (named / SUITE_FILE).is_file():
        return named
    prompts = project_root(Path()) / "prompts"
    if (prompts / named / SUITE_FILE).is_file():
        return prompts / named
    if named.exists():
        return named  # whoever loads it says what it lacks
    known = sorted(path.parent.name for path in prompts.glob(f"*/{SUITE_FILE}"))
    raise ConfigError(
        f"no suite '{named}', neither a folder here nor one in {prompts}",
        hint=nearest(str(named), known),
    )


def named_run(named: Path | None) -> Path | None:
    """Give where a run is: at this path, or the results of the suite of this name.

    Raises:
        StoreError: a bare name is neither.
    """
    from harness.config.load import project_root
    from harness.config.validate import nearest

    if named is None or named.exists() or len(named.parts) != 1:
        return named  # whoever opens it says what it lacks
    results = project_root(Path()) / "results"
    if (results / named).is_dir():
        return results / named
    known = sorted({path.parent.parent.name for path in results.glob("*/*/run.json")})
    raise StoreError(
        f"no run '{named}', neither a folder here nor a suite with runs in {results}",
        hint=nearest(str(named), known) or "'harness run' makes one",
    )


def open_chosen(
    path: Path, lacks: Callable[[RunSummary], str | None] = lambda _summary: None
) -> RunFolder:
    """Open the run that is meant, and say which it is where that was left open.

    Args:
        path: a run's folder, or a suite's results.
        lacks: says what a finished run lacks for what is to be done.

    Raises:
        StoreError: there is none that will do.
    """
    from harness.pipeline.reading.choosing import choose_run

    chosen = choose_run(path, lacks)
    if chosen.why:
        tell(chosen.why)
    return chosen.folder


SuiteArgument = Annotated[
    Path,
    typer.Argument(
        help="A folder with a suite.yaml, or the name of one under prompts/.", callback=named_suite
    ),
]
RunArgument = Annotated[
    Path,
    typer.Argument(
        help="A run's folder, or a suite's name for its newest run.", callback=named_run
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", "--variant", help="This variant alone; may be repeated."),
]
ModelOption = Annotated[
    list[str] | None, typer.Option("--model", help="This model alone; may be repeated.")
]
EngineOption = Annotated[
    str | None,
    typer.Option("--engine", help="vllm, transformers, openai or fake, whatever the suite says."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Results folder. Default: results/ of the project.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


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
    if not confirm(question):
        tell("nothing was removed")
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
