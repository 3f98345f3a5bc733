"""Estimates of many slices → each drawn towards their mean, as far as its own noise asks for it.

The slice that looks best of many is partly lucky. Empirical Bayes takes the slices for draws from
one population of slices: estimate ~ N(truth, standard error²), truth ~ N(center, between). It
ignores that slices of different fields overlap: their noise is then not independent, and the
spread between slices comes out too small or too large.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from numpy.typing import ArrayLike, NDArray

    from harness.stats.rows import FloatArray

    Between: TypeAlias = Callable[[FloatArray, FloatArray], float]
    """Estimates and their variances → the variance between slices."""

PRIOR_UNITS = 5.0
"""Degrees of freedom that the slices' common variance counts beside a slice's own: of 0, 5, 10 and
all, 5 gave intervals nearest to 95 % without losing much where slices differ in their noise."""
FEWEST = 4
"""Slices under which none is drawn anywhere: the spread between fewer cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Slices' estimates, shrunk; the last axis of all is columns, or pairs."""

    estimates: FloatArray
    """Shape (slices, m); NaN where the raw one or its error is not known."""
    standard_errors: FloatArray
    """Of these, the spread's own uncertainty included. An interval of ±1.96 holds the truth of
    about 95 % or more of all slices together, but of only 70 to 90 % of those that truly lie
    furthest out, where a dozen or more slices differ less than their errors
    (``benchmarks/pooling.py``)."""
    kept: FloatArray
    """Share of its distance from the center that each keeps, 0 to 1."""
    center: FloatArray
    """Of the slices, weighted by how sure they are; shape (m,)."""
    between: FloatArray
    """Variance of the true values between slices; shape (m,)."""


def pool_slices(
    estimates: ArrayLike,
    standard_errors: ArrayLike,
    sizes: ArrayLike | None = None,
    *,
    between: Between | None = None,
) -> Pooled:
    """Shrink estimates towards their weighted mean (Morris 1983, JASA 78:47–55, §5).

    ``benchmarks/pooling.py`` says why DerSimonian & Laird and not Paule & Mandel (1982): of 4 to 30
    slices of very unequal sizes it has less squared error where slices are alike, and hardly more
    where they lie far apart. Of J slices each keeps 1 − B · (J − 3) ÷
    (J − 1) of its distance, B = error² ÷ (error² + between); Morris's factor is for ``between``
    being estimated, and with it the intervals hold what they should. Under four nothing moves.

    Args:
        estimates: shape (slices, m), or (slices,); NaN where there is none.
        standard_errors: likewise. One of 0 is not known: all of a slice's few units were alike.
        sizes: units of each slice, shape (slices,). Where given, the variance of a unit that a
            small slice shows is steadied by that of all (``PRIOR_UNITS``), and one of 0 is known.
        between: estimates and their variances → the variance between slices; default:
            ``dersimonian_laird``.

    Raises:
        ValueError: shapes that do not go together, or a negative error or size.
    """
    raw = np.asarray(estimates, dtype=np.float64)
    errors = np.asarray(standard_errors, dtype=np.float64)
    if raw.ndim not in (1, 2) or raw.shape != errors.shape:
        raise ValueError(f"an error for each estimate: {raw.shape} and {errors.shape}")
    if (errors < 0.0).any():
        raise ValueError("a standard error is negative")
    flat = raw.ndim == 1
    values, variance = (array[:, None] if flat else array for array in (raw, errors**2))
    if sizes is not None:
        variance = _steadied(variance, np.asarray(sizes, dtype=np.float64))
    known = np.isfinite(values) & np.isfinite(variance) & (variance > 0.0)
    parts = [
        _pool(values[rows, i], variance[rows, i], rows, between or dersimonian_laird)
        for i, rows in enumerate(np.moveaxis(known, -1, 0))
    ]
    shrunk, error, kept = (np.stack([part[i] for part in parts], axis=-1) for i in range(3))
    return Pooled(
        estimates=shrunk[:, 0] if flat else shrunk,
        standard_errors=error[:, 0] if flat else error,
        kept=kept[:, 0] if flat else kept,
        center=np.array([part[3] for part in parts]),
        between=np.array([part[4] for part in parts]),
    )


def _pool(
    values: FloatArray, variance: FloatArray, places: NDArray[np.bool_], spread: Between
) -> tuple[FloatArray, FloatArray, FloatArray, float, float]:
    """Shrink one column's known estimates: estimates, errors and shares kept, center, between."""
    count = len(values)
    shrunk, errors, kept = np.full((3, len(places)), np.nan)
    if not count:
        return shrunk, errors, kept, np.nan, np.nan
    between = spread(values, variance)
    weights = 1.0 / (variance + between)
    share = weights / weights.sum()
    center = float((share * values).sum())
    # Of B only this part is applied; the rest is for not knowing ``between``.
    pulled = variance * weights * max(0, count - 3) / max(1, count - 1)
    shrunk[places] = center + (1.0 - pulled) * (values - center)
    error = variance * (1.0 - pulled * (1.0 - share))
    if count >= FEWEST:
        typical = float((share * variance).sum()) + between
        unsure = 2.0 / (count - 3) * pulled**2 * typical * weights
        error = error + unsure * (values - center) ** 2
    errors[places] = np.sqrt(error)
    kept[places] = 1.0 - pulled
    return shrunk, errors, kept, center, between


def dersimonian_laird(values: FloatArray, variance: FloatArray) -> float:
    """Give the variance between slices by the moments of Cochran's Q (DerSimonian & Laird 1986).

    Args:
        values: estimates, shape (slices,).
        variance: their squared standard errors.

    Returns:
        0 at least.
    """
    if len(values) < 2:
        return 0.0
    weights = 1.0 / variance
    total = weights.sum()
    spread = (weights * (values - (weights * values).sum() / total) ** 2).sum()
    scale = total - (weights**2).sum() / total
    return float(max(0.0, (spread - (len(values) - 1)) / scale))


def _steadied(variance: FloatArray, sizes: FloatArray) -> FloatArray:
    """Mix a unit's variance in each slice with that of all slices, by degrees of freedom.

    Raises:
        ValueError: there is not a size for each slice, or one is under 1.
    """
    if sizes.shape != variance.shape[:1] or not (sizes >= 1.0).all():
        raise ValueError("each slice has a size of 1 or more")
    degrees = np.where(np.isfinite(variance), sizes[:, None] - 1.0, 0.0)
    of_unit = np.where(degrees > 0.0, variance * sizes[:, None], 0.0)
    every = degrees.sum(axis=0)
    common = (degrees * of_unit).sum(axis=0) / np.where(every > 0.0, every, np.nan)
    mixed = (degrees * of_unit + PRIOR_UNITS * common) / (degrees + PRIOR_UNITS)
    steadied: FloatArray = mixed / sizes[:, None]
    return steadied
