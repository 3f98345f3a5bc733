"""Sufficient statistics → a system's interval, and whether two systems differ.

What the numbers of many pairs add up to (Holm, rank bands, power) is in harness.stats.decisions.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.resampling import (
    REPLICATES,
    as_statistics,
    bootstrap,
    jackknife,
    score_totals,
    sum_rows,
    swapped_differences,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from harness.stats.resampling import Aggregate, FloatArray

Interval = tuple[float, float]
"""Lower and upper end, in the metric's units."""

LEVEL = 0.95
_ROUNDING = 1e-12
"""Scores nearer than this share of their size are the same: their sums were rounded apart."""

_cdf = np.vectorize(NormalDist().cdf, otypes=[np.float64])
_quantile = np.vectorize(NormalDist().inv_cdf, otypes=[np.float64])


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One score of one system, and how sure it is."""

    value: float
    percentile: Interval | None
    """95 % percentile bootstrap; None for a single unit, which tells nothing of its noise."""
    bca: Interval | None
    """95 % bias-corrected and accelerated bootstrap; None as above."""
    units: int
    """What was resampled: samples, or clusters of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How much a pair's difference varies with the samples it was measured on."""

    percentile: Interval
    """95 % paired bootstrap of the difference."""
    bca: Interval
    """95 % bias-corrected and accelerated bootstrap of the difference."""
    p_bootstrap: float
    """Two-sided, by the paired bootstrap moved to a difference of 0: a second opinion, which
    tends to reject too often on few samples."""
    sd: float
    """Bootstrap standard deviation of the difference."""
    effect: float | None
    """The difference in units of ``sd``; None where there is one and no noise to measure it by."""
    unit_sd: float
    """Standard deviation of one unit's influence on the difference, by the jackknife: what
    ``smallest_difference`` and ``samples_needed`` take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairComparison:
    """One score of two systems on the same samples; every difference is candidate − baseline."""

    baseline: int
    """Index of the system."""
    candidate: int
    delta: float
    p_value: float
    """Two-sided, by approximate randomisation; at least 1 / (replicates + 1)."""
    noise: Noise | None
    """None for a single unit, which tells nothing of it."""
    wins: int
    """Samples on which the candidate scores higher."""
    ties: int
    losses: int
    units: int
    """What was resampled and exchanged: samples, or clusters of them."""


def percentile_interval(
    replicates: ArrayLike, level: float = LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Give the middle ``level`` of the replicates (Efron & Tibshirani 1993, §13.3).

    Args:
        replicates: bootstrap scores, shape (..., B, m).
        level: between 0 and 1.

    Returns:
        Lower and upper ends, each of shape (..., m).

    Raises:
        ValueError: no replicates, or a level outside 0 to 1.
    """
    scores = _checked(replicates, level)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(scores, (tail, 1.0 - tail), axis=-2)
    return low, high


def bca_interval(
    replicates: ArrayLike, value: ArrayLike, left_out: ArrayLike, level: float = LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Give the bias-corrected and accelerated interval (Efron & Tibshirani 1993, §14.3).

    Where all replicates lie on one side of the value, the correction stops at half a replicate.
    Without any spread the interval is the value.

    Args:
        replicates: bootstrap scores, shape (..., B, m).
        value: the score itself, shape (..., m).
        left_out: jackknife scores, shape (..., n, m).
        level: between 0 and 1.

    Returns:
        Lower and upper ends, each of shape (..., m).

    Raises:
        ValueError: no replicates, or a level outside 0 to 1.
    """
    scores = _checked(replicates, level)
    center = np.asarray(value, dtype=np.float64)[..., None, :]
    count = scores.shape[-2]
    # Equal ones count half (as scipy does): discrete scores would seem biased otherwise.
    below = ((scores < center).mean(axis=-2) + (scores <= center).mean(axis=-2)) / 2.0
    bias = _quantile(np.clip(below, 0.5 / count, 1.0 - 0.5 / count))
    influence = -np.asarray(left_out, dtype=np.float64)
    influence -= influence.mean(axis=-2, keepdims=True)
    # Scaled to 1 first, for the cubes of small scores would underflow.
    largest = np.abs(influence).max(axis=-2, keepdims=True)
    influence /= np.where(largest > 0.0, largest, 1.0)
    squares = (influence**2).sum(axis=-2)
    skew = (influence**3).sum(axis=-2) / (6.0 * np.where(squares > 0.0, squares, 1.0) ** 1.5)
    ordered = np.sort(scores, axis=-2)
    tail = (1.0 - level) / 2.0
    low, high = (
        _at(ordered, _cdf(bias + shifted / np.maximum(1.0 - skew * shifted, 1e-9)))
        for shifted in (bias + NormalDist().inv_cdf(share) for share in (tail, 1.0 - tail))
    )
    return low, high


def _checked(replicates: ArrayLike, level: float) -> FloatArray:
    scores = np.asarray(replicates, dtype=np.float64)
    if scores.ndim < 2 or 0 in scores.shape:
        raise ValueError(f"no replicates: shape {scores.shape}, wanted (..., B, m)")
    if not 0.0 < level < 1.0:
        raise ValueError(f"the level of an interval is between 0 and 1, not {level}")
    return scores


def _at(ordered: FloatArray, shares: FloatArray) -> FloatArray:
    """Give quantiles at a share of its own for each column, interpolated as np.quantile does."""
    position = shares * (ordered.shape[-2] - 1)
    index = np.floor(position).astype(np.intp)
    below = np.take_along_axis(ordered, index[..., None, :], axis=-2)[..., 0, :]
    index = np.minimum(index + 1, ordered.shape[-2] - 1)
    above = np.take_along_axis(ordered, index[..., None, :], axis=-2)[..., 0, :]
    between: FloatArray = below + (above - below) * (position - np.floor(position))
    return between


def estimate(
    statistics: ArrayLike,
    aggregate: Aggregate,
    *,
    clusters: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> tuple[tuple[Estimate, ...], ...]:
    """Score systems with 95 % bootstrap intervals.

    Args:
        statistics: of systems that were scored on the same samples, shape (systems, n, k).
        aggregate: totals → m scores.
        clusters: which cluster a sample belongs to, shape (n,); by default each is its own.
        replicates: B.
        seed: of the resampling.

    Returns:
        System by system, a tuple of m estimates.

    Raises:
        ValueError: the statistics are empty, not finite or not of three axes, or the metric has no
            value for some resampled corpus.
    """
    units = _units(_systems(statistics), clusters)
    values = score_totals(aggregate, units.sum(axis=-2))
    bounds = None
    if units.shape[1] > 1:
        scores = bootstrap(units, aggregate, replicates=replicates, seed=seed)
        bounds = (
            percentile_interval(scores),
            bca_interval(scores, values, jackknife(units, aggregate)),
        )
    return tuple(
        tuple(
            Estimate(
                value=float(value),
                percentile=bounds and _interval(bounds[0], (row, column)),
                bca=bounds and _interval(bounds[1], (row, column)),
                units=units.shape[1],
            )
            for column, value in enumerate(system)
        )
        for row, system in enumerate(values)
    )


def compare(
    statistics: ArrayLike,
    aggregate: Aggregate,
    *,
    pairs: Sequence[tuple[int, int]] | None = None,
    clusters: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    tie: float = 1e-9,
) -> tuple[tuple[PairComparison, ...], ...]:
    """Compare systems in pairs on the samples that all of them have.

    A pair's numbers do not depend on the other systems. Correct them for their number (``holm``)
    before anything is said about them.

    Args:
        statistics: shape (systems, n, k); row i of every system is the same sample.
        aggregate: totals → m scores.
        pairs: (baseline, candidate) by index; by default all, the first of two as the baseline.
        clusters: which cluster a sample belongs to, shape (n,); clusters are resampled and
            exchanged whole. By default each sample is its own.
        replicates: B, both of the bootstrap and of the exchanges.
        seed: of both.
        tie: per-sample scores this near are a tie, in the metric's units.

    Returns:
        Pair by pair, a tuple of m comparisons.

    Raises:
        ValueError: as ``estimate``, or a pair names a system that is not there.
    """
    samples = _systems(statistics)
    if pairs is None:
        pairs = list(combinations(range(len(samples)), 2))
    for pair in pairs:
        if len(pair) != 2 or not all(0 <= system < len(samples) for system in pair):
            raise ValueError(f"no such pair among {len(samples)} systems: {pair}")
    if not pairs:
        return ()
    units = _units(samples, clusters)
    each = score_totals(aggregate, samples)
    values = score_totals(aggregate, units.sum(axis=-2))
    options = {"replicates": replicates, "seed": seed}
    exchanged = swapped_differences(units, pairs, aggregate, **options)
    resampled = None
    if units.shape[1] > 1:
        resampled = bootstrap(units, aggregate, **options), jackknife(units, aggregate)
    compared = []
    for (first, second), swapped in zip(pairs, exchanged, strict=True):
        delta = values[second] - values[first]
        rounding = _ROUNDING * np.maximum(np.abs(values[first]), np.abs(values[second]))
        # Without the allowance the real exchange itself, and all that equal it, could be missed.
        reached = (np.abs(swapped) >= np.abs(delta) - rounding).sum(axis=0)
        noise: Sequence[Noise | None] = [None] * len(delta)
        if resampled:
            scores, left_out = resampled
            noise = _noise(
                scores[second] - scores[first], delta, left_out[second] - left_out[first], rounding
            )
        better = each[second] - each[first]
        compared.append(
            tuple(
                PairComparison(
                    baseline=first,
                    candidate=second,
                    delta=float(delta[column]),
                    p_value=float((reached[column] + 1) / (replicates + 1)),
                    noise=noise[column],
                    wins=int((better[:, column] > tie).sum()),
                    ties=int((np.abs(better[:, column]) <= tie).sum()),
                    losses=int((better[:, column] < -tie).sum()),
                    units=units.shape[1],
                )
                for column in range(len(delta))
            )
        )
    return tuple(compared)


def _noise(
    differences: FloatArray, delta: FloatArray, left_out: FloatArray, rounding: FloatArray
) -> list[Noise]:
    """Measure a pair's noise, score by score.

    Args:
        differences: of the bootstrap replicates, shape (B, m).
        delta: the difference itself, shape (m,).
        left_out: differences of the jackknife, shape (n, m).
        rounding: what counts as no difference, shape (m,).
    """
    centred = differences - differences.mean(axis=0)
    # Efron & Tibshirani 1993, §16.4: where the truth is 0, differences vary about 0 as the
    # replicates vary about their mean. Koehn (2004) and sacrebleu look at one side only.
    reached = (np.abs(centred) >= np.abs(delta) - rounding).sum(axis=0)
    p_values = (reached + 1) / (len(differences) + 1)
    sd = _without_rounding(differences.std(axis=0), rounding)
    # §11.2, times the root of n: for a mean this is the sample standard deviation.
    n = len(left_out)
    squares = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    unit_sd = _without_rounding(np.sqrt((n - 1) * squares), n * rounding)
    percentile = percentile_interval(differences)
    bca = bca_interval(differences, delta, left_out)
    return [
        Noise(
            percentile=_interval(percentile, (column,)),
            bca=_interval(bca, (column,)),
            p_bootstrap=float(p_values[column]),
            sd=float(sd[column]),
            effect=_effect(delta[column], sd[column], rounding[column]),
            unit_sd=float(unit_sd[column]),
        )
        for column in range(len(delta))
    ]


def _effect(delta: float, sd: float, rounding: float) -> float | None:
    if abs(delta) <= rounding:
        return 0.0
    return float(delta / sd) if sd > 0.0 else None


def _without_rounding(sd: FloatArray, rounding: FloatArray) -> FloatArray:
    return np.where(sd <= rounding, 0.0, sd)


def _systems(statistics: ArrayLike) -> FloatArray:
    samples = as_statistics(statistics)
    if samples.ndim != 3:
        raise ValueError(f"statistics of systems have shape (systems, n, k); given {samples.shape}")
    return samples


def _units(samples: FloatArray, clusters: ArrayLike | None) -> FloatArray:
    return samples if clusters is None else sum_rows(samples, clusters)


def _interval(bounds: tuple[FloatArray, FloatArray], place: tuple[int, ...]) -> Interval:
    low, high = bounds
    return float(low[place]), float(high[place])
