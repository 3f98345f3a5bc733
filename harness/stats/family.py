"""Differences that are tested together → an interval, a p-value and a decision each, of one piece.

Every difference is a mean over units of paired differences of pseudo-values (harness.stats.rows).
Answers are exchanged between the two systems of a pair, in the same units for all pairs, which
turns the sign of a unit's difference; the largest of all tests' statistics after each exchange
gives the bar that a difference has to pass (the maximum statistic, single-step: Westfall & Young
1993, §2.3). So the chance of any false difference in the family is 5 %, whatever its tests have in
common.

The statistic is |Σd| / √Σd², a score-type t: it grows with t, an exchange leaves its denominator as
it is, and it is at most √n, so that a test on few units has no long tail to offer. An interval
holds the differences that this statistic would not rule out, solved for in closed form. Hence
"the interval excludes 0", "adjusted p < 0.05" and "told apart" are one and the same event.

A unit of w times as many samples as the mean one weighs w times as much in a score. There d is what
it adds if the true difference is 0: its pseudo-value's distance from the measured difference Δ, and
wΔ (a score test as Rao 1948 makes them; for means it is the unit's own sum, whose sign an exchange
turns exactly). What one very large unit would hide, by drawing Δ to itself, is so counted against
it, and the statistic is to be passed by as many even units as tell as much, (Σw)² / Σw².
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from harness.stats.intervals import (
    ALPHA,
    Interval,
    are_even,
    degrees_of_freedom,
    paired_share_interval,
    skewed_interval,
    t_quantile,
    t_two_sided,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.stats.rows import BoolArray, FloatArray, IntArray

EXCHANGES = 10_000
POWER = 0.8
ROUGH = 0.25
"""Skewness over √n from which the t of a mean is not nearly that of unskewed values (the first term
of its Edgeworth expansion: Hall 1992, §2.6)."""
_CHUNK = 2**21
"""Signs drawn at once: 16 MB, which one exchange of more units exceeds by itself."""
_ROUNDING = 1e-9
"""Statistics nearer than this share of their size are the same: their sums were rounded apart."""
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
class Difference:
    """One tested difference, candidate − baseline."""

    delta: float
    p_single: float
    """Two-sided, of this test alone."""
    p_value: float
    """Two-sided, adjusted for all tests of the family."""
    told_apart: bool
    """Whether ``p_value`` is under 5 %, which is whether ``interval`` excludes 0."""
    interval: Interval | None
    """95 %, simultaneous over the family; None where the units are too few to give one."""
    smallest: float | None
    """The true difference that these units would have told apart in 80 % of trials."""
    unit_sd: float
    """Standard deviation of a unit's difference."""
    df: float
    """Degrees of freedom of the standard error."""
    rough: bool
    """Whether the differences are so skewed, and the units so few, that tests of them may err: two
    systems of equal score, one all or nothing, were told apart in 6 to 16 % instead of 5."""
    units: int


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
    prepared = [_Sums.of(block) for block in blocks]
    tests = sum(len(sums.statistic) for sums in prepared)
    if not tests:
        raise ValueError("a family without a test")
    own = [np.zeros(len(sums.statistic)) for sums in prepared]
    largest = np.empty(exchanges)
    start = 0
    units = 1 + max(int(block.units.max()) for block in blocks)
    packs = _packed(blocks, [sums.rows for sums in prepared], units)
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
                sums.difference(
                    test,
                    bar=bar,
                    df=df,
                    p_single=(count[test] + 1) / (exchanges + 1),
                    p_value=(int(reached[test]) + 1) / (exchanges + 1),
                )
                for test in range(len(sums.statistic))
            )
        )
    return Family(differences=tuple(differences), bar=bar, tests=tests, exchanges=exchanges)


def exchange_signs(units: int, exchanges: int, *, seed: int = 0) -> Iterator[FloatArray]:
    """Toss a coin per unit and exchange: −1 where the systems of a pair exchange their answers.

    Args:
        units: how many.
        exchanges: how often.
        seed: the same seed gives the same exchanges.

    Yields:
        Chunks of −1 and 1, shape (some exchanges, units), ``exchanges`` rows in all.

    Raises:
        ValueError: units or exchanges is under 1.
    """
    if units < 1 or exchanges < 1:
        raise ValueError(f"nothing to exchange: {units} units, {exchanges} exchanges")
    random = np.random.default_rng(seed)
    most = max(1, _CHUNK // units)
    for start in range(0, exchanges, most):
        size = min(most, exchanges - start)
        # Whole words, so that where a chunk ends changes nothing; little-endian on any machine.
        words = random.integers(0, 2**64, size=(size, -(-units // 64)), dtype=np.uint64)
        bytes_ = words.astype("<u8").view(np.uint8)
        bits = np.unpackbits(bytes_, axis=1, count=units, bitorder="little")
        signs: FloatArray = bits.astype(np.float64)
        signs *= -2.0
        signs += 1.0
        yield signs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pack:
    """Blocks whose rows are summed after exchanges by one product, for signs are long to read."""

    units: IntArray | None
    """Of its blocks; None: all units, and where a block has none its values are 0."""
    values: FloatArray
    """Rows of its blocks, one after the other, shape (rows, units)."""
    places: tuple[tuple[int, slice], ...]
    """Each block's place among all, and where its rows are."""

    def exchanged(self, signs: FloatArray) -> Iterator[tuple[int, FloatArray]]:
        """Sum up after exchanges: signs[b, all units] → per block its place and [b, its rows]."""
        moved = (signs if self.units is None else signs[:, self.units]) @ self.values.T
        for block, rows in self.places:
            yield block, moved[:, rows]


def _packed(blocks: Sequence[Block], rows: Sequence[FloatArray], units: int) -> list[_Pack]:
    """Put blocks together: those that have half of the units or more, and those of like units."""
    together: dict[bytes, list[int]] = {}
    for i, block in enumerate(blocks):
        most = 2 * len(block.units) >= units
        together.setdefault(b"" if most else block.units.tobytes(), []).append(i)
    packs = []
    for key, some in together.items():
        ends = pairwise(np.cumsum([0, *(len(rows[i]) for i in some)]).tolist())
        places = tuple((i, slice(*pair)) for i, pair in zip(some, ends, strict=True))
        own = blocks[some[0]].units if key else None
        values = np.zeros((places[-1][1].stop, units if own is None else len(own)))
        for i, place in places:
            values[place, blocks[i].units if own is None else slice(None)] = rows[i]
        packs.append(_Pack(units=own, values=values, places=places))
    return packs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
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
    def of(cls, block: Block) -> _Sums:
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
            statistic=np.abs(total) * scale * (1.0 - _ROUNDING),
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

    def difference(
        self, test: int, *, bar: float, df: float, p_single: float, p_value: float
    ) -> Difference:
        """Conclude one test."""
        n, even = self.units, self.units**2 / self.weights
        statistic = float(self.statistic[test])
        quantile = t_quantile(1 - ALPHA / 2, df)
        needed = max(bar, quantile * math.sqrt(even / (even - 1 + quantile**2)))
        reachable = needed**2 < even * (1.0 - _ROUNDING)
        told_apart = reachable and statistic > needed
        t = math.inf
        if statistic**2 < even:
            t = statistic * math.sqrt((even - 1) / (even - statistic**2))
        alone = t_two_sided(t, df)
        mean, sd = float(self.total[test]) / n, self._sd(test)
        interval = smallest = None
        if reachable:
            as_t = needed * math.sqrt((even - 1) / (even - needed**2))
            found = self._interval(test, mean, sd, needed=needed, as_t=as_t)
            interval = _one_side(*found, mean, told_apart=told_apart)
            smallest = _smallest(
                (as_t + t_quantile(POWER, df)) / math.sqrt(n), sd, share=bool(self.shares[test])
            )
        adjusted = _agreeing(max(float(p_value), alone), told_apart=told_apart)
        return Difference(
            delta=mean,
            p_single=min(max(float(p_single), alone), adjusted),
            p_value=adjusted,
            told_apart=told_apart,
            interval=interval,
            smallest=smallest,
            unit_sd=sd,
            df=df,
            rough=abs(self._skewness(test, sd)) / math.sqrt(n) > ROUGH,
            units=n,
        )

    def _sd(self, test: int) -> float:
        """Give the standard deviation of a unit's difference from what its size lets expect."""
        delta = float(self.total[test]) / self.units
        squares, weighed = float(self.squares[test]), float(self.weighed[test])
        spread = max(0.0, squares - 2.0 * delta * weighed + delta**2 * self.weights)
        return math.sqrt(spread / (self.units - 1)) if self.units > 1 else 0.0

    def _skewness(self, test: int, sd: float) -> float:
        """Give the skewness of the units' differences; 0 where they do not vary."""
        return float(self.cubes[test]) / self.units / sd**3 if sd else 0.0

    def _interval(
        self, test: int, mean: float, sd: float, *, needed: float, as_t: float
    ) -> Interval:
        """Give the differences that are not ruled out.

        Near 0 the exchanges decide (``_one_side``). Further out a share's are told by Tango's score
        test, which is theirs at 0. Of other units alike in size an end is Student's, or the one
        with the skewness taken out where that lies further out: taken out alone it made intervals
        too short under the high bars of large families. Of uneven units they are those δ for
        which (Σd − nδ)² ≤ needed² · Σ(d − wδ)².
        """
        n = self.units
        if self.shares[test]:
            differing, surplus = float(self.squares[test]), float(self.total[test])
            wins, losses = (differing + surplus) / 2, (differing - surplus) / 2
            return paired_share_interval(round(wins), round(losses), n, needed)
        if sd == 0.0:
            return mean, mean
        if self.weights == n:
            low, high = skewed_interval(mean, sd, self._skewness(test, sd), n, as_t)
            half = as_t * sd / math.sqrt(n)
            return min(low, mean - half), max(high, mean + half)
        weighed = float(self.weighed[test])
        whole = n**2 - needed**2 * self.weights
        center = (float(self.total[test]) * n - needed**2 * weighed) / whole
        apart = needed**2 * (weighed - mean * self.weights) ** 2
        half = needed * math.sqrt(max(0.0, sd**2 * (n - 1) * whole + apart)) / whole
        return center - half, center + half


def _smallest(reach: float, sd: float, *, share: bool) -> float:
    """Say which true difference would have been told apart in 80 % of trials.

    Where two shares differ by d, at least d of the pairs do, so that their variance is d(1 − d) or
    more: shares that hardly differ say nothing of the noise of ones that do.

    Args:
        reach: the sum of the two quantiles over √n.
        sd: of a unit's difference.
        share: whether it is of paired shares.
    """
    least = reach**2 / (1.0 + reach**2) if share else 0.0
    return max(reach * sd, least)


def _one_side(low: float, high: float, center: float, *, told_apart: bool) -> Interval:
    """Keep an interval on the side of 0 that was decided, should rounding have moved an end."""
    if not told_apart:
        return min(low, 0.0), max(high, 0.0)
    if center > 0:
        return max(low, math.nextafter(0.0, 1.0)), high
    return low, min(high, math.nextafter(0.0, -1.0))


def _agreeing(p_value: float, *, told_apart: bool) -> float:
    """Keep a p-value on the side of alpha that was decided, should rounding have moved it."""
    if told_apart:
        return min(p_value, math.nextafter(ALPHA, 0.0))
    return max(p_value, ALPHA)
