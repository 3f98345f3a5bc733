"""A run and its comparisons → what its tables mark: each system against its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contrast.headline import headline
from harness.records import Decision
from harness.report.marks import Marks

if TYPE_CHECKING:
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import RunRecord, RunSummary

UNDECIDED = "Undecided: what the suite declares cannot be compared"


def marks_of(run: RunRecord, summary: RunSummary, compared: RunComparison | None) -> Marks | None:
    """Say what a run's tables mark.

    Args:
        run: what was asked.
        summary: its numbers.
        compared: its systems in pairs; None where none are compared.

    Returns:
        None where nothing is compared, and where a ladder shows no more than its own table.
    """
    if compared is None or summary.ladder is not None:
        return None
    deciding = compared.metric(compared.deciding)
    baselines = [s.system for s in summary.systems if s.variant == summary.baseline]
    said = (
        headline(deciding.pairs, baselines, declared=compared.declared)
        if compared.decides
        else None
    )
    if said is None and compared.decides:
        return None
    further = [
        each
        for name in compared.concluded[1:]
        if (each := headline(compared.metric(name).pairs, baselines, declared=compared.declared))
    ]
    against = dict(Decision(metrics=(), baseline=summary.baseline).pairs(run.systems))
    pairs = {
        (pair.candidate, pair.metric): pair
        for metric in compared.metrics
        for pair in metric.pairs
        if against.get(pair.candidate) == pair.baseline
    }
    return Marks(
        deciding=compared.deciding,
        verdict=said.said if said else UNDECIDED,
        below=said.below if said else "; ".join(compared.undecided),
        further=tuple((each.said, each.below) for each in further),
        baseline=summary.baseline,
        baselines=against,
        pairs=pairs,
        letters={metric.metric: metric.letters for metric in compared.metrics},
        exploratory=compared.exploratory,
    )
