"""What a choice of a matrix does to a metric."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.score import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect on one metric, on the samples that all systems which it weighs have.

    Of one axis: the level's mean score minus that of the axis' first level. Of two axes, their
    interaction: that difference at a level of the second axis minus the same at its first level.
    Both are averaged evenly over the combinations of all other choices that hold every level named.
    """

    metric: str
    matrix: str
    """The file that expands into the variants."""
    axes: tuple[str, ...]
    """One, or two of an interaction."""
    levels: tuple[str, ...]
    """Of each axis."""
    against: tuple[str, ...]
    """Of each axis, the level that it is compared with: its first."""
    wording: bool
    """Whether an axis is a nuisance, whose levels are to mean the same."""
    model: str | None
    """The model that it is told of alone; None: averaged over all."""
    combinations: int
    """Of the other choices, models and decodings: what it is averaged over."""
    possible: int
    """How many there would be, were none excluded."""
    estimate: float
    parts: tuple[float, float]
    """What was subtracted, and from what: two mean scores; of an interaction what the first axis
    does at ``against`` of the second, and at its level."""
    verdict: Verdict
    """Told apart (from none), not told apart, or cannot tell; no margin is declared of effects."""
    reason: str | None
    """Why this data cannot tell."""
    family: int
    """How many effects were tested together."""
    interval: tuple[float, float] | None
    """95 %, simultaneous over the family: it excludes 0 exactly if the effect is told apart."""
    p_value: float | None
    """Two-sided, adjusted for the family; None where this data cannot tell."""
    p_single: float | None
    """Two-sided, as if nothing else had been looked at."""
    smallest: float | None
    """The true effect that would have been told apart in 80 % of trials."""
    n_paired: int
    units: int
    """Independent ones among the samples: samples, or clusters of them."""
    exchanges: int
    """How often answers were exchanged, and from which seed."""
    seed: int
    rough: bool = False
    """Whether few of the samples carry so much of it that the test may err."""

    @property
    def interaction(self) -> bool:
        """Whether it is of two axes."""
        return len(self.axes) == 2
