"""Exemplars + a sample → what they have in common, so that the ones tell about the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.same_words import same_words
from harness.errors import DataError
from harness.media import Looks
from harness.metrics.diversity import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from harness.records import MediaRef, PromptVariant, Sample


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


class InCommon:
    """Exemplars, by all that a sample may have in common with one.

    Args:
        variant: which shows them; the answers that its ``choice`` allows are no secret.
        exemplars: its exemplars, or those that it chooses from.
        same_data: whether they are of the dataset under test, so that their ids mean the same.
        look: gives the look of an image.
        answers: whether answers are held against references, beside ids and images' bytes.
        pictures: whether looks are compared.
    """

    def __init__(
        self,
        variant: PromptVariant,
        exemplars: Sequence[Sample],
        *,
        same_data: bool,
        look: Callable[[MediaRef], str],
        answers: bool = True,
        pictures: bool = True,
    ) -> None:
        labels = {_told(label) for label in choices(variant)}
        self.pictures = pictures and any(e.media for e in exemplars)
        """Whether there are looks to compare with."""
        self._ids = {e.id for e in exemplars} if same_data else set()
        self._bytes: dict[str, list[str]] = {}
        self._answers: dict[str, list[str]] = {}
        images: list[tuple[str, MediaRef]] = []
        for exemplar in exemplars:
            for ref in exemplar.media:
                self._bytes.setdefault(ref.sha256, []).append(exemplar.id)
                images += [(exemplar.id, ref)] if pictures else []
            answer = _told(exemplar.references[0])
            if answers and " " in answer and answer not in labels:
                self._answers.setdefault(answer, []).append(exemplar.id)
        self._seen = [exemplar_id for exemplar_id, _ in images]
        self._looks = Looks(list(looks_of([ref for _, ref in images], look)))

    def with_(self, sample: Sample, looks: Sequence[str] = ()) -> Iterator[Leak]:
        """Give each exemplar that tells about a sample, with all that the two have in common.

        Args:
            sample: is asked about.
            looks: of those of its pictures that are compared.
        """
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
            add([e for e in near if e not in common], "an image that looks the same")
        for reference in sample.references if self._answers else ():
            if told := self._answers.get(_told(reference)):
                add(told, f"the same reference, '{words(reference)}'")
        for exemplar, how in common.items():
            same = how[:1] if how[0] == "the same sample" else how
            yield Leak(sample=sample.id, exemplar=exemplar, how=" and ".join(same))


def _told(reference: str) -> str:
    """Write a reference as all are written that give it away; one of one word stays that."""
    same = same_words(reference)
    return same if " " in same else words(reference)


def choices(variant: PromptVariant) -> list[str]:
    """Give the answers that a variant allows by its form."""
    given = (variant.structured_outputs or {}).get("choice")
    return [text for text in given if isinstance(text, str)] if isinstance(given, list) else []


def looks_of(media: Sequence[MediaRef], look: Callable[[MediaRef], str]) -> Iterator[str]:
    """Give the looks of images; an empty one of what cannot be decoded, which is said elsewhere."""
    for ref in media:
        try:
            yield look(ref)
        except DataError:
            yield ""
