"""The prompts of a run as a page shows them: their text, how they differ, what a model was sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness.fingerprint import sha256_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.records import Json, VariantRecord

_SHOWN = 12
"""Digits of a hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text under a name."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffLine:
    """A line of two prompts: of the first alone, of the second alone, or of both."""

    change: str
    """same, removed or added."""
    pieces: tuple[tuple[str, bool], ...]
    """Its text, and which of it has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a prompt differs from another."""

    other: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What a model was sent of one sample."""

    sample_id: str
    messages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptEntry:
    """A variant of the run."""

    name: str
    description: str
    sha256: str
    """Of all that the variant holds but its description; the first digits."""
    passages: tuple[Passage, ...]
    facts: tuple[str, ...]
    """Variables, exemplars, generation, post-processing."""
    differences: tuple[Difference, ...]
    example: Example | None


def passages_of(variant: VariantRecord) -> tuple[Passage, ...]:
    """Give the templates of a variant, as they were written."""
    texts = [("system", variant.system), ("user", variant.user)]
    texts += [(message.role, message.content) for message in variant.messages]
    texts += list(variant.parts.items())
    return tuple(Passage(name=name, text=text) for name, text in texts if text)


def facts_of(variant: VariantRecord) -> tuple[str, ...]:
    """Say what else a variant consists of."""
    facts = []
    if variant.vars:
        told = "; ".join(f"{name} = {value}" for name, value in variant.vars.items())
        facts.append(f"variables: {told}")
    if variant.exemplar_answers:
        facts.append(f"exemplars: {' / '.join(variant.exemplar_answers)}")
    if variant.generation:
        told = "; ".join(f"{name} = {value}" for name, value in variant.generation.items())
        facts.append(f"generation: {told}")
    for pipeline, steps in variant.pipelines.items():
        facts.append(f"post-processing {pipeline}: {' → '.join(steps) or 'none'}")
    if not variant.pipelines:
        facts.append(f"post-processing: {' → '.join(variant.postprocess) or 'none'}")
    return tuple(facts)


def lines_of(variant: VariantRecord) -> list[str]:
    """Write a variant as the lines by which it is held against others."""
    lines = []
    for passage in passages_of(variant):
        lines += [f"{passage.name}:", *passage.text.splitlines()]
    return [*lines, *facts_of(variant)]


def hash_of(variant: VariantRecord) -> str:
    """Hash what a variant holds."""
    held = {name: value for name, value in asdict(variant).items() if name != "description"}
    return sha256_json(held)[:_SHOWN]


def example_of(sample_id: str, messages: Json) -> Example:
    """Lay out rendered messages as ``ingredients.jsonl`` has them: roles, texts and images."""
    return Example(
        sample_id=sample_id,
        messages=tuple(
            Passage(name=str(role), text="".join(map(_piece, _listed(parts))))
            for role, parts in (each for each in _listed(messages) if isinstance(each, list))
        ),
    )


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _piece(part: object) -> str:
    if not isinstance(part, dict):
        return str(part)
    found: Mapping[str, object] = part
    return str(found["text"]) if "text" in found else f"[image {found.get('image', '')}]\n"
