"""The verb ``history``: what became of a suite's prompts, run by run, and its page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.options import JsonOption, run_named, written_page
from harness.cli.output import say, say_json, say_sentences

if TYPE_CHECKING:
    from harness.records import History, HistoryChart, HistoryLine

app = typer.Typer(rich_markup_mode=None)


@app.command(
    epilog="Examples:\n\n"
    "  harness history recipe-titles                        all of its runs\n\n"
    "  harness history recipe-titles --metric METEOR --diff\n\n"
    "  harness history results/recipe-titles --html history.html"
)
def history(
    suite: Annotated[
        Path,
        typer.Argument(
            metavar="SUITE", help="A suite's name, or the folder of its runs.", callback=run_named
        ),
    ],
    metric: Annotated[
        str | None, typer.Option("--metric", help="Follow this one. Default: the declared one.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what each step changed in its prompt, to the word.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with a chart, too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Follow each variant of a suite through its runs: what was changed, and what it did."""
    from harness.pipeline.across.following import history
    from harness.report.history_page import history_page

    found = history(suite, metric=metric)
    if html:
        written_page(html, history_page(found), "history")
    if as_json:
        say_json(asdict(found))
        return
    for chart in found.charts:
        _print(found, chart, diff=diff)
    say_sentences(*(f"passed over: {line}" for line in found.passed_over))


def _print(found: History, chart: HistoryChart, *, diff: bool) -> None:
    from harness.cli.grid import Grid
    from harness.report.history_words import header, notes, rows

    why = f"; a table of its own: {chart.why}" if chart.why else ""
    say(f"{chart.dataset}{why}", bold=True)
    grid = Grid(header(found.metric), left=3, names=2)
    for line in chart.lines:
        for row in rows(line):
            grid.add(*row)
        grid.end_section()
    grid.show()
    say_sentences(*notes(found, chart), "")
    if diff:
        for line in chart.lines:
            _print_diffs(line)


def _print_diffs(line: HistoryLine) -> None:
    from harness.cli.diff_text import print_changed
    from harness.pipeline.looking.word_diff import Line, Piece
    from harness.report.history_words import changed_text

    for step in line.steps:
        if step.diff:
            say(f"{line.name}, step {step.number}: {changed_text(step)}", bold=True)
            for each in step.diff:
                pieces = tuple(Piece(text=text, changed=changed) for text, changed in each.pieces)
                print_changed(Line(change=each.change, pieces=pieces))
            say("")
