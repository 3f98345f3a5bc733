"""Numbers: of a sample, of a system, of a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.records.signature import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleScores:
    """One metric of one system on each sample that has a score."""

    system: str
    metric: str
    sample_ids: tuple[str, ...]
    values: tuple[float, ...]
    """One for each of the samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """One metric of one system over all its scored samples."""

    system: str
    metric: str
    family: str
    """The label of the metric that gives this column, and maybe others."""
    value: float | None
    """None where the metric could not be computed; then ``missing`` says why."""
    n_scored: int
    n_unscored: int
    signature: Signature
    """How it was computed; files hold its long form."""
    interval: tuple[float, float] | None = None
    """95 %: how docs/metrics.md says."""
    no_interval: str | None = None
    """Why there is none, of a metric that can have one."""
    units: int | None = None
    """Independent ones among the scored samples: samples, or clusters of them; None where the
    metric is one number for the corpus, of which nothing can be told."""
    missing: str | None = None


Verdict = Literal["told apart", "equivalent", "not worse", "not told apart", "cannot tell"]
"""What may be said of a pair. *equivalent* and *not worse* are within the declared margin; *cannot
tell*: this data has too few independent units, or they differ on too few samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of two systems on the samples that both have; candidate − baseline."""

    metric: str
    baseline: str
    candidate: str
    baseline_value: float
    """On the paired samples."""
    candidate_value: float
    delta: float
    verdict: Verdict
    reason: str | None
    """Why this data cannot tell."""
    confirmatory: bool
    """Whether this very comparison was declared before the answers existed."""
    family: int
    """How many comparisons were tested together."""
    interval: tuple[float, float] | None
    """95 % of the difference, simultaneous over the family: it excludes 0 exactly if the two are
    told apart."""
    p_value: float | None
    """Two-sided, adjusted for the family; None where this data cannot tell."""
    p_single: float | None
    """Two-sided, as if nothing else had been looked at."""
    smallest: float | None
    """The true difference that would have been told apart in 80 % of trials."""
    share: bool
    """Whether it compares shares of single samples, such as exact match."""
    unit_sd: float | None
    """Standard deviation of a unit's difference, in the metric's units."""
    bar: float | None
    """The t that a difference had to pass, on many units."""
    rough: bool
    """Whether few of the samples carry so much of the difference that the test may err."""
    margin: float | None
    """The smallest difference that matters, where one was declared."""
    needed: int | None
    """Units with which a difference within the margin would be shown to be, or one as large as it
    told apart; None where there is no margin or nothing is undecided."""
    wins: int
    """Samples on which the candidate scores higher."""
    ties: int
    losses: int
    n_paired: int
    units: int
    """Independent ones among the paired samples: samples, or clusters of them."""
    exchanges: int
    """How often answers were exchanged, and from which seed."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How answers are exchanged between systems."""

    replicates: int
    """B, how often."""
    seed: int = 0
