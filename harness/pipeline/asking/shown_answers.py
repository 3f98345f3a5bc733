"""A plan → which variants show a model the answer that it is asked for, by a sample's own data.

What a prompt's own text or its exemplars give away is found by ``leakage``.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.similar import texts_in
from harness.errors import HarnessError
from harness.metrics.diversity import words
from harness.records import TextPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import RenderedPrompt, Sample

MOST_RENDERED = 1_000
"""Samples a variant that are rendered to see whether their data are shown."""
LISTED = 5
"""Ids that a sentence names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswers:
    """The samples whose answer a variant shows."""

    variant: str
    samples: tuple[str, ...]
    of: int
    """Samples there are."""
    looked_at: int | None
    """Samples that were rendered, where not all were that might show theirs."""
    columns: tuple[str, ...]
    """What holds the answer: names of metadata columns, or id."""

    def __str__(self) -> str:
        part = f" of the {self.looked_at} looked at" if self.looked_at else ""
        held = " and ".join(f"'{column}'" for column in self.columns)
        return (
            f"shows the model a reference of {len(self.samples)} of {self.of} samples{part}, which "
            f"stands in their {held} ({first_ids(self.samples)})"
        )


def shown_answers(plan: Plan) -> Iterator[ShownAnswers]:
    """Find them: samples whose data hold a reference word for word, rendered in each variant."""
    looked_at: list[tuple[Sample, dict[str, list[str]]]] = []
    holding = 0
    for sample in plan.samples if plan.suite.variants else ():
        if told := _telling(sample):
            holding += 1
            if len(looked_at) < MOST_RENDERED:
                looked_at.append((sample, told))
    for variant in plan.suite.variants:
        if holding and variant.name in plan.renderers:
            own = f" {words(variant.own_text)} "
            shown = {
                sample.id: columns
                for sample, told in looked_at
                if (columns := _shown(plan, variant.name, sample, told, own))
            }
            if shown:
                yield ShownAnswers(
                    variant=variant.name,
                    samples=tuple(shown),
                    of=len(plan.samples),
                    looked_at=len(looked_at) if len(looked_at) < holding else None,
                    columns=tuple(dict.fromkeys(c for each in shown.values() for c in each)),
                )


def first_ids(ids: Sequence[str]) -> str:
    """List the first of some ids."""
    return ", ".join(ids[:LISTED]) + (" …" if len(ids) > LISTED else "")


def stands_in(reference: str, text: str) -> bool:
    """Tell whether a reference is a part of a text; one word, such as "soup", is no telling."""
    return " " in reference and f" {reference} " in f" {text} "


def _tells(value: str, references: set[str]) -> bool:
    return value in references or any(stands_in(text, value) for text in references)


def _telling(sample: Sample) -> dict[str, list[str]]:
    """Give the columns that hold a reference, each with the texts that do."""
    references = _references(sample)
    columns = {
        name: [text for text in map(words, texts_in(value)) if _tells(text, references)]
        for name, value in {**sample.metadata, "id": sample.id}.items()
    }
    return {name: texts for name, texts in columns.items() if texts}


def _references(sample: Sample) -> set[str]:
    return {words(reference) for reference in sample.references} - {""}


def _shown(
    plan: Plan, variant: str, sample: Sample, told: Mapping[str, Sequence[str]], own: str
) -> tuple[str, ...]:
    """Render a sample; where a reference is in the prompt, and not its own text, say by what.

    By the columns whose texts it shows whole; where it shows none whole, any may be meant.
    """
    with suppress(HarnessError):  # a template that fails is the run's to tell
        rendered = plan.renderers[variant].render(sample)
        prompt = f" {words(_question(rendered, plan.exemplars.get(variant, ())))} "
        if any(f" {text} " in prompt and f" {text} " not in own for text in _references(sample)):
            whole = [name for name, texts in told.items() if any(f" {t} " in prompt for t in texts)]
            return tuple(whole or told)
    return ()


def _question(prompt: RenderedPrompt, exemplars: Sequence[Sample]) -> str:
    """Give the texts that are about the sample itself: of a prompt without exemplars all.

    With exemplars, the system message and the last turn.
    """
    turns = list(prompt.messages)
    if exemplars:
        turns = [m for m in turns if m.role == "system"] + turns[-1:]
    return "\n".join(p.text for turn in turns for p in turn.parts if isinstance(p, TextPart))
