"""Samples → whose images each is shown in a shuffled control: another's, never its own.

Samples exchange with those that have as many images and nothing in common with them: neither an
image nor a cluster. Everybody's images are shown once, where that can be. The order is drawn from
a fixed seed, so that the same samples are always shuffled alike; with others, as ``--limit`` takes,
it may be another.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Sample

SEED = 0


def donors_of(samples: Sequence[Sample], seed: int = SEED) -> list[int]:
    """Give for each sample the place of the one whose images it is shown.

    Args:
        samples: of a run.
        seed: of the order in which they stand.

    Raises:
        DataError: a sample has no other to take images from.
    """
    units = _units(samples)
    donors = [0] * len(samples)
    for count in sorted({len(_images(sample)) for sample in samples}):
        alike = [i for i, sample in enumerate(samples) if len(_images(sample)) == count]
        for i, donor in zip(alike, _exchanged(alike, units, samples, seed), strict=True):
            donors[i] = donor
    return donors


def _exchanged(
    alike: Sequence[int], units: Sequence[int], samples: Sequence[Sample], seed: int
) -> list[int]:
    """Find donors among samples with as many images.

    They are put in a ring, those of a unit next to each other, and each takes the images of the
    one that stands as many places on as the largest unit has samples. If that unit has no more
    than half of all, nobody meets its own.
    """
    draw = random.Random(seed)  # an order, not a secret
    members: dict[int, list[int]] = {}
    for i in alike:
        members.setdefault(units[i], []).append(i)
    groups = list(members.values())
    draw.shuffle(groups)
    for group in groups:
        draw.shuffle(group)
    ring = [i for group in groups for i in group]
    step = max(map(len, groups))
    if len(groups) > 1 and 2 * step <= len(ring):
        given = {i: ring[(place + step) % len(ring)] for place, i in enumerate(ring)}
        return [given[i] for i in alike]
    found = []
    for i in alike:  # some are shown twice: one unit has more samples than all others together
        others = [other for other in ring if units[other] != units[i]]
        if not others:
            count = len(_images(samples[i]))
            images = "1 image" if count == 1 else f"{count} images"
            raise DataError(
                f"'shuffled' has no other sample with {images} to show for '{samples[i].id}'",
                hint="it needs samples of another cluster, with other images and as many of them; "
                "or leave 'shuffled' out of 'controls:'",
            )
        found.append(draw.choice(others))
    return found


def _units(samples: Sequence[Sample]) -> list[int]:
    """Number samples that have a cluster or an image in common alike, also by way of others."""
    first: dict[tuple[str, str], int] = {}
    parent = list(range(len(samples)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, sample in enumerate(samples):
        names = [("image", image) for image in _images(sample)]
        names += [("cluster", sample.cluster)] if sample.cluster else []
        for name in names:
            parent[root(i)] = root(first.setdefault(name, i))
    return [root(i) for i in range(len(samples))]


def _images(sample: Sample) -> Sequence[str]:
    """Name the images of a sample by their bytes; those that nobody has seen by their place."""
    return [ref.sha256 for ref in sample.media] or sample.places
