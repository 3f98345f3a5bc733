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
    from collections.abc import Callable

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
FEWEST_CARRYING_UNITS = 4.0
"""Units that must carry a score: where samples come in clusters, ten may be of one."""
_MANY_DEGREES = 250.0
"""Times z²: from here on the fifth term of the expansion is less than 1e-15 of the whole."""
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
    shares: bool = False,
    bounds: Interval | None = None,
) -> tuple[Estimate, ...]:
    """Score a system with 95 % intervals.

    - A share (every sample 0 or 1): Wilson (1927); of clusters with the effective number of samples
      p(1 − p) / SE² (Korn & Graubard 1998).
    - Else, of samples or clusters of one size: jackknife t whose skewness is taken out by Hall's
      transformation (Hall 1992, eq. 3.1; Tukey's pseudo-values in the place of values).
    - Else, of uneven clusters: jackknife t, the degrees of freedom from the effective number of
      clusters (Σs)² / Σs² − 1 for clusters of s samples (Kish 1965), for uneven ones tell less.

    There is none of fewer than FEWEST_UNITS units, nor where fewer than about FEWEST_CARRIERS
    samples, or FEWEST_CARRYING_UNITS units, carry the score: a handful of matches says nothing of
    those that were not drawn.

    Args:
        statistics: shape (n, k), of one system's scored samples.
        aggregate: totals → m scores.
        clusters: which cluster a sample belongs to, shape (n,); by default each is its own.
        contrasted: as ``aggregate``, with 0 where nothing was measured; what carries a score.
        shares: whether the metric gives each sample 0 or 1 and nothing else; of others the data
            must show it.
        bounds: what no score leaves, nor an end of its interval.

    Returns:
        m estimates.

    Raises:
        ValueError: the statistics are empty or not finite, or the metric has no value for them.
    """
    rows = np.asarray(statistics, dtype=np.float64)
    values = pseudo_values(rows, aggregate, clusters)
    units = len(values)
    scores = score_totals(aggregate, rows.sum(axis=0))
    each = score_totals(contrasted or aggregate, rows)
    sizes = unit_sizes(len(rows), clusters)
    held = carriers(each)
    of_units = carriers(each if clusters is None else sum_rows(each, clusters))
    wilson = are_shares(each, known=shares) & np.isclose(each.mean(axis=0), scores, atol=1e-9)
    estimates = []
    for column, score in enumerate(scores.tolist()):
        interval, reason = None, None
        if units < FEWEST_UNITS:
            reason = TOO_FEW_UNITS
        elif wilson[column]:
            interval = _wilson(score, values[:, column], sizes)
        elif held[column] < FEWEST_CARRIERS or of_units[column] < FEWEST_CARRYING_UNITS:
            reason = TOO_FEW_MATCHES
        else:
            interval = within(_jackknife_t(score, values[:, column], sizes), bounds)
        estimates.append(Estimate(value=score, interval=interval, no_interval=reason, units=units))
    return tuple(estimates)


def unit_sizes(samples: int, clusters: ArrayLike | None) -> FloatArray:
    """Say how many samples each unit has, in the order of ``sum_rows``."""
    ones = np.ones((samples, 1))
    return ones[:, 0] if clusters is None else sum_rows(ones, clusters)[:, 0]


def effective_units(sizes: FloatArray) -> float:
    """Say how many even clusters tell as much as these sizes: (Σs)² / Σs² (Kish 1965)."""
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def are_even(sizes: FloatArray) -> bool:
    """Tell whether units are alike in size, so that their values' skewness is that of units."""
    return bool((sizes == sizes[0]).all())


def degrees_of_freedom(sizes: FloatArray) -> float:
    """Give the degrees of freedom of a standard error over units of these sizes; 1 at least."""
    return max(1.0, effective_units(sizes) - 1.0)


def t_quantile(share: float, df: float) -> float:
    """Give a quantile of Student's t, right to 1e-15 of it.

    Of many degrees of freedom it is Fisher's expansion about the normal quantile (Abramowitz &
    Stegun 1964, 26.7.5), for loading SciPy takes longer than all intervals of 20,000 samples.
    """
    z = NormalDist().inv_cdf(share)
    if df < _MANY_DEGREES * max(4.0, z * z):
        from scipy.special import stdtrit

        return float(stdtrit(df, share))
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / df**power for power, term in enumerate(terms, 1))


def t_two_sided(t: float, df: float) -> float:
    """Give the two-sided p-value of Student's t."""
    from scipy.special import stdtr

    return float(2.0 * stdtr(df, -abs(t)))


def within(interval: Interval, bounds: Interval | None) -> Interval:
    """Cut an interval to what is possible."""
    if bounds is None:
        return interval
    low, high = (min(max(end, bounds[0]), bounds[1]) for end in interval)
    return low, high


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
    # At its ends a share is its interval's end, but for rounding.
    return (
        0.0 if share <= 0.0 else max(0.0, center - half),
        1.0 if share >= 1.0 else min(1.0, center + half),
    )


def _jackknife_t(score: float, values: FloatArray, sizes: FloatArray) -> Interval:
    """The jackknife's t interval; of units alike in size with its skewness taken out."""
    n = len(values)
    sd = float(values.std(ddof=1))
    quantile = t_quantile(1 - ALPHA / 2, degrees_of_freedom(sizes))
    if not are_even(sizes) or sd == 0.0:
        half = quantile * sd / math.sqrt(n)
        return score - half, score + half
    skewness = float((((values - score) / sd) ** 3).mean())
    return skewed_interval(score, sd, skewness, n, quantile)


def skewed_interval(mean: float, sd: float, skewness: float, n: int, quantile: float) -> Interval:
    """Give the t interval of a mean whose values are skewed (Hall 1992, eq. 3.1).

    Args:
        mean: of the values.
        sd: their standard deviation.
        skewness: their third central moment over sd³.
        n: how many.
        quantile: the t that is not passed.
    """
    low, high = (_unskewed(sign * quantile, skewness, n) for sign in (1.0, -1.0))
    return mean - low * sd / math.sqrt(n), mean - high * sd / math.sqrt(n)


def paired_share_interval(wins: float, losses: float, n: int, quantile: float) -> Interval:
    """Give the interval of a difference of two paired shares: Tango's score interval (1998).

    It holds the differences that a score test would not rule out, of which McNemar's is that of 0;
    so it is sane where few or none of the pairs differ, and never leaves −1 to 1.

    Args:
        wins: pairs in which the second alone is 1.
        losses: pairs in which the first alone is 1.
        n: pairs.
        quantile: the normal deviate that is not passed.
    """

    def score(difference: float) -> float:
        """Tango's statistic; it falls as the difference grows."""
        b = -wins - losses + (2 * n - wins + losses) * difference
        c = -losses * difference * (1.0 - difference)
        share = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
        variance = n * (2.0 * share + difference * (1.0 - difference))
        shift = wins - losses - n * difference
        if variance <= 0.0:
            return math.copysign(math.inf, shift) if shift else 0.0
        return shift / math.sqrt(variance)

    middle = (wins - losses) / n
    return (
        _crossing(lambda d: score(d) > quantile, -1.0, middle),
        _crossing(lambda d: score(d) >= -quantile, middle, 1.0),
    )


def _crossing(above: Callable[[float], bool], low: float, high: float) -> float:
    """Find where something that holds at low ceases to hold, to the last digit."""
    if not above(low):
        return low
    if above(high):
        return high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) else (low, middle)
    return (low + high) / 2


def _unskewed(quantile: float, skewness: float, n: int) -> float:
    """Turn a quantile of t into one of t as skewed values make it (Hall 1992, eq. 3.1)."""
    if abs(skewness) < 1e-6:
        return quantile
    root = math.sqrt(n)
    cube = 1.0 + skewness * (quantile / root - skewness / (6 * n))
    return 3.0 * root / skewness * (math.cbrt(cube) - 1.0)
