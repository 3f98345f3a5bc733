"""Systems as they are asked ↔ systems as they are scored: one a pipeline of post-processing.

Each pipeline of a variant is a system of its own, and all of them are made of the same completions,
which are asked for, counted and kept once, under the name without the pipeline's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.config.pipelines import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.records import PromptVariant, System


def piped(system: System, variant: PromptVariant) -> Iterator[System]:
    """Give the systems that are scored from what one is asked: title:strict, title:lenient."""
    if not variant.pipelines:
        yield system
    for name in variant.pipelines:
        scored = pipe_name(system.name, name)
        yield replace(system, name=scored, pipeline=name, asked=system.name)


def pipe_name(asked: str, pipeline: str | None) -> str:
    """Name what is scored, by what is asked and the pipeline that its completions go through."""
    return asked if pipeline is None else f"{asked}{MARK}{pipeline}"


def asked_of(systems: Iterable[System]) -> tuple[System, ...]:
    """Give what is asked for systems that are scored, each once."""
    asked = (replace(s, name=s.asked_as, pipeline=None, asked=None) for s in systems)
    return tuple({system.name: system for system in asked}.values())
