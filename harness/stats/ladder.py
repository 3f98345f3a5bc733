"""The best that was shown and a new candidate on the same units → whether it may be shown.

The Ladder (Blum & Hardt 2015, "The Ladder: A Reliable Leaderboard for Machine Learning
Competitions", §3.1, without parameters) answers a submission only where it beats the best so far by
more than the standard error of their paired differences, and else repeats the best score. Its step
is one standard error; so small a one still lets 50 equal prompts climb by three quarters of what
plain choosing shows (``benchmarks/ladder.py``). Here it is as many standard errors as a 95 %
interval of one difference has to each side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.intervals import ALPHA, FEWEST_UNITS, t_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def smallest_shown(differences: ArrayLike) -> float:
    """Give the gain that a candidate must pass: t(97.5 %) · s ÷ √n.

    Args:
        differences: candidate less the best shown, of each unit, shape (n,).

    Returns:
        In the metric's units; infinite under FEWEST_UNITS units.
    """
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < FEWEST_UNITS:
        return math.inf
    reach = t_quantile(1.0 - ALPHA / 2.0, len(values) - 1.0)
    return reach * float(values.std(ddof=1)) / math.sqrt(len(values))
