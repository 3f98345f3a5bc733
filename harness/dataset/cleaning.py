"""Rules of ``clean:`` that judge what a sample holds → the fault of a row that could be one.

Too few or too many words, words of no other row, and what all but repeats a sample before. Of two
that are alike the first stays. What makes a row unusable as it stands is found by ``row_reader``.
Of a sample are kept its id, a hash of its references and the look of its image, 32 bytes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harness.dataset.row_fault import RowFault
from harness.dataset.same_words import same_words
from harness.dataset.topics import Topics
from harness.errors import DataError
from harness.media import NEAR, SeenLooks
from harness.metrics.diversity import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.records import DatasetConfig, MediaRef, Sample

_SHOWN = 60


class Cleaning:
    """Judges the samples of one dataset, one after the other.

    Args:
        config: says by which rules.
        every: gives the references of each row of the file; asked once, where a rule needs it.
        look: gives the look of an image; asked where a rule needs it.
    """

    def __init__(
        self,
        config: DatasetConfig,
        *,
        every: Callable[[], Iterable[Sequence[str]]],
        look: Callable[[MediaRef], str],
    ) -> None:
        self._rules = frozenset(config.clean)
        numbers = config.clean_numbers
        self._fewest = numbers.get("too_short_reference", 0)
        self._most = numbers.get("too_long_reference")
        self._every = every
        self._topics: Topics | None = None
        self._look = look
        self._by_words: dict[bytes, str] = {}
        """Hash of the references' words → the first sample that has them."""
        self._looks = SeenLooks(numbers.get("near_duplicate_image", NEAR))
        self._looked_at: list[str] = []
        """The samples of the looks."""

    def check_references(self, references: Sequence[str]) -> None:
        """Look at the references of a row by themselves; one that will do is enough.

        Raises:
            RowFault: they are too short, too long or off topic.
        """
        if self._fewest or self._most is not None:
            self._check_lengths(references)
        if "off_topic" in self._rules:
            if self._topics is None:
                self._topics = Topics(self._every())
            if not self._topics.has(references):
                raise _fault("off_topic", "no word in common with another row", references)

    def add(self, sample: Sample) -> None:
        """Hold a sample against those before, and keep what later ones are held against.

        Raises:
            RowFault: it all but repeats one.
        """
        digest = look = None
        if "near_duplicate_reference" in self._rules:
            digest = _digest(sample.references)
            twin = self._by_words.get(digest, sample.id)
            if twin != sample.id:
                same = f"the same words as sample '{twin}'"
                raise _fault("near_duplicate_reference", same, sample.references)
        if "near_duplicate_image" in self._rules and sample.media:
            look = self._look_of(sample)
        if digest is not None:
            self._by_words[digest] = sample.id
        if look:
            self._looks.add(look)
            self._looked_at.append(sample.id)

    def _check_lengths(self, references: Sequence[str]) -> None:
        counts = [len(words(text).split()) for text in references]
        if max(counts) < self._fewest:
            few = f"{_count(max(counts))}, fewer than {self._fewest}"
            raise _fault("too_short_reference", few, references)
        if self._most is not None and min(counts) > self._most:
            many = f"{_count(min(counts))}, more than {self._most}"
            raise _fault("too_long_reference", many, references)

    def _look_of(self, sample: Sample) -> str:
        """Give the look of a sample's first image; of one that cannot be decoded it is like none.

        Raises:
            RowFault: it is that of a sample before.
        """
        try:
            look = self._look(sample.media[0])
        except DataError:  # its requests will say so
            return ""
        near = self._looks.near(look)
        if near is not None and self._looked_at[near.place] != sample.id:
            twin = self._looked_at[near.place]
            raise RowFault(
                "near_duplicate_image",
                f"looks like the image of sample '{twin}' ({near.bits} of 256 bits differ)",
            )
        return look


def _digest(references: Iterable[str]) -> bytes:
    """Hash the words of references, whatever their order."""
    every = "\n".join(sorted({same_words(text) for text in references}))
    return hashlib.blake2b(every.encode(errors="surrogatepass"), digest_size=8).digest()


def _fault(reason: str, what: str, references: Sequence[str]) -> RowFault:
    first = references[0]
    shown = first if len(first) <= _SHOWN else f"{first[:_SHOWN]}…"
    return RowFault(reason, f"{what}: {shown}")


def _count(number: int) -> str:
    return "1 word" if number == 1 else f"{number} words"
