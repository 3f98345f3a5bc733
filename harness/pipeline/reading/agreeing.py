"""Comparisons on several metrics → on how many a pair is better, and whether metrics agree."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import SEEN
from harness.metrics.registry import UNRANKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.contrast import ComparedMetric
    from harness.records import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricTally:
    """On how many metrics a candidate is better than a baseline."""

    baseline: str
    candidate: str
    counts: stats.Tally


def metric_tallies(compared: Sequence[ComparedMetric]) -> tuple[MetricTally, ...]:
    """Count, of each pair, the metrics on which it is better, worse and equal."""
    by_pair: dict[tuple[str, str], list[tuple[float, bool]]] = {}
    for metric in compared:
        if metric.metric not in UNRANKED:
            for pair in metric.pairs:
                known = by_pair.setdefault((pair.baseline, pair.candidate), [])
                known.append((pair.delta, pair.verdict == "told apart"))
    return tuple(
        MetricTally(
            baseline=baseline,
            candidate=candidate,
            counts=stats.tally(*zip(*known, strict=True), equal_within=SEEN),
        )
        for (baseline, candidate), known in by_pair.items()
    )


def tally_text(tally: MetricTally) -> str:
    """Say a pair's tally, the better of the two first."""
    counts, better, worse = tally.counts, tally.candidate, tally.baseline
    wins, losses, told = counts.better, counts.worse, counts.told_better
    if losses > wins:
        better, worse = worse, better
        wins, losses, told = losses, wins, counts.told_worse
    metrics = "1 metric" if counts.metrics == 1 else f"{counts.metrics} metrics"
    if counts.metrics and counts.equal == counts.metrics:
        return f"{better} and {worse} score alike on {'all ' * (counts.metrics > 1)}{metrics}"
    said = f"{better} is better than {worse} on {wins} of {metrics} (told apart on {told})"
    rest = [f"worse on {losses}"] * bool(losses) + [f"equal on {counts.equal}"] * bool(counts.equal)
    return ", ".join([said, *rest])


def order_text(agreement: Sequence[tuple[float, str, str]]) -> str:
    """Say how alike metrics order the systems."""
    (low, *least), (high, *most) = min(agreement), max(agreement)
    if low == 1.0:
        return "all metrics put the systems in one order (Kendall's τ-b 1)"
    return (
        f"orders of the systems by two metrics agree by Kendall's τ-b {low:.2f} "
        f"({' and '.join(least)}) to {high:.2f} ({' and '.join(most)})"
    )


def order_agreement(
    summary: RunSummary, systems: Sequence[str]
) -> tuple[tuple[float, str, str], ...]:
    """Give Kendall's τ-b between the orders of each two metrics, of three systems or more.

    Scores that print alike are equal. Metrics that scored systems on different samples, or all
    alike, put them in no order and are left out.
    """
    values = {(r.system, r.metric): r.value for r in summary.results}
    out = UNRANKED | set(summary.uneven)
    ranked = [metric for metric in summary.metrics if metric not in out]
    if len(systems) < 3 or len(ranked) < 2:
        return ()
    scores = [
        [math.nan if (v := values.get((s, m))) is None else round(v, 4) for m in ranked]
        for s in systems
    ]
    tau = stats.rank_correlation(scores)
    return tuple(
        (float(tau[i, j]), ranked[i], ranked[j])
        for i, j in combinations(range(len(ranked)), 2)
        if math.isfinite(tau[i, j])
    )
