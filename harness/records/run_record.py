"""A run as a record: what was asked and with what. ``run_summary`` has what came of it.

``harness.store`` alone writes and reads them; ``schema`` is the version of the files' form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.records.chosen_rows import Chosen
from harness.records.json_value import Json
from harness.records.metric_spec import MetricSpec
from harness.records.prompt import Control, ExemplarSpec, MessageTemplate
from harness.records.sample import Dropped, Mended
from harness.records.split import SplitRecord
from harness.records.suite import Decision, ModelConfig, System

RUN_SCHEMA = 3
"""Of ``run.json``, the JSON lines and ``summary.json`` together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitState:
    """The commit that the prompts stand at."""

    commit: str
    dirty: bool | None
    """Whether files have changed since; None where nobody looked."""
    unknown: str | None = None
    """Why nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What a run was made on."""

    python: str
    platform: str
    processor: str
    cores: int | None
    memory_gib: float | None
    gpus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord(ModelConfig):
    """A model of a run, and what of it its completions depend on."""

    identity: Json = None
    sha256: str | None = None
    """Of a file of predictions, where that is the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantRecord:
    """A prompt variant of a run."""

    description: str = ""
    system: str | None = None
    """Jinja source of the system message."""
    user: str = ""
    """Jinja source of the user message."""
    messages: tuple[MessageTemplate, ...] = ()
    """The whole chat, in the place of ``system`` and ``user``."""
    vars: Mapping[str, Json] = field(default_factory=dict)
    """Variables that its templates saw, the axes of a matrix included."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """Files that its templates may include, relative to the suite's folder → their text."""
    matrix: str | None = None
    """The file that this variant was expanded from; None: the file has no matrix."""
    axes: Mapping[str, str] = field(default_factory=dict)
    """Axis of the matrix → the name of this variant's level."""
    nuisance: tuple[str, ...] = ()
    """Axes whose levels mean the same, so that scores are averaged over them."""
    exemplars: ExemplarSpec | None = None
    exemplar_answers: tuple[str, ...] = ()
    """What the prompt shows as good answers."""
    exemplars_of: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Sample → which of ``exemplar_answers`` its prompt shows, where not all of them."""
    postprocess: tuple[str, ...] = ()
    pipelines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Named post-processings, in the place of ``postprocess``."""
    generation: Mapping[str, Json] = field(default_factory=dict)
    structured_outputs: Mapping[str, Json] | None = None
    control: Control | None = None
    """What it was shown in the place of a sample's images; None: these themselves. A control has
    no matrix and no axes."""
    control_of: str | None = None
    """The variant that it is a control of."""

    def steps(self, pipeline: str | None) -> tuple[str, ...]:
        """Give the steps of a pipeline; None: of the one without a name."""
        return self.postprocess if pipeline is None else self.pipelines[pipeline]

    def answers_shown(self, sample: str) -> tuple[str, ...]:
        """Give the answers that the prompt of a sample shows."""
        if not self.exemplars_of:
            return self.exemplar_answers
        return tuple(self.exemplar_answers[i] for i in self.exemplars_of.get(sample, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration(Decision):
    """The decision that a run's suite declares, and whether that was before its answers."""

    sha256: str
    """Of what is declared: metrics and how they are computed, baseline, margins, dataset."""
    declared_at: str
    """When a run first had this declaration; ISO 8601, UTC."""
    comparisons: int
    """Pairs that the suite compares as it is written, now or in an earlier run with this
    declaration, whichever are more; a run of a part of it has fewer."""
    compared_sha256: str = ""
    """Of what is compared: prompts, models, samples and references, post-processing."""
    looks: int = 1
    """How many different ones of these runs with this declaration have had, this one included."""
    answers_before: int | None = None
    """How many answers of the systems it compares were there before; None until all are there."""
    answers_of_files: int = 0
    """Of these, those that files of predictions gave: nobody knows when they were made."""
    not_applicable: str | None = None
    """Why nothing in this run can be compared as declared; None where it can."""

    @property
    def confirmatory(self) -> bool:
        """Whether it was declared before each of the answers that it compares."""
        return self.answers_before == 0 and self.not_applicable is None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord:
    """The dataset of a run."""

    name: str
    description: str
    samples: int
    dropped: tuple[Dropped, ...]
    mended: tuple[Mended, ...] = ()
    """What each step of ``mend:`` changed; none where references stand as in the file."""
    chosen: tuple[Chosen, ...] = ()
    """What each step of choosing kept of the rows; none where all are used, as before there were
    such steps."""
    split: SplitRecord | None = None
    """None where the dataset has no splits, as before there were some."""
    revision: str | None = None
    """The commit, of one on the Hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRow:
    """Figures that others printed of a system; not measured by the run."""

    system: str
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Tokens of completions."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that a prefix cache already held."""
    completion_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCounts:
    """Images in the prompts that were asked, and what was really done to them; None: not known."""

    asked: int
    decoded: int | None = None
    processed: int | None = None
    encoded: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a run's tokens cost."""

    currency: str
    now: float
    """Of what was asked now."""
    run: float
    """Of all of the run, what the store had included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the completions of a run took."""

    completions: int
    generated: int
    """Asked of a model now; the others were in the store."""
    failed: int
    model_start_seconds: float
    generate_seconds: float
    completions_per_second: float | None
    images_per_second: float | None
    images: ImageCounts | None
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    generated_tokens: TokenCounts
    """Of what was asked now; the three above are of all of the run."""
    money: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """``run.json``: all that was asked, resolved, and what it was asked with."""

    schema: int = RUN_SCHEMA
    id: str
    suite: str
    baseline: str
    """The variant that others are compared with."""
    repeats: int
    """How often every request was made."""
    metrics: tuple[MetricSpec, ...]
    tokenizer: Literal["ptb", "none"]
    systems: tuple[System, ...]
    suite_systems: int | None = None
    """Systems of the suite as it is written; a run of a part of it has fewer. None: not known."""
    models: Mapping[str, ModelRecord]
    """By name."""
    variants: Mapping[str, VariantRecord]
    """By name."""
    dataset: DatasetRecord
    decide: Declaration | None = None
    """None where the suite declares nothing, as before version 3."""
    unknown_ids: tuple[str, ...] = ()
    """Ids in files of predictions that the dataset does not have."""
    reported: tuple[ReportedRow, ...] = ()
    leakage: tuple[str, ...] = ()
    """What prompts give away of the samples under test, where the suite allows it."""
    notices: tuple[str, ...] = ()
    """What a reader of the numbers should know of how they came about."""
    code: tuple[str, ...] = ()
    """Parts of the suite that are code and ran on this machine."""
    created: str
    """ISO 8601, UTC."""
    command: tuple[str, ...]
    versions: Mapping[str, str]
    """Package → version."""
    git: GitState | None = None
    machine: Machine
    cost: Cost | None = None
    """None until the completions are there, and for predictions that were made elsewhere."""
