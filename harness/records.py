"""Every frozen dataclass that travels between the stages; no behaviour beyond small views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Json: TypeAlias = Any
"""A value that JSON can hold: None, bool, int, float, str, list or dict of these."""

PredictionStatus = Literal["ok", "empty", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a file that a person wrote."""

    path: Path
    line: int | None = None
    """1-based."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRef:
    """One image of a sample: where its bytes are and what they are; never the bytes themselves."""

    path: Path
    sha256: str
    """Of the file's bytes."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image (or several) with its references and metadata."""

    id: str
    media: tuple[MediaRef, ...]
    references: tuple[str, ...]
    """Ground-truth titles or captions."""
    cluster: str | None = None
    """What it has in common with others, so that they are resampled together; None: nothing."""
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A row of a dataset that became no sample, and why."""

    id: str
    reason: str
    """A short machine-readable word: missing_image, duplicate_id …"""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemplarSpec:
    """Which worked examples a prompt shows."""

    dataset: str
    ids: tuple[str, ...]
    images: bool = True
    """Whether an exemplar's image is shown too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVariant:
    """One YAML file under ``prompts/<suite>/``, with what it extends already merged in."""

    name: str
    description: str
    system: str | None
    """Jinja source of the system message."""
    user: str
    """Jinja source of the user message."""
    exemplars: ExemplarSpec | None
    postprocess: tuple[str, ...]
    generation: Mapping[str, Json]
    """Sampling parameters that this variant sets over the suite's decoding."""
    structured_outputs: Mapping[str, Json] | None = None
    """The form that answers must have: one of regex, choice, json; see harness.answer_form."""
    where: Mapping[str, Where]
    """Field name → where its text begins, so that a template's error names the true line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """The place of an image in a message."""

    index: int
    """Into RenderedPrompt.media."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A piece of text in a message."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[ImagePart | TextPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """Exactly what a model is sent: messages plus images."""

    messages: tuple[Message, ...]
    media: tuple[MediaRef, ...]
    sha256: str
    """Over the messages and the images' content hashes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """Named sampling parameters, e.g. greedy."""

    name: str
    params: Mapping[str, Json]
    """temperature, top_p, max_tokens, seed … in vLLM's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """A checkpoint and the engine that runs it."""

    name: str
    engine: str
    """A key of harness.engines.base.ENGINES."""
    model: str
    """Hub id, or the absolute path of a local folder."""
    revision: str | None = None
    adapter: str | None = None
    """A LoRA adapter on it: Hub id, or the absolute path of a local folder."""
    adapters: tuple[str, ...] = ()
    """Every adapter that one start of the engine is to serve; the pipeline fills it in."""
    args: Mapping[str, Json] = field(default_factory=dict)
    """Engine arguments, passed through."""
    image: Mapping[str, Json] = field(default_factory=dict)
    """Image preparation: min_pixels, max_pixels."""
    generation: Mapping[str, Json] = field(default_factory=dict)
    """Default sampling parameters of this checkpoint."""
    timeout: float | None = None
    """Seconds that a request may take; None for harness.engines.base.TIMEOUT."""
    price: Mapping[str, float] | None = None
    """US dollars for a million tokens: prompt, completion. None where it costs nothing to ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One model × prompt variant × decoding: a row of the leaderboard."""

    name: str
    """Unique in a run, as short as the run allows."""
    model: str
    variant: str
    decoding: Decoding
    draws: int = 1
    """How often each sample is asked; its scores are averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion to be had."""

    system: str
    sample_id: str
    rendered: RenderedPrompt
    decoding: Decoding
    key: str
    """sha256 of all that the model sees and nothing else."""
    adapter: str | None = None
    """The LoRA adapter that is to answer, as ModelConfig names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The raw text that a model returned; never rewritten."""

    key: str
    text: str
    finish_reason: str
    """stop, length or error."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that the prefix cache already held."""
    seconds: float = 0.0
    """From hand-over to the engine until the last token."""
    error: str | None = None
    """Why there is no text; None where there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A completion after post-processing: a value, or a status saying why there is none."""

    value: str | None
    status: PredictionStatus
    """ok; empty: the model answered with nothing (scored as such); failed: no answer (unscored)."""
    steps: tuple[str, ...]
    """The post-processing steps that changed the text."""
    reason: str | None = None
    """Why it failed."""


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
    value: float | None
    """None where the metric could not be computed; then ``missing`` says why."""
    n_scored: int
    n_unscored: int
    signature: str
    interval: tuple[float, float] | None = None
    """95 % bootstrap interval, bias-corrected and accelerated (BCa)."""
    percentile: tuple[float, float] | None = None
    """95 % percentile bootstrap interval."""
    missing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetConfig:
    """A dataset's description: where its rows are and what their columns mean."""

    name: str
    description: str
    format: str
    """csv, tsv, jsonl or parquet."""
    path: Path
    id_column: str
    image_columns: tuple[str, ...]
    reference_columns: tuple[str, ...]
    metadata_columns: tuple[str, ...]
    cluster_column: str | None
    """Samples with the same value are no independent observations."""
    image_root: Path
    image_suffix: str
    clean: tuple[str, ...]
    """Faults whose rows are dropped and counted; any other fault stops the run."""
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """What a folder under ``prompts/`` asks for, with every name in it resolved."""

    name: str
    folder: Path
    root: Path
    """The project's folder: the one that holds datasets/ and results/."""
    description: str
    dataset: DatasetConfig
    variants: tuple[PromptVariant, ...]
    baseline: str
    models: tuple[ModelConfig, ...]
    decodings: tuple[Decoding, ...]
    metrics: tuple[Json, ...]
    """Names, or mappings of a name to its options."""
    tokenizer: Literal["ptb", "none"]
    reported: Path | None
    """A CSV of figures that others printed."""


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
