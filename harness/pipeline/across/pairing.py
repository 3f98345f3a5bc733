"""Samples of several runs → one set of samples, and the place in it of each run's own.

A sample is the same in two runs if its id, its images' bytes and its references are; one that has
the id alone is left out and counted, for scores of it would not mean the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.contrast import units_text
from harness.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.records import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The samples of several runs, each once."""

    samples: tuple[Sample, ...]
    """Of any of the runs, but for those that are left out; in the order of the first run, then
    those that the others add."""
    places: tuple[NDArray[np.int64], ...]
    """Of each run: the place here of each of its samples; −1 of those that are left out."""
    in_all: int
    """Samples that every run has."""
    alone: tuple[int, ...]
    """Of each run: samples that another run has not."""
    other_images: tuple[str, ...]
    """Ids whose images are not the same in all runs."""
    other_references: tuple[str, ...]
    """Ids whose references are not the same in all runs."""
    unknown_images: int
    """Samples that every run has, of which not every run knows the images."""
    other_metadata: bool
    """Whether a sample of several runs has not the same metadata in all of them."""

    def said(self) -> list[str]:
        """Say which samples are compared, and what became of the others."""
        lines = [
            f"compared on {units_text(self.in_all, None)} with the same id, images and references"
        ]
        if self.unknown_images:
            lines[0] += f" (of {self.unknown_images} a run does not know the images)"
        if any(self.alone):
            counts = " and ".join(map(str, self.alone))
            lines.append(f"samples that one run alone has, and which are not compared: {counts}")
        for ids, what in (
            (self.other_images, "images"),
            (self.other_references, "references"),
        ):
            if ids:
                shown = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
                lines.append(
                    f"left out, for their {what} are others in the other run: {len(ids)} ({shown})"
                )
        return lines


def paired(runs: Sequence[Sequence[Sample]], names: Sequence[str]) -> Pairing:
    """Put the samples of runs together.

    Args:
        runs: the samples of each.
        names: what each run is called.

    Raises:
        StoreError: they have no sample in common, or most that have one id have other images or
            other references, which makes another dataset of it.
    """
    first: dict[str, Sample] = {}
    counts: dict[str, int] = {}
    images: dict[str, None] = {}
    references: dict[str, None] = {}
    unknown: set[str] = set()
    other_metadata = False
    for samples in runs:
        for sample in samples:
            counts[sample.id] = counts.get(sample.id, 0) + 1
            other = first.setdefault(sample.id, sample)
            if other is sample:
                continue
            alike = _same_images(other, sample)
            if alike is None:
                unknown.add(sample.id)
            elif not alike:
                images[sample.id] = None
            if other.references != sample.references:
                references[sample.id] = None
            other_metadata = other_metadata or other.metadata != sample.metadata
    out = {**images, **references}
    shared = [name for name, count in counts.items() if count == len(runs)]
    left = [name for name in shared if name not in out]
    _check(shared, left, images, references, names)
    place = {name: i for i, name in enumerate(name for name in first if name not in out)}
    return Pairing(
        samples=tuple(first[name] for name in place),
        places=tuple(
            np.array([place.get(sample.id, -1) for sample in samples], dtype=np.int64)
            for samples in runs
        ),
        in_all=len(left),
        alone=tuple(
            sum(counts[sample.id] < len(runs) for sample in samples if sample.id not in out)
            for samples in runs
        ),
        other_images=tuple(images),
        other_references=tuple(references),
        unknown_images=len(unknown - out.keys()),
        other_metadata=other_metadata,
    )


def _same_images(one: Sample, other: Sample) -> bool | None:
    """Tell whether two samples have the same images; None where it is not known."""
    if one.media and other.media:
        return [ref.sha256 for ref in one.media] == [ref.sha256 for ref in other.media]
    if one.places and other.places:
        return one.places == other.places
    return None


def _check(
    shared: Sequence[str],
    left: Sequence[str],
    images: dict[str, None],
    references: dict[str, None],
    names: Sequence[str],
) -> None:
    runs = " and ".join(names)
    if not shared:
        raise StoreError(
            f"{runs} cannot be compared: no sample's id is in both",
            hint="'harness show RUN' says of which dataset a run is",
        )
    if 2 * len(left) >= len(shared):
        return
    told = [
        f"{len(ids)} of the {len(shared)} samples with one id have other {what} ({next(iter(ids))})"
        for ids, what in ((references, "references"), (images, "images"))
        if ids
    ]
    raise StoreError(
        f"{runs} cannot be compared, for they are of different data: {'; '.join(told)}",
        hint="run the older suite again: only samples that changed are asked for",
    )
