"""``postprocess_changes_exemplar``: post-processing changes an answer that the prompt itself shows.

Who answers as the exemplars do is then scored on another text. White space does not count.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from harness.postprocess import predict
from harness.records import Completion, Lint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import PromptVariant, Where

MOST = 200
"""Exemplars of a variant that are looked at."""
_SHOWN = 60


class _Change(NamedTuple):
    exemplar: str
    before: str
    after: str


def postprocess_changes_exemplar(looked: Looked) -> Iterator[Lint]:
    """Find the steps that change exemplars' answers, each list of steps once."""
    places: dict[tuple[Where | None, str], dict[str, list[_Change]]] = {}
    after: dict[tuple[str, str], str] = {}
    for renderer in looked.renderers:
        variant = renderer.variant
        for steps in variant.placed_steps():
            for step, change in _changes(looked, variant, [name for name, _ in steps], after):
                place = (dict(steps)[step], step)
                places.setdefault(place, {}).setdefault(variant.name, []).append(change)
    for (where, step), by_variant in places.items():
        changed = {change.exemplar: change for each in by_variant.values() for change in each}
        first, *more = changed.values()
        others = f" and {len(more)} more" if more else ""
        yield Lint(
            name="postprocess_changes_exemplar",
            where=where,
            message=f"the step {step} changes what exemplars answer: '{_short(first.before)}' "
            f"becomes '{_short(first.after)}' (exemplar '{first.exemplar}'{others})",
            hint="who answers as it is shown is scored on another text: take the step out, or show "
            "answers of the form that is scored",
            variants=tuple(by_variant),
        )


def _changes(
    looked: Looked, variant: PromptVariant, names: Sequence[str], after: dict[tuple[str, str], str]
) -> Iterator[tuple[str, _Change]]:
    """Put the answers that a variant shows through the steps, one by one.

    ``after`` keeps what each step made of each text, which variants of a matrix ask again.
    """
    for exemplar in islice(looked.plan.exemplars.get(variant.name, ()), MOST):
        text = exemplar.references[0]
        for name in names:
            if (name, text) not in after:
                completion = Completion(key="", text=text, finish_reason="stop")
                after[name, text] = predict(completion, [name]).value or ""
            made = after[name, text]
            if made.split() != text.split():
                yield name, _Change(exemplar.id, text, made)
            text = made


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
