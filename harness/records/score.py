"""Numbers: of a sample, of a system, of a pair."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.signature import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleScore:
    """One metric of one system on one sample."""

    system: str
    sample_id: str
    metric: str
    value: float


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
    """95 % bootstrap interval, bias-corrected and accelerated (BCa)."""
    percentile: tuple[float, float] | None = None
    """95 % percentile bootstrap interval."""
    missing: str | None = None


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
    interval: tuple[float, float] | None
    """95 % paired bootstrap interval (BCa) of the difference; None for a single sample."""
    p_value: float
    """Two-sided, by approximate randomisation."""
    p_adjusted: float
    """After Holm, over all pairs of this metric."""
    effect: float | None
    """The difference in units of the pair's own noise, its bootstrap standard deviation."""
    unit_sd: float | None
    """Noise of a single sample's influence on the difference; what power is computed from."""
    wins: int
    """Samples on which the candidate scores higher."""
    ties: int
    losses: int
    n_paired: int
    method: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How the bootstrap and the exchanges draw."""

    replicates: int
    """B."""
    seed: int = 0
