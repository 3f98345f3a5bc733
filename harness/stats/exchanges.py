"""Units → coins tossed for each, and what rows of values sum up to after each exchange.

An exchange of a unit's answers between the two systems of a pair turns the sign of its difference.
The coins are the same for all rows, so that what these have in common is kept. What follows from
the sums is said by ``family``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.stats.rows import FloatArray, IntArray

EXCHANGES = 10_000
_CHUNK = 2**21
"""Signs drawn at once: 16 MB, which one exchange of more units exceeds by itself."""


def exchange_signs(units: int, exchanges: int, *, seed: int = 0) -> Iterator[FloatArray]:
    """Toss a coin per unit and exchange: −1 where the systems of a pair exchange their answers.

    Args:
        units: how many.
        exchanges: how often.
        seed: the same seed gives the same exchanges.

    Yields:
        Chunks of −1 and 1, shape (some exchanges, units), ``exchanges`` rows in all.

    Raises:
        ValueError: units or exchanges is under 1.
    """
    if units < 1 or exchanges < 1:
        raise ValueError(f"nothing to exchange: {units} units, {exchanges} exchanges")
    random = np.random.default_rng(seed)
    most = max(1, _CHUNK // units)
    for start in range(0, exchanges, most):
        size = min(most, exchanges - start)
        # Whole words, so that where a chunk ends changes nothing; little-endian on any machine.
        words = random.integers(0, 2**64, size=(size, -(-units // 64)), dtype=np.uint64)
        bytes_ = words.astype("<u8").view(np.uint8)
        bits = np.unpackbits(bytes_, axis=1, count=units, bitorder="little")
        signs: FloatArray = bits.astype(np.float64)
        signs *= -2.0
        signs += 1.0
        yield signs


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """Blocks whose rows are summed after exchanges by one product, for signs are long to read."""

    units: IntArray | None
    """Of its blocks; None: all units, and where a block has none its values are 0."""
    values: FloatArray
    """Rows of its blocks, one after the other, shape (rows, units)."""
    places: tuple[tuple[int, slice], ...]
    """Each block's place among all, and where its rows are."""

    def exchanged(self, signs: FloatArray) -> Iterator[tuple[int, FloatArray]]:
        """Sum up after exchanges: signs[b, all units] → per block its place and [b, its rows]."""
        moved = (signs if self.units is None else signs[:, self.units]) @ self.values.T
        for block, rows in self.places:
            yield block, moved[:, rows]


def packed(places: Sequence[IntArray], rows: Sequence[FloatArray], units: int) -> list[Pack]:
    """Put blocks together: those that have half of the units or more, and those of like units.

    Args:
        places: of each block's units among all.
        rows: each block's values, shape (its rows, its units).
        units: how many there are in all.
    """
    together: dict[bytes, list[int]] = {}
    for i, own in enumerate(places):
        most = 2 * len(own) >= units
        together.setdefault(b"" if most else own.tobytes(), []).append(i)
    packs = []
    for key, some in together.items():
        ends = pairwise(np.cumsum([0, *(len(rows[i]) for i in some)]).tolist())
        slices = tuple((i, slice(*pair)) for i, pair in zip(some, ends, strict=True))
        shared = places[some[0]] if key else None
        values = np.zeros((slices[-1][1].stop, units if shared is None else len(shared)))
        for i, place in slices:
            values[place, places[i] if shared is None else slice(None)] = rows[i]
        packs.append(Pack(units=shared, values=values, places=slices))
    return packs
