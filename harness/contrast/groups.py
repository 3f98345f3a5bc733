"""Statistics of systems → the tests that can be made of them, pairs on like samples together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness import stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric

SEEN = 0.00005
"""The smallest difference that four decimals show."""
FEWEST_DIFFERENT = 10
"""Samples on which two systems must differ; shares are told by an interval that needs fewer."""

Pair = tuple[int, int]
"""Places of two systems: the baseline and the candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredMetric:
    """A metric and its statistics of all systems."""

    metric: Metric
    statistics: FloatArray
    """Shape (systems, n, k); row i of every system is the same sample."""
    scored: NDArray[np.bool_]
    """Which samples a system has a score for, shape (systems, n)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Test:
    """One pair of systems on one column of a metric."""

    __test__ = False  # pytest shall not collect it

    pair: Pair
    column: int
    metric: str
    """The column's name."""
    scores: tuple[float, float]
    """Of baseline and candidate on their common samples, as they are printed."""
    wins: int
    ties: int
    losses: int
    reach: float | None
    """The largest difference that the metric's bounds allow."""
    share: bool
    """Whether it compares shares of single samples."""
    reason: str | None
    """Why this data cannot tell, whatever a test says."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Pairs that have the same samples in common, on one metric."""

    systems: tuple[int, ...]
    """Their places."""
    samples: int
    units: NDArray[np.int64]
    """Places of the units among all, ascending."""
    sizes: FloatArray
    """Samples of each unit."""
    values: FloatArray
    """Pseudo-values, shape (systems, units, columns)."""
    tests: tuple[Test, ...]

    def block(self, tests: Sequence[Test]) -> stats.Block:
        """Give some of its tests the form in which they are made."""
        columns = self.values.shape[-1]
        row = {system: i * columns for i, system in enumerate(self.systems)}
        return stats.Block(
            units=self.units,
            values=self.values.transpose(0, 2, 1).reshape(-1, len(self.units)),
            pairs=np.array([[row[system] + t.column for system in t.pair] for t in tests]),
            shares=np.array([test.share for test in tests]),
            sizes=self.sizes,
        )


def grouped(
    measured: MeasuredMetric,
    pairs: Iterable[Pair],
    clusters: NDArray[np.int64] | None,
    rows: NDArray[np.bool_] | None = None,
) -> list[Group]:
    """Make the tests of a metric.

    Args:
        measured: the metric.
        pairs: that are compared.
        clusters: which samples belong together, shape (n,); None: each stands for itself.
        rows: the samples of a slice, shape (n,); None: all.

    Returns:
        Groups of the pairs that have a sample in common.
    """
    together: dict[bytes, tuple[NDArray[np.bool_], list[Pair]]] = {}
    for pair in pairs:
        both = measured.scored[pair[0]] & measured.scored[pair[1]]
        if rows is not None:
            both &= rows
        if both.any():
            together.setdefault(both.tobytes(), (both, []))[1].append(pair)
    return [_group(measured, both, some, clusters) for both, some in together.values()]


def _group(
    measured: MeasuredMetric,
    both: NDArray[np.bool_],
    pairs: Sequence[Pair],
    clusters: NDArray[np.int64] | None,
) -> Group:
    metric = measured.metric
    systems = tuple(sorted({system for pair in pairs for system in pair}))
    statistics = measured.statistics[list(systems)][:, both]
    labels = None if clusters is None else clusters[both]
    values = stats.pseudo_values(statistics, metric.contrasted, labels)
    # A column whose every sample is 0 or 1, and whose score is their mean.
    each = stats.aggregated(metric.contrasted, statistics)
    shares = stats.are_shares(each, known=metric.shares)
    if values.shape == each.shape:
        shares &= np.isclose(values, each, atol=SEEN).all(axis=(0, 1))
    else:
        shares[:] = False
    printed = metric.aggregate(statistics.sum(axis=1))
    units = np.flatnonzero(both) if labels is None else np.unique(labels)
    place = {system: i for i, system in enumerate(systems)}
    tests = []
    for pair in pairs:
        first, second = (place[system] for system in pair)
        better = each[second] - each[first]
        for column, name in enumerate(metric.columns):
            wins = int((better[:, column] >= SEEN).sum())
            losses = int((better[:, column] <= -SEEN).sum())
            tests.append(
                Test(
                    pair=pair,
                    column=column,
                    metric=name,
                    scores=(float(printed[first, column]), float(printed[second, column])),
                    wins=wins,
                    ties=len(better) - wins - losses,
                    losses=losses,
                    reach=metric.bounds and metric.bounds[1] - metric.bounds[0],
                    share=bool(shares[column]),
                    reason=_reason(len(units), wins + losses, share=bool(shares[column])),
                )
            )
    return Group(
        systems=systems,
        samples=int(both.sum()),
        units=units.astype(np.int64),
        sizes=stats.unit_sizes(int(both.sum()), labels),
        values=values,
        tests=tuple(tests),
    )


def _reason(units: int, different: int, *, share: bool) -> str | None:
    """Say why nothing can be told of a pair, if so."""
    if units < stats.FEWEST_UNITS:
        return stats.TOO_FEW_UNITS
    if share or different >= FEWEST_DIFFERENT:
        return None
    if not different:
        return "they score alike on every sample"
    return f"they differ on {different} sample{'s' if different > 1 else ''} only"
