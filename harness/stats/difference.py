"""What a test's differences sum up to, and the bar → an interval, a p-value and a decision.

An interval holds the differences that the statistic of the test would not rule out, solved for in
closed form. Hence "the interval excludes 0", "adjusted p < 0.05" and "told apart" are one and the
same event. The statistic and the bar are ``family``'s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.stats.intervals import (
    ALPHA,
    Interval,
    paired_share_interval,
    skewed_interval,
    t_quantile,
    t_two_sided,
)

POWER = 0.8
ROUGH = 0.25
"""Skewness over √n from which the t of a mean is not nearly that of unskewed values (the first term
of its Edgeworth expansion: Hall 1992, §2.6)."""
ROUNDING = 1e-9
"""Statistics nearer than this share of their size are the same: their sums were rounded apart."""


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
    """Whether the differences are so skewed, and the units so few, that the verdict may err: two
    systems of equal score, one all or nothing, were told apart in 6 to 16 % instead of 5. What an
    interval twice as wide would tell apart, too, is not."""
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What one test's differences d of units sum up to; w is a unit's weight."""

    total: float
    """Σd."""
    squares: float
    """Σd²."""
    cubes: float
    """Σ(d − mean)³."""
    weighed: float
    """Σwd."""
    units: int
    weights: float
    """Σw²; of units alike in size as many as they are."""
    share: bool
    """Whether the difference is of paired shares."""
    statistic: float
    """|Σd| / √Σd², a hair less than it is, so that what equals it up to rounding reaches it."""

    def concluded(self, *, bar: float, df: float, p_single: float, p_value: float) -> Difference:
        """Conclude the test.

        Args:
            bar: what the largest statistic of the family passes after 5 % of the exchanges.
            df: degrees of freedom of the standard error.
            p_single: the share of exchanges in which this test's statistic is reached.
            p_value: the share in which the largest of all tests' is.
        """
        n, even = self.units, self.units**2 / self.weights
        quantile = t_quantile(1 - ALPHA / 2, df)
        needed = max(bar, quantile * math.sqrt(even / (even - 1 + quantile**2)))
        reachable = needed**2 < even * (1.0 - ROUNDING)
        told_apart = reachable and self.statistic > needed
        t = math.inf
        if self.statistic**2 < even:
            t = self.statistic * math.sqrt((even - 1) / (even - self.statistic**2))
        alone = t_two_sided(t, df)
        mean, sd = self.total / n, self._sd()
        interval = smallest = None
        if reachable:
            as_t = needed * math.sqrt((even - 1) / (even - needed**2))
            found = self._interval(mean, sd, needed=needed, as_t=as_t, told_apart=told_apart)
            interval = _one_side(*found, mean, told_apart=told_apart)
            smallest = _smallest(
                (as_t + t_quantile(POWER, df)) / math.sqrt(n), sd, share=self.share
            )
        adjusted = _agreeing(max(p_value, alone), told_apart=told_apart)
        return Difference(
            delta=mean,
            p_single=min(max(p_single, alone), adjusted),
            p_value=adjusted,
            told_apart=told_apart,
            interval=interval,
            smallest=smallest,
            unit_sd=sd,
            df=df,
            rough=abs(self._skewness(sd)) / math.sqrt(n) > ROUGH
            and not (told_apart and interval and _far_from_0(mean, interval)),
            units=n,
        )

    def _sd(self) -> float:
        """Give the standard deviation of a unit's difference from what its size lets expect.

        Where every unit differs by as much, that of one unit more, which does not differ: n alike
        do not tell that the next one is.
        """
        delta = self.total / self.units
        squares, weighed = self.squares, self.weighed
        spread = max(0.0, squares - 2.0 * delta * weighed + delta**2 * self.weights)
        if spread <= ROUNDING * squares:
            return abs(delta) / math.sqrt(self.units + 1)
        return math.sqrt(spread / (self.units - 1)) if self.units > 1 else 0.0

    def _skewness(self, sd: float) -> float:
        """Give the skewness of the units' differences; 0 where they do not vary."""
        return self.cubes / self.units / sd**3 if sd else 0.0

    def _interval(
        self, mean: float, sd: float, *, needed: float, as_t: float, told_apart: bool
    ) -> Interval:
        """Give the differences that are not ruled out.

        Near 0 the exchanges decide (``_one_side``). Further out a share's are told by Tango's score
        test, which is theirs at 0. Of other units alike in size an end is Student's, or the one
        with the skewness taken out where that lies further out, yet not beyond a 0 that the test
        rules out: taken out alone it made intervals too short under the high bars of large
        families. Of uneven units they are those δ for which (Σd − nδ)² ≤ needed² · Σ(d − wδ)².
        """
        n = self.units
        if self.share:
            differing, surplus = self.squares, self.total
            wins, losses = (differing + surplus) / 2, (differing - surplus) / 2
            return paired_share_interval(round(wins), round(losses), n, needed)
        if self.weights == n:
            half = as_t * sd / math.sqrt(n)
            low, high = skewed_interval(mean, sd, self._skewness(sd), n, as_t)
            ends = min(low, mean - half), max(high, mean + half)
            if told_apart and ends[0] <= 0.0 <= ends[1]:
                return (mean - half, ends[1]) if mean > 0 else (ends[0], mean + half)
            return ends
        weighed = self.weighed
        whole = n**2 - needed**2 * self.weights
        center = (self.total * n - needed**2 * weighed) / whole
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
        hair = ROUNDING * abs(center)
        return (low if low < -hair else 0.0), (high if high > hair else 0.0)
    if center > 0:
        return max(low, math.nextafter(0.0, 1.0)), high
    return low, min(high, math.nextafter(0.0, -1.0))


def _far_from_0(mean: float, interval: Interval) -> bool:
    """Tell whether an interval that excludes 0 would do so if it were twice as wide, too."""
    return 2.0 * min(map(abs, interval)) > abs(mean)


def _agreeing(p_value: float, *, told_apart: bool) -> float:
    """Keep a p-value on the side of alpha that was decided, should rounding have moved it."""
    if told_apart:
        return min(p_value, math.nextafter(ALPHA, 0.0))
    return max(p_value, ALPHA)
