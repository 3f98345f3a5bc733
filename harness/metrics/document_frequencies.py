"""Texts of many documents → in how many documents each n-gram is, of those that are in two or more.

CIDEr weighs an n-gram by it, and one that is in a single document weighs as one that is in none.
So those are dropped as soon as they are known, order by order: an n-gram that two documents have
begins with one that two have. What is kept grows with the words that documents share, and while it
is counted with four bytes a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from weakref import ref

import numpy as np

from harness.metrics.ngrams import ORDERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.metrics.ngrams import IntArray, NgramTable

    Int32Array = NDArray[np.int32]


class DocumentFrequencies:
    """N-grams by their frequency among documents.

    Args:
        words: each word's number, shared with the tables of n-grams that will be asked about.
    """

    def __init__(self, words: dict[str, int]) -> None:
        self._words = words
        self._chunks: list[_Chunk] = []
        self._keys: list[IntArray] = []
        """By order: the number of the n-gram without its last word, and that word; sorted. Its
        place here is its number."""
        self._counts: list[IntArray] = []
        self._last: tuple[ref[NgramTable], int, IntArray] | None = None
        """A table, how many texts it had, and its frequencies: all systems of a block ask for
        these."""

    def add(self, texts: Sequence[str], documents: IntArray) -> None:
        """Take texts that no document of before has.

        Args:
            texts: tokens joined by white space.
            documents: which document each belongs to, ascending, shape (texts,).
        """
        split = [text.split() for text in texts]
        number = self._words
        flat = [number.setdefault(word, len(number)) for words in split for word in words]
        self._chunks.append(
            _Chunk(
                words=np.array(flat, dtype=np.int32),
                lengths=np.fromiter(map(len, split), dtype=np.int32, count=len(split)),
                documents=documents.astype(np.int32),
            )
        )

    def count(self) -> None:
        """Count what was taken, once it is all; the texts are forgotten."""
        # By word: the number of the n-gram that begins there and is one word shorter than those
        # that are counted; -1 where few have it. A word begins with nothing, which is number 0.
        begun: list[Int32Array] = [np.zeros_like(chunk.words) for chunk in self._chunks]
        for order in range(1, ORDERS + 1):
            keys, counts = np.zeros((2, 0), dtype=np.int64)
            for chunk, numbers in zip(self._chunks, begun, strict=True):
                places = chunk.places(numbers, order)
                found = _counted(chunk.keys(numbers, order, places), chunk.owners[places])
                keys, counts = _merged(keys, counts, *found)
            shared = counts > 1
            self._keys.append(keys[shared])
            self._counts.append(counts[shared])
            for chunk, numbers in zip(self._chunks, begun, strict=True):
                places = chunk.places(numbers, order)
                own = _numbers(self._keys[-1], chunk.keys(numbers, order, places))
                numbers[:] = -1
                numbers[places] = own
        self._chunks.clear()

    def of(self, table: NgramTable) -> IntArray:
        """Give the frequency of each n-gram of a table by its id; 1 for one that few have."""
        assert table.words is self._words, "n-grams of other words"
        if self._last and self._last[0]() is table and self._last[1] == len(table):
            return self._last[2]
        frequencies = np.ones(table.size, dtype=np.int64)
        # Number in the table → number here.
        known = _numbers(self._keys[0], np.arange(len(table.words)))
        self._set(frequencies, known, order=1)
        for order, (keys, numbers) in enumerate(table.longer, 2):
            begun = known[keys >> 32]
            possible = begun >= 0
            known = np.full(len(keys), -1, dtype=np.int64)
            wanted = begun[possible] << 32 | (keys[possible] & 0xFFFFFFFF)
            known[numbers[possible]] = _numbers(self._keys[order - 1], wanted)
            self._set(frequencies, known, order)
        self._last = ref(table), len(table), frequencies
        return frequencies

    def _set(self, frequencies: IntArray, known: IntArray, order: int) -> None:
        here = np.flatnonzero(known >= 0)
        frequencies[here * ORDERS + order - 1] = self._counts[order - 1][known[here]]


class _Chunk(NamedTuple):
    """Some of the texts, one after the other."""

    words: Int32Array
    lengths: Int32Array
    """Words of each text."""
    documents: Int32Array
    """Of each text."""

    @property
    def owners(self) -> Int32Array:
        """Which document each word is of."""
        return np.repeat(self.documents, self.lengths)

    def places(self, begun: Int32Array, order: int) -> IntArray:
        """Give where the n-grams stand whose beginnings have a number."""
        left = np.repeat(np.cumsum(self.lengths), self.lengths) - np.arange(len(self.words))
        return np.flatnonzero((begun >= 0) & (left >= order))

    def keys(self, begun: Int32Array, order: int, places: IntArray) -> IntArray:
        """Make one number of each n-gram: its beginning's, and its last word's."""
        last: IntArray = self.words[places + order - 1].astype(np.int64)
        return begun[places].astype(np.int64) << 32 | last


def _counted(keys: IntArray, owners: Int32Array) -> tuple[IntArray, IntArray]:
    """Give the distinct keys, and how many owners each has; owners ascend."""
    order = np.argsort(keys, kind="stable")
    keys, owners = keys[order], owners[order]
    new = np.diff(keys, prepend=-1) != 0
    of_another = new | (np.diff(owners, prepend=-1) != 0)
    starts = np.flatnonzero(new)
    if not len(starts):
        return keys, np.zeros(0, dtype=np.int64)
    return keys[starts], np.add.reduceat(of_another.astype(np.int64), starts)


def _merged(
    keys: IntArray, counts: IntArray, more: IntArray, their: IntArray
) -> tuple[IntArray, IntArray]:
    """Put sorted keys together, each once, with the sum of its counts."""
    if not len(keys) or not len(more):
        return (more, their) if len(more) else (keys, counts)
    keys, counts = np.concatenate([keys, more]), np.concatenate([counts, their])
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    return keys[starts], np.add.reduceat(counts, starts)


def _numbers(keys: IntArray, wanted: IntArray) -> IntArray:
    """Give the place of each wanted key among sorted ones; -1 where it is none of them."""
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    numbers: IntArray = np.where(keys[at] == wanted, at, -1)
    return numbers
