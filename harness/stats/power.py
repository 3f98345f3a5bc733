"""The noise of a pair → which difference so many units will show, and how many a difference needs.

Before the answers exist: what an earlier run's noise says of a run to come. Of answers that are
there, harness.stats.difference says the smallest difference that they could have shown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.difference import POWER, ROUNDING
from harness.stats.intervals import ALPHA, FEWEST_UNITS, t_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

MOST_UNITS = 2**53
"""More are not counted."""
_DRAWS = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What units can show."""

    smallest: float
    """The smallest true difference that is told apart with 80 % power, in the metric's units."""
    between: tuple[float, float]
    """95 % interval of it, for the noise itself was only measured."""


def planned_bar(systems: int, pairs: Sequence[tuple[int, int]], columns: int = 1) -> float:
    """Say which t a difference must pass when these pairs are tested together, on many units.

    The 95 % quantile of the largest |zj − zi| / √2 over the pairs, z independent standard normal:
    systems of like noise that have no more in common than the samples (Tukey's studentised range
    where every pair is tested, Dunnett's where each is with the baseline). Drawn with a fixed seed.

    Args:
        systems: how many.
        pairs: (baseline, candidate) by index.
        columns: metrics' columns that are compared, too. They are taken to have nothing in common,
            as metrics of the same answers have, so that the bar is rather too high.

    Raises:
        ValueError: there is no pair.
    """
    if not pairs:
        raise ValueError("no pair is compared")
    if len(pairs) == columns == 1:
        return NormalDist().inv_cdf(1.0 - ALPHA / 2.0)
    random = np.random.default_rng(0)
    largest = np.empty(_DRAWS)
    size = max(1, 2**22 // len(pairs))
    first, second = np.asarray(pairs, dtype=np.intp).T
    for start in range(0, _DRAWS, size):
        drawn = random.standard_normal((min(size, _DRAWS - start), systems))
        differences = np.abs(drawn[:, second] - drawn[:, first]).max(axis=1)
        largest[start : start + len(drawn)] = differences
    return float(np.quantile(largest, (1.0 - ALPHA) ** (1.0 / columns))) / math.sqrt(2.0)


def smallest_difference(
    unit_sd: float, units: int, bar: float, *, power: float = POWER, share: bool = False
) -> float:
    """Say which true difference is told apart with the given power (Cohen 1988, §2.4, with t).

    (t(alpha) + t(power)) · sd / √n: the bar of many units is brought to so few by the quantile of t
    at the same chance.

    Args:
        unit_sd: standard deviation of a unit's difference, in the metric's units.
        units: independent ones.
        bar: as ``planned_bar`` gives.
        power: the chance of telling it apart.
        share: whether it is a difference of paired shares: where they differ by d, at least d of
            the pairs do, so that their variance is d(1 − d) or more.

    Returns:
        In the metric's units; infinite under FEWEST_UNITS units.

    Raises:
        ValueError: the deviation is negative or no number.
    """
    if not (math.isfinite(unit_sd) and unit_sd >= 0.0):
        raise ValueError(f"not a standard deviation: {unit_sd}")
    if units < FEWEST_UNITS:
        return math.inf
    chance = NormalDist().cdf(bar)
    reach = t_quantile(chance, units - 1.0) + t_quantile(power, units - 1.0)
    reach /= math.sqrt(units)
    return max(reach * unit_sd, reach**2 / (1.0 + reach**2) if share else 0.0)


def units_needed(
    unit_sd: float, difference: float, bar: float, *, power: float = POWER, share: bool = False
) -> int:
    """Say how many units tell a true difference apart with the given power.

    With a power of 90 % as many units show, in 80 % of trials, that a true difference of 0 is
    smaller than this one: each of the two tests of that fails in one of ten.

    The inverse of ``smallest_difference``.

    Args:
        unit_sd: as there.
        difference: in the metric's units, of either sign.
        bar: as there.
        power: as there.
        share: as there.

    Raises:
        ValueError: the difference is 0 or not finite, or as ``smallest_difference``.
        OverflowError: more than can be counted.
    """
    if difference == 0.0 or not math.isfinite(difference):
        raise ValueError(f"no number of units shows a difference of {difference}")
    most = FEWEST_UNITS
    while smallest_difference(unit_sd, most, bar, power=power, share=share) > abs(difference):
        most *= 2
        if most > MOST_UNITS:
            raise OverflowError("more units than can be counted")
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        if smallest_difference(unit_sd, middle, bar, power=power, share=share) > abs(difference):
            least = middle
        else:
            most = middle
    return max(most, FEWEST_UNITS)


def noise_of(differences: ArrayLike) -> float:
    """Give the standard deviation of a unit's difference, as ``Difference.unit_sd`` is.

    Args:
        differences: each unit's, shape (n,), n > 1.
    """
    return float(_with_one_more(np.asarray(differences, dtype=np.float64)).std(ddof=1))


def _with_one_more(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Add a unit that does not differ where all differ by as much: see ``Sums``."""
    alike = float(np.ptp(values)) <= ROUNDING * float(np.abs(values).max())
    return np.append(values, 0.0) if alike else values


def reach(differences: ArrayLike, units: int, bar: float, *, share: bool = False) -> Reach:
    """Say what so many units will show, from an earlier run's differences of one pair.

    Its interval is that of the standard deviation: log s ± 1.96 · √(((kurtosis − 1) / n) / 4), the
    delta method, which holds for skewed differences too.

    Args:
        differences: each unit's difference in the earlier run, shape (n,).
        units: of the run to come.
        bar: as ``planned_bar`` gives.
        share: as in ``smallest_difference``.

    Raises:
        ValueError: fewer than FEWEST_UNITS differences.
    """
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < FEWEST_UNITS:
        raise ValueError(f"{len(values)} units tell nothing of their noise")
    values = _with_one_more(values)
    sd = float(values.std(ddof=1))
    smallest = smallest_difference(sd, units, bar, share=share)
    if sd == 0.0:
        return Reach(smallest=smallest, between=(smallest, smallest))
    kurtosis = float((((values - values.mean()) / sd) ** 4).mean())
    factor = math.exp(
        NormalDist().inv_cdf(1.0 - ALPHA / 2.0)
        * math.sqrt(max(kurtosis - 1.0, 0.0) / len(values))
        / 2.0
    )
    low, high = (
        smallest_difference(each, units, bar, share=share) for each in (sd / factor, sd * factor)
    )
    return Reach(smallest=smallest, between=(low, high))
