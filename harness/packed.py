"""Many samples → a sequence that holds them packed, and makes each one anew when it is asked for.

A sample as a record takes 1.2 kB, most of it for the objects that it is made of; packed it takes
what its texts take and some 100 bytes. Up to ``FEW`` they stay records, for packing takes time.
"""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from itertools import pairwise
from typing import Any, overload

from harness.records import MediaRef, Sample

FEW = 20_000
"""Samples that take 25 MB as records, and no time to be made again."""
_MOST_SHARED = 10_000
"""Folders and the like that are told apart; of more, each has too few images to be worth it."""

# Numbers, texts and what holds them go through ``marshal``, which is quick. Its form changes with
# Python, and it trusts what it reads; what is packed here is never written to a file.


class Packing:
    """Takes samples, one after the other.

    Args:
        few: how many may stay records.
    """

    def __init__(self, few: int = FEW) -> None:
        self._few = few
        self._made: list[Sample] = []
        self._rows = array("q")
        self._packed: PackedSamples | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, row: int, sample: Sample) -> None:
        """Take a sample of a row."""
        self._rows.append(row)
        if self._packed is not None:
            self._packed.append(sample)
            return
        self._made.append(sample)
        if len(self._made) > self._few:
            self._packed = PackedSamples(self._made)
            self._made = []

    def in_order(self) -> Sequence[Sample]:
        """Give them all as they came; nothing may be added any more."""
        return tuple(self._made) if self._packed is None else self._packed

    def in_order_of_rows(self) -> Sequence[Sample]:
        """Give them all in the order of their rows; nothing may be added any more."""
        rows, samples = self._rows, self.in_order()
        if all(one < next_ for one, next_ in pairwise(rows)):
            return samples
        ordered = (samples[place] for place in sorted(range(len(rows)), key=rows.__getitem__))
        return tuple(ordered) if self._packed is None else PackedSamples(ordered)


def packed_if_many(samples: Iterable[Sample]) -> Sequence[Sample]:
    """Hold samples as records, or packed if there are many."""
    packing = Packing()
    for row, sample in enumerate(samples):
        packing.append(row, sample)
    return packing.in_order()


class PackedSamples(Sequence[Sample]):
    """A sequence of samples, each of which is made when it is asked for.

    Args:
        samples: the first of them.
    """

    def __init__(self, samples: Iterable[Sample] = ()) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])
        self._shared: list[Any] = []
        """What many have in common: folders of images, names of metadata."""
        self._numbers: dict[Any, int] = {}
        """The place of each of these."""
        for sample in samples:
            self.append(sample)

    def append(self, sample: Sample) -> None:
        """Add a sample."""
        value = (
            sample.id,
            sample.references,
            sample.cluster,
            sample.places,
            self._number(tuple(sample.metadata)),
            list(sample.metadata.values()),
            [self._packed(ref) for ref in sample.media],
        )
        self._bytes += marshal.dumps(value)
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> Sample: ...
    @overload
    def __getitem__(self, place: slice) -> list[Sample]: ...
    def __getitem__(self, place: int | slice) -> Sample | list[Sample]:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(f"sample {place} of {len(self)}")
        place %= len(self)
        return self._sample(self._ends[place], self._ends[place + 1])

    def __iter__(self) -> Iterator[Sample]:
        start = 0
        for end in self._ends[1:]:
            yield self._sample(start, end)
            start = end

    def _sample(self, start: int, end: int) -> Sample:
        packed = marshal.loads(self._bytes[start:end])
        sample_id, references, cluster, places, names, values, media = packed
        return Sample(
            id=sample_id,
            references=references,
            cluster=cluster,
            places=places,
            metadata=dict(zip(self._shared[names], values, strict=True)),
            media=tuple([self._ref(*ref) for ref in media]),
        )

    def _packed(self, ref: MediaRef) -> tuple[Any, ...]:
        place = ref.place
        kind: Any = type(place)
        shared = self._number((kind, tuple(getattr(ref, name) for name in _REF_SHARED)))
        values = [getattr(place, name) for name in _names_of(kind)]
        return shared, _digest(ref.sha256), ref.width, ref.height, *map(self._split, values)

    def _ref(
        self, shared: int, digest: bytes | str, width: int, height: int, *split: Any
    ) -> MediaRef:
        place, own = self._shared[shared]
        values = [
            self._shared[value[0]] + value[1] if isinstance(value, tuple) else value
            for value in split
        ]
        return MediaRef(
            place=place(**dict(zip(_names_of(place), values, strict=True))),
            sha256=digest if isinstance(digest, str) else digest.hex(),
            width=width,
            height=height,
            **dict(zip(_REF_SHARED, own, strict=True)),
        )

    def _split(self, value: Any) -> Any:
        """Put the number of its folder in the place of one, in a path or an address."""
        if not isinstance(value, str) or not (cut := value.rfind("/") + 1):
            return value
        folder = value[:cut]
        if folder not in self._numbers and len(self._shared) >= _MOST_SHARED:
            return value
        return self._number(folder), value[cut:]

    def _number(self, value: Any) -> int:
        """Give the place of what many have in common."""
        number = self._numbers.setdefault(value, len(self._shared))
        if number == len(self._shared):
            self._shared.append(value)
        return number


def _digest(sha256: str) -> bytes | str:
    """Halve a hash; what is none stays as it is."""
    try:
        digest = bytes.fromhex(sha256)
    except ValueError:
        return sha256
    return digest if digest.hex() == sha256 else sha256


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    """Name the fields of a place that tell one from another of its kind."""
    return tuple(field.name for field in fields(kind) if field.name != "type")


_REF_SHARED = tuple(
    name for name in _names_of(MediaRef) if name not in ("place", "sha256", "width", "height")
)
"""What most images have in common: kind, rules of their pixels …"""
