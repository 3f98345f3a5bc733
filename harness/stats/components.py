"""Repeated measurements → the variance that is images' and the variance that is draws'.

A unit is what is independent of the others: an image, or a cluster of them. A draw is one answer of
one system for it. Values are a unit's contributions to a score (its pseudo-values: their mean over
the units is the score), so that a corpus metric is split up as a mean is.

All estimators are by the method of moments, unbiased whatever the distribution, and a variance that
comes out negative is 0 (Searle, Casella & McCulloch 1992, *Variance Components*, ch. 3 and 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from harness.stats.rows import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitComponents:
    """How a score, or the difference of two, varies over units and over draws; arrays of m."""

    between: FloatArray
    """Variance of what units truly are, without the draws'."""
    within: FloatArray
    """Variance of one draw of a unit; of a difference, of one draw of each system."""
    left: FloatArray
    """What is left of ``within`` in the mean of the draws that a unit has."""
    standard_error: FloatArray
    """Of the mean over units of the mean over their draws, as it was measured."""
    units: int
    draws: float
    """Of one unit, the harmonic mean over units; of a difference, over both systems."""

    @property
    def equal_units(self) -> FloatArray:
        """How many units asked once would tell as much: from ``units`` to ``units · draws``.

        units · (between + within) ÷ (between + left); ``units`` where nothing varies.
        """
        once, now = self.between + self.within, self.between + self.left
        return self.units * np.divide(once, now, out=np.ones_like(once), where=now > 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutComponents:
    """Where the variance of all systems' values lies; arrays of m."""

    prompt: FloatArray
    """Of systems: what one looks for."""
    image: FloatArray
    """Of units: some are easier for all; it falls out of every paired difference."""
    interaction: FloatArray
    """Of prompt × image: some units suit one system better. More units make it smaller."""
    draw: FloatArray
    """Of one answer to the next: the mean of the systems that were drawn more than once."""
    units: int
    """Units that every system has a value of; the others are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatNoise:
    """How far repeats of the same lie apart; arrays of m, NaN where nothing was repeated."""

    sd: FloatArray
    """Standard deviation of one repeat's score, pooled over the systems."""
    difference_sd: FloatArray
    """Of the difference between two systems' scores, each the mean of its repeats, where nothing
    but the repeats differs."""
    degrees: NDArray[np.int64]
    """Degrees of freedom of ``sd``."""


def unit_components(values: ArrayLike) -> UnitComponents:
    """Split one system's variance into that of units and that of draws.

    One-way layout with random units, ANOVA in the form for unequal numbers of draws (Searle,
    Casella & McCulloch 1992, §3.6): within = SSW ÷ (N − a), between = (MSB − within) ÷ n₀ with
    n₀ = (N − Σn² ÷ N) ÷ (a − 1), for a units with n draws each and N in all.

    Args:
        values: shape (draws, units, m); NaN throughout where a unit lacks a draw. Units without
            any draw are left out.

    Raises:
        ValueError: there are under two units, or none was drawn twice.
    """
    rows, counts = _rows(values)
    means = _unit_means(rows, counts)
    units = len(counts)
    total = int(counts.sum())
    within = _within(rows, counts)
    if within is None:
        raise ValueError("no unit was drawn twice: what draws vary by cannot be told")
    weights = counts[:, None] / total
    center = (weights * means).sum(axis=0)
    squares = (counts[:, None] * (means - center) ** 2).sum(axis=0) / (units - 1)
    size = (total - (counts**2).sum() / total) / (units - 1)
    share = float((1.0 / counts).mean())
    return UnitComponents(
        between=np.maximum(0.0, (squares - within) / size),
        within=within,
        left=within * share,
        standard_error=means.std(axis=0, ddof=1) / np.sqrt(units),
        units=units,
        draws=1.0 / share,
    )


def difference_components(first: ArrayLike, second: ArrayLike) -> UnitComponents:
    """Split the variance of a difference of two systems, paired by unit.

    The draws of the two are independent of each other, so the variance of the units' differences
    of means is between + within₁ · mean(1/n₁) + within₂ · mean(1/n₂); the unweighted form, for a
    paired score weighs units alike. A system that was drawn once has its draws' variance in
    ``between``: at temperature 0 that is none.

    Args:
        first: shape (draws, units, m), NaN as in ``unit_components``; the units of both in the
            same order. Units that lack either are left out.
        second: likewise; it may have another number of draws.

    Raises:
        ValueError: there are under two common units, their numbers are not equal, or neither system
            was drawn twice.
    """
    both = [np.asarray(values, dtype=np.float64) for values in (first, second)]
    if both[0].ndim != 3 or both[0].shape[1:] != both[1].shape[1:]:
        raise ValueError(f"not the same units: {both[0].shape} and {both[1].shape}")
    kept = _drawn(both[0]).any(axis=0) & _drawn(both[1]).any(axis=0)
    unit_means, within, left, shares = [], [], [], []
    for values in both:
        rows, counts = _rows(values[:, kept])
        unit_means.append(_unit_means(rows, counts))
        found = _within(rows, counts)
        shares.append(float((1.0 / counts).mean()))
        if found is not None:
            within.append(found)
            left.append(found * shares[-1])
    if not within:
        raise ValueError("neither system was drawn twice: what draws vary by cannot be told")
    differences = unit_means[1] - unit_means[0]
    variance = differences.var(axis=0, ddof=1)
    return UnitComponents(
        between=np.maximum(0.0, variance - np.sum(left, axis=0)),
        within=np.sum(within, axis=0),
        left=np.sum(left, axis=0),
        standard_error=np.sqrt(variance / len(differences)),
        units=len(differences),
        draws=2.0 / sum(shares),
    )


def layout_components(values: ArrayLike) -> LayoutComponents:
    """Split the variance of all systems together: prompt × image × draw.

    Two-way layout with random systems and units, from the means of its cells (unweighted means,
    Searle, Casella & McCulloch 1992, ch. 5): with e the mean over cells of draw ÷ n,
    E MS(prompt) = e + interaction + units · prompt, E MS(image) = e + interaction + systems · image
    and E MS(prompt × image) = e + interaction. Draws may vary more in one system than in another. A
    system that was drawn once has its draws' variance in ``interaction``.

    Args:
        values: shape (systems, draws, units, m); NaN throughout where a draw is missing. Units that
            some system lacks are left out.

    Raises:
        ValueError: there are under two systems or two units of all, or none was drawn twice.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 4 or len(given) < 2:
        raise ValueError(f"two systems or more, shape (systems, draws, units, m): {given.shape}")
    kept = _drawn(given).any(axis=1).all(axis=0)
    means, within, left = [], [], []
    for system in given[:, :, kept]:
        rows, counts = _rows(system)
        means.append(_unit_means(rows, counts))
        found = _within(rows, counts)
        if found is not None:
            within.append(found)
            left.append(found * (1.0 / counts).mean())
    if not within:
        raise ValueError("no system was drawn twice: what draws vary by cannot be told")
    cells = np.stack(means)
    systems, units = cells.shape[:2]
    center = cells.mean(axis=(0, 1))
    by_system, by_unit = cells.mean(axis=1) - center, cells.mean(axis=0) - center
    rest = cells - center - by_system[:, None] - by_unit
    degrees = (systems - 1) * (units - 1)
    mixed = (rest**2).sum(axis=(0, 1)) / degrees
    of_systems = units * (by_system**2).sum(axis=0) / (systems - 1)
    of_units = systems * (by_unit**2).sum(axis=0) / (units - 1)
    return LayoutComponents(
        prompt=np.maximum(0.0, (of_systems - mixed) / units),
        image=np.maximum(0.0, (of_units - mixed) / systems),
        interaction=np.maximum(0.0, mixed - np.sum(left, axis=0) / systems),
        draw=np.mean(within, axis=0),
        units=units,
    )


def noise_floor(scores: ArrayLike) -> RepeatNoise:
    """Say how far apart repeats of the same lie, as a standard deviation.

    Variances of a system's repeats, weighted by their degrees of freedom; the difference of two
    means of R repeats has √(2 ÷ R) of the deviation of one. Unlike the largest range, neither grows
    with systems or repeats: more work only makes them surer, and ``difference_sd`` smaller.

    Args:
        scores: corpus scores, shape (systems, repeats, m); NaN where one is missing. R is the
            harmonic mean of the repeats that the systems have.

    Raises:
        ValueError: not three axes.
    """
    given = np.asarray(scores, dtype=np.float64)
    if given.ndim != 3:
        raise ValueError(f"not of shape (systems, repeats, m): {given.shape}")
    there = ~np.isnan(given)
    counts = there.sum(axis=1)
    filled = np.where(there, given, 0.0)
    means = filled.sum(axis=1) / np.maximum(counts, 1)
    squares = (np.where(there, given - means[:, None], 0.0) ** 2).sum(axis=(0, 1))
    degrees = np.maximum(counts - 1, 0).sum(axis=0)
    missing = np.full(squares.shape, np.nan)
    variance = np.divide(squares, degrees, out=missing, where=degrees > 0)
    shares = np.divide(1.0, counts, out=np.zeros(counts.shape), where=counts > 0).sum(axis=0)
    share = shares / np.maximum((counts > 0).sum(axis=0), 1)
    return RepeatNoise(
        sd=np.sqrt(variance),
        difference_sd=np.sqrt(2.0 * share * variance),
        degrees=degrees.astype(np.int64),
    )


def _rows(values: ArrayLike) -> tuple[FloatArray, NDArray[np.int64]]:
    """Check one system's values, leave out units without a draw, and count the draws of the rest.

    Raises:
        ValueError: not of three axes, an infinity, or under two units.
    """
    rows = np.asarray(values, dtype=np.float64)
    if rows.ndim != 3:
        raise ValueError(f"not of shape (draws, units, m): {rows.shape}")
    if np.isinf(rows).any():
        raise ValueError("values hold an infinity")
    there = _drawn(rows)
    rows = np.where(there[..., None], rows, np.nan)[:, there.any(axis=0)]
    if rows.shape[1] < 2:
        raise ValueError("one unit tells nothing of how units vary")
    return rows, there.sum(axis=0)[there.any(axis=0)]


def _drawn(rows: FloatArray) -> NDArray[np.bool_]:
    """Tell which draws there are: [..., m] → [...]."""
    there: NDArray[np.bool_] = np.logical_not(np.isnan(rows).any(axis=-1))
    return there


def _unit_means(rows: FloatArray, counts: NDArray[np.int64]) -> FloatArray:
    means: FloatArray = np.nan_to_num(rows, nan=0.0).sum(axis=0) / counts[:, None]
    return means


def _within(rows: FloatArray, counts: NDArray[np.int64]) -> FloatArray | None:
    """Give the pooled variance of draws about their unit's mean; None if none was drawn twice."""
    degrees = int(counts.sum()) - len(counts)
    if not degrees:
        return None
    squares: FloatArray = np.nansum((rows - _unit_means(rows, counts)) ** 2, axis=(0, 1))
    return squares / degrees
