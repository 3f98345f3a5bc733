"""Runs → those of one version of a dataset together: the same samples, references and images.

Scores of different versions are never put beside each other; within one, what the runs have kept is
used as it is, and only where it was computed alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.contrast import MeasuredMetric, units_text
from harness.errors import StoreError
from harness.fingerprint import canonical_json
from harness.metrics.metric import applies
from harness.pipeline.across.identity import Identity, Noting
from harness.pipeline.across.opened import OpenedRun
from harness.pipeline.reading.comparing import read_statistics
from harness.report.ladder_view import hidden
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import MetricResult, Sample, Signature
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Runs over the same samples."""

    sha256: str
    """Of ids, references and images, the split and the tokeniser."""
    runs: tuple[OpenedRun, ...]
    """The oldest first."""

    @property
    def samples(self) -> Sequence[Sample]:
        """In the order of the first run."""
        return self.runs[0].samples

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """Which samples belong together."""
        return clusters_of(self.samples)

    def describe(self) -> str:
        """Name it for people."""
        newest = self.runs[-1]
        split = f", split {newest.split}" if newest.split else ""
        return f"{newest.run.dataset.name}{split}: {len(self.samples)} samples"

    def unlike(self, other: Version) -> str:
        """Say in what it differs from another version."""
        mine, theirs = self.runs[0], other.runs[0]
        if mine.run.dataset.name != theirs.run.dataset.name:
            return f"another dataset ({mine.run.dataset.name})"
        if mine.split != theirs.split:
            return f"another split ({mine.split or 'none'})"
        if mine.run.tokenizer != theirs.run.tokenizer:
            return f"another tokeniser ({mine.run.tokenizer})"
        own, others = ({sample.id: sample for sample in v.samples} for v in (self, other))
        if own.keys() != others.keys():
            return f"other samples ({len(own)}, before {len(others)})"
        changed = sum(own[name].references != others[name].references for name in own)
        if changed:
            return f"other references of {units_text(changed, None)}"
        return "other images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A system of a run."""

    opened: OpenedRun
    system: str
    identity: Identity

    @property
    def results(self) -> dict[str, MetricResult]:
        """Its scores, by column."""
        return {
            r.metric: r
            for r in self.opened.summary.results
            if r.system == self.system and r.value is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns that entrants have in one way."""

    chosen: Mapping[str, tuple[str, Signature]]
    """Column → the label of its metric, and how the newest run that has it computed it."""
    apart: Mapping[str, Mapping[int, str]]
    """Column → place of an entrant that computed it otherwise, and in what."""

    def has(self, column: str, place: int, entrant: Entrant) -> bool:
        """Tell whether an entrant has a score of a column that means what the others' do."""
        return column in entrant.results and place not in self.apart.get(column, {})


def open_finished(folders: Iterable[RunFolder]) -> tuple[list[OpenedRun], list[str]]:
    """Open the runs that finished, the oldest first; and say which were passed over, and why."""
    opened, passed = [], []
    for folder in folders:
        if not folder.complete:
            passed.append(f"{folder.path.name} did not finish")
            continue
        try:
            opened.append(OpenedRun.of(folder))
        except StoreError as error:
            passed.append(f"{folder.path.name} cannot be read ({error.message})")
    opened.sort(key=lambda each: (each.run.created, each.name))
    return opened, passed


def versions(runs: Sequence[OpenedRun]) -> list[Version]:
    """Put runs of one version together, in the order of their first runs.

    A run that does not know its images (predictions made elsewhere) is of the version of its ids
    and references, if there is one alone.
    """
    by_texts: dict[str, dict[str | None, list[OpenedRun]]] = {}
    for opened in runs:
        texts, images = _hashes(opened)
        by_texts.setdefault(texts, {}).setdefault(images, []).append(opened)
    found = []
    for texts, by_images in by_texts.items():
        known = [images for images in by_images if images is not None]
        if None in by_images and len(known) == 1:
            by_images[known[0]] += by_images.pop(None)
        for images, some in by_images.items():
            some.sort(key=lambda each: (each.run.created, each.name))
            digest = hashlib.sha256(f"{texts}{images}".encode()).hexdigest()
            found.append(Version(sha256=digest, runs=tuple(some)))
    return sorted(found, key=lambda version: runs.index(version.runs[0]))


def entrants_of(opened: OpenedRun, example: str | None = None) -> list[Entrant]:
    """Give the systems of a run, but for controls and what a ladder does not show.

    Args:
        opened: the run.
        example: a sample of which it is kept what was sent.

    Raises:
        StoreError: its completions are damaged.
    """
    noting = Noting(opened.run, example)
    for _ in noting.watch(opened.folder.completions()):
        pass
    identities, out = noting.identities(), hidden(opened.summary)
    return [
        Entrant(opened=opened, system=name, identity=identities[name])
        for name in opened.rivals
        if name not in out
    ]


def columns_of(entrants: Sequence[Entrant]) -> Columns:
    """Say which columns entrants have, each as the newest run computed it, and who did otherwise.

    Args:
        entrants: the oldest first.
    """
    chosen: dict[str, tuple[str, Signature]] = {}
    for entrant in reversed(entrants):
        for column, result in entrant.results.items():
            if result.units is not None:  # of one number for all answers nothing can be told
                chosen.setdefault(column, (result.family, result.signature))
    order = [c for e in reversed(entrants) for c in e.opened.summary.metrics]
    chosen = {column: chosen[column] for column in dict.fromkeys(order) if column in chosen}
    apart: dict[str, dict[int, str]] = {}
    for place, entrant in enumerate(entrants):
        results = entrant.results
        for column, (label, signature) in chosen.items():
            if column not in results:
                continue
            found = signature.differences(results[column].signature).computed
            if results[column].family != label:
                told = f"{results[column].family}, not {label}"
                apart.setdefault(column, {})[place] = told
            elif found:
                apart.setdefault(column, {})[place] = ", ".join(map(str, found))
    return Columns(chosen=chosen, apart=apart)


def measured(
    version: Version, entrants: Sequence[Entrant], columns: Columns
) -> dict[str, MeasuredMetric]:
    """Put the statistics of entrants beside each other, by label, where they were computed alike.

    Args:
        version: whose samples they all have.
        entrants: in their order.
        columns: that are compared.

    Raises:
        StoreError: the statistics of a run are damaged.
        MetricError: a metric of a run is not to be had here.
    """
    place = {sample.id: i for i, sample in enumerate(version.samples)}
    kept: dict[str, tuple[NDArray[np.bool_], dict[str, FloatArray], dict[str, Metric]]] = {}
    order: dict[str, NDArray[np.int64]] = {}
    for opened in {str(each.opened.folder.path): each.opened for each in entrants}.values():
        path = str(opened.folder.path)
        kept[path] = read_statistics(opened.folder, opened.summary)
        order[path] = np.argsort([place[sample.id] for sample in opened.samples])
    found = {}
    for label in dict.fromkeys(label for label, _ in columns.chosen.values()):
        own = [column for column, (of, _) in columns.chosen.items() if of == label]
        having = {
            i: entrant
            for i, entrant in enumerate(entrants)
            if label in kept[str(entrant.opened.folder.path)][1]
            and all(columns.has(column, i, entrant) for column in own)
        }
        if not having:
            continue
        rows = {i: _row(e, label, kept, order) for i, e in having.items()}
        first = next(iter(rows.values()))[0]
        statistics = np.zeros((len(entrants), *first.shape))
        scored = np.zeros((len(entrants), len(first)), dtype=np.bool_)
        for i, (values, there) in rows.items():
            statistics[i], scored[i] = values, there & applies(values)
        path = str(next(iter(having.values())).opened.folder.path)
        found[label] = MeasuredMetric(
            metric=kept[path][2][label], statistics=statistics, scored=scored
        )
    return found


def _row(
    entrant: Entrant,
    label: str,
    kept: Mapping[str, tuple[NDArray[np.bool_], dict[str, FloatArray], dict[str, Metric]]],
    order: Mapping[str, NDArray[np.int64]],
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Give an entrant's statistics in the order of the version's samples, and what is scored."""
    path = str(entrant.opened.folder.path)
    scored, statistics, _ = kept[path]
    row = entrant.opened.row(entrant.system)
    return statistics[label][row][order[path]], scored[row][order[path]]


def _hashes(opened: OpenedRun) -> tuple[str, str | None]:
    """Hash what a run's samples are; their images apart, None where it does not know them."""
    texts, images = hashlib.sha256(), hashlib.sha256()
    texts.update(canonical_json([opened.split, opened.run.tokenizer]).encode())
    known = True
    for line, shown in _lines(opened.samples):
        texts.update(line.encode())
        images.update(shown.encode())
        known = known and bool(shown)
    return texts.hexdigest(), images.hexdigest() if known else None


def _lines(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    for i in sorted(range(len(samples)), key=lambda i: samples[i].id):
        sample = samples[i]
        shown = "".join(f"{ref.sha256} " for ref in sample.media)
        yield canonical_json([sample.id, list(sample.references), sample.cluster]), shown
