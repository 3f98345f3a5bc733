"""A plan → the answers under test that its prompts give away: exemplars and words of the prompts.

An exemplar leaks if it, its image's bytes, its picture or its answer occurs among the samples under
test; a prompt's own text if a reference of three words or more stands in it word for word. Either
is refused, unless the suite says ``allow_leakage: true``; then every table and page says so.

No leak is an answer of one word, or one of the answers that ``choice`` of ``structured_outputs``
allows, since these are labels; nor are ids that are alike in different data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.config.load import find_dataset
from harness.errors import ConfigError, ConfigErrors, DataError
from harness.media import Looks
from harness.metrics.diversity import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.pipeline.asking.plan import Plan
    from harness.records import MediaRef, PromptVariant, Sample

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
class Leak:
    """A sample under test whose answer a prompt gives away."""

    sample: str
    exemplar: str | None
    """Its id; None: the prompt's own text."""
    how: str
    """What the two have in common."""

    def __str__(self) -> str:
        given = f"exemplar '{self.exemplar}'" if self.exemplar is not None else "the text"
        return f"{given} – sample '{self.sample}': {self.how}"


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
    pools = {
        variant.name: _Pool(plan, variant, shown, look)
        for variant in plan.suite.variants
        if (shown := plan.exemplars.get(variant.name))
    }
    texts = {variant.name: _OwnText(variant) for variant in plan.suite.variants}
    leaks: dict[str, list[Leak]] = {variant.name: [] for variant in plan.suite.variants}
    hashing = any(pool.hashing for pool in pools.values())
    pictures = compared = 0
    for sample in plan.samples:
        looks: list[str] = []
        if hashing:
            pictures += len(sample.media)
            looks = list(_looks(sample.media[: max(0, most - compared)], look))
            compared += len(looks)
        references = [words(reference) for reference in sample.references]
        for name, text in texts.items():
            if name in pools:
                leaks[name] += pools[name].leaks(sample, references, looks)
            leaks[name] += text.leaks(sample, references)
    return Leakage(
        by_variant={name: tuple(each) for name, each in leaks.items() if each},
        compared=compared,
        pictures=pictures,
    )


class _Pool:
    """The exemplars of a variant, by all that a sample may have in common with one."""

    def __init__(
        self,
        plan: Plan,
        variant: PromptVariant,
        exemplars: Sequence[Sample],
        look: Callable[[MediaRef], str],
    ) -> None:
        assert variant.exemplars is not None
        config = find_dataset(variant.exemplars.dataset, plan.suite.folder)
        same_data = config.path.resolve() == plan.suite.dataset.path.resolve()
        labels = {words(label) for label in _choices(variant)}
        self.hashing = any(e.media for e in exemplars)
        self._ids = {e.id for e in exemplars} if same_data else set()
        self._bytes: dict[str, list[str]] = {}
        self._answers: dict[str, list[str]] = {}
        images: list[tuple[str, MediaRef]] = []
        for exemplar in exemplars:
            for ref in exemplar.media:
                self._bytes.setdefault(ref.sha256, []).append(exemplar.id)
                images.append((exemplar.id, ref))
            answer = words(exemplar.references[0])
            if " " in answer and answer not in labels:
                self._answers.setdefault(answer, []).append(exemplar.id)
        self._seen = [exemplar_id for exemplar_id, _ in images]
        self._looks = Looks(list(_looks([ref for _, ref in images], look)))

    def leaks(
        self, sample: Sample, references: Sequence[str], looks: Sequence[str]
    ) -> Iterator[Leak]:
        """Give each exemplar that tells about a sample, with all that the two have in common."""
        common: dict[str, list[str]] = {}

        def add(exemplars: Iterable[str], how: str) -> None:
            for exemplar in exemplars:
                if how not in (known := common.setdefault(exemplar, [])):
                    known.append(how)

        if sample.id in self._ids:
            add([sample.id], "the same sample")
        for ref in sample.media:
            add(self._bytes.get(ref.sha256, ()), "the same image")
        for look in looks:
            near = (self._seen[i] for i in self._looks.near(look))
            add([e for e in near if not common.get(e)], "an image that looks the same")
        for reference in references:
            add(self._answers.get(reference, ()), f"the same reference, '{reference}'")
        for exemplar, how in common.items():
            same = how[:1] if how[0] == "the same sample" else how
            yield Leak(sample=sample.id, exemplar=exemplar, how=" and ".join(same))


class _OwnText:
    """What the author of a variant wrote for the model."""

    def __init__(self, variant: PromptVariant) -> None:
        self._text = f" {words(variant.own_text)} "
        self._labels = {words(label) for label in _choices(variant)}

    def leaks(self, sample: Sample, references: Sequence[str]) -> Iterator[Leak]:
        """Give the references of a sample that stand in it, of three words or more."""
        for reference in dict.fromkeys(references):
            long = reference.count(" ") >= FEWEST_WORDS - 1
            if long and f" {reference} " in self._text and reference not in self._labels:
                how = f"its reference '{reference}' stands in the prompt's own text"
                yield Leak(sample=sample.id, exemplar=None, how=how)


def _choices(variant: PromptVariant) -> list[str]:
    """Give the answers that a variant allows; they are no secret."""
    choices = (variant.structured_outputs or {}).get("choice") or []
    return [text for text in choices if isinstance(text, str)] if isinstance(choices, list) else []


def _looks(media: Sequence[MediaRef], look: Callable[[MediaRef], str]) -> Iterator[str]:
    for ref in media:
        try:
            yield look(ref)
        except DataError:  # that it cannot be decoded is said where it is to be sent
            yield ""


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
        place = "user" if "user" in first.where else "messages.0"
        more = f" (and {len(others)} more of its matrix)" if others else ""
        yield ConfigError(
            listed(first.name, part) + more,
            where=first.where.get(place if own else "exemplars"),
            hint=_TEXT_HINT if own else _HINT,
        )
