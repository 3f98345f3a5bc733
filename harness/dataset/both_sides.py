"""The samples of a dataset, split after split → what stands in two of its splits.

The same bytes are no business of this: a row that shows them again has a fault (``splits``).
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.known_texts import KnownTexts, PackedTexts
from harness.errors import DataError
from harness.media import SeenLooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.records import MediaRef, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A sample, and one of an earlier split that is like it."""

    id: str
    split: str
    earlier_id: str
    earlier_split: str
    bits: int | None = None
    """By how many of the 256 their looks differ; None: nobody compared looks."""


class BothSides:
    """Holds the samples of a split against those of the splits before.

    Of a sample are kept its id and the looks of its images.

    Args:
        looking: whether pictures that look alike are searched for; each is decoded.
    """

    def __init__(self, *, looking: bool = True) -> None:
        self.alike: list[Twin] = []
        """Samples with an image that looks like one of an earlier split, each once."""
        self.same_id: list[Twin] = []
        self._looking = looking
        self._splits: list[str] = []
        self._split_of = KnownTexts()
        """Id → the number of the split in which it stood first."""
        self._looks = SeenLooks()
        self._looked_at = PackedTexts()
        """The sample of each look."""
        self._ends = array("q")
        """How many looks there were at the end of each split."""

    def add(
        self, split: str, samples: Iterable[Sample], look: Callable[[MediaRef], str]
    ) -> PackedTexts:
        """Take the samples of the next split.

        Args:
            split: its name.
            samples: of it, no id twice.
            look: gives the look of an image.

        Returns:
            Their ids.
        """
        ids, looks, looked_at = PackedTexts(), PackedTexts(), PackedTexts()
        for sample in samples:
            ids.append(sample.id)
            first = self._split_of.get(sample.id)
            if first is None:
                self._split_of.add(sample.id, len(self._splits))
            else:
                self.same_id.append(_twin(sample, split, sample.id, self._splits[first]))
            own = list(self._looks_of(sample, look)) if self._looking else []
            if twin := self._alike(sample, split, own):
                self.alike.append(twin)
            for each in own:
                looks.append(each)
                looked_at.append(sample.id)
        for place in range(len(looks)):  # within a split pictures may look alike
            self._looks.add(looks[place])
            self._looked_at.append(looked_at[place])
        self._splits.append(split)
        self._ends.append(len(self._looked_at))
        return ids

    def _looks_of(self, sample: Sample, look: Callable[[MediaRef], str]) -> Iterator[str]:
        for ref in sample.media:
            with suppress(DataError):  # it cannot be decoded; its requests will say so
                if made := look(ref):
                    yield made

    def _alike(self, sample: Sample, split: str, looks: Iterable[str]) -> Twin | None:
        for each in looks:
            if near := self._looks.near(each):
                earlier = self._splits[bisect_right(self._ends, near.place)]
                return _twin(sample, split, self._looked_at[near.place], earlier, near.bits)
        return None


def _twin(
    sample: Sample, split: str, earlier_id: str, earlier_split: str, bits: int | None = None
) -> Twin:
    return Twin(
        id=sample.id, split=split, earlier_id=earlier_id, earlier_split=earlier_split, bits=bits
    )
