"""What several verbs take and do alike: arguments, names of suites, questions, amounts."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import confirm, tell
from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.pipeline.asking.plan import Choice
    from harness.pipeline.handing.trackers import Tracker
    from harness.records import RunSummary
    from harness.store.run_folder import RunFolder


def _suite_named(named: Path) -> Path:
    from harness.pipeline.looking.bare_names import named_suite

    return named_suite(named)


def run_named(named: Path | None) -> Path | None:
    """Give where a run is that is named by its path or by its suite."""
    from harness.pipeline.looking.bare_names import named_run

    return None if named is None else named_run(named)


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
        help="A folder with a suite.yaml, or the name of one under prompts/.", callback=_suite_named
    ),
]
RunArgument = Annotated[
    Path,
    typer.Argument(
        help="A run's folder, or a suite's name for its newest run.", callback=run_named
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--only",
        "--variant",
        help="This variant alone; of a matrix all, or 'NAME[AXIS=LEVEL]'; 'NAME{CONTROL}' with one "
        "of its controls; may be repeated.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="VARIANT.VARIABLE=VALUE",
        help="Give a variable of a variant another value; may be repeated.",
    ),
]
ModelOption = Annotated[
    list[str] | None, typer.Option("--model", help="This model alone; may be repeated.")
]
EngineOption = Annotated[
    str | None,
    typer.Option("--engine", help="vllm, transformers, openai or fake, whatever the suite says."),
]
SplitOption = Annotated[
    str | None,
    typer.Option("--split", help="Of the dataset. Default: its first, where it has splits."),
]
ShownMetricOption = Annotated[
    list[str] | None,
    typer.Option(
        "--metric", help="A column of the table; may be repeated. Default: what there is room for."
    ),
]
IntervalsOption = Annotated[
    bool, typer.Option("--intervals", help="Print each score's 95 % interval, too.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
LogOption = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="mlflow|wandb",
        help="Log scores to MLflow or Weights & Biases, by their own settings; may be repeated.",
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Results folder. Default: results/ of the project.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def ask(question: str, *, yes: bool, undone: str = "nothing was removed") -> None:
    """Ask before something that cannot be undone; return only if it is wanted.

    Args:
        question: for the terminal.
        yes: whether it was said beforehand.
        undone: what is so if it is not wanted.

    Raises:
        HarnessError: there is no terminal to ask on.
        typer.Exit: it is not wanted.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise HarnessError(
            f"{undone}: there is no terminal to ask on", hint="--yes goes on unasked"
        )
    if not confirm(question):
        tell(undone)
        raise typer.Exit(1)


def choice_of(
    only: list[str] | None,
    model: list[str] | None,
    engine: str | None,
    sets: list[str] | None,
    *,
    split: str | None = None,
    limit: int | None = None,
    repeats: int = 1,
) -> Choice:
    """Say what of a suite is meant by the options of a verb.

    Raises:
        HarnessError: a ``--set`` cannot be read.
    """
    from harness.config.variables import parse_setting
    from harness.pipeline.asking.plan import Choice

    return Choice(
        only=tuple(only or ()),
        models=tuple(model or ()),
        engine=engine,
        split=split,
        limit=limit,
        repeats=repeats,
        settings=tuple(map(parse_setting, sets or ())),
    )


def written_page(path: Path, page: str, kind: str) -> None:
    """Write a page into a file that the user names, and say so.

    Args:
        path: of the file.
        page: its text.
        kind: of page, by which it is known.

    Raises:
        HarnessError: it cannot be written, or something else stands there.
    """
    from harness.report.named_file import page_mark, write_named

    write_named(path, page, page_mark(kind))
    tell(f"page: {path}")


def share_or_count(text: str | None) -> str | None:
    """Check that an option is a number, or a share such as 5%.

    Raises:
        typer.BadParameter: it is neither.
    """
    if text is not None and not re.fullmatch(r"\d+|\d+(\.\d+)?%", text):
        raise typer.BadParameter(f"'{text}' is neither a number nor a share such as 5%")
    return text


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


def trackers_named(names: list[str] | None) -> list[Tracker]:
    """Find the trackers of ``--log``, before anything is done.

    Raises:
        TrackerError: there is none of a name, or its client is not installed.
    """
    from harness.pipeline.handing.trackers import tracker_named

    return [tracker_named(name) for name in names or ()]


def log_to(trackers: list[Tracker], folder: RunFolder) -> None:
    """Log a run, after its numbers were shown, and say where it is.

    Raises:
        TrackerError: a tracker does not take it.
    """
    from harness.pipeline.handing.trackers import log_run

    for tracker in trackers:
        tell(log_run(folder, tracker))
