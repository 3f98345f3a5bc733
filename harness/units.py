"""Samples → which of them are one independent observation (a *unit*), and how many units there are.

What is not independent is drawn, exchanged and counted whole; how is the business of harness.stats.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from harness.records import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """How many independent observations some samples are."""

    samples: int
    units: int
    """As many as samples where each stands for itself."""
    largest: int
    """Samples of the largest unit; 0 of no samples."""

    def __str__(self) -> str:
        """Say both where they differ: ``200 samples in 10 units``."""
        samples = f"{self.samples} sample{'s' * (self.samples != 1)}"
        if self.units == self.samples:
            return samples
        return f"{samples} in {self.units} unit{'s' * (self.units != 1)}"


def clusters_of(samples: Sequence[Sample]) -> NDArray[np.int64] | None:
    """Number the samples that are no independent observations alike.

    Samples belong together that share a ``cluster`` or any image (its bytes, or its place where
    that is all that is known), and so do those that are joined by others: the connected components
    of that graph. The time is linear in the number of clusters and images that samples name.

    Returns:
        A number per sample, from 0 in the order of the first samples; None where every sample
        stands for itself.
    """
    hashes, owners = array("q"), array("q")
    for i, sample in enumerate(samples):
        for name in _shared(sample):
            hashes.append(hash(name))
            owners.append(i)
    parents = array("q", range(len(samples)))
    for first, other in _alike(np.array(hashes), np.array(owners), samples):
        _join(parents, first, other)
    roots = np.array([_root(parents, i) for i in parents], dtype=np.int64)
    distinct, numbers = np.unique(roots, return_inverse=True)  # a root is its first sample
    return None if len(distinct) == len(samples) else numbers.astype(np.int64)


def units_of(clusters: NDArray[np.int64] | None, kept: NDArray[np.bool_]) -> Units:
    """Count the units of some samples.

    Args:
        clusters: of all samples, from ``clusters_of``, shape (samples,).
        kept: which of them are meant, shape (samples,).
    """
    samples = int(kept.sum())
    if clusters is None:
        return Units(samples=samples, units=samples, largest=min(samples, 1))
    sizes = np.bincount(clusters[kept])
    return Units(
        samples=samples, units=int(np.count_nonzero(sizes)), largest=int(sizes.max(initial=0))
    )


def _alike(
    hashes: NDArray[np.int64], owners: NDArray[np.int64], samples: Sequence[Sample]
) -> Iterator[tuple[int, int]]:
    """Give pairs of samples that share a name: the first that has it, and each other.

    Hashes are all that is held of names; where two are equal, the names are looked at.

    Args:
        hashes: of 64 bits, of all names.
        owners: the sample that has each, ascending.
        samples: by their place.
    """
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    starts = np.flatnonzero(np.diff(hashes, prepend=~hashes[:1]))
    sizes = np.diff(starts, append=len(hashes))
    for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
        wanted = int(hashes[start])
        first: dict[tuple[str, str], int] = {}
        for owner in owners[start : start + size].tolist():
            for name in _shared(samples[owner]):
                if hash(name) == wanted and (other := first.setdefault(name, owner)) != owner:
                    yield other, owner


def _shared(sample: Sample) -> Iterator[tuple[str, str]]:
    """Give the names that a sample may share with others: clusters, images, places."""
    cluster = sample.cluster
    if cluster and not cluster.isspace():
        yield "cluster", cluster
    for ref in sample.media:
        yield "image", ref.sha256
    for place in sample.places:
        yield "place", place


def _root(parents: array[int], i: int) -> int:
    while parents[i] != i:
        parents[i] = i = parents[parents[i]]  # halves the way for whoever comes next
    return i


def _join(parents: array[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low
