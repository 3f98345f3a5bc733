"""What a person types for one thing that is asked → the systems of a suite that are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.control_kinds import chosen_control, control_name, split_control
from harness.config.selecting import file_of, one
from harness.errors import ConfigError
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Suite, System


def systems_named(name: str, suite: Suite, systems: Sequence[System]) -> list[System]:
    """Find the systems of one variant, of one of its controls, or the one of this name.

    Args:
        name: a variant, ``title[tone=plain]``, ``title{blind}``, ``model/title``, ``title:strict``.
        suite: that the name is of.
        systems: all of the suite, controls among them.

    Raises:
        ConfigError: there is no such thing, it means several variants, or no model is asked.
    """
    if found := _of(name, systems):
        return found
    variants = suite.variants
    unknown = f"suite '{suite.name}' has no variant or system '{name}'"
    named, control = split_control(name, variants)
    if file_of(named) not in {variant.matrix or variant.name for variant in variants}:
        names = [
            *(each for v in variants for each in (v.matrix, v.name) if each),
            *(each for s in systems for each in (s.name, s.asked_as)),
        ]
        raise ConfigError(unknown, hint=nearest(name, dict.fromkeys(names)))
    variant = one(named, variants, "what is compared", unknown, None).name
    if control is not None:
        [kind] = chosen_control(control, [variant], suite.controls, name)[variant]
        variant = control_name(variant, kind)
    if found := _of(variant, systems):
        return found
    raise ConfigError(f"'{name}' is asked of no model", hint="a file of predictions has no prompts")


def _of(name: str, systems: Sequence[System]) -> list[System]:
    """Give the system of this name, all of a variant, or all that share completions under it."""
    exact = [system for system in systems if system.name == name]
    return exact or [system for system in systems if name in (system.variant, system.asked_as)]
