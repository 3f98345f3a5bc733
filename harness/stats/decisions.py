"""p-values and noise → what may be said: Holm's correction, rank bands, power.

It resamples nothing; its inputs come from harness.stats.inference.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike

    from harness.stats.resampling import FloatArray

ALPHA = 0.05
POWER = 0.8


def holm(p_values: ArrayLike) -> FloatArray:
    """Adjust p-values so that the chance of any false difference stays under alpha (Holm 1979).

    The i-th smallest of h is multiplied by h − i + 1, and none is less than one before it. This
    holds whatever the tests have in common.

    Args:
        p_values: of all the tests that are made together, shape (h,); h may be 0.

    Returns:
        Adjusted, in the same order, at most 1.

    Raises:
        ValueError: not one axis, or a value that is no probability.
    """
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1:
        raise ValueError(f"p-values are a list, not of shape {given.shape}")
    if not ((given >= 0.0) & (given <= 1.0)).all():
        raise ValueError("a p-value is between 0 and 1")
    order = np.argsort(given, kind="stable")
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(
        1.0, np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    )
    return adjusted


def rank_bands(
    scores: Sequence[float],
    p_adjusted: Mapping[tuple[int, int], float],
    *,
    alpha: float = ALPHA,
) -> tuple[tuple[int, ...], ...]:
    """Give each system the bands it ranks in, 1 the best.

    Two systems share a band exactly if they cannot be told apart (adjusted p ≥ alpha). That is not
    transitive: where A and B cannot be told apart, nor B and C, but A and C can, B is in A's band
    and in C's (the letters of Piepho 2004). The rule: rank systems by score, equal scores in the
    order given. For each system from the top, and each lower one that it cannot be told apart from
    and shares no band with yet, open a band with both, and let in, from the top, every system that
    cannot be told apart from any that is in. One that is told apart from all has a band alone.
    Bands are numbered by their systems' ranks, best first.

    Args:
        scores: one a system; a higher one is better.
        p_adjusted: (i, j) → adjusted p-value, for each two systems in either order.
        alpha: below it two systems differ.

    Returns:
        Per system, in the order given, its bands in ascending order.

    Raises:
        ValueError: a pair's p-value is missing or none, or a score is not finite.
    """
    if not all(math.isfinite(score) for score in scores):
        raise ValueError("a system without a score has no rank")
    ranked = sorted(range(len(scores)), key=lambda system: -scores[system])
    alike = np.eye(len(scores), dtype=bool)
    for first, i in enumerate(ranked):
        for second, j in enumerate(ranked[:first]):
            p_value = p_adjusted.get((i, j), p_adjusted.get((j, i)))
            if p_value is None or not 0.0 <= p_value <= 1.0:
                raise ValueError(f"no p-value for systems {i} and {j}: {p_value}")
            alike[first, second] = alike[second, first] = p_value >= alpha
    bands: set[tuple[int, ...]] = set()
    joined = np.zeros_like(alike)
    for first, second in zip(*np.nonzero(np.triu(alike)), strict=True):
        alone = first == second and alike[first].sum() == 1
        if joined[first, second] or (first == second and not alone):
            continue
        group = _extended(alike, (int(first), int(second)))
        joined[np.ix_(group, group)] = True
        bands.add(tuple(group))
    member: list[tuple[int, ...]] = [()] * len(scores)
    for number, band in enumerate(sorted(bands), start=1):
        for rank in band:
            member[ranked[rank]] += (number,)
    return tuple(member)


def _extended(alike: np.typing.NDArray[np.bool_], first: Iterable[int]) -> list[int]:
    """Let in, best first, each rank that cannot be told apart from any already in."""
    band = set(first)
    for rank in range(len(alike)):
        if all(alike[rank, other] for other in band):
            band.add(rank)
    return sorted(band)


def smallest_difference(
    unit_sd: float, n: int, *, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Say which true difference n samples would show with the given power.

    Normal approximation, two-sided (Cohen 1988, §2.4): (z(1 − alpha/2) + z(power)) · sd / √n.

    Args:
        unit_sd: the pair's ``Noise.unit_sd``, in the metric's units.
        n: samples, or clusters where those were compared.
        alpha: divide it by the number of pairs to allow for the correction of all of them.
        power: the chance of a p-value under alpha.

    Returns:
        In the metric's units; 0 for a pair without noise.

    Raises:
        ValueError: n is under 1, the deviation negative, or a chance not between 0 and 1.
    """
    if n < 1:
        raise ValueError(f"no samples: {n}")
    return _reach(unit_sd, alpha, power) / math.sqrt(n)


def samples_needed(
    unit_sd: float, difference: float, *, alpha: float = ALPHA, power: float = POWER
) -> int:
    """Say how many samples would show a true difference with the given power.

    The inverse of ``smallest_difference``, rounded up.

    Args:
        unit_sd: the pair's ``Noise.unit_sd``, in the metric's units.
        difference: in the metric's units, of either sign.
        alpha: as in ``smallest_difference``.
        power: as there.

    Returns:
        Samples, or clusters where those were compared; two at least.

    Raises:
        ValueError: the difference is 0 or not finite, or as ``smallest_difference``.
    """
    if difference == 0.0 or not math.isfinite(difference):
        raise ValueError(f"no number of samples shows a difference of {difference}")
    return max(2, math.ceil((_reach(unit_sd, alpha, power) / difference) ** 2))


def _reach(unit_sd: float, alpha: float, power: float) -> float:
    """Give the difference that a single sample would show."""
    if not (0.0 < alpha < 1.0 and 0.0 < power < 1.0):
        raise ValueError(f"alpha {alpha} and power {power} are chances between 0 and 1")
    if not (math.isfinite(unit_sd) and unit_sd >= 0.0):
        raise ValueError(f"not a standard deviation: {unit_sd}")
    normal = NormalDist()
    # With less power than alpha gives by itself the sum would be negative.
    return max(0.0, normal.inv_cdf(1.0 - alpha / 2.0) + normal.inv_cdf(power)) * unit_sd
