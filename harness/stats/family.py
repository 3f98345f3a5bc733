"""Differences that are tested together → the bar they have to pass, and what each then comes to.

Every difference is a mean over units of paired differences of pseudo-values (harness.stats.rows).
Answers are exchanged between the two systems of a pair, in the same units for all pairs, which
turns the sign of a unit's difference; the largest of all tests' statistics after each exchange
gives the bar that a difference has to pass (the maximum statistic, single-step: Westfall & Young
1993, §2.3). So the chance of any false difference in the family is 5 %, whatever its tests have in
common.

The statistic is |Σd| / √Σd², a score-type t: it grows with t, an exchange leaves its denominator as
it is, and it is at most √n, so that a test on few units has no long tail to offer. ``difference``
turns a statistic and the bar into interval, p-value and verdict; ``exchanges`` tosses the coins.

A unit of w times as many samples as the mean one weighs w times as much in a score. There d is what
it adds if the true difference is 0: its pseudo-value's distance from the measured difference Δ, and
wΔ (a score test as Rao 1948 makes them; for means it is the unit's own sum, whose sign an exchange
turns exactly). What one very large unit would hide, by drawing Δ to itself, is so counted against
it, and the statistic is to be passed by as many even units as tell as much, (Σw)² / Σw².
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.difference import ROUNDING, Difference, Sums
from harness.stats.exchanges import EXCHANGES, exchange_signs, packed
from harness.stats.intervals import ALPHA, are_even, degrees_of_freedom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.stats.rows import BoolArray, FloatArray, IntArray

_NOTHING = 1e-12
"""A unit's difference under this share of its values is none: they were rounded apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Tests on the same units: pairs of rows of pseudo-values."""

    units: IntArray
    """Places of the units among all of the family, ascending, shape (n,)."""
    values: FloatArray
    """Pseudo-values, shape (rows, n); a row a system and column."""
    pairs: IntArray
    """(baseline, candidate) by row, shape (tests, 2)."""
    shares: BoolArray
    """Which tests are of paired shares (each value 0 or 1), shape (tests,)."""
    sizes: FloatArray
    """Samples of each unit, shape (n,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Differences that were tested together."""

    differences: tuple[tuple[Difference, ...], ...]
    """Block by block, in the order of its pairs."""
    bar: float
    """What |Σd| / √Σd² had to pass."""
    tests: int
    exchanges: int


def tell_apart(blocks: Sequence[Block], *, exchanges: int = EXCHANGES, seed: int = 0) -> Family:
    """Test differences together.

    Student's t of a test by itself must agree, for on few units exchanges alone make intervals
    that are too short.

    Args:
        blocks: of tests; every test has one or more units.
        exchanges: B, how often answers are exchanged. The least adjusted p-value is 1 / (B + 1)
            however many tests there are; under 20 nothing is told apart.
        seed: of the exchanges.

    Raises:
        ValueError: there is no test.
    """
    prepared = [_Tests.of(block) for block in blocks]
    tests = sum(len(sums.statistic) for sums in prepared)
    if not tests:
        raise ValueError("a family without a test")
    own = [np.zeros(len(sums.statistic)) for sums in prepared]
    largest = np.empty(exchanges)
    start = 0
    units = 1 + max(int(block.units.max()) for block in blocks)
    packs = packed([block.units for block in blocks], [sums.rows for sums in prepared], units)
    for signs in exchange_signs(units, exchanges, seed=seed):
        most = np.zeros(len(signs))
        for pack in packs:
            for i, moved in pack.exchanged(signs):
                exchanged = prepared[i].exchanged(moved)
                own[i] += (exchanged >= prepared[i].statistic).sum(axis=0)
                most = np.maximum(most, exchanged.max(axis=1, initial=0.0))
        largest[start : start + len(signs)] = most
        start += len(signs)
    largest.sort()
    # The p-value (r + 1) / (B + 1) is under alpha exactly if fewer than this many reach it.
    rank = math.ceil(ALPHA * (exchanges + 1) - 1)
    bar = float(largest[-rank]) if rank > 0 else math.inf
    differences = []
    for block, sums, count in zip(blocks, prepared, own, strict=True):
        df = degrees_of_freedom(block.sizes)
        reached = exchanges - np.searchsorted(largest, sums.statistic, side="left")
        differences.append(
            tuple(
                sums.of_test(test).concluded(
                    bar=bar,
                    df=df,
                    p_single=(int(count[test]) + 1) / (exchanges + 1),
                    p_value=(int(reached[test]) + 1) / (exchanges + 1),
                )
                for test in range(len(sums.statistic))
            )
        )
    return Family(differences=tuple(differences), bar=bar, tests=tests, exchanges=exchanges)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tests:
    """What the tests of a block come to, each of shape (tests,)."""

    total: FloatArray
    """Σd."""
    squares: FloatArray
    """Σd²."""
    cubes: FloatArray
    """Σ(d − mean)³."""
    weighed: FloatArray
    """Σwd."""
    units: int
    shares: BoolArray
    weights: float
    """Σw²; of units alike in size as many as they are."""
    statistic: FloatArray
    """|Σd| / √Σd², a hair less than it is, so that what equals it up to rounding reaches it."""
    scale: FloatArray
    """1 / √Σd², and 0 where nothing differs."""
    rows: FloatArray
    """What is summed after each exchange, shape (rows, units): differences or, where these are
    more than the systems' values, the values."""
    pairs: IntArray | None
    """Rows whose sums' difference a test is; None: each row is a test."""

    @classmethod
    def of(cls, block: Block) -> _Tests:
        """Add up each pair's differences."""
        total, squares, cubes, weighed = (np.empty(len(block.pairs)) for _ in range(4))
        even, values = are_even(block.sizes), block.values
        weight = np.ones(len(block.units)) if even else block.sizes / block.sizes.mean()
        if not even:
            values = values + (weight - 1.0) * values.mean(axis=1, keepdims=True)
        few = len(block.pairs) <= len(values)
        rows = np.empty((len(block.pairs), len(block.units))) if few else values
        for test, (baseline, candidate) in enumerate(block.pairs):
            first, second = values[baseline], values[candidate]
            difference = second - first
            size = np.maximum(np.abs(first), np.abs(second)).max()
            difference[np.abs(difference) <= _NOTHING * size] = 0.0
            total[test], squares[test] = difference.sum(), np.square(difference).sum()
            cubes[test] = ((difference - difference.mean()) ** 3).sum()
            weighed[test] = total[test] if even else (weight * difference).sum()
            if few:
                rows[test] = difference
        differs = squares > 0
        total[~differs] = weighed[~differs] = 0.0
        scale = np.divide(1.0, np.sqrt(squares), out=np.zeros_like(squares), where=differs)
        return cls(
            total=total,
            squares=squares,
            cubes=cubes,
            weighed=weighed,
            units=values.shape[1],
            shares=block.shares,
            weights=float((weight**2).sum()),
            statistic=np.abs(total) * scale * (1.0 - ROUNDING),
            scale=scale,
            rows=rows,
            pairs=None if few else block.pairs,
        )

    def exchanged(self, moved: FloatArray) -> FloatArray:
        """Turn the rows' sums after exchanges into statistics: moved[b, rows] → [b, tests]."""
        if self.pairs is not None:
            moved = moved[:, self.pairs[:, 1]] - moved[:, self.pairs[:, 0]]
        statistics: FloatArray = np.abs(moved)
        statistics *= self.scale
        return statistics

    def of_test(self, test: int) -> Sums:
        """Take out one test."""
        return Sums(
            total=float(self.total[test]),
            squares=float(self.squares[test]),
            cubes=float(self.cubes[test]),
            weighed=float(self.weighed[test]),
            units=self.units,
            weights=self.weights,
            share=bool(self.shares[test]),
            statistic=float(self.statistic[test]),
        )
