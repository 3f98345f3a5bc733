"""Samples → which of them are one independent observation (a *unit*), and how many units there are.

What is not independent is drawn, exchanged and counted whole; how is the business of harness.stats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    first_of: tuple[dict[str, int], ...] = ({}, {}, {})
    parents = list(range(len(samples)))
    for i, sample in enumerate(samples):
        for first, names in zip(first_of, _shared(sample), strict=True):
            for name in names:
                other = first.setdefault(name, i)
                if other != i:
                    _join(parents, other, i)
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


def _shared(sample: Sample) -> tuple[Sequence[str], ...]:
    """Give the names that a sample may share with others: clusters, images, places."""
    cluster = sample.cluster
    return (
        (cluster,) if cluster and not cluster.isspace() else (),
        [ref.sha256 for ref in sample.media],
        sample.places,
    )


def _root(parents: list[int], i: int) -> int:
    while parents[i] != i:
        parents[i] = i = parents[parents[i]]  # halves the way for whoever comes next
    return i


def _join(parents: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parents, one), _root(parents, other)))
    parents[high] = low
