"""A scored run → its metric on slices of the samples, differences that are told apart first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.contrast import USUAL, MeasuredMetric, conclude, grouped, record
from harness.errors import DataError
from harness.metrics.metric import applies
from harness.pipeline.reading.comparing import read_statistics
from harness.pipeline.reading.deciding import chosen_metric, differing
from harness.report.notebook import number, slices_html, span
from harness.slices import COMPUTED, LEAST, Slice, slices
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.records import Comparison, Json, Resampling, Sample
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceScore:
    """One system on one slice."""

    value: str
    """The slice: a value of the field."""
    system: str
    n: int
    """Its scored samples in the slice."""
    units: int
    """Independent ones among them."""
    score: float
    interval: tuple[float, float] | None
    no_interval: str | None
    """Why there is none."""
    against: Comparison | None
    """Compared with the baseline on this slice; None for the baseline itself, and where the two
    share no sample."""
    shrunk: float | None
    """The difference drawn towards that of all slices, as far as its noise asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicedRun:
    """A metric on all slices of a field."""

    metric: str
    baseline: str
    """The system that others are compared with."""
    field: str
    scores: tuple[SliceScore, ...]
    """Slice by slice; slices with a difference that is told apart first, then by size."""
    tests: int
    """Comparisons that were tested together: of every field that could have been looked at."""
    fields: int
    """How many fields those are."""
    left_out: Mapping[str, int]
    """Slices of too few samples to tell anything → their samples."""
    without: int
    """Samples that have no value of the field, and so are in no slice."""
    leakage: tuple[str, ...] = ()
    """What prompts give away of the samples under test, where the suite allows it."""

    def json(self) -> Json:
        """Give plain data."""
        return asdict(self)

    @property
    def uneven(self) -> bool:
        """Whether a difference is on other samples than a score that stands beside it."""
        own = {(score.value, score.system): score.n for score in self.scores}
        return any(
            {own.get((score.value, name)) for name in (self.baseline, score.system)}
            != {score.against.n_paired}
            for score in self.scores
            if score.against
        )

    @property
    def shown(self) -> int:
        """How many slices have scores."""
        return len({score.value for score in self.scores})

    def _repr_html_(self) -> str:
        """Show the slices in a notebook."""
        return slices_html(self.metric, self.field, [_row(score) for score in self.scores])


def slice_run(
    folder: RunFolder, field: str, *, metric: str | None = None, resampling: Resampling = USUAL
) -> SlicedRun:
    """Score and compare a run's systems on slices of its samples.

    CIDEr keeps the document frequencies of the whole run. Whichever field is looked at, the slices
    of all fields are tested together, on the metric that the suite declares, else on all columns:
    who looks until something shows finds chance no oftener than who looks once.

    Args:
        folder: a scored run.
        field: a metadata field, or one that every dataset has: reference_words, references,
            reference_rarity.
        metric: by its column's name; default: as ``compare_run``.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        DataError: no sample has the field, or no slice is large enough.
        MetricError: the run has no such metric.
        StoreError: the run is not scored.
    """
    samples = folder.samples()
    fields = _fields(samples)
    if field not in fields:
        raise DataError(f"no sample has '{field}'", hint=f"fields: {', '.join(fields)}")
    every = slices(samples, field)
    if not any(len(part.rows) >= LEAST for part in every):
        largest = f"the largest, '{every[0].value}', has {len(every[0].rows)}" if every else "none"
        raise DataError(
            f"no slice of '{field}' has {LEAST} samples", hint=f"{len(every)} slices: {largest}"
        )
    return _Tested(folder, samples, metric, resampling).sliced(field)


def slice_all(
    folder: RunFolder, *, metric: str | None = None, resampling: Resampling = USUAL
) -> list[SlicedRun]:
    """Score and compare a run's systems on slices of every field, as ``slice_run`` does of one.

    Returns:
        Each field that has a slice which is large enough.

    Raises:
        MetricError: the run has no such metric.
        StoreError: the run is not scored.
    """
    tested = _Tested(folder, folder.samples(), metric, resampling)
    return [tested.sliced(field) for field in tested.parts]


def _fields(samples: Sequence[Sample]) -> list[str]:
    return [*dict.fromkeys(key for s in samples for key in s.metadata), *COMPUTED]


class _Tested:
    """A run whose slices of all fields have been tested together.

    Args:
        folder: a scored run.
        samples: of it.
        metric: by its column's name; None: as ``compare_run``.
        resampling: how often answers are exchanged, and from which seed.
    """

    def __init__(
        self,
        folder: RunFolder,
        samples: Sequence[Sample],
        metric: str | None,
        resampling: Resampling,
    ) -> None:
        run, self._summary = folder.run(), folder.summary()
        known = [system.system for system in self._summary.systems]
        baseline = self._summary.baseline
        first = next(i for i, s in enumerate(self._summary.systems) if s.variant == baseline)
        rivals = [i for i, s in enumerate(self._summary.systems) if s.control is None]
        order = [first, *(i for i in rivals if i != first)]
        self._names = [known[i] for i in order]
        scored, statistics, metrics = read_statistics(folder, self._summary)
        different = differing(self._summary, self._names)
        _, self._column = chosen_metric(metrics, run, self._summary, metric, different)
        by_plan = run.decide is not None and self._column in run.decide.metrics
        self._measured = [
            MeasuredMetric(
                metric=metrics[label],
                statistics=matrix[order],
                scored=scored[order] & applies(matrix[order]),
            )
            for label, matrix in statistics.items()
            if not by_plan or self._column in metrics[label].columns
        ]
        self._samples = samples
        self._clusters = clusters_of(samples)
        self._resampling = resampling
        self.parts: dict[str, list[Slice]] = {}
        """The slices of each field that are large enough."""
        self._every: dict[str, list[Slice]] = {}
        for name in _fields(samples):
            every = slices(samples, name)
            if large := [part for part in every if len(part.rows) >= LEAST]:
                self.parts[name], self._every[name] = large, every
        pairs = [(0, i) for i in range(1, len(self._names))]
        self._tested = [
            (name, part, group)
            for name, some in self.parts.items()
            for part in some
            for one in self._measured
            for group in grouped(one, pairs, self._clusters, _mask(part, len(samples)))
        ]
        self._conclusions = conclude(
            [
                (group, [t for t in group.tests if not by_plan or t.metric == self._column])
                for _, _, group in self._tested
            ],
            resampling,
        )

    def sliced(self, field: str) -> SlicedRun:
        """Give the slices of one field."""
        against = self._against(field)
        shrunk = _shrunk(against, self._names)
        [one] = [one for one in self._measured if self._column in one.metric.columns]
        scores = [
            score
            for part in self.parts[field]
            for score in _scores(
                one, self._column, part, self._names, self._clusters, against, shrunk
            )
        ]
        apart = {key[0] for key, pair in against.items() if pair.verdict == "told apart"}
        every = self._every[field]
        return SlicedRun(
            metric=self._column,
            baseline=self._names[0],
            field=field,
            scores=tuple(sorted(scores, key=lambda score: score.value not in apart)),
            tests=max((pair.family for pair in against.values()), default=0),
            fields=len(self.parts),
            left_out={part.value: len(part.rows) for part in every if len(part.rows) < LEAST},
            without=len(self._samples) - len({row for part in every for row in part.rows}),
            leakage=self._summary.leakage,
        )

    def _against(self, field: str) -> dict[tuple[str, str], Comparison]:
        """Give the comparison of each system with the baseline on each slice of a field."""
        return {
            (part.value, self._names[test.pair[1]]): record(
                group,
                test,
                self._conclusions.get(test),
                systems=self._names,
                resampling=self._resampling,
            )
            for name, part, group in self._tested
            if name == field
            for test in group.tests
            if test.metric == self._column
        }


def _mask(part: Slice, samples: int) -> NDArray[np.bool_]:
    mask = np.zeros(samples, dtype=bool)
    mask[list(part.rows)] = True
    return mask


def _shrunk(
    against: Mapping[tuple[str, str], Comparison], names: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Draw each system's differences on slices towards their mean: (slice, system) → difference."""
    drawn: dict[tuple[str, str], float] = {}
    for name in names[1:]:
        own = {key: pair for key, pair in against.items() if key[1] == name}
        if len(own) >= stats.FEWEST_POOLED:
            pooled = stats.pool_slices(
                [pair.delta for pair in own.values()],
                [_error(pair) for pair in own.values()],
                [pair.units for pair in own.values()],
            )
            values = zip(own, pooled.estimates.tolist(), strict=True)
            drawn |= {key: value for key, value in values if np.isfinite(value)}
    return drawn


def _error(pair: Comparison) -> float:
    """Give the standard error of a difference; NaN where it is not known."""
    return float("nan") if pair.unit_sd is None else pair.unit_sd / float(np.sqrt(pair.units))


def _scores(
    measured: MeasuredMetric,
    column: str,
    part: Slice,
    names: Sequence[str],
    clusters: NDArray[np.int64] | None,
    against: Mapping[tuple[str, str], Comparison],
    shrunk: Mapping[tuple[str, str], float],
) -> list[SliceScore]:
    """Score every system on one slice."""
    rows = np.array(part.rows)
    scores = []
    for i, system in enumerate(names):
        kept = rows[measured.scored[i, rows]]
        if not len(kept):
            continue
        estimates = stats.estimate(
            measured.statistics[i, kept],
            measured.metric.aggregate,
            clusters=None if clusters is None else clusters[kept],
            contrasted=measured.metric.contrasted,
            bounds=measured.metric.bounds,
            shares=measured.metric.shares,
        )
        estimate = estimates[measured.metric.columns.index(column)]
        key = part.value, system
        scores.append(
            SliceScore(
                value=part.value,
                system=system,
                n=len(kept),
                units=estimate.units,
                score=estimate.value,
                interval=estimate.interval,
                no_interval=estimate.no_interval,
                against=against.get(key),
                shrunk=shrunk.get(key),
            )
        )
    return scores


def _row(score: SliceScore) -> tuple[str, ...]:
    """Write a slice's score as a notebook shows it."""
    pair = score.against
    difference = ""
    if pair is not None:
        difference = f"{pair.delta:+.4f} {span(pair.interval, '+.4f')}"
    return (
        score.value,
        score.system,
        str(score.n),
        f"{number(score.score)} {span(score.interval)}",
        difference,
        "" if pair is None else pair.verdict,
    )
