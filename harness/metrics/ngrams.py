"""Texts as words and n-grams in integers, so that many systems are counted at array speed.

Each text is split and counted once, whichever metric and system asks for it again. Exact: equal
numbers are equal n-grams. What is made of the counts belongs to harness.metrics.caption.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.metrics.arrays import FloatArray

ORDERS = 4
"""n-grams of 1 to 4 words are counted."""

_ID_BITS = 40
_ID = (1 << _ID_BITS) - 1
"""The bits of an n-gram's id in a key; the 23 bits above are its text's."""

_WORD_BITS = 64
_FILLED = 512
"""Words of a text that is laid beside others, which are filled up to its length."""
_PAIRS = 8192
"""Pairs of texts side by side in memory."""

IntArray = NDArray[np.int64]


class Bags(NamedTuple):
    """The n-grams of several texts; each array has shape (entries,), sorted by owner, then id."""

    owners: IntArray
    """Which text it is of: its place among those asked for."""
    ids: IntArray
    """Which n-gram it is; its order is ``order_of(ids)``."""
    counts: IntArray
    """How often the text has it, 1 or more."""


class NgramTable:
    """Every text that was asked for, with its n-grams; a text's number is its *row*.

    Args:
        words: each word's number, which other tables may share; new ones are added.
    """

    def __init__(self, words: dict[str, int]) -> None:
        self.words = words
        self._rows: dict[str, int] = {}
        self._longer = [_Numbers() for _ in range(1, ORDERS)]
        self._starts = np.zeros(1, dtype=np.int64)
        self._ids = np.zeros(0, dtype=np.int64)
        self._counts = np.zeros(0, dtype=np.int64)
        self._word_starts = np.zeros(1, dtype=np.int64)
        self._word_ids = np.zeros(0, dtype=np.int64)
        self._last: References | None = None

    def __len__(self) -> int:
        """Give how many texts it has."""
        return len(self._rows)

    @property
    def size(self) -> int:
        """A number above every n-gram id given so far."""
        distinct = max(len(self.words), *(len(numbers) for numbers in self._longer))
        return distinct * ORDERS

    @property
    def longer(self) -> list[tuple[IntArray, IntArray]]:
        """N-grams of two words and more, by order: keys, and the number that each has.

        A key is the number of the n-gram without its last word in the bits from 32 on, and that
        word's number below.
        """
        return [(numbers.keys, numbers.numbers) for numbers in self._longer]

    def rows(self, texts: Sequence[str]) -> IntArray:
        """Give the row of each text, shape (texts,); texts are tokens joined by white space."""
        unknown = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if unknown:
            self._add(unknown)
        return np.fromiter((self._rows[text] for text in texts), dtype=np.int64, count=len(texts))

    def lengths(self, rows: IntArray) -> IntArray:
        """Count the words of texts."""
        lengths: IntArray = np.diff(self._word_starts)[rows]
        return lengths

    def words_of(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """Give whose each word is (its text's place among those asked for), and its number."""
        owners, places = _ranges(self._word_starts[rows], self._word_starts[rows + 1])
        return owners, self._word_ids[places]

    def common_subsequences(self, left: IntArray, right: IntArray) -> IntArray:
        """Give how many words the longest common subsequence of two texts has, shape (pairs,).

        Args:
            left: rows, shape (pairs,).
            right: rows, shape (pairs,).
        """
        lengths = self.lengths(left)
        common = np.zeros(len(left), dtype=np.int64)
        # Pairs of like length side by side, so that little is filled up.
        others = self.lengths(right)
        order = np.lexsort((others, lengths))
        alone = ((lengths > _WORD_BITS) | (others > _FILLED))[order]
        short, long = order[~alone], order[alone]
        for start in range(0, len(short), _PAIRS):
            chosen = short[start : start + _PAIRS]
            sides = self._filled(left[chosen], -1), self._filled(right[chosen], -2)
            common[chosen] = _common_subsequences(*sides)
        for pair in long:
            left_words, right_words = (
                self._filled(rows[[pair]], -1)[:, 0] for rows in (left, right)
            )
            common[pair] = _common_subsequence(left_words.tolist(), right_words.tolist())
        return common

    def references(self, rows: IntArray, samples: IntArray) -> References:
        """Give the references of all samples; those asked for last are kept."""
        last = self._last
        if last is None or not (
            np.array_equal(last.rows, rows) and np.array_equal(last.samples, samples)
        ):
            self._last = last = References(self, rows, samples)
        return last

    def bags(self, rows: IntArray) -> Bags:
        """Give the n-grams of texts."""
        owners, places = _ranges(self._starts[rows], self._starts[rows + 1])
        return Bags(owners, self._ids[places], self._counts[places])

    def _filled(self, rows: IntArray, filler: int) -> IntArray:
        """Give the words of texts, shape (the longest's words, rows), shorter ones filled up."""
        owners, places = _ranges(self._word_starts[rows], self._word_starts[rows + 1])
        lengths = self.lengths(rows)
        words = np.full((lengths.max(initial=0), len(rows)), filler, dtype=np.int64)
        words[places - self._word_starts[rows][owners], owners] = self._word_ids[places]
        return words

    def _add(self, texts: Sequence[str]) -> None:
        self._rows.update({text: len(self._rows) + i for i, text in enumerate(texts)})
        split = [text.split() for text in texts]
        number = self.words
        flat = [number.setdefault(word, len(number)) for words in split for word in words]
        words = np.array(flat, dtype=np.int64)
        lengths = np.fromiter(map(len, split), dtype=np.int64, count=len(split))
        del split, flat  # the words as texts take more memory than all that follows
        owners = np.repeat(np.arange(len(texts)), lengths)
        left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(words))  # words to the end

        # An n-gram is the n-gram without its last word, and that word.
        grams = words
        keys = [_keys(owners, grams * ORDERS)]
        for order, numbers in enumerate(self._longer, 2):
            starts = np.flatnonzero(left >= order)
            longer_grams = numbers.of(grams[starts] << 32 | words[starts + order - 1])
            keys.append(_keys(owners[starts], longer_grams * ORDERS + order - 1))
            grams = np.zeros_like(words)
            grams[starts] = longer_grams
        distinct, counts = np.unique(np.concatenate(keys), return_counts=True)
        ends = np.cumsum(np.bincount(distinct >> _ID_BITS, minlength=len(texts)))
        self._starts = np.append(self._starts, self._starts[-1] + ends)
        self._ids = np.append(self._ids, distinct & _ID)
        self._counts = np.append(self._counts, counts)
        self._word_starts = np.append(self._word_starts, self._word_starts[-1] + np.cumsum(lengths))
        self._word_ids = np.append(self._word_ids, words)


class References:
    """The references of all samples, made ready to be met by one system after the other."""

    def __init__(self, table: NgramTable, rows: IntArray, samples: IntArray) -> None:
        """Take each reference's row and the sample it belongs to, sample by sample."""
        self.rows = rows
        self.samples = samples
        self.starts = np.flatnonzero(np.diff(samples, prepend=-1))
        """Where each sample's references begin, shape (samples,)."""
        self._bags = table.bags(rows)

    def most(self, predictions: Bags) -> IntArray:
        """Give how often one reference of the sample has an n-gram at most, shape (entries,).

        ``predictions`` holds one text per sample.
        """
        keys, counts = self._most
        return _looked_up(keys, counts, _keys(predictions.owners, predictions.ids))

    def each(self, predictions: Bags) -> IntArray:
        """Give how often the reference has an n-gram, shape (entries,).

        ``predictions`` holds one text per reference.
        """
        keys = _keys(self._bags.owners, self._bags.ids)
        return _looked_up(keys, self._bags.counts, _keys(predictions.owners, predictions.ids))

    def norms(self, weights: FloatArray) -> FloatArray:
        """Give each reference's length as a vector, shape (references, ORDERS)."""
        return norms(self._bags, weights, len(self.rows))

    @cached_property
    def _most(self) -> tuple[IntArray, IntArray]:
        """Sample and n-gram as sorted keys, with the highest count among its references."""
        keys = _keys(self.samples[self._bags.owners], self._bags.ids)
        order = np.argsort(keys, kind="stable")
        starts = np.flatnonzero(np.diff(keys[order], prepend=-1))
        if not len(starts):
            return keys, self._bags.counts
        return keys[order][starts], np.maximum.reduceat(self._bags.counts[order], starts)


def order_of(ids: IntArray) -> IntArray:
    """Give the words of an n-gram less one: 0 to ORDERS - 1."""
    orders: IntArray = ids % ORDERS
    return orders


def sums(bags: Bags, values: NDArray[np.generic], texts: int) -> FloatArray:
    """Add up a value per n-gram, by text and order: shape (texts, ORDERS)."""
    places = bags.owners * ORDERS + order_of(bags.ids)
    # Over no n-grams at all, NumPy's sums are integers.
    flat = np.bincount(places, values, minlength=texts * ORDERS).astype(np.float64)
    return flat.reshape(texts, ORDERS)


def norms(bags: Bags, weights: FloatArray, texts: int) -> FloatArray:
    """Give each text's length as a vector of weighted counts, by order: shape (texts, ORDERS).

    Args:
        bags: the n-grams of the texts.
        weights: per n-gram id.
        texts: how many.
    """
    lengths: FloatArray = np.sqrt(sums(bags, (bags.counts * weights[bags.ids]) ** 2, texts))
    return lengths


def _common_subsequences(left: IntArray, right: IntArray) -> IntArray:
    """Give the longest common subsequences' lengths, all pairs side by side.

    Bit-parallel (Hyyrö, 2004): bit i is 0 where the best length grows at word i of the left text.

    Args:
        left: words, shape (at most _WORD_BITS, pairs).
        right: words, shape (words, pairs). The fillers of the two sides differ.
    """
    open_ = np.full(left.shape[1], ~np.uint64(0))
    for word in right:
        hit = np.zeros(left.shape[1], dtype=np.uint64)
        for i, other in enumerate(left):
            hit |= (other == word).astype(np.uint64) << np.uint64(i)
        hit &= open_
        open_ = (open_ + hit) | (open_ - hit)
    return np.bitwise_count(~open_).astype(np.int64)


def _common_subsequence(left: Sequence[int], right: Sequence[int]) -> int:
    """Give the same for one pair of texts of any length."""
    places: dict[int, int] = {}
    for index, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << index
    mask = (1 << len(left)) - 1
    open_ = mask
    for word in right:
        hit = open_ & places.get(word, 0)
        open_ = ((open_ + hit) | (open_ - hit)) & mask
    return len(left) - open_.bit_count()


class _Numbers:
    """Numbers things from 0 on, in the order of their coming; things are int64 keys."""

    def __init__(self) -> None:
        self.keys = np.zeros(0, dtype=np.int64)
        self.numbers = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.keys)

    def of(self, keys: IntArray) -> IntArray:
        """Give each key's number, the same for equal keys."""
        distinct, inverse = np.unique(keys, return_inverse=True)
        numbers = _looked_up(self.keys, self.numbers, distinct, absent=-1)
        new = numbers < 0
        numbers[new] = len(self) + np.arange(new.sum())
        at = np.searchsorted(self.keys, distinct[new])
        self.keys = np.insert(self.keys, at, distinct[new])
        self.numbers = np.insert(self.numbers, at, numbers[new])
        key_numbers: IntArray = numbers[inverse]
        return key_numbers


def _keys(owners: IntArray, ids: IntArray) -> IntArray:
    """Make one number of a text and an n-gram, which sorts by text first."""
    assert not len(owners) or owners.max() < 1 << 23, "more texts than a key can tell apart"
    keys: IntArray = owners << _ID_BITS | ids
    return keys


def _looked_up(keys: IntArray, values: IntArray, wanted: IntArray, absent: int = 0) -> IntArray:
    """Give the value of each wanted key; ``keys`` are sorted."""
    if not len(keys):
        return np.full(len(wanted), absent, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    looked_up: IntArray = np.where(keys[at] == wanted, values[at], absent)
    return looked_up


def _ranges(starts: IntArray, ends: IntArray) -> tuple[IntArray, IntArray]:
    """Lay ranges end to end: whose each place is, and the places."""
    sizes = ends - starts
    owners = np.repeat(np.arange(len(starts)), sizes)
    before = np.repeat(np.cumsum(sizes) - sizes, sizes)
    return owners, np.arange(len(owners)) - before + starts[owners]
