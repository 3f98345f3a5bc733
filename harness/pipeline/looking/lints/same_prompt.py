"""``same_prompt``: variants, or levels of an axis, that send a model the same.

Two variants that send the same and do the same with the answers are one. Where only what is done
with the answers differs it is no fault, but named pipelines say it better. Within a matrix single
variants may well be the same (no exemplars, in either order); levels are looked at that make no
difference anywhere.
"""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING

from harness.fingerprint import canonical_json
from harness.pipeline.asking.identities import plain_numbers
from harness.pipeline.looking.lints.unused_variable import names_of
from harness.records import Lint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import PromptVariant, Sample

MOST_RENDERED = 1_000
"""Samples for which prompts are rendered that are the same for those looked at."""


def same_prompt(looked: Looked) -> Iterator[Lint]:
    """Find variants of different files, and levels of one axis, that send the same."""
    sent = _Sent(looked)
    for first, second in _twins(looked, sent):
        if _pipelines(first) == _pipelines(second):
            yield Lint(
                name="same_prompt",
                where=looked.templates(second),
                message=f"'{second.name}' sends what '{first.name}' sends, and does the same with "
                "the answers",
                hint="leave one of them out, or change what was to differ",
                variants=(second.name,),
            )
    for variants in _matrices(looked).values():
        yield from _axes(variants, sent)


def pipelines_apart(looked: Looked) -> Iterator[str]:
    """Say which variants send the same, and differ in what is done with the answers."""
    for first, second in _twins(looked, _Sent(looked)):
        if _pipelines(first) != _pipelines(second):
            yield (
                f"'{first.name}' and '{second.name}' send the same prompt and differ in "
                "post-processing alone; 'postprocess: {one: [...], other: [...]}' gives one "
                "variant both"
            )


class _Sent:
    """What variants send; of samples beyond those looked at only where it is asked for."""

    def __init__(self, looked: Looked) -> None:
        self._looked = looked
        self._sampling: dict[str, list[str]] = {}
        for system in looked.plan.asked:
            params = canonical_json(plain_numbers(dict(system.decoding.params)))
            self._sampling.setdefault(system.variant, []).append(f"{system.draws} {params}")
        self._first: dict[str, list[str]] = {}
        self._rows: dict[str, list[str]] = {}

    def same(self, first: str, second: str) -> bool:
        """Tell whether two variants send the same for every sample."""
        if self._sampling.get(first) != self._sampling.get(second):
            return False
        one, other = self._of_first(first), self._of_first(second)
        return bool(one) and one == other and self._of_rows(first) == self._of_rows(second)

    def _of_first(self, name: str) -> list[str]:
        if name not in self._first:
            self._first[name] = self._hashes(name, self._looked.plan.samples)
        return self._first[name]

    def _of_rows(self, name: str) -> list[str]:
        if name not in self._rows:
            self._rows[name] = self._hashes(name, self._looked.whole.samples)
        return self._rows[name]

    def _hashes(self, name: str, samples: Sequence[Sample]) -> list[str]:
        some = islice(samples, MOST_RENDERED)
        return [f"{s.id} {prompt.sha256}" for s, prompt in self._looked.rendered(name, some)]


def _twins(looked: Looked, sent: _Sent) -> Iterator[tuple[PromptVariant, PromptVariant]]:
    """Give each variant that sends what one of another file sends, behind that one.

    Of several that which does the same with the answers, if one does.
    """
    distinct: list[PromptVariant] = []
    for renderer in looked.renderers:
        variant = renderer.variant
        same = [
            known
            for known in distinct
            if (known.matrix is None or known.matrix != variant.matrix)
            and sent.same(known.name, variant.name)
        ]
        alike = [known for known in same if _pipelines(known) == _pipelines(variant)]
        if same:
            yield (alike or same)[0], variant
        if not alike:
            distinct.append(variant)


def _pipelines(variant: PromptVariant) -> tuple[object, ...]:
    return variant.postprocess, tuple(variant.pipelines.items())


def _matrices(looked: Looked) -> dict[str, list[PromptVariant]]:
    files: dict[str, list[PromptVariant]] = {}
    for renderer in looked.renderers:
        if renderer.variant.matrix is not None:
            files.setdefault(renderer.variant.matrix, []).append(renderer.variant)
    return files


def _axes(variants: Sequence[PromptVariant], sent: _Sent) -> Iterator[Lint]:
    """Find levels that make no difference; that of an unused axis none does is said anyway."""
    names = names_of(variants[0])
    for axis in variants[0].axes:
        levels = dict.fromkeys(variant.axes[axis] for variant in variants)
        for one, other in combinations(levels, 2) if axis in names else ():
            pairs = list(_pairs(variants, axis, one, other))
            if pairs and all(sent.same(first.name, second.name) for first, second in pairs):
                yield Lint(
                    name="same_prompt",
                    where=variants[0].where.get(f"vars.{axis}"),
                    message=f"the levels '{one}' and '{other}' of '{axis}' send the same",
                    hint="is a level misspelled where the template asks for it?",
                    variants=tuple(variant.name for variant in variants),
                )


def _pairs(
    variants: Sequence[PromptVariant], axis: str, one: str, other: str
) -> Iterator[tuple[PromptVariant, PromptVariant]]:
    """Pair the variants that differ in these two levels alone."""
    having = {tuple(variant.axes.items()): variant for variant in variants}
    for variant in variants:
        if variant.axes[axis] == one:
            levels = tuple({**variant.axes, axis: other}.items())
            if levels in having:
                yield variant, having[levels]
