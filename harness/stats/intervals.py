"""Pseudo-values of a score → its 95 % interval, or why there is none.

Nothing is drawn at random. Which interval covers what it claims on captions and titles is measured
by benchmarks/statistics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.rows import are_shares, carriers, pseudo_values, score_totals, sum_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.stats.rows import Aggregate, FloatArray

Interval = tuple[float, float]
"""Lower and upper end, in the metric's units."""

ALPHA = 0.05
FEWEST_UNITS = 6
"""Independent units under which nothing is concluded: of five pairs that all point one way, chance
alone makes as many in one of 16 trials."""
FEWEST_CARRIERS = 10.0
"""Samples that must carry a score, so that its interval covers what it claims."""
TOO_FEW_UNITS = f"fewer than {FEWEST_UNITS} independent units"
TOO_FEW_MATCHES = "too few matches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One score of one system, and how sure it is."""

    value: float
    interval: Interval | None
    """95 %; None where the data cannot give one."""
    no_interval: str | None
    """Why there is none."""
    units: int
    """Independent ones: samples, or clusters of them."""


def estimate(
    statistics: ArrayLike,
    aggregate: Aggregate,
    *,
    clusters: ArrayLike | None = None,
    contrasted: Aggregate | None = None,
) -> tuple[Estimate, ...]:
    """Score a system with 95 % intervals.

    - A share (every sample 0 or 1): Wilson (1927); of clusters with the effective number of samples
      p(1 − p) / SE² (Korn & Graubard 1998).
    - Else, of independent samples: jackknife t whose skewness is taken out by Hall's transformation
      (Hall 1992, eq. 3.1; Tukey's pseudo-values in the place of values).
    - Else, of clusters: jackknife t, the degrees of freedom from the effective number of clusters
      (Σs)² / Σs² − 1 for clusters of s samples (Kish 1965), for uneven ones tell less.

    There is none of fewer than FEWEST_UNITS units, nor where fewer than about FEWEST_CARRIERS
    samples carry the score: a handful of matches says nothing of those that were not drawn.

    Args:
        statistics: shape (n, k), of one system's scored samples.
        aggregate: totals → m scores.
        clusters: which cluster a sample belongs to, shape (n,); by default each is its own.
        contrasted: as ``aggregate``, with 0 where nothing was measured; what carries a score.

    Returns:
        m estimates.

    Raises:
        ValueError: the statistics are empty or not finite, or the metric has no value for them.
    """
    rows = np.asarray(statistics, dtype=np.float64)
    values = pseudo_values(rows, aggregate, clusters)
    units = len(values)
    each = score_totals(contrasted or aggregate, rows[:, None])[:, 0]
    sizes = (
        np.ones(units) if clusters is None else sum_rows(np.ones((len(rows), 1)), clusters)[:, 0]
    )
    held = carriers(each)
    shares = are_shares(each) & np.isclose(each.mean(axis=0), values.mean(axis=0), atol=1e-9)
    estimates = []
    for column, score in enumerate(values.mean(axis=0).tolist()):
        interval, reason = None, None
        if units < FEWEST_UNITS:
            reason = TOO_FEW_UNITS
        elif shares[column]:
            interval = _wilson(score, values[:, column], sizes)
        elif held[column] < FEWEST_CARRIERS:
            reason = TOO_FEW_MATCHES
        else:
            interval = _jackknife_t(values[:, column], sizes)
        estimates.append(Estimate(value=score, interval=interval, no_interval=reason, units=units))
    return tuple(estimates)


def unit_sizes(samples: int, clusters: ArrayLike | None) -> FloatArray:
    """Say how many samples each unit has, in the order of ``sum_rows``."""
    ones = np.ones((samples, 1))
    return ones[:, 0] if clusters is None else sum_rows(ones, clusters)[:, 0]


def effective_units(sizes: FloatArray) -> float:
    """Say how many even clusters tell as much as these sizes: (Σs)² / Σs² (Kish 1965)."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def degrees_of_freedom(sizes: FloatArray) -> float:
    """Give the degrees of freedom of a standard error over units of these sizes; 1 at least."""
    return max(1.0, effective_units(sizes) - 1.0)


def t_quantile(share: float, df: float) -> float:
    """Give a quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(df, share))


def t_two_sided(t: float, df: float) -> float:
    """Give the two-sided p-value of Student's t."""
    from scipy.special import stdtr

    return float(2.0 * stdtr(df, -abs(t)))


def _wilson(share: float, values: FloatArray, sizes: FloatArray) -> Interval:
    """Wilson's interval of a share; of clusters with the effective number of samples."""
    n, units = sizes.sum(), len(sizes)
    if units == n:
        effective, quantile = float(n), NormalDist().inv_cdf(1 - ALPHA / 2)
    else:
        squared = values.var(ddof=1) / units
        effective = min(n, share * (1 - share) / squared) if squared > 0 else float(units)
        quantile = t_quantile(1 - ALPHA / 2, degrees_of_freedom(sizes))
    shift = quantile**2 / effective
    center = (share + shift / 2) / (1 + shift)
    spread = share * (1 - share) / effective + shift / (4 * effective)
    half = quantile * math.sqrt(max(0.0, spread)) / (1 + shift)
    return max(0.0, center - half), min(1.0, center + half)


def _jackknife_t(values: FloatArray, sizes: FloatArray) -> Interval:
    """The jackknife's t interval; of single samples with its skewness taken out."""
    n, score = len(values), float(values.mean())
    sd = float(values.std(ddof=1))
    quantile = t_quantile(1 - ALPHA / 2, degrees_of_freedom(sizes))
    if sizes.sum() > n or sd == 0.0:
        half = quantile * sd / math.sqrt(n)
        return score - half, score + half
    skewness = float((((values - score) / sd) ** 3).mean())
    low, high = (_unskewed(sign * quantile, skewness, n) for sign in (1.0, -1.0))
    return score - low * sd / math.sqrt(n), score - high * sd / math.sqrt(n)


def _unskewed(quantile: float, skewness: float, n: int) -> float:
    """Turn a quantile of t into one of t as skewed values make it (Hall 1992, eq. 3.1)."""
    if abs(skewness) < 1e-6:
        return quantile
    root = math.sqrt(n)
    cube = 1.0 + skewness * (quantile / root - skewness / (6 * n))
    return 3.0 * root / skewness * (math.cbrt(cube) - 1.0)
