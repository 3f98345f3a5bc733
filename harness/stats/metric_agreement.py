"""Scores on several metrics → how far the metrics agree on which system is better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.stats.rows import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """On how many metrics one system is better than another."""

    better: int
    worse: int
    equal: int
    told_better: int
    """Of ``better``, those on which the two are told apart."""
    told_worse: int

    @property
    def metrics(self) -> int:
        """How many metrics have a difference at all."""
        return self.better + self.worse + self.equal


def rank_correlation(scores: ArrayLike) -> FloatArray:
    """Give Kendall's τ-b between the orders that each two metrics put the systems in.

    Pairs of systems in the same order less those in opposite order, over the geometric mean of the
    pairs that either metric orders (Kendall 1945). Systems are compared where both metrics have a
    score.

    Args:
        scores: shape (systems, m); NaN where one is missing. Of metrics where more is better.

    Returns:
        Shape (m, m), −1 to 1; NaN where a metric orders no two of the common systems.

    Raises:
        ValueError: not two axes.
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 2:
        raise ValueError(f"not of shape (systems, m): {given.shape}")
    above = np.sign(given[:, None] - given[None]).reshape(-1, given.shape[1])
    there = ~np.isnan(above)
    signs = np.where(there, above, 0.0)
    agreed = signs.T @ signs
    # Row i, column j: the pairs that i orders, of those that j has scores of.
    ordered = np.abs(signs).T @ there.astype(np.float64)
    pairs = np.sqrt(ordered * ordered.T)
    nothing = np.full(agreed.shape, np.nan)
    tau: FloatArray = np.divide(agreed, pairs, out=nothing, where=pairs > 0.0)
    return tau


def tally(
    differences: ArrayLike, told_apart: ArrayLike | None = None, *, equal_within: float = 0.0
) -> Tally:
    """Count the metrics on which a candidate is better, worse and equal.

    Args:
        differences: candidate − baseline, one a metric where more is better; NaN: not counted.
        told_apart: whether each is unlikely to be chance; default: none is.
        equal_within: a difference of at most this is equal, in the metrics' units: half of what
            the last printed decimal shows, say.

    Raises:
        ValueError: not a list, or not as many of both.
    """
    given = np.asarray(differences, dtype=np.float64)
    told = np.zeros(given.shape, bool) if told_apart is None else np.asarray(told_apart, bool)
    if given.ndim != 1 or told.shape != given.shape:
        raise ValueError(f"a list of differences, and as many told apart: {given.shape}")
    better, worse = given > equal_within, given < -equal_within
    return Tally(
        better=int(better.sum()),
        worse=int(worse.sum()),
        equal=int((np.abs(given) <= equal_within).sum()),
        told_better=int((better & told).sum()),
        told_worse=int((worse & told).sum()),
    )
