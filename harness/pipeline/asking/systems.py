"""A suite → its systems: models × decodings × variants × pipelines, and the controls of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.config.control_kinds import control_name
from harness.config.names import JOINER, unique
from harness.engines.protocol import REPLAY
from harness.pipeline.asking.piping import pipe_name, piped
from harness.pipeline.asking.refusals import place_of, refuse_draws
from harness.records import Decoding, System, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.config.problems import Problems
    from harness.errors import ConfigError
    from harness.records import Json, PromptVariant, Suite

DEFAULTS: dict[str, Json] = {"temperature": 0, "max_tokens": 128}
"""Sampling where nobody says otherwise. vLLM's own defaults would draw at random and stop after 16
tokens, without a word."""

SEED = 0
"""Of a decoding that draws at random and names no seed: the same run gives the same texts."""


def systems_of(suite: Suite, problems: Problems) -> Iterator[System]:
    """Give the systems of a suite, but for its controls and those of files of predictions."""
    asked = [model for model in suite.models if model.engine != REPLAY]
    for model in asked:
        for decoding in suite.decodings:
            for variant in suite.variants:
                params = {
                    **DEFAULTS,
                    **model.generation,
                    **decoding.params,
                    **variant.generation,
                }
                if variant.structured_outputs is not None:
                    params["structured_outputs"] = dict(variant.structured_outputs)
                draws = params.pop("n", 1)
                if params["temperature"]:
                    params.setdefault("seed", SEED)
                system = System(
                    name=_name(suite, model.name, variant.name, decoding.name),
                    model=model.name,
                    variant=variant.name,
                    decoding=Decoding(name=decoding.name, params=params),
                    draws=draws,
                )
                with problems.caught(place_of(suite, variant, system, "n")):
                    refuse_draws(draws, params, decoding.name)
                yield from piped(system, variant)


def control_systems(suite: Suite, systems: Sequence[System]) -> list[System]:
    """Give the controls of systems: each asked as its system is, with other images or none.

    Pipelines of a prompt have controls of their own, all of them made of the same completions. Of a
    file of predictions there are none: no model is asked there.
    """
    return [
        replace(
            system,
            name=pipe_name(asked, system.pipeline),
            variant=variant,
            asked=asked if system.asked else None,
            control=control,
            control_of=system.name,
        )
        for system in systems
        for control in suite.controls.get(system.variant, ())
        for variant in [control_name(system.variant, control)]
        for asked in [_name(suite, system.model, variant, system.decoding.name)]
    ]


def same_names(suite: Suite, systems: Sequence[System]) -> list[ConfigError]:
    """Find systems of one name; where what they are made of has one, that was said."""
    parts = (
        ("variant", [variant.name for variant in suite.variants]),
        ("model", [model.name for model in suite.models]),
        ("decoding", [decoding.name for decoding in suite.decodings]),
    )
    if any(unique(kind, [(name, None) for name in names], joined=False) for kind, names in parts):
        return []
    named = [(system.name, _place(suite, system)) for system in systems]
    return unique("system", named, joined=False)


def _place(suite: Suite, system: System) -> Where | None:
    """Give the place of what a system is made of: its pipeline, its variant's file, its model."""
    variant = next((v for v in suite.variants if v.name == system.variant), None)
    if variant is None:
        return suite.where.get(f"models.{system.model}")
    if system.pipeline and (place := variant.where.get(f"postprocess.{system.pipeline}")):
        return place
    return file_place(variant)


def file_place(variant: PromptVariant) -> Where | None:
    """Give the beginning of a variant's own file; None: it has none."""
    return next((Where(path=place.path, line=1) for place in variant.where.values()), None)


def _name(suite: Suite, model: str, variant: str, decoding: str) -> str:
    """Name a system, as short as the suite allows."""
    asked = [model for model in suite.models if model.engine != REPLAY]
    parts = [model] if len(asked) > 1 else []
    parts += [variant]
    parts += [decoding] if len(suite.decodings) > 1 else []
    return JOINER.join(parts)
