"""Samples → where each stands, found by its id without holding the ids."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.records import Sample


class Places:
    """Where samples stand, by their ids; holds none of these.

    Most often it is asked about the sample of before, or the next one.
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples
        self._last: tuple[int, Sample] | None = None
        self._index: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
        """Hashes of ids in order, and the place of each."""

    def of(self, sample_id: str) -> tuple[int, Sample] | None:
        """Give a sample and its place; None where there is none of this id."""
        last = self._last
        if last is not None and last[1].id == sample_id:
            return last
        after = 0 if last is None else last[0] + 1
        if after < len(self._samples):
            sample = self._samples[after]
            if sample.id == sample_id:
                self._last = after, sample
                return self._last
        return self._looked_up(sample_id)

    def sample(self, place: int) -> Sample:
        """Give the sample at a place."""
        return self._samples[place]

    def _looked_up(self, sample_id: str) -> tuple[int, Sample] | None:
        if self._index is None:
            ids = (hash(sample.id) for sample in self._samples)
            hashes = np.fromiter(ids, dtype=np.int64, count=len(self._samples))
            order = np.argsort(hashes, kind="stable")
            self._index = hashes[order], order
        hashes, order = self._index
        wanted = hash(sample_id)
        at = bisect_left(hashes, wanted)
        while at < len(hashes) and hashes[at] == wanted:
            sample = self._samples[place := int(order[at])]
            if sample.id == sample_id:
                self._last = place, sample
                return self._last
            at += 1
        return None
