"""A suite + what of it is to be run → the variants, controls and models that are left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.control_kinds import chosen_control, split_control
from harness.config.names import JOINER
from harness.config.pipelines import MARK
from harness.config.problems import Problems
from harness.config.selecting import selected
from harness.config.variables import with_settings
from harness.errors import ConfigError, ConfigErrors
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.pipeline.asking.plan import Choice
    from harness.records import Control, ModelConfig, PromptVariant, Suite


def chosen_variants(
    suite: Suite, choice: Choice
) -> tuple[tuple[PromptVariant, ...], dict[str, tuple[Control, ...]]]:
    """Give the variants that are to be run, with their variables set, and their controls.

    Raises:
        ConfigErrors: a name or a setting is wrong; all that are.
    """
    problems = Problems()
    variants = with_settings(suite.variants, choice.settings, problems)
    controls: dict[str, tuple[Control, ...]] = {}
    for name in choice.only or tuple(variant.name for variant in variants):
        with problems.caught():
            unknown = f"suite '{suite.name}' has no variant '{name}'"
            named, control = split_control(name, variants)
            if typed := _of_a_system(name, variants, suite):
                raise ConfigError(f"{unknown}: it is a system's name", hint=typed)
            found = [variant.name for variant in selected(named, variants, unknown)]
            given = (
                {variant: suite.controls.get(variant, ()) for variant in found}
                if control is None
                else chosen_control(control, found, suite.controls, name)
            )
            for variant, kinds in given.items():
                controls[variant] = tuple(dict.fromkeys([*controls.get(variant, ()), *kinds]))
    problems.raise_any()
    chosen = tuple(variant for variant in variants if variant.name in controls)
    return chosen, {name: kinds for name, kinds in controls.items() if kinds}


def _of_a_system(name: str, variants: Sequence[PromptVariant], suite: Suite) -> str | None:
    """Say how the variant of a system is chosen, where a name is a system's, as tables print it.

    A system is called ``model/variant/decoding:pipeline``; a run takes what is asked of a model,
    and every pipeline of a variant is scored from the same answers.
    """
    if any(name in (variant.name, variant.matrix) for variant in variants):
        return None
    pipelines = {pipeline for variant in variants for pipeline in variant.pipelines}
    asked, _, pipeline = name.rpartition(MARK)
    of_pipeline = bool(asked) and pipeline in pipelines
    parts = (asked if of_pipeline else name).split(JOINER)
    if not of_pipeline and len(parts) == 1:
        return None
    models = [part for part in parts if part in {model.name for model in suite.models}]
    decodings = {decoding.name for decoding in suite.decodings}
    named = [part for part in parts if part not in models and part not in decodings]
    known = {each for variant in variants for each in (variant.name, variant.matrix)}
    if len(named) != 1 or split_control(named[0], variants)[0] not in known:
        return None
    typed = " ".join([f"--only '{named[0]}'", *(f"--model '{model}'" for model in models)])
    return f"{typed}: all its post-processings are scored from it" if of_pipeline else typed


def chosen_models(suite: Suite, names: tuple[str, ...]) -> tuple[ModelConfig, ...]:
    """Give the models of these names; without a name all.

    Raises:
        ConfigErrors: the suite has none of a name.
    """
    known = [model.name for model in suite.models]
    for name in names:
        if name not in known:
            message = f"suite '{suite.name}' has no model '{name}'"
            raise ConfigErrors([ConfigError(message, hint=nearest(name, known))])
    return tuple(model for model in suite.models if not names or model.name in names)
