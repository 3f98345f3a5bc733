"""What a suite asks for: models, decodings, and the systems that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Literal

from harness.records.json_value import Json
from harness.records.lint import Silence
from harness.records.metric_spec import MetricSpec
from harness.records.prompt import Control, PromptVariant
from harness.records.sample import DatasetConfig
from harness.records.source import Where


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
    """A key of harness.engines.protocol.ENGINES."""
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
    """Seconds that a request may take; None for harness.engines.protocol.TIMEOUT."""
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
    pipeline: str | None = None
    """Which of the variant's named post-processings; None where it has one without a name."""
    asked: str | None = None
    """The name under which its completions stand, where several pipelines share them; None: its
    own."""
    control: Control | None = None
    """What it is shown in the place of a sample's images; None: these themselves."""
    control_of: str | None = None
    """The system that it is a control of: the same model, decoding, prompt and pipeline."""

    @property
    def asked_as(self) -> str:
        """The name under which its completions stand."""
        return self.asked or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a suite says, before answers exist, that its systems are to be compared by."""

    metrics: tuple[str, ...]
    """Columns, such as CIDEr; one or more."""
    baseline: str | None = None
    """The variant that each other is compared with; None: all pairs of systems are compared."""
    candidate: str | None = None
    """The variant that alone is compared with the baseline; None: each other."""
    margins: Mapping[str, float] = field(default_factory=dict)
    """Metric → the smallest difference that matters, in the metric's units."""
    ladder: bool = False
    """Whether tables of the split that prompts are tried on show a new best only where it gains
    more than the noise of the comparison."""

    def pairs(self, systems: Sequence[System]) -> tuple[tuple[str, str], ...]:
        """Give the names of the systems that are compared, each pair as candidate and baseline.

        A candidate's baseline has its model and decoding, and its pipeline where the baseline's
        variant has one of that name, else the first; without a declared baseline the system that
        stands first is the pair's. Pipelines of the baseline's variant are not compared, and
        controls are in no pair.
        """
        systems = [system for system in systems if system.control is None]
        if self.baseline is None:
            return tuple((later.name, first.name) for first, later in combinations(systems, 2))
        baselines: dict[tuple[str, str], dict[str | None, str]] = {}
        for system in systems:
            if system.variant == self.baseline:
                place = (system.model, system.decoding.name)
                baselines.setdefault(place, {})[system.pipeline] = system.name
        return tuple(
            (system.name, known.get(system.pipeline) or next(iter(known.values())))
            for system in systems
            if system.variant != self.baseline
            and self.candidate in (None, system.variant)
            and (known := baselines.get((system.model, system.decoding.name)))
        )


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
    metrics: tuple[MetricSpec, ...]
    tokenizer: Literal["ptb", "none"]
    reported: Path | None
    """A CSV of figures that others printed."""
    decide: Decision | None = None
    """None: the suite declares nothing, and whatever is concluded from its runs is exploratory."""
    controls: Mapping[str, tuple[Control, ...]] = field(default_factory=dict)
    """Variant → its controls; variants that have none are not there."""
    allow_leakage: bool = False
    """Whether prompts may show answers of samples under test; every table then says so."""
    silence: tuple[Silence, ...] = ()
    """What is not to be heard of any of its variants."""
    where: Mapping[str, Where] = field(default_factory=dict)
    """``metrics.0``, ``decoding.greedy.top_p``, ``decide.margin.CIDEr`` … → its place."""
