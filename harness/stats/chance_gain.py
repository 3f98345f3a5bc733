"""How many prompts were tried, and the noise of their differences → what the best gains by chance.

Of k prompts that are equally good the best one on some units is the luckiest. What it scores there
more than its worth, on average, is the expected maximum of k normal variables; what they have in
common, such as images that are easy for all, moves all alike and so favours none.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_FAR = 10.0
"""Standard deviations beyond which nothing is looked for."""
_STEPS = 4_000


def expected_maximum(count: int) -> float:
    """Give the expected largest of independent standard normal variables.

    ∫ (1 − Φᵏ) from 0 up, less ∫ Φᵏ up to 0 (David & Nagaraja 2003, *Order Statistics*, §3.1), by
    the trapezoidal rule.

    Raises:
        ValueError: there is none.
    """
    if count < 1:
        raise ValueError("the largest of no variables")
    normal = NormalDist()
    width = _FAR / _STEPS
    above = np.array([normal.cdf(width * step) for step in range(_STEPS + 1)])
    over, under = 1.0 - above**count, (1.0 - above) ** count
    return width * float((over - under).sum() - (over[0] - under[0]) / 2.0)


def chance_gain(variances: ArrayLike, tried: int) -> float:
    """Say by how much the best of equal prompts seems better than it is, on average.

    Scores whose differences have the variance v each are √(v ÷ 2) times independent normal ones,
    but for what moves all alike. v is the mean of the measured pairs'. With the largest of them
    this would be an upper bound, whatever the correlations (Sudakov–Fernique inequality: Vershynin
    2018, *High-Dimensional Probability*, §7.2), if those not measured are no noisier.

    Args:
        variances: of the difference of each pair of prompts' scores, shape (pairs,).
        tried: how many prompts were tried; one gains nothing.

    Raises:
        ValueError: there is no pair, or what is no variance.
    """
    squares = np.asarray(variances, dtype=np.float64)
    if not squares.size or not np.isfinite(squares).all() or (squares < 0.0).any():
        raise ValueError(f"no variances of differences: {squares}")
    return expected_maximum(tried) * math.sqrt(float(squares.mean()) / 2.0)
