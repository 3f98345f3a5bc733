"""Samples to choose from + a sample → how similar each of them is to it.

By the words of a metadata field: the cosine of the sets of words, a word weighing more the fewer of
the candidates have it (tf-idf, with scikit-learn's smooth idf: ln((1 + N) ÷ (1 + df)) + 1). By the
picture: how many bits of their looks are alike (``harness.media.look``). Ties go to the row that
comes first, so that the same data give the same order everywhere.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Protocol

import numpy as np

from harness.media import Looks
from harness.metrics.diversity import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from harness.records import Json, MediaRef, Sample

_DIGITS = 9
"""Of a likeness: what differs less is a tie, whatever a machine's last digits are."""


class Likeness(Protocol):
    """A way to hold candidates against a sample."""

    def to(self, sample: Sample) -> NDArray[np.float64]:
        """Say how alike each candidate is, 0 to 1, shape (candidates,)."""
        ...


def order(likeness: NDArray[np.float64]) -> list[int]:
    """Give the places of candidates, the most similar first, of equal ones the first."""
    return [int(i) for i in np.argsort(-np.round(likeness, _DIGITS), kind="stable")]


class WordLikeness:
    """Likeness by the words of a metadata field.

    Args:
        candidates: the samples to choose from.
        field: a metadata column; a sample without it is like none.
    """

    def __init__(self, candidates: Sequence[Sample], field: str) -> None:
        self._field = field
        self._size = len(candidates)
        having: defaultdict[str, list[int]] = defaultdict(list)
        own = [self._words(candidate) for candidate in candidates]
        for i, each in enumerate(own):
            for word in sorted(each):
                having[word].append(i)
        self._having = {word: np.array(places) for word, places in having.items()}
        self._lengths = np.array([self._length(each) or 1.0 for each in own])

    def to(self, sample: Sample) -> NDArray[np.float64]:
        """Say how alike each candidate is, 0 to 1, shape (candidates,)."""
        likeness = np.zeros(self._size)
        own = self._words(sample)
        for word in sorted(own & self._having.keys()):
            likeness[self._having[word]] += self._weight(word) ** 2
        result: NDArray[np.float64] = likeness / (self._lengths * (self._length(own) or 1.0))
        return result

    def _words(self, sample: Sample) -> set[str]:
        texts = texts_in(sample.metadata.get(self._field))
        return {word for text in texts for word in words(text).split()}

    def _weight(self, word: str) -> float:
        """Give a word's idf; one that no candidate has weighs most."""
        return math.log((1 + self._size) / (1 + len(self._having.get(word, ())))) + 1

    def _length(self, own: set[str]) -> float:
        return math.sqrt(math.fsum(self._weight(word) ** 2 for word in own))


class ImageLikeness:
    """Likeness by what pictures look like, the nearest of several.

    Args:
        candidates: the samples to choose from.
        look: gives the look of an image.
    """

    def __init__(self, candidates: Sequence[Sample], look: Callable[[MediaRef], str]) -> None:
        self._look = look
        self._size = len(candidates)
        shown = [(i, ref) for i, candidate in enumerate(candidates) for ref in candidate.media]
        self._of = np.array([i for i, _ in shown], dtype=np.int64)
        self._looks = Looks([look(ref) for _, ref in shown])

    def to(self, sample: Sample) -> NDArray[np.float64]:
        """Say how alike each candidate is, 0 to 1, shape (candidates,)."""
        likeness = np.zeros(self._size)
        for ref in sample.media:
            alike = 1 - np.minimum(self._looks.distances(self._look(ref)), 256) / 256
            np.maximum.at(likeness, self._of, alike)
        return likeness


def texts_in(value: Json) -> Iterator[str]:
    """Give every text in metadata."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)
    elif hasattr(value, "values"):
        for inner in value.values():
            yield from texts_in(inner)
