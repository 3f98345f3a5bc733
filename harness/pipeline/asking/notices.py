"""A plan → sentences on data that were not what they seemed and on answers that prompts give away.

What is refused unless a suite allows it is found by ``leakage``. A sample whose own answer stands
in the prompt otherwise is asked and scored: to leave it out of one variant would compare the
variants on different samples, and to leave it out of all would make one prompt decide what the
others are measured on. So it is counted and said.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from harness.dataset.similar import texts_in
from harness.engines.protocol import REPLAY
from harness.errors import HarnessError
from harness.metrics.diversity import words
from harness.pipeline.asking.declaring import missing_baseline
from harness.pipeline.asking.leakage import FEWEST_WORDS
from harness.records import TextPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import PromptVariant, RenderedPrompt, Sample

MOST_RENDERED = 1_000
"""Samples a variant that are rendered to see whether their metadata are shown."""
_SHOWN = 5


def notices(plan: Plan) -> tuple[str, ...]:
    """Say where a model may be shown what it is to find out, with counts.

    References that are metadata too, that a prompt shows, or of two words that stand in its own
    text. Before these, what was taken for something else than it is in the files of data, that the
    declared baseline is left out, and which pictures were not compared with exemplars'.
    """
    said = list(plan.leakage.notices) if plan.leakage else []
    said += [*plan.data_notes, *_reference_columns(plan)]
    references = [{words(reference) for reference in s.references} - {""} for s in plan.samples]
    holding = [
        sample
        for sample, texts in zip(plan.samples, references, strict=True)
        if any(_tells(words(value), texts) for value in texts_in(sample.metadata))
    ]
    if plan.suite.decide and missing_baseline(plan):
        said.append(
            f"the declared comparison cannot be made: the baseline '{plan.suite.decide.baseline}' "
            "is not among the run's variants"
        )
    said += _without_controls(plan)
    for name, similar in plan.similar.items():
        said += similar.notices(name)
    for variant in plan.suite.variants:
        said += _own_text(plan, variant, references)
        said += _shown_metadata(plan, variant, holding)
    return tuple(said)


def _without_controls(plan: Plan) -> Iterator[str]:
    files = [model.name for model in plan.suite.models if model.engine == REPLAY]
    if files and plan.suite.controls:
        yield f"there are no controls of {', '.join(files)}: of a file of predictions nobody asks"


def _reference_columns(plan: Plan) -> Iterator[str]:
    config = plan.suite.dataset
    for column in config.reference_columns:
        if column in config.metadata_columns:
            yield (
                f"dataset '{config.name}': the reference column '{column}' is listed under "
                "metadata too, so that a prompt can show a model the answer"
            )


def _own_text(plan: Plan, variant: PromptVariant, references: Sequence[set[str]]) -> Iterator[str]:
    own = words(variant.own_text)
    holds = [
        sample.id
        for sample, texts in zip(plan.samples, references, strict=True)
        if any(text.count(" ") < FEWEST_WORDS - 1 and _stands_in(text, own) for text in texts)
    ]
    if holds:
        yield (
            f"variant '{variant.name}': a reference of two words of "
            f"{_of(len(holds), len(plan.samples), 'sample')} stands in the prompt's own text "
            f"({_first_ids(holds)})"
        )


def _shown_metadata(plan: Plan, variant: PromptVariant, holding: Sequence[Sample]) -> Iterator[str]:
    """Render the samples whose metadata hold a reference, and see whether it is in the prompt."""
    looked_at = holding[:MOST_RENDERED]
    own = words(variant.own_text)
    shown = []
    for sample in looked_at:
        with suppress(HarnessError):  # a template that fails is the run's to tell
            rendered = plan.renderers[variant.name].render(sample)
            prompt = words(_question(rendered, plan.exemplars.get(variant.name, ())))
            texts = {words(text) for text in sample.references}
            if any(f" {t} " in f" {prompt} " and f" {t} " not in f" {own} " for t in texts if t):
                shown.append(sample.id)
    if shown:
        part = "" if len(holding) == len(looked_at) else f" of the {len(looked_at)} looked at"
        yield (
            f"variant '{variant.name}' shows the model a reference of "
            f"{_of(len(shown), len(plan.samples), 'sample')}{part}, which their metadata hold "
            f"({_first_ids(shown)})"
        )


def _question(prompt: RenderedPrompt, exemplars: Sequence[Sample]) -> str:
    """Give the texts that are about the sample itself: of a prompt without exemplars all.

    With exemplars, the system message and the last turn.
    """
    turns = list(prompt.messages)
    if exemplars:
        turns = [m for m in turns if m.role == "system"] + turns[-1:]
    return "\n".join(p.text for turn in turns for p in turn.parts if isinstance(p, TextPart))


def _tells(value: str, references: set[str]) -> bool:
    return value in references or any(_stands_in(text, value) for text in references)


def _stands_in(reference: str, text: str) -> bool:
    """Tell whether a reference is a part of a text; one word, such as "soup", is no telling."""
    return " " in reference and f" {reference} " in f" {text} "


def _of(count: int, whole: int, word: str) -> str:
    return f"{count} of {whole} {word}s"


def _first_ids(ids: Sequence[str]) -> str:
    return ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
