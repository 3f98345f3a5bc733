"""An image → its look: 256 bits that stay almost the same when a picture is encoded anew or scaled.

The look is the perceptual hash of Zauner (2010) as the package imagehash makes it: the signs of the
16 × 16 slowest waves of a discrete cosine transform of the grey picture, about their median. Bytes
say whether two files are the same, looks whether two pictures are; what they show is not compared.

Of the demo's pictures, 224 × 224, a look changes by at most 10 bits in JPEG of quality 20 or half
the size, by at most 26 with 1 % cut off at each side; 9 of 10 are found with 2 % cut off. The
nearest of the 12,000 pairs of different dishes lie 44 bits apart (tests/unit/media/test_likeness).
A picture that is turned, mirrored or cut further has another look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.media.border import refusing
from harness.media.pixels import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.records import MediaRef

LOOK_RULES = 1
"""The version of how a look is made; looks of another version are made anew."""
NEAR = 40
"""Bits of the 256 by which the looks of one picture may differ."""
_SIDE = 16
_FLAT = 3.0
"""Standard deviation of grey, of 255, below which a picture has nothing to be known again by."""


def look(ref: MediaRef) -> str:
    """Give the look of an image, as 64 hexadecimal digits.

    Empty for a picture of one colour: any two of these would look alike.

    Raises:
        DataError: it has gone, or cannot be decoded.
    """
    image = load(ref)
    with refusing("the look of an image cannot be taken", ref.name):
        import imagehash

        if float(np.asarray(image.convert("L").resize((64, 64))).std()) < _FLAT:
            return ""
        return str(imagehash.phash(image, hash_size=_SIDE))


class Looks:
    """Looks that others are compared with, all at once.

    Args:
        looks: as ``look`` gives them; an empty one is like none.
    """

    def __init__(self, looks: Sequence[str]) -> None:
        self._bits = np.vstack([_bits(text) for text in looks] or [np.empty((0, 4), np.uint64)])
        self._known = np.array([bool(text) for text in looks], dtype=bool)

    def distances(self, look: str) -> NDArray[np.int64]:
        """Give the bits by which each differs from a look; 257 where one of them is empty."""
        if not look:
            return np.full(len(self._known), 257)
        differ: NDArray[np.int64] = (
            np.bitwise_count(self._bits ^ _bits(look)).sum(axis=1).astype(np.int64)
        )
        differ[~self._known] = 257
        return differ

    def near(self, look: str) -> list[int]:
        """Give the places of those that are the same picture."""
        return [int(i) for i in np.flatnonzero(self.distances(look) <= NEAR)]


class Near(NamedTuple):
    """An earlier look that is of the same picture."""

    place: int
    """Which look it is, of those that were added, from 0."""
    bits: int
    """How many of the 256 differ."""


class SeenLooks:
    """Looks that come one after another, each held against those before it.

    A look takes 32 bytes, and is held against a million others in three milliseconds.

    Args:
        most: bits by which the looks of one picture may differ.
    """

    def __init__(self, most: int = NEAR) -> None:
        self._most = most
        self._count = 0
        self._words = np.empty((4, 1024), np.uint64)

    def add(self, look: str) -> None:
        """Keep a look that is not empty; its place is how many were added before."""
        if self._count == self._words.shape[1]:
            self._words = np.concatenate([self._words, np.empty_like(self._words)], axis=1)
        self._words[:, self._count] = _bits(look)[0]
        self._count += 1

    def near(self, look: str) -> Near | None:
        """Give the first that is of the same picture; None of an empty look."""
        if not look:
            return None
        asked = _bits(look)[0]
        # What changes least, the slowest waves, is counted first: few looks are left then. In this
        # quarter of the bits two looks of one picture do not have half of what may differ.
        slow = np.bitwise_count(self._words[0, : self._count] ^ asked[0])
        places = np.flatnonzero(slow <= max(self._most // 2, 1))
        bits = np.bitwise_count(self._words[:, places] ^ asked[:, None]).sum(axis=0)
        near = np.flatnonzero(bits <= self._most)
        return Near(int(places[near[0]]), int(bits[near[0]])) if len(near) else None


def _bits(look: str) -> NDArray[np.uint64]:
    """Give a look as a row of four words."""
    return np.frombuffer(bytes.fromhex(look or "0" * 64), dtype=">u8").astype(np.uint64)[None]
