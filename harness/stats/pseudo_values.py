"""Sufficient statistics → what each unit contributes to a score, as one number a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.stats.resampling import as_statistics, jackknife, score_totals, sum_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.stats.resampling import Aggregate, FloatArray


def pseudo_values(
    statistics: ArrayLike, aggregate: Aggregate, clusters: ArrayLike | None = None
) -> FloatArray:
    """Give each unit's linearised contribution: its jackknife pseudo-value (Tukey 1958).

    score + (n − 1) · (mean of the scores without one unit − the score without this one). Their mean
    over the units is the score. Where that is a mean over units, they are the units' own scores.

    Args:
        statistics: shape (systems, samples, k).
        aggregate: totals → m scores.
        clusters: which unit a sample belongs to, shape (samples,); by default each is its own.

    Returns:
        Shape (systems, units, m), in the metric's units.

    Raises:
        ValueError: there is one unit only, or the statistics are empty or not finite.
    """
    rows = as_statistics(statistics) if clusters is None else sum_rows(statistics, clusters)
    left_out = jackknife(rows, aggregate)
    value = score_totals(aggregate, rows.sum(axis=-2))[..., None, :]
    spread: FloatArray = left_out.mean(axis=-2, keepdims=True) - left_out
    contributed: FloatArray = value + (rows.shape[-2] - 1) * spread
    return contributed
