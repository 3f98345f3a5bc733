"""Statistics of a matrix' systems → what each choice does to each metric, tested together.

An effect is a weighted sum of scores (harness.contrast.design), each of which is a mean over units
of pseudo-values; so it is a mean over units, too, of the same sum of a unit's values, and is tested
as any difference is (harness.stats.family): the pair is "nothing" and the effect.

What is exchanged in a unit are the two sides of the sum: all answers at the level with all at the
first level, of an interaction the two crosswise halves. If the choice does nothing, either side
could have given either answers, whatever the other choices do, so that the sign of a unit's sum is
a coin's: the test of two levels of a balanced matrix is as exact as one of a pair. Where only the
mean effect is nothing (the choice helps some units and harms others), or levels weigh unequally
(``exclude:``), the sum need not be symmetric about 0, and the test is as good as Student's t, which
has to agree with it: benchmarks/effects.py measures both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.contrast.families import OUT_OF_REACH, USUAL
from harness.contrast.groups import FEWEST_DIFFERENT, SEEN
from harness.records import Effect

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from harness.contrast.design import Planned
    from harness.contrast.groups import MeasuredMetric
    from harness.metrics.arrays import FloatArray
    from harness.records import Resampling

_ROUNDING = 1e-12
"""A unit's sum under this share of its values is none: they were rounded apart."""

Key = tuple[int, str]
"""An effect's place among those planned, and the column."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Group:
    """Effects on the same samples, on one metric."""

    places: tuple[int, ...]
    """Of the effects, among those planned."""
    samples: int
    units: NDArray[np.int64]
    sizes: FloatArray
    columns: tuple[str, ...]
    sums: FloatArray
    """A unit's part of each effect, shape (effects, units, columns)."""
    parts: FloatArray
    """Of each effect what is subtracted and from what, as printed: (effects, 2, columns)."""
    shares: NDArray[np.bool_]
    """Which are of two systems' paired shares, shape (effects, columns)."""
    different: NDArray[np.int64]
    """Samples on which an effect shows, shape (effects, columns)."""

    def reason(self, effect: int, column: int) -> str | None:
        """Say why this data cannot tell of an effect, if so."""
        if len(self.units) < stats.FEWEST_UNITS:
            return stats.TOO_FEW_UNITS
        shown = int(self.different[effect, column])
        if self.shares[effect, column] or shown >= FEWEST_DIFFERENT:
            return None
        if not shown:
            return "no sample's score changes with it"
        return (
            "the score of 1 sample alone changes with it"
            if shown == 1
            else f"the scores of {shown} samples alone change with it"
        )

    def testable(self) -> list[tuple[int, int]]:
        """List the effects and columns that this data can tell of."""
        effects, _, columns = self.sums.shape
        every = [(e, c) for c in range(columns) for e in range(effects)]
        return [(e, c) for e, c in every if self.reason(e, c) is None]


def effects(
    metrics: Sequence[MeasuredMetric],
    plan: Sequence[Planned],
    *,
    clusters: NDArray[np.int64] | None = None,
    resampling: Resampling = USUAL,
    declared: Collection[str] = (),
) -> tuple[Effect, ...]:
    """Measure and test the effects of matrices on every column of every metric.

    Args:
        metrics: what was measured of all systems of the run.
        plan: the effects, from ``harness.contrast.design.planned``, of all matrices.
        clusters: which samples belong together, shape (n,); None: each stands for itself.
        resampling: how often answers are exchanged, and from which seed.
        declared: columns that were declared before the answers existed. Effects on them are tested
            together by themselves; those on others together with all. That makes none of them
            confirmatory: what was declared are pairs, not effects.

    Returns:
        Per column, in the order of the metrics, those of the plan that have a sample.
    """
    groups = [group for measured in metrics for group in _grouped(measured, plan, clusters)]
    wide = _conclude(groups, None, resampling)
    narrow = _conclude(groups, declared, resampling) if declared else {}
    found: dict[Key, Effect] = {}
    for group in groups:
        for e, place in enumerate(group.places):
            for c, name in enumerate(group.columns):
                conclusion = narrow.get((place, name)) or wide.get((place, name))
                found[place, name] = _effect(group, e, c, plan[place], conclusion, resampling)
    order = [column for measured in metrics for column in measured.metric.columns]
    keys = ((place, name) for name in order for place in range(len(plan)))
    return tuple(found[key] for key in keys if key in found)


def _grouped(
    measured: MeasuredMetric, plan: Sequence[Planned], clusters: NDArray[np.int64] | None
) -> Iterator[_Group]:
    """Put effects together whose systems have the same samples in common."""
    together: dict[bytes, tuple[NDArray[np.bool_], list[int]]] = {}
    for place, effect in enumerate(plan):
        common: NDArray[np.bool_] = np.logical_and.reduce(measured.scored[sorted(effect.systems)])
        if common.any():
            together.setdefault(common.tobytes(), (common, []))[1].append(place)
    for common, places in together.values():
        yield _group(measured, plan, places, common, None if clusters is None else clusters[common])


def _group(
    measured: MeasuredMetric,
    plan: Sequence[Planned],
    places: Sequence[int],
    common: NDArray[np.bool_],
    labels: NDArray[np.int64] | None,
) -> _Group:
    metric = measured.metric
    systems = sorted({system for place in places for system in plan[place].systems})
    sides = np.zeros((len(places), 2, len(systems)))
    for e, place in enumerate(places):
        for side, weights in enumerate((plan[place].low, plan[place].high)):
            for system, weight in weights.items():
                sides[e, side, systems.index(system)] += weight
    weights_ = sides[:, 1] - sides[:, 0]
    statistics = measured.statistics[systems][:, common]
    values = stats.pseudo_values(statistics, metric.contrasted, labels)
    each = metric.contrasted(statistics)
    sums = np.einsum("es,suc->euc", weights_, values)
    parts = np.einsum("eps,sc->epc", sides, metric.aggregate(statistics.sum(axis=1)))
    size = np.einsum("es,suc->euc", np.abs(weights_), np.abs(values)).max(axis=1, keepdims=True)
    sums[np.abs(sums) <= _ROUNDING * size] = 0.0
    single = values.shape == each.shape
    shares = stats.are_shares(each) & (single and np.allclose(values, each, atol=SEEN))
    pairs = (weights_ != 0.0).sum(axis=1) == 2
    samples = int(common.sum())
    units = np.flatnonzero(common) if labels is None else np.unique(labels)
    return _Group(
        places=tuple(places),
        samples=samples,
        units=units.astype(np.int64),
        sizes=stats.unit_sizes(samples, labels),
        columns=metric.columns,
        sums=sums,
        parts=parts,
        shares=pairs[:, None] & shares[None],
        different=(np.abs(np.einsum("es,snc->enc", weights_, each)) >= SEEN).sum(axis=1),
    )


def _conclude(
    groups: Sequence[_Group], columns: Collection[str] | None, resampling: Resampling
) -> dict[Key, tuple[stats.Difference, int]]:
    """Test as one family the effects on some columns; None: on all."""
    blocks, keys = [], []
    for group in groups:
        some = [
            (e, c) for e, c in group.testable() if columns is None or group.columns[c] in columns
        ]
        if some:
            rows = np.stack([group.sums[e, :, c] for e, c in some])
            blocks.append(
                stats.Block(
                    units=group.units,
                    values=np.concatenate([np.zeros((1, rows.shape[1])), rows]),
                    pairs=np.array([(0, 1 + i) for i in range(len(some))]),
                    shares=np.array([group.shares[e, c] for e, c in some]),
                    sizes=group.sizes,
                )
            )
            keys.append([(group.places[e], group.columns[c]) for e, c in some])
    if not blocks:
        return {}
    family = stats.tell_apart(blocks, exchanges=resampling.replicates, seed=resampling.seed)
    return {
        key: (difference, family.tests)
        for own, differences in zip(keys, family.differences, strict=True)
        for key, difference in zip(own, differences, strict=True)
    }


def _effect(
    group: _Group,
    e: int,
    c: int,
    plan: Planned,
    conclusion: tuple[stats.Difference, int] | None,
    resampling: Resampling,
) -> Effect:
    """Write down what is known of an effect on a column."""
    low, high = (float(part) for part in group.parts[e, :, c])
    known = conclusion[0] if conclusion and conclusion[0].interval else None
    told = "told apart" if known and known.told_apart else "not told apart"
    return Effect(
        metric=group.columns[c],
        matrix=plan.matrix,
        axes=plan.axes,
        levels=plan.levels,
        against=plan.against,
        wording=plan.wording,
        model=plan.model,
        combinations=plan.combinations,
        possible=plan.possible,
        estimate=high - low,
        parts=(low, high),
        rough=known is not None and known.rough,
        verdict=told if known else "cannot tell",  # type: ignore[arg-type]
        reason=None if known else group.reason(e, c) or OUT_OF_REACH,
        family=conclusion[1] if conclusion else 0,
        interval=known.interval if known else None,
        p_value=known.p_value if known else None,
        p_single=known.p_single if known else None,
        smallest=known.smallest if known else None,
        n_paired=group.samples,
        units=len(group.units),
        exchanges=resampling.replicates,
        seed=resampling.seed,
    )
