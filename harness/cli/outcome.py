"""A scored run's summary → its table on the screen, and whether the verb's exit status is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.output import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.asking.run import RunOutcome
    from harness.records import RunSummary
    from harness.report.marks import Marks

AllowFailuresOption = Annotated[
    bool,
    typer.Option(
        "--allow-failures",
        help="Exit with 0 even if a system has no answer at all, or a metric is missing.",
    ),
]


def print_result(
    summary: RunSummary,
    marks: Marks | None = None,
    *,
    metrics: Sequence[str] | None = None,
    intervals: bool = False,
) -> None:
    """Print a run's verdict, its table with notes, and the one that is averaged over wordings.

    Args:
        summary: its numbers.
        marks: what is marked in the table; None: nothing is, and there is no verdict.
        metrics: the columns that are asked for; None: as many as there is room for.
        intervals: print each score's interval, too.
    """
    from harness.cli.table_view import print_table, print_wordings
    from harness.report.ladder_view import as_shown
    from harness.report.tables import ComparisonTable
    from harness.report.wording_table import WordingTable

    table = ComparisonTable.of(summary, marks)
    shown = print_table(table, metrics=metrics, intervals=intervals)
    if averaged := WordingTable.of(as_shown(summary)):
        print_wordings(averaged, shown)


def what_it_took(outcome: RunOutcome) -> list[str]:
    """Say what was asked of models for a run, and what it cost."""
    made, total = outcome.generation.generated, outcome.generation.total
    if outcome.unchanged:
        return [f"nothing has changed since run {outcome.folder.path.name}: this is its table"]
    cost = outcome.summary.cost
    pace = f" at {cost.completions_per_second:.1f}/s" if cost and made else ""
    failed = outcome.generation.failed
    failures = f" and {failed} request{'s' if failed > 1 else ''} failed" if failed else ""
    found = outcome.generation.found
    once = f", {total - found - made} not asked twice" if total > found + made else ""
    lines = [f"{made - failed} completions generated{failures}{pace}, {found} from the store{once}"]
    if cost and (money := cost.money):
        lines.append(f"{money.currency} {money.now:.4f} now, {money.run:.4f} all of it")
    return lines


def exit_by(summary: RunSummary, *, allow_failures: bool) -> None:
    """Return if the run has what was asked for; else say what it lacks, and why.

    Raises:
        typer.Exit: with 1: a system has no answer at all, or no system has a value of a metric.
    """
    lacking = [] if allow_failures else list(_lacking(summary))
    if lacking:
        tell("", *lacking, "  hint: --allow-failures makes 0 of this exit status 1")
        raise typer.Exit(1)


def _lacking(summary: RunSummary) -> Iterator[str]:
    from harness.report.table_notes import missing_metrics, reasons_of

    silent = [system for system in summary.systems if system.unscored == system.n]
    for system in silent:
        yield f"error: {system.system} has no answer at all: {reasons_of(system)}"
    if len(silent) < len(summary.systems):  # without answers nothing else can be expected
        for reason, metrics in missing_metrics(summary).items():
            yield f"error: no {', '.join(metrics)}: {reason}"
