"""A summary → the same with no more of its systems than a ladder shows.

Whatever prints a run's numbers prints this, so that one table does not tell what another hides. The
run's files keep all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.records import MetricResult, RunSummary

NOT_SHOWN = "the ladder of the suite shows no score that is not better than the best"
STAYS = "="
"""Before the score of the best, where a system is not shown as better."""


def hidden(summary: RunSummary) -> frozenset[str]:
    """Give the systems whose own scores a ladder does not show, and their controls."""
    if summary.ladder is None:
        return frozenset()
    shown = {rung.system for rung in summary.ladder.rungs if rung.state != "best stays"}
    return frozenset(s.system for s in summary.systems if (s.control_of or s.system) not in shown)


def as_shown(summary: RunSummary) -> RunSummary:
    """Leave out what the ladder does not show; without one the summary is as it is."""
    ladder = summary.ladder
    if ladder is None:
        return summary
    out = hidden(summary)
    standing = {r.system: r.value for r in ladder.rungs if r.state == "best stays"}

    def seen(result: MetricResult) -> MetricResult:
        if result.system not in out:
            return result
        stands = result.metric == ladder.metric and result.system in standing
        return replace(
            result,
            value=standing[result.system] if stands else None,
            interval=None,
            no_interval=NOT_SHOWN,
            missing=None if stands else NOT_SHOWN,
        )

    return replace(
        summary,
        results=tuple(map(seen, summary.results)),
        ideas=(),
        best_of={name: scores for name, scores in summary.best_of.items() if name not in out},
        raw={name: scores for name, scores in summary.raw.items() if name not in out},
        grounding=tuple(pair for pair in summary.grounding if pair.candidate not in out),
    )


def ladder_notes(summary: RunSummary) -> Iterator[str]:
    """Say what the ladder shows, and why it shows no more."""
    ladder = summary.ladder
    if ladder is None:
        return
    for rung in ladder.rungs:
        if rung.state == "new best":
            score = f"{rung.system} with {ladder.metric} {rung.value:.4f}"
            if rung.step is None:
                yield f"ladder: the first that is shown, {score}"
            else:
                yield f"ladder: a new best, {score}, more than {rung.step:.4f} above the one before"
    yield (
        f"ladder: the best shown is {ladder.best} of run {ladder.run}, {ladder.metric} "
        f"{ladder.value:.4f}"
    )
    stays = [rung for rung in ladder.rungs if rung.state == "best stays"]
    if stays and ladder.lost:
        yield f"{STAYS} its answers are not there any more, so that nothing can be compared with it"
    elif stays:
        steps = sorted(rung.step for rung in stays if rung.step is not None)
        needed = "; so few samples in common tell of no better one"
        if steps:
            most = f" to {steps[-1]:.4f}, by its noise" if steps[-1] > steps[0] else ""
            needed = f": to be shown, a prompt must be better by more than {steps[0]:.4f}{most}"
        yield f"{STAYS} the score of the best, which stays{needed}"
