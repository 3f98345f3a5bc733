"""Statistics of systems on the same samples → paired comparisons and rank bands.

Pairs are compared on the samples that both have, and corrected over all pairs of a metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from harness import stats
from harness.metrics.registry import UNRANKED
from harness.records import Comparison, Resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric

ALPHA = 0.05
SEEN = 0.00005
"""The smallest difference that four decimals show."""


USUAL = Resampling(replicates=stats.REPLICATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedMetric:
    """All pairs of systems on one column of a metric."""

    metric: str
    pairs: tuple[Comparison, ...]
    bands: dict[str, tuple[int, ...]]
    """System → the bands it ranks in, 1 the best; systems that share one cannot be told apart."""


def compare_systems(
    metric: Metric,
    systems: Sequence[str],
    statistics: FloatArray,
    scored: NDArray[np.bool_],
    resampling: Resampling,
    clusters: NDArray[np.int64] | None = None,
) -> tuple[ComparedMetric, ...]:
    """Compare every two systems on every column of a metric.

    Args:
        metric: whose statistics they are.
        systems: their names; of two the earlier is the baseline.
        statistics: shape (systems, n, k); row i of every system is the same sample.
        scored: which samples a system has a prediction for, shape (systems, n).
        resampling: how often, and from which seed.
        clusters: which samples belong together, shape (n,); None: each stands for itself.

    Returns:
        Per column. A pair without a common sample is left out; then nobody is ranked.
    """
    possible = list(combinations(range(len(systems)), 2))
    pairs = [pair for pair in possible if scored[list(pair)].all(axis=0).any()]
    measured = _measure(metric, pairs, statistics, scored, resampling, clusters)
    everyone = scored.all(axis=0)
    rankable = everyone.any() and len(pairs) == len(possible)
    ranked = metric.contrasted(statistics[:, everyone].sum(axis=1)) if rankable else None
    results = []
    for column, name in enumerate(metric.columns):
        adjusted = stats.holm([measured_pair.columns[column].p_value for measured_pair in measured])
        bands: dict[str, tuple[int, ...]] = {}
        if ranked is not None and name not in UNRANKED:
            by_pair = dict(zip(pairs, (float(p) for p in adjusted), strict=True))
            order = stats.rank_bands(ranked[:, column].tolist(), by_pair, alpha=ALPHA)
            bands = dict(zip(systems, order, strict=True))
        records = tuple(
            _record(
                name, (systems[first], systems[second]), measured_pair, column, float(p), resampling
            )
            for (first, second), measured_pair, p in zip(pairs, measured, adjusted, strict=True)
        )
        results.append(ComparedMetric(metric=name, pairs=records, bands=bands))
    return tuple(results)


def verdicts(compared: ComparedMetric) -> list[str]:
    """Say a sentence for each pair, the winner against its runner-up first."""
    values = {pair.baseline: pair.baseline_value for pair in compared.pairs}
    values |= {pair.candidate: pair.candidate_value for pair in compared.pairs}
    rank = {name: i for i, name in enumerate(sorted(values, key=lambda name: -values[name]))}
    ordered = sorted(
        compared.pairs, key=lambda pair: sorted((rank[pair.baseline], rank[pair.candidate]))
    )
    return [verdict(pair) for pair in ordered]


def verdict(compared: Comparison) -> str:
    """Say in one sentence which of two systems wins, by how much, and whether it is real."""
    higher, lower, sign = compared.candidate, compared.baseline, 1.0
    if compared.delta < 0:
        higher, lower, sign = lower, higher, -1.0
    facts = f"p = {_p(compared.p_adjusted)}, {compared.n_paired} samples"
    if compared.interval:
        low, high = sorted(sign * end for end in compared.interval)
        facts = f"95 % interval {low:+.4f} to {high:+.4f}, {facts}"
    if abs(compared.delta) < SEEN:
        return (
            f"On {compared.metric}, {higher} and {lower} score alike: no difference shows in four "
            f"decimals ({compared.n_paired} samples)."
        )
    if compared.p_adjusted >= ALPHA:
        return (
            f"On {compared.metric}, {higher} and {lower} cannot be told apart: a difference of "
            f"{abs(compared.delta):.4f} ({facts}) may well be chance."
        )
    does = "is higher than" if compared.metric in UNRANKED else "beats"
    return (
        f"On {compared.metric}, {higher} {does} {lower} by {abs(compared.delta):.4f} ({facts}): "
        "the difference is real."
    )


def _p(value: float) -> str:
    return f"{value:.4f}" if value >= 0.0001 else f"{value:.1e}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """A pair on the samples that both have, a place per column of the metric."""

    values: FloatArray
    """Scores of the two, shape (2, columns)."""
    columns: Sequence[stats.PairComparison]
    """One per column of the metric."""
    n_paired: int


def _measure(
    metric: Metric,
    pairs: Sequence[tuple[int, int]],
    statistics: FloatArray,
    scored: NDArray[np.bool_],
    resampling: Resampling,
    clusters: NDArray[np.int64] | None,
) -> list[_Measured]:
    """Compare each pair: all at once where nobody failed on any sample, else one by one."""
    n = statistics.shape[1]
    if scored.all():
        values = metric.contrasted(statistics.sum(axis=1))
        rows = stats.compare(
            statistics,
            metric.contrasted,
            pairs=pairs,
            clusters=clusters,
            replicates=resampling.replicates,
            seed=resampling.seed,
        )
        return [
            _Measured(values=values[list(pair)], columns=row, n_paired=n)
            for pair, row in zip(pairs, rows, strict=True)
        ]
    measured = []
    for pair in pairs:
        both = scored[list(pair)].all(axis=0)
        two = statistics[list(pair)][:, both]
        [row] = stats.compare(
            two,
            metric.contrasted,
            clusters=None if clusters is None else clusters[both],
            replicates=resampling.replicates,
            seed=resampling.seed,
        )
        values = metric.contrasted(two.sum(axis=1))
        measured.append(_Measured(values=values, columns=row, n_paired=int(both.sum())))
    return measured


def _record(
    metric: str,
    systems: tuple[str, str],
    measured: _Measured,
    column: int,
    p_adjusted: float,
    resampling: Resampling,
) -> Comparison:
    tested = measured.columns[column]
    noise = tested.noise
    return Comparison(
        metric=metric,
        baseline=systems[0],
        candidate=systems[1],
        baseline_value=float(measured.values[0, column]),
        candidate_value=float(measured.values[1, column]),
        delta=tested.delta,
        interval=noise.bca if noise else None,
        p_value=tested.p_value,
        p_adjusted=p_adjusted,
        effect=noise.effect if noise else None,
        unit_sd=noise.unit_sd if noise else None,
        wins=tested.wins,
        ties=tested.ties,
        losses=tested.losses,
        n_paired=measured.n_paired,
        method="paired bootstrap (BCa), approximate randomisation, "
        f"B = {resampling.replicates}; Holm over all pairs of the metric",
        seed=resampling.seed,
    )
