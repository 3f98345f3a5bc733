"""Intervals → how many decimals the numbers beside them deserve: the one rule of what is printed.

Files for programs (CSV, JSON) keep every digit and need no rule.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_DIGITS = 4
USUAL_DIGITS = 3
"""Of numbers of which no interval is known: as papers print them."""


def digits_for(intervals: Iterable[tuple[float, float] | None]) -> int:
    """Say how many decimals numbers deserve whose narrowest interval this is.

    The last digit is the first one of half the interval's width, and where that is a 1 the one
    after it; further digits keep an end that is not 0 from being printed as 0. ±0.03 gives 0.74,
    ±0.013 gives 0.736, ±0.4 gives 3.9. At least one decimal, at most MOST_DIGITS.
    """
    known = [each for each in intervals if each is not None]
    halves = [(high - low) / 2 for low, high in known if high > low]
    if not halves:
        return USUAL_DIGITS
    power = math.floor(math.log10(min(halves)))
    digits = -power + (min(halves) < 2 * 10.0**power)
    ends = [abs(end) for each in known for end in each if end]
    while digits < MOST_DIGITS and any(round(end, max(digits, 0)) == 0 for end in ends):
        digits += 1
    return min(max(digits, 1), MOST_DIGITS)
