"""A suite's history → what is said of it, and the cells of its table, for every form alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.records import Comparison, History, HistoryChart, HistoryLine, HistoryStep

_COMMIT = 8
"""Digits of a commit that are shown."""


def header(metric: str) -> tuple[str, ...]:
    """Name the columns of ``rows``."""
    return (
        "line", "step", "changed", metric, "against the step before", "against the first",
        "commit", "first run",
    )  # fmt: skip


def rows(line: HistoryLine) -> Iterator[tuple[str, ...]]:
    """Write the steps of a line as cells."""
    for step in line.steps:
        yield (
            line.name,
            str(step.number),
            changed_text(step),
            _score_text(step),
            difference_text(step.before),
            difference_text(step.first),
            commit_text(step),
            step.created[:16].replace("T", " "),
        )


def _score_text(step: HistoryStep) -> str:
    if step.value is None:
        return "–"
    if step.interval is None:
        return f"{step.value:.4f}"
    return "{:.4f} [{:.4f}, {:.4f}]".format(step.value, *step.interval)


def commit_text(step: HistoryStep) -> str:
    """Name the commit that the prompts stood at, with + where files had changed since."""
    if step.commit is None:
        return "–"
    return step.commit[:_COMMIT] + ("+" if step.dirty else "")


def changed_text(step: HistoryStep) -> str:
    """Say in short what a step has changed."""
    if step.again is not None:
        return f"back to step {step.again}"
    return "; ".join(step.changes) or "–"


def difference_text(pair: Comparison | None) -> str:
    """Write a difference with its interval, marked where it is told apart."""
    if pair is None:
        return "–"
    if pair.interval is None:
        return f"{pair.delta:+.4f} (cannot tell: {pair.reason})"
    low, high = pair.interval
    mark = "*" if pair.verdict == "told apart" else ""
    return f"{pair.delta:+.4f}{mark} [{low:+.4f}, {high:+.4f}]"


def notes(found: History, chart: HistoryChart) -> list[str]:
    """Say what a reader of a chart has to know."""
    metric = found.metric
    lines = [f"{metric}, and differences of it, with 95 % intervals"]
    if chart.comparisons:
        lines.append(
            f"* told apart; exploratory: intervals allow for all {chart.comparisons} comparisons "
            "of a step with the one before or the first, on all metrics"
        )
    if chart.tried > 1:
        said = f"{chart.tried} prompts were tried on these samples"
        if chart.chance is not None:
            said += (
                f": the best of so many equal ones would seem {chart.chance:.4f} {metric} better "
                "by chance alone"
            )
        lines.append(f"{said}; what was picked is proved on samples that nobody has looked at")
    if any(step.dirty for line in chart.lines for step in line.steps):
        lines.append("+ behind a commit: files had changed since")
    return lines
