"""Tests that are made together → records of what may be said of each pair.

The pairs that a suite declared before the answers existed are one family; all pairs on all columns
are another, and whoever picks one of those after looking has the correction for all that could have
been picked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from harness import stats
from harness.contrast.groups import Group, MeasuredMetric, Pair, Test, grouped
from harness.metrics.registry import UNRANKED
from harness.records import Comparison, Resampling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from harness.records import Verdict

USUAL = Resampling(replicates=stats.EXCHANGES)
OUT_OF_REACH = "too few units for so many comparisons"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is compared by plan."""

    metrics: tuple[str, ...]
    """Columns that decide."""
    pairs: frozenset[Pair]
    """Places of baseline and candidate, the lower first."""
    margins: Mapping[str, float] = field(default_factory=dict)
    """Column → the smallest difference that matters."""
    confirmatory: bool
    """Whether it was declared before the answers existed; else only its margins are used."""

    def holds(self, test: Test) -> bool:
        """Tell whether a test was declared."""
        return self.confirmatory and test.metric in self.metrics and test.pair in self.pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMetric:
    """All pairs of systems on one column of a metric."""

    metric: str
    pairs: tuple[Comparison, ...]
    letters: Mapping[str, str]
    """System → its letters, best first; systems that share one are not told apart. Empty where a
    pair has no sample in common, where more is not better, or where only the pairs with the
    baseline were declared, whose bar is lower than that of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a family says of one of its tests."""

    difference: stats.Difference
    family: stats.Family


Conclusions: TypeAlias = Mapping[Test, Conclusion]


def contrast(
    metrics: Sequence[MeasuredMetric],
    systems: Sequence[str],
    *,
    clusters: NDArray[np.int64] | None = None,
    resampling: Resampling = USUAL,
    declared: Declared | None = None,
) -> tuple[ComparedMetric, ...]:
    """Compare every two systems on every column of every metric.

    Args:
        metrics: what was measured.
        systems: their names; of two the earlier is the baseline.
        clusters: which samples belong together, shape (n,); None: each stands for itself.
        resampling: how often answers are exchanged, and from which seed.
        declared: what decides.

    Returns:
        Per column, in the order of the metrics. A pair without a common sample is left out.
    """
    possible = list(combinations(range(len(systems)), 2))
    by_metric = [(measured, grouped(measured, possible, clusters)) for measured in metrics]
    groups = [group for _, own in by_metric for group in own]
    wide = conclude([(group, group.tests) for group in groups], resampling)
    narrow: Conclusions = {}
    if declared:
        narrow = conclude(
            [(g, [test for test in g.tests if declared.holds(test)]) for g in groups], resampling
        )
    compared = []
    for measured, own in by_metric:
        for name in measured.metric.columns:
            records = {
                test.pair: record(
                    group,
                    test,
                    narrow.get(test) or wide.get(test),
                    systems=systems,
                    resampling=resampling,
                    confirmatory=declared is not None and declared.holds(test),
                    margin=declared.margins.get(name) if declared else None,
                )
                for group in own
                for test in group.tests
                if test.metric == name
            }
            pairs = tuple(records[pair] for pair in possible if pair in records)
            partly = len({pair.confirmatory for pair in pairs}) > 1
            whole = len(pairs) == len(possible) and name not in UNRANKED and not partly
            letters = _letters(measured, name, systems, pairs) if whole else {}
            compared.append(ComparedMetric(metric=name, pairs=pairs, letters=letters))
    return tuple(compared)


def conclude(tests: Sequence[tuple[Group, Sequence[Test]]], resampling: Resampling) -> Conclusions:
    """Test as one family what this data can tell of."""
    possible = [(group, [t for t in some if t.reason is None]) for group, some in tests]
    possible = [(group, some) for group, some in possible if some]
    if not possible:
        return {}
    family = stats.tell_apart(
        [group.block(some) for group, some in possible],
        exchanges=resampling.replicates,
        seed=resampling.seed,
    )
    return {
        test: Conclusion(difference=difference, family=family)
        for (_, some), differences in zip(possible, family.differences, strict=True)
        for test, difference in zip(some, differences, strict=True)
    }


def record(
    group: Group,
    test: Test,
    conclusion: Conclusion | None,
    *,
    systems: Sequence[str],
    resampling: Resampling,
    confirmatory: bool = False,
    margin: float | None = None,
) -> Comparison:
    """Write down what a family says of a pair."""
    difference = conclusion.difference if conclusion else None
    interval = difference.interval if difference else None
    if interval and test.reach is not None:
        interval = stats.within(interval, (-test.reach, test.reach))
    reason = test.reason or (None if interval else OUT_OF_REACH)
    known = difference if difference and interval else None
    verdict: Verdict = "cannot tell"
    if known and interval:
        verdict = _verdict(interval, told_apart=known.told_apart, margin=margin)
    needed = None
    if known and conclusion and margin and verdict in ("not worse", "not told apart"):
        needed = _needed(known.unit_sd, margin, conclusion.family.bar, share=test.share)
    size = conclusion.family.tests if conclusion else 0
    return Comparison(
        metric=test.metric,
        baseline=systems[test.pair[0]],
        candidate=systems[test.pair[1]],
        baseline_value=test.scores[0],
        candidate_value=test.scores[1],
        delta=test.scores[1] - test.scores[0],
        verdict=verdict,
        reason=reason,
        confirmatory=confirmatory,
        family=size,
        interval=interval,
        p_value=known.p_value if known else None,
        p_single=known.p_single if known else None,
        smallest=known.smallest if known else None,
        share=test.share,
        unit_sd=known.unit_sd if known else None,
        bar=conclusion.family.bar if known and conclusion else None,
        rough=known is not None and known.rough,
        margin=margin,
        needed=needed,
        wins=test.wins,
        ties=test.ties,
        losses=test.losses,
        n_paired=group.samples,
        units=len(group.units),
        exchanges=resampling.replicates,
        seed=resampling.seed,
    )


def _verdict(interval: tuple[float, float], *, told_apart: bool, margin: float | None) -> Verdict:
    """Say what follows from an interval; a margin's tests are its two ends (TOST).

    Schuirmann (1987); each of the two one-sided tests is made at 2.5 % (ICH E9, §3.3.2), so that
    the printed 95 % interval decides here too.
    """
    if told_apart:
        return "told apart"
    if margin is None:
        return "not told apart"
    low, high = interval
    if -margin < low and high < margin:
        return "equivalent"
    return "not worse" if low > -margin else "not told apart"


def _needed(unit_sd: float, margin: float, bar: float, *, share: bool) -> int | None:
    """Say how many units decide, whether the two are equal or the margin apart."""
    try:
        return stats.units_needed(unit_sd, margin, bar, power=0.9, share=share)
    except OverflowError:
        return None


def _letters(
    measured: MeasuredMetric, name: str, systems: Sequence[str], pairs: Sequence[Comparison]
) -> dict[str, str]:
    """Give systems their letters, best first, on the samples that all have."""
    everyone = measured.scored.all(axis=0)
    if not everyone.any():
        return {}
    column = measured.metric.columns.index(name)
    scores = measured.metric.contrasted(measured.statistics[:, everyone].sum(axis=1))[:, column]
    place = {system: i for i, system in enumerate(systems)}
    apart = {
        (place[pair.baseline], place[pair.candidate])
        for pair in pairs
        if pair.verdict == "told apart"
    }
    letters = dict(zip(systems, stats.letters(scores.tolist(), apart), strict=True))
    return {system: letters[system] for system in sorted(systems, key=lambda s: -scores[place[s]])}
