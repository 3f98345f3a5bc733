"""A plan → the answers under test that its prompts give away: exemplars and words of the prompts.

An exemplar leaks if it, its image's bytes, its picture or its answer occurs among the samples under
test; a prompt's own text if a reference of three words or more stands in it word for word. Either
is refused, unless the suite says ``allow_leakage: true``; then every table and page says so.

No leak is an answer of one word, or one of the answers that ``choice`` of ``structured_outputs``
allows, since these are labels; nor are ids that are alike in different data. Where each sample has
exemplars of its own, none that tells about it is shown beside it (``worked_examples``): then only
exemplars that are samples under test, or have their images, are leaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from harness.config.load import find_dataset
from harness.dataset.same_words import same_words
from harness.errors import ConfigError, ConfigErrors
from harness.metrics.diversity import words
from harness.pipeline.asking.in_common import InCommon, Leak, choices, looks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import MediaRef, PromptVariant, Sample, Where

MOST_LOOKED_AT = 20_000
"""Pictures under test that a run compares with the exemplars': the first ones. Each is decoded once
and then remembered; bytes, ids and texts are compared for all samples."""
FEWEST_WORDS = 3
"""Of a reference that a prompt's own text may not hold; "beef stew" it may well need to say."""
SHOWN = 20
"""Pairs that are listed."""
ALLOWED = "leakage is allowed (allow_leakage: true), so these scores may be those of copied answers"
_HINT = (
    "take exemplars from other data; or write 'allow_leakage: true' in suite.yaml, and every table "
    "says so"
)
_TEXT_HINT = (
    "take an example that is not under test; or write 'allow_leakage: true' in suite.yaml, and "
    "every table says so"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """What a plan's prompts give away."""

    by_variant: Mapping[str, tuple[Leak, ...]]
    compared: int
    """Pictures under test whose looks were compared with those of exemplars."""
    pictures: int
    """Pictures under test that should have been; 0 where no variant has exemplars with images."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """What every table says where leakage is allowed, a sentence a variant."""
        return tuple(f"{ALLOWED}: {listed(*each)}" for each in self.by_variant.items())

    @property
    def notices(self) -> tuple[str, ...]:
        """What was not looked at."""
        if self.compared == self.pictures:
            return ()
        return (
            f"of {self.pictures:,} pictures under test {self.compared:,} were compared with those "
            "of exemplars by how they look; all by their bytes",
        )


def listed(name: str, leaks: Sequence[Leak]) -> str:
    """List what a variant gives away, each pair by its ids."""
    samples = len({leak.sample for leak in leaks})
    pairs = "; ".join(map(str, leaks[:SHOWN]))
    more = f"; and {len(leaks) - SHOWN} further pairs" if len(leaks) > SHOWN else ""
    many = "1 sample" if samples == 1 else f"{samples} samples"
    return f"variant '{name}' gives away the answer of {many} under test: {pairs}{more}"


def guard(plan: Plan, look: Callable[[MediaRef], str], *, most: int = MOST_LOOKED_AT) -> Leakage:
    """Find what a plan's prompts give away, and refuse it unless the suite allows it.

    Args:
        plan: with all samples under test.
        look: gives the look of an image. Asked only where a variant has exemplars with images.
        most: pictures under test that are looked at.

    Raises:
        ConfigErrors: prompts give answers away; one error for each variant, with the pairs.
    """
    found = find(plan, look, most=most)
    if found.by_variant and not plan.suite.allow_leakage:
        raise ConfigErrors(list(_refused(plan.suite.variants, found.by_variant)))
    return found


def find(plan: Plan, look: Callable[[MediaRef], str], *, most: int = MOST_LOOKED_AT) -> Leakage:
    """Find what a plan's prompts give away; see ``guard``."""
    shown = {
        variant.name: _in_common(plan, variant, exemplars, look)
        for variant in plan.suite.variants
        if (exemplars := plan.exemplars.get(variant.name))
    }
    texts = {variant.name: _OwnText(variant) for variant in plan.suite.variants}
    leaks: dict[str, list[Leak]] = {variant.name: [] for variant in plan.suite.variants}
    hashing = any(each.pictures for each in shown.values())
    pictures = compared = 0
    for sample in plan.samples:
        looks: list[str] = []
        if hashing:
            pictures += len(sample.media)
            looks = list(looks_of(sample.media[: max(0, most - compared)], look))
            compared += len(looks)
        references = {_sought(reference): reference for reference in sample.references}
        for name, text in texts.items():
            if name in shown:
                leaks[name] += shown[name].with_(sample, looks)
            leaks[name] += text.leaks(sample, references)
    return Leakage(
        by_variant={name: tuple(each) for name, each in leaks.items() if each},
        compared=compared,
        pictures=pictures,
    )


def _in_common(
    plan: Plan,
    variant: PromptVariant,
    exemplars: Sequence[Sample],
    look: Callable[[MediaRef], str],
) -> InCommon:
    assert variant.exemplars is not None
    config = find_dataset(variant.exemplars.dataset, plan.suite.folder)
    fixed = variant.exemplars.choose != "similar"
    return InCommon(
        variant,
        exemplars,
        same_data=config.data == plan.suite.dataset.data,
        look=look,
        answers=fixed,
        pictures=fixed,
    )


class _OwnText:
    """What the author of a variant wrote for the model."""

    def __init__(self, variant: PromptVariant) -> None:
        text = variant.own_text
        self._texts = {True: f" {same_words(text)} ", False: f" {words(text)} "}
        self._labels = set(map(_sought, choices(variant)))

    def leaks(self, sample: Sample, references: Mapping[_Sought, str]) -> Iterator[Leak]:
        """Give the references of a sample that stand in it, of three words or more.

        Args:
            sample: is asked about.
            references: of it, by what is looked for.
        """
        for sought, reference in references.items():
            long = sought.text.count(" ") >= FEWEST_WORDS - 1
            stands = long and f" {sought.text} " in self._texts[sought.telling]
            if stands and sought not in self._labels:
                how = f"its reference '{words(reference)}' stands in the prompt's own text"
                yield Leak(sample=sample.id, exemplar=None, how=how)


class _Sought(NamedTuple):
    """What of a reference is looked for in a prompt's text."""

    text: str
    telling: bool
    """Whether it is looked for without small words; of fewer than three others it is with them."""


def _sought(reference: str) -> _Sought:
    same = same_words(reference)
    if same.count(" ") >= FEWEST_WORDS - 1:
        return _Sought(same, telling=True)
    return _Sought(words(reference), telling=False)


def _place(variant: PromptVariant, leak: Leak) -> Where | None:
    """Give the place of what leaks: the exemplar, or the prompt's text."""
    where, spec = variant.where, variant.exemplars
    if leak.exemplar is None:
        return where.get("user") or where.get("messages.0")
    if spec and leak.exemplar in spec.listed:
        return where.get(f"exemplars.ids.{spec.listed.index(leak.exemplar)}")
    return where.get("exemplars")


def _refused(
    variants: Sequence[PromptVariant], leaks: Mapping[str, tuple[Leak, ...]]
) -> Iterator[ConfigError]:
    """Say once what all variants of a matrix give away alike."""
    alike: dict[tuple[str, bool, tuple[Leak, ...]], list[PromptVariant]] = {}
    for variant in variants:
        every = leaks.get(variant.name, ())
        for own in (False, True):
            part = tuple(leak for leak in every if (leak.exemplar is None) == own)
            if part:
                alike.setdefault((variant.matrix or variant.name, own, part), []).append(variant)
    for (_, own, part), (first, *others) in alike.items():
        more = f" (and {len(others)} more of its matrix)" if others else ""
        yield ConfigError(
            listed(first.name, part) + more,
            where=_place(first, part[0]),
            hint=_TEXT_HINT if own else _HINT,
        )
