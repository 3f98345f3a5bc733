"""Texts, each with a number → whether one was there before, in some 50 bytes and its own length."""

from __future__ import annotations

from array import array

_FEW = 20_000
"""Texts that an ordinary mapping holds; it is quicker, and takes four times the memory."""
_FIRST = 2**17
"""Slots at first: a power of two."""


class PackedTexts:
    """A list of texts, one behind the other in memory."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, place: int) -> str:
        return self.encoded(place).decode("utf-8", "surrogatepass")

    def encoded(self, place: int) -> bytes:
        """Give a text as it is held."""
        return bytes(self._bytes[self._ends[place] : self._ends[place + 1]])

    def append(self, text: str) -> None:
        """Add a text."""
        self._bytes += _encoded(text)
        self._ends.append(len(self._bytes))


class KnownTexts:
    """Gives the number of a text, as a mapping does; nothing can be taken out.

    A text is found by its hash, and is the one only if it is equal: a table of slots, the next one
    where a slot is taken by another (open addressing with linear probing).

    Args:
        few: how many an ordinary mapping holds.
    """

    def __init__(self, few: int = _FEW) -> None:
        self._few = few
        self._first: dict[str, int] = {}
        self._texts = PackedTexts()
        self._numbers = array("q")
        self._hashes = array("q")
        self._slots = array("q", [-1]) * _FIRST
        """Places of the texts from the few on; -1: free."""

    def __len__(self) -> int:
        return len(self._first) + len(self._numbers)

    def get(self, text: str) -> int | None:
        """Give the number of a text; None where it was not added."""
        number = self._first.get(text)
        if number is not None or not self._numbers:
            return number
        place = self._slots[self._slot(text)]
        return None if place < 0 else self._numbers[place]

    def add(self, text: str, number: int) -> None:
        """Add a text that is not there."""
        if len(self._first) < self._few:
            self._first[text] = number
            return
        if 2 * len(self._numbers) >= len(self._slots):
            self._spread()
        self._slots[self._slot(text)] = len(self._numbers)
        self._texts.append(text)
        self._numbers.append(number)
        self._hashes.append(hash(text))

    def _slot(self, text: str) -> int:
        """Find the slot that a text has, or would have."""
        wanted, mask = hash(text), len(self._slots) - 1
        slot = wanted & mask
        while (place := self._slots[slot]) >= 0:
            if self._hashes[place] == wanted and self._texts.encoded(place) == _encoded(text):
                return slot
            slot = (slot + 1) & mask
        return slot

    def _spread(self) -> None:
        """Double the slots."""
        mask = 2 * len(self._slots) - 1
        slots = array("q", [-1]) * (mask + 1)
        for place, value in enumerate(self._hashes):
            slot = value & mask
            while slots[slot] >= 0:
                slot = (slot + 1) & mask
            slots[slot] = place
        self._slots = slots


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
