"""Sufficient statistics → scores of all samples, and pseudo-values: what each unit adds to a score.

Shapes: ``statistics[..., n, k]`` has a row a sample, ``totals[..., k]`` and ``scores[..., m]``
are as in harness.metrics.metric. A *unit* is what is independent of the others: a sample, or a
cluster of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
Aggregate = Callable[[FloatArray], FloatArray]
"""A metric's ``aggregate``: totals[..., k] → scores[..., m], on any leading axes."""

_AT_ONCE = 4_096
"""Rows that are turned into scores together: what is in between fits into the processor's cache,
and a million samples need no more memory for it than these."""
_ROUNDING = 1e-9
"""Values nearer to 0 or 1 than this are those, rounded apart by sums."""


def as_statistics(statistics: ArrayLike) -> FloatArray:
    """Check a matrix of statistics, shape (..., n, k), and give it as float64.

    Raises:
        ValueError: it has no samples, too few axes, or something that is no finite number.
    """
    rows = np.asarray(statistics, dtype=np.float64)
    if rows.ndim < 2:
        raise ValueError(f"statistics need a row a sample, shape (..., n, k); given {rows.shape}")
    if 0 in rows.shape:
        raise ValueError(f"no statistics: an empty array, shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise ValueError("statistics hold a NaN or an infinity")
    return rows


def aggregated(aggregate: Aggregate, totals: FloatArray) -> FloatArray:
    """Aggregate totals, of many rows some at a time: totals[..., n, k] → [..., n, m]."""
    if totals.ndim < 2 or totals.shape[-2] <= _AT_ONCE:
        return np.asarray(aggregate(totals), dtype=np.float64)
    starts = range(0, totals.shape[-2], _AT_ONCE)
    chunks = [aggregate(totals[..., start : start + _AT_ONCE, :]) for start in starts]
    return np.concatenate(chunks, axis=-2, dtype=np.float64)


def score_totals(aggregate: Aggregate, totals: FloatArray) -> FloatArray:
    """Aggregate, and let nothing but numbers through.

    Raises:
        ValueError: the metric has no value for some totals.
    """
    # The check below says more than NumPy's warning; a metric may also divide 0 by 0 on purpose,
    # to overwrite it.
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = aggregated(aggregate, totals)
    failed = int((~np.isfinite(scores)).any(axis=-1).sum())
    if failed:
        raise ValueError(f"the metric gives no number for {failed} of {totals[..., 0].size} totals")
    return scores


def sum_rows(statistics: ArrayLike, labels: ArrayLike) -> FloatArray:
    """Add up the rows of each cluster, so that clusters count whole.

    Samples that share an image, say, are not independent of each other, and taking them one by one
    makes intervals too narrow (Davison & Hinkley 1997, §3.8).

    Args:
        statistics: shape (..., n, k).
        labels: each row's cluster, shape (n,), integers or strings.

    Returns:
        Shape (..., clusters, k), in ascending order of the labels.

    Raises:
        ValueError: there are not n labels, or the statistics are empty or not finite.
    """
    rows = as_statistics(statistics)
    names = np.asarray(labels)
    if names.shape != rows.shape[-2:-1]:
        raise ValueError(f"{rows.shape[-2]} rows need as many labels; given {names.shape}")
    order = np.argsort(names, kind="stable")
    _, starts = np.unique(names[order], return_index=True)
    sums: FloatArray = np.add.reduceat(rows[..., order, :], starts, axis=-2)
    return sums


def jackknife(statistics: ArrayLike, aggregate: Aggregate) -> FloatArray:
    """Score the corpus without each of its rows in turn: totals minus row, exact.

    Args:
        statistics: shape (..., n, k).
        aggregate: totals → m scores.

    Returns:
        Shape (..., n, m): row i is the score without row i.

    Raises:
        ValueError: there is one row only; else as ``score_totals``.
    """
    rows = as_statistics(statistics)
    if rows.shape[-2] < 2:
        raise ValueError("the jackknife leaves a sample out, so it needs two or more")
    total = rows.sum(axis=-2, keepdims=True)
    return score_totals(lambda chunk: aggregate(total - chunk), rows)


def pseudo_values(
    statistics: ArrayLike, aggregate: Aggregate, clusters: ArrayLike | None = None
) -> FloatArray:
    """Give each unit's share in a score, so that any score is a mean over units.

    A unit's value is the score plus n − 1 times what the score without it lies below the mean of
    such scores: Tukey's pseudo-values (Tukey 1958; Efron & Tibshirani 1993, §11.5), moved so that
    their mean is the score itself. Of a metric that is a mean they are the samples' own values.

    Args:
        statistics: shape (..., n, k).
        aggregate: totals → m scores.
        clusters: which cluster a row belongs to, shape (n,); None: each row is a unit.

    Returns:
        Shape (..., units, m); a single unit has the score itself.

    Raises:
        ValueError: as ``jackknife``.
    """
    rows = as_statistics(statistics) if clusters is None else sum_rows(statistics, clusters)
    scores = score_totals(aggregate, rows.sum(axis=-2, keepdims=True))
    units = rows.shape[-2]
    if units == 1:
        return scores
    left_out = jackknife(rows, aggregate)
    values: FloatArray = scores + (units - 1) * (left_out.mean(axis=-2, keepdims=True) - left_out)
    return values


def are_shares(values: FloatArray, *, known: bool = False) -> BoolArray:
    """Tell which columns hold nothing but 0 and 1: values[..., n, m] → [m].

    Args:
        values: of samples.
        known: whether the metric gives nothing else; where it may, zeros alone are no shares, for
            nothing tells then what scale they are on.
    """
    columns = values.reshape(-1, values.shape[-1])
    one = np.abs(columns - 1.0) < _ROUNDING
    shares = (one | (np.abs(columns) < _ROUNDING)).all(axis=0)
    if not known:
        shares &= one.any(axis=0)
    return np.asarray(shares, dtype=np.bool_)


def carriers(values: FloatArray) -> FloatArray:
    """Say how many units carry a sum: as many equal ones would weigh as these do.

    (Σ|v|)² / Σv² (Kish 1965, §11.7). One large value among zeros is 1, n equal ones are n.

    Args:
        values: shape (..., n, m).

    Returns:
        Shape (..., m), from 0 (all are 0) to n.
    """
    sums = np.abs(values).sum(axis=-2) ** 2
    squares = (values**2).sum(axis=-2)
    number: FloatArray = np.divide(sums, squares, out=np.zeros_like(sums), where=squares > 0)
    return number
