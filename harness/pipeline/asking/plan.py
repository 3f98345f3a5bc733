"""Suite + samples → the systems to compare and, image by image, the requests that they need."""

from __future__ import annotations

import random
from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from harness import media
from harness.config.problems import Problems
from harness.engines.hub import is_pinned
from harness.engines.protocol import REPLAY
from harness.fingerprint import sha256_file
from harness.ingredients import Ingredients
from harness.pipeline.asking.control_prompts import add_controls
from harness.pipeline.asking.identities import identities_of, identity_texts, plain_numbers
from harness.pipeline.asking.narrowing import chosen_models, chosen_variants
from harness.pipeline.asking.piping import asked_of
from harness.pipeline.asking.plan_samples import all_ids, ids_of, samples_of
from harness.pipeline.asking.refusals import (
    placed,
    refuse_decision,
    refuse_metrics,
    refuse_models,
    refuse_replay_steps,
    refuse_size,
    refuse_steps,
)
from harness.pipeline.asking.replayed import ReplayRenderer, replayed
from harness.pipeline.asking.systems import same_names, systems_of
from harness.pipeline.asking.unsuitable import unsuitable_for
from harness.pipeline.asking.worked_examples import (
    Reading,
    SimilarExemplars,
    exemplars_of,
    similar_of,
)
from harness.records import (
    Decoding,
    Json,
    ModelConfig,
    PromptVariant,
    Request,
    Suite,
    System,
    Where,
)
from harness.render import ControlRenderer, Renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.config.variables import Setting
    from harness.dataset.samples import LoadedDataset
    from harness.pipeline.asking.leakage import Leakage
    from harness.records import MediaRef, Place, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What of a suite is to be run."""

    only: tuple[str, ...] = ()
    """Variants; ``title`` is all of a matrix, ``title[tone=plain]`` a part, ``title{blind}`` the
    variant with this one of its controls. Default: all."""
    models: tuple[str, ...] = ()
    """Models of the suite, by name; default: all."""
    engine: str | None = None
    """Run the models by this engine instead of their own."""
    split: str | None = None
    """Of the dataset; default: its first."""
    limit: int | None = None
    """The first so many samples."""
    repeats: int = 1
    """How often every request is made, to measure how much a prompt differs from itself."""
    settings: tuple[Setting, ...] = ()
    """Variables of variants that have another value."""


class Planned(NamedTuple):
    """One completion of a run."""

    system: System
    request: Request
    ingredients: Ingredients
    former: str | None = None
    """The key that version 0.1 gave it, where that is another: see ``plain_numbers``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A suite with its choice made, its samples loaded and its templates compiled."""

    suite: Suite
    dataset: LoadedDataset
    systems: tuple[System, ...]
    renderers: dict[str, Renderer | ControlRenderer | ReplayRenderer]
    """By variant."""
    identities: dict[str, Json]
    """By model: what of it a completion depends on."""
    repeats: int = 1
    exemplars: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)
    """By variant: the samples that its prompts show as worked examples."""
    similar: Mapping[str, SimilarExemplars] = field(default_factory=dict)
    """By variant: what chooses them, where each sample has its own."""
    unknown_ids: tuple[str, ...] = ()
    """Ids in files of predictions that the dataset does not have."""
    data_notes: tuple[str, ...] = ()
    """What of the dataset and of files of predictions was taken for something else than it is."""
    leakage: Leakage | None = None
    """What its prompts give away; None where nobody has looked."""

    @property
    def samples(self) -> Sequence[Sample]:
        """The samples of the run, in order."""
        return self.dataset.samples

    @property
    def size(self) -> int:
        """How many requests it gives."""
        return len(self.dataset.samples) * sum(s.draws for s in self.asked) * self.repeats

    @property
    def asked(self) -> tuple[System, ...]:
        """What is asked for the systems: once for all pipelines of a variant."""
        return asked_of(self.systems)

    def model(self, name: str) -> ModelConfig:
        """Find a model of the suite."""
        return next(model for model in self.suite.models if model.name == name)

    def pinned(self, name: str) -> bool:
        """Tell whether a model's keys are those of a run: its commit on the Hub is known."""
        return is_pinned(self.model(name))

    def variant(self, name: str) -> PromptVariant:
        """Find a variant of the suite."""
        return self.renderers[name].variant

    def requests(self, models: Collection[str] | None = None) -> Iterator[Planned]:
        """Give every request, image-major: all systems of a sample next to each other.

        So an image is decoded, preprocessed and encoded once for all of them, and its prefix is
        still in the model's cache when the next prompt comes. Another draw has keys of its own, and
        another order of samples, so that its batches are made up differently.

        Args:
            models: only theirs; default: all.

        Raises:
            RenderError: a template fails for a sample.
        """
        systems = [system for system in self.asked if models is None or system.model in models]
        adapters = {model.name: model.adapter for model in self.suite.models}
        written = {s.name: (self.identities[s.model], dict(s.decoding.params)) for s in systems}
        now = {name: identity_texts(*map(plain_numbers, parts)) for name, parts in written.items()}
        before = {name: identity_texts(*parts) for name, parts in written.items()}
        for draw in range(self.repeats * max((s.draws for s in systems), default=0)):
            drawn = [system for system in systems if draw < system.draws * self.repeats]
            variants = {system.variant for system in drawn}
            for sample in _ordered(self.samples, draw):
                rendered = {name: self.renderers[name].render(sample) for name in variants}
                for system in drawn:
                    ingredients = Ingredients(
                        prompt=rendered[system.variant],
                        model=now[system.name][0],
                        decoding=now[system.name][1],
                        draw=draw,
                    )
                    request = Request(
                        system=system.name,
                        sample_id=sample.id,
                        rendered=ingredients.prompt,
                        decoding=_drawn(system.decoding, draw),
                        key=ingredients.key,
                        adapter=adapters[system.model],
                    )
                    former = None
                    if now[system.name] != before[system.name]:
                        model, decoding = before[system.name]
                        former = replace(ingredients, model=model, decoding=decoding).key
                    yield Planned(system, request, ingredients, former)


def _ordered(samples: Sequence[Sample], draw: int) -> Iterator[Sample]:
    """Give the samples in the order of a draw: their own, and another for each further one."""
    if not draw:
        return iter(samples)
    places = array("q", range(len(samples)))
    random.Random(draw).shuffle(places)  # an order, not a secret
    return (samples[place] for place in places)


def choose(suite: Suite, choice: Choice) -> Suite:
    """Narrow a suite to what is to be run.

    Raises:
        ConfigErrors: a name that the suite does not have.
    """
    variants, controls = chosen_variants(suite, choice)
    models = chosen_models(suite, choice.models)
    if choice.engine:
        # The arguments were meant for the engine that is not used.
        models = tuple(
            m
            if m.engine == choice.engine
            else replace(m, engine=choice.engine, args={}, timeout=None, price=None)
            for m in models
        )
    names = [variant.name for variant in variants]
    baseline = suite.baseline if suite.baseline in names or not names else names[0]
    return replace(suite, variants=variants, models=models, baseline=baseline, controls=controls)


def make_plan(
    suite: Suite,
    choice: Choice,
    *,
    sample_ids: Sequence[str] | None = None,
    hash_file: Callable[[Path], str] = sha256_file,
    probe: Callable[[Place], MediaRef] = media.probe,
    pin: Callable[[ModelConfig], ModelConfig] | None = None,
    images: bool = True,
    look: Callable[[MediaRef], str] = media.look,
) -> Plan:
    """Load what a suite needs, except its models.

    Args:
        suite: with every name resolved.
        choice: what of it.
        sample_ids: only these samples; default: all that ``choice`` allows.
        hash_file: hashes the bytes of a checkpoint's file.
        probe: checks, hashes and measures an image.
        pin: finds the commits of what a model has on the Hub. Without it nothing is asked, and
            where ``Plan.pinned`` is false keys are not those of a run.
        images: whether the samples need them.
        look: gives the look of an image; asked for similar exemplars and near duplicates.

    Raises:
        HarnessError: a name, a file, a dataset or a template is wrong, or a model is not there;
            all that is wrong, where it is more than one thing.
    """
    problems = Problems()
    plan = draft_plan(
        suite,
        choice,
        problems,
        sample_ids=sample_ids,
        hash_file=hash_file,
        probe=probe,
        pin=pin,
        images=images,
        look=look,
    )
    if len(problems.all) == 1:
        raise problems.all[0]
    problems.raise_any()
    assert plan is not None  # what is missing has been gathered, and raised
    return plan


def draft_plan(
    suite: Suite,
    choice: Choice,
    problems: Problems,
    *,
    sample_ids: Sequence[str] | None = None,
    hash_file: Callable[[Path], str] = sha256_file,
    probe: Callable[[Place], MediaRef] = media.probe,
    pin: Callable[[ModelConfig], ModelConfig] | None = None,
    images: bool = True,
    look: Callable[[MediaRef], str] = media.look,
) -> Plan | None:
    """Make a plan as ``make_plan`` does, and gather what is wrong instead of raising it.

    Returns:
        With problems, a plan of what is left: its prompts can be rendered, and nothing be asked;
        None where there are no samples.

    Raises:
        ConfigErrors: the choice names what the suite does not have.
    """
    suite = choose(suite, choice)
    refuse_metrics(suite, problems)
    refuse_decision(suite, problems)
    renderers: dict[str, Renderer | ControlRenderer | ReplayRenderer] = {}
    exemplars: dict[str, tuple[Sample, ...]] = {}
    similar: dict[str, SimilarExemplars] = {}
    for variant in suite.variants:
        refuse_steps(variant, problems)
    systems = list(systems_of(suite, problems))
    refuse_models(suite, asked_of(systems), problems)
    suite = _pinned(suite, pin, problems)
    unsuitable = unsuitable_for(suite.models if images else ())
    reading = Reading(probe=probe, look=look, unsuitable=unsuitable)
    for variant in suite.variants:
        with problems.caught(variant.where.get("exemplars")):
            exemplars[variant.name] = exemplars_of(variant, suite, reading)
            if choosing := similar_of(variant, suite, reading):
                similar[variant.name] = choosing
            shown = choosing or exemplars[variant.name]
            renderers[variant.name] = Renderer(variant, shown, suite.dataset.reference_columns)
    # Of a plan that is refused one sample is enough: those of a large dataset take minutes.
    limit = 1 if problems.all else choice.limit
    dataset = None
    with problems.caught(suite.dataset.where):
        dataset = samples_of(
            suite.dataset,
            probe,
            split=choice.split,
            limit=limit,
            ids=sample_ids,
            images=images,
            look=look,
            unsuitable=unsuitable,
        )
    if dataset is None:
        return None
    for name, choosing in similar.items():
        for sample in dataset.samples:
            choosing(sample)
        exemplars[name] = tuple(choosing.candidates[i] for i in choosing.used())
    unknown: list[str] = []
    data_notes = [*dataset.notes]
    part = limit is not None or sample_ids is not None
    every = (lambda: all_ids(suite.dataset, choice.split, probe)) if part else None
    ids = _ids_of_replays(suite, dataset)
    for model in suite.models:
        if model.engine == REPLAY:
            with problems.caught(_file_at(suite, model)):
                refuse_replay_steps(model)
                pairs, file = replayed(model, ids, renderers, every)
                data_notes += file.notes
                renderers |= {renderer.variant.name: renderer for _, renderer in pairs}
                systems += [system for system, _ in pairs]
                # Of a part of the dataset nobody can say what the whole does not have.
                unknown += () if part or dataset.chosen else file.unknown
    if not problems.all:  # of a plan that is refused there is one sample, which is no other's
        add_controls(suite, dataset.samples, renderers, systems, problems)
    asked = [s for s in asked_of(systems) if s.name not in {system.name for system in systems}]
    problems.add(same_names(suite, (*systems, *asked)))
    plan = Plan(
        suite=suite,
        dataset=dataset,
        systems=tuple(system for system in systems if system.variant in renderers),
        renderers=renderers,
        exemplars=exemplars,
        similar=similar,
        unknown_ids=tuple(unknown),
        data_notes=tuple(data_notes),
        identities=identities_of(suite, hash_file, problems),
        repeats=choice.repeats,
    )
    with problems.caught():
        refuse_size(plan.size)
    return plan


def _file_at(suite: Suite, model: ModelConfig) -> Where | None:
    """Give the place that names a file of predictions."""
    at = f"models.{model.name}"
    return suite.where.get(f"{at}.model") or suite.where.get(at)


def _ids_of_replays(suite: Suite, dataset: LoadedDataset) -> set[str]:
    """Give all ids of a dataset, where there are files of predictions to hold against them."""
    if all(model.engine != REPLAY for model in suite.models):
        return set()
    return ids_of(dataset)


def _pinned(
    suite: Suite, pin: Callable[[ModelConfig], ModelConfig] | None, problems: Problems
) -> Suite:
    """Give a suite with the commits of its models; with a problem the suite as it is."""
    models: list[ModelConfig] = []
    if pin is None or problems.all:
        return suite
    for model in suite.models:
        with problems.caught(), placed(suite, model):
            models.append(pin(model))
    return suite if problems.all else replace(suite, models=tuple(models))


def _drawn(decoding: Decoding, draw: int) -> Decoding:
    """Give each draw a seed of its own; what is greedy stays as it is."""
    seed = decoding.params.get("seed")
    if not draw or seed is None:
        return decoding
    return replace(decoding, params={**decoding.params, "seed": seed + draw})
