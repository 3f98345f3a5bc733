"""What came of a run: every number but those of single samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.records.answer import ExpectedAnswers
from harness.records.metric_spec import MetricSpec
from harness.records.prompt import Control
from harness.records.run_record import RUN_SCHEMA, Cost, ReportedRow
from harness.records.score import Comparison, MetricResult
from harness.records.split import SplitRecord

FLOOR_SDS = 2.0
"""Standard deviations of noise under which a difference may come from the engine alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagShare:
    """How often what a system wrote is no bare answer in one way; see ``harness.compliance``."""

    flag: str
    answers: int
    """Texts that have it, over all draws."""
    share: float
    """Of the samples' answers, 0 to 1; of several draws their mean."""
    interval: tuple[float, float] | None
    """95 % of the share."""
    no_interval: str | None = None
    """Why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSummary:
    """What became of one system's requests; counts of answers are over all its draws."""

    system: str
    model: str
    variant: str
    decoding: str
    pipeline: str | None = None
    n: int
    """Samples of the run."""
    draws: int
    unscored: int
    """Samples without an answer in any draw."""
    failed: int
    empty: int
    """Answers in which the model wrote nothing."""
    declined: Mapping[str, int] = field(default_factory=dict)
    """Step → answers that it would have emptied, and left as they were."""
    unapplied: Mapping[str, int] = field(default_factory=dict)
    """Step → answers that it could not be applied to."""
    truncated: int
    """Cut off at max_tokens."""
    changed: int
    """Changed by post-processing."""
    changed_by: Mapping[str, int] = field(default_factory=dict)
    """Step → answers that it changed; none in files of before."""
    flags: tuple[FlagShare, ...] = ()
    """Of the raw texts; none in files of before, and where no request has an answer."""
    malformed: int
    """Without the form that the prompt asks for."""
    reasons: Mapping[str, int]
    """Why requests failed → how many, the most frequent first."""
    made_by: Mapping[str, int] = field(default_factory=dict)
    """Engine and version → completions that it made."""
    control: Control | None = None
    """What it was shown in the place of a sample's images; None: these themselves."""
    control_of: str | None = None
    """The system that it is a control of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsSummary:
    """What a system's texts are like together; None where it needs tokens and has no tokeniser."""

    system: str
    same_as_exemplar: float | None
    """Share that copies one of the prompt's examples; None where it shows none."""
    words: float | None
    """Mean tokens of a text."""
    vocabulary: int | None
    distinct_1: float | None
    distinct_2: float | None
    overlong: int | None
    """Texts over the words that METEOR aligns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor:
    """How far a run's repeats lie apart, as standard deviations: the same whatever was run."""

    repeats: int
    repeat_sd: Mapping[str, float] = field(default_factory=dict)
    """Metric → standard deviation of one repeat's score, pooled over the systems. Empty where an
    older version measured a range instead."""
    difference_sd: Mapping[str, float] = field(default_factory=dict)
    """Metric → standard deviation of the difference between two systems' scores, each the mean of
    its repeats, that repeating alone makes: ``repeat_sd`` · √(2 ÷ repeats)."""
    differing: Mapping[str, int]
    """System → samples whose texts are not all the same."""

    def covers(self, metric: str, difference: float) -> bool:
        """Tell whether the engine alone may make a difference of two systems' scores."""
        return abs(difference) < FLOOR_SDS * self.difference_sd.get(metric, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawVariance:
    """What one score of a system that was drawn several times varies by."""

    units: int
    """Samples, or clusters of them."""
    draws: float
    """Of a unit: the harmonic mean, where some failed."""
    between: float
    """Variance of what units contribute to the score, without the draws'."""
    within: float
    """Variance from one draw of a unit to the next."""
    equal_units: float
    """Units that would tell as much, each drawn once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingBand:
    """One metric of an idea over the wordings of it."""

    mean: float
    """Of the wordings' scores."""
    low: float
    """The lowest of them."""
    high: float
    """The highest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """Systems that differ in nuisance axes of a matrix alone: one idea in several wordings."""

    name: str
    """As a system's, without the nuisance axes: ``title[tone=plain]``."""
    systems: tuple[str, ...]
    bands: Mapping[str, WordingBand]
    """By metric; one of which a wording has no score is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """What choosing the best of equal prompts gains by chance alone."""

    metric: str
    """The one that decides."""
    tried: int
    """Different prompts, on the run's split till then."""
    gain: float
    """What the best of so many equal ones would seem to score more than it is worth, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What a ladder shows of a system."""

    system: str
    state: Literal["new best", "shown before", "best stays"]
    value: float
    """The score that is shown: its own, or that of the best, which stays."""
    step: float | None
    """What its gain over the best had to pass; None where it was not compared with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """What a table shows of systems on the metric that decides, and no more of them than that."""

    metric: str
    best: str
    """The system that is shown as the best now."""
    run: str
    """The run that it was in."""
    value: float
    rungs: tuple[Rung, ...]
    """In the order in which they were compared; controls are not among them."""
    lost: bool = False
    """Whether the answers of the best are not there any more, so that nothing can be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """``summary.json``: every number of a run but those of single samples."""

    schema: int = RUN_SCHEMA
    run: str
    inputs: str | None
    """A hash of all that the numbers depend on; None where it is not known."""
    suite: str
    dataset: str
    split: SplitRecord | None = None
    """None where the dataset has no splits, as before there were some."""
    luck: Luck | None = None
    """Of a split that prompts are tried on; None where it is not known."""
    ladder: Ladder | None = None
    """None where the suite asks for none, and on a sealed split."""
    baseline: str
    specs: tuple[MetricSpec, ...]
    """The metrics that were computed or are missing, in the order of their columns."""
    metrics: tuple[str, ...]
    """Their columns."""
    systems: tuple[SystemSummary, ...]
    texts: tuple[TextsSummary, ...]
    results: tuple[MetricResult, ...]
    uneven: tuple[str, ...] = ()
    """Columns on which systems were scored on different samples, so that none is best."""
    noise_floor: NoiseFloor | None
    ideas: tuple[Idea, ...] = ()
    """Of matrices with a nuisance axis."""
    draw_variance: Mapping[str, Mapping[str, DrawVariance]] = field(default_factory=dict)
    """System → metric → what its score varies by, of systems that were drawn several times."""
    best_of: Mapping[str, Mapping[str, float]]
    """System → metric → the score had the reference chosen the best of its draws."""
    raw: Mapping[str, Mapping[str, float]]
    """System → metric → the score without post-processing, where that changed a text."""
    expected: ExpectedAnswers | None = None
    """What answers should be like; None in files of before."""
    short_references: int
    """Samples whose references all have fewer words than BLEU_4 looks at."""
    dropped: Mapping[str, int]
    """Why rows of the dataset became no sample → how many."""
    unknown_ids: tuple[str, ...]
    reported: tuple[ReportedRow, ...]
    leakage: tuple[str, ...] = ()
    """What prompts give away of the samples under test, where the suite allows it."""
    notices: tuple[str, ...] = ()
    cost: Cost | None
    grounding: tuple[Comparison, ...] = ()
    """What the picture adds: of each control (the baseline) and its system (the candidate), on each
    column. All of them are one family, and in no other."""

    def value(self, system: str, metric: str) -> float | None:
        """Give one score; None where it is missing.

        Raises:
            KeyError: the run has no such system or metric.
        """
        for result in self.results:
            if (result.system, result.metric) == (system, metric):
                return result.value
        known = ", ".join(
            self.metrics
            if system in {s.system for s in self.systems}
            else [s.system for s in self.systems]
        )
        raise KeyError(f"no {metric} of {system}; the run has {known}")
