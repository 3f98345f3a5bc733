"""Two systems that hardly differ → how much worse the second may be, from how rarely it loses.

Where two systems score alike on nearly every sample, no standard error says anything of samples on
which they would not. But how many such samples there may be is a share, with an exact bound.
"""

from __future__ import annotations

import math

from harness.stats.intervals import ALPHA

_MOST = 2**40


def least_difference(losses: int, units: int, reach: float) -> float:
    """Give the lower 97.5 % bound of the mean difference, if each loss cost all there is.

    −reach · p, with p the upper end of Clopper and Pearson's interval (1934) of the share of units
    that lose. It takes no win into account, and so is far too low where there are many losses. Of a
    corpus metric it takes a sample for its share of the score.

    Args:
        losses: units on which the second system scores lower.
        units: independent ones.
        reach: the largest difference of one sample's scores.

    Raises:
        ValueError: there are no units, or more losses than units.
    """
    if units < 1 or not 0 <= losses <= units:
        raise ValueError(f"{losses} losses of {units} units")
    if losses == units:
        return -reach
    from scipy.special import betaincinv

    return -reach * float(betaincinv(losses + 1, units - losses, 1.0 - ALPHA / 2.0))


def units_for_least(share: float, margin: float, reach: float) -> int | None:
    """Say how many units bring ``least_difference`` above minus a margin; None: no number does.

    Args:
        share: of units that lose, which stays as it is.
        margin: the smallest loss that matters.
        reach: as there.
    """
    if share * reach >= margin:
        return None

    def enough(units: int) -> bool:
        return least_difference(math.ceil(share * units), units, reach) > -margin

    most = 1
    while not enough(most):
        most *= 2
        if most > _MOST:
            return None
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    return most
