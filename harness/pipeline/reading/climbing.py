"""A run's scores + the best that a ladder has shown so far → what is shown of each of its systems.

Systems are compared in the order of the run, each with the best that is shown then, on the samples
that both have. Which one is a new best is decided once, when the run is scored, and kept.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.contrast import MeasuredMetric, grouped
from harness.fingerprint import sha256_json
from harness.metrics.metric import applies
from harness.pipeline.asking.counting import samples_sha256
from harness.pipeline.reading.deciding import deciding_column
from harness.records import Ladder, Rung, ShownBest
from harness.records.signature import DESCRIBES
from harness.store.shown_bests import shown_bests
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import RunRecord, RunSummary, Sample
    from harness.store.looks import LooksFile
    from harness.store.shown_bests import ShownBests

    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a run was measured on the metric that decides; rows are its systems."""

    metric: Metric
    column: int
    statistics: FloatArray
    """Shape (systems, samples, k)."""
    scored: BoolArray
    """Shape (systems, samples)."""
    clusters: NDArray[np.int64] | None


def climb(
    looks: LooksFile,
    run: RunRecord,
    summary: RunSummary,
    samples: Sequence[Sample],
    metrics: Mapping[str, Metric],
    statistics: Mapping[str, FloatArray],
    scored: BoolArray,
) -> Ladder | None:
    """Compare a run's systems with the best that is shown, and keep each new best.

    Args:
        looks: the dataset's file, which knows what was shown.
        run: whose suite may ask for a ladder.
        summary: its scores.
        samples: of the run.
        metrics: by label.
        statistics: by label, shape (systems, samples, k).
        scored: which samples a system has an answer to, shape (systems, samples).

    Returns:
        None where none is asked for, on a sealed split, and where the metric has no value.

    Raises:
        StoreError: what was shown cannot be read or kept.
    """
    split = run.dataset.split
    if split is None or split.is_sealed or not (run.decide and run.decide.ladder) or not metrics:
        return None
    column = deciding_column(metrics, run, None, ())
    label = next((name for name, metric in metrics.items() if column in metric.columns), None)
    if label is None:
        return None
    matrix = statistics[label]
    measured = Measured(
        metric=metrics[label],
        column=metrics[label].columns.index(column),
        statistics=matrix,
        scored=scored & applies(matrix),
        clusters=clusters_of(samples),
    )
    track = _track(summary, column, samples)
    with shown_bests(looks, split.name, track) as shown:
        climbing = _Climbing(run, column, track, measured, shown)
        for system in (s for s in summary.systems if s.control is None):
            if (value := summary.value(system.system, column)) is not None:
                climbing.compare(system.system, value)
        return climbing.ladder()


class _Climbing:
    """A ladder with the systems of a run on their way up."""

    def __init__(
        self, run: RunRecord, column: str, track: str, measured: Measured, shown: ShownBests
    ) -> None:
        self._run = run
        self._column = column
        self._track = track
        self._measured = measured
        self._shown = shown
        self._names = [system.name for system in run.systems]
        self._known = {best.statistics_sha256: best.value for best in shown.bests}
        self._best = shown.statistics() if shown.bests else None
        self._lost = bool(shown.bests) and self._best is None
        self._rungs: list[Rung] = []

    def compare(self, system: str, value: float) -> None:
        """Compare a system with the best, and keep it where it is better by more than the step."""
        row = self._names.index(system)
        own = self._measured.statistics[row], self._measured.scored[row]
        digest = hashlib.sha256(own[0].tobytes() + own[1].tobytes()).hexdigest()
        if digest in self._known:
            known = self._known[digest]
            self._rungs.append(Rung(system=system, state="shown before", value=known, step=None))
            return
        step = None
        if self._shown.bests:
            gain, step = self._gain(row)
            if not gain > step:
                stands = self._shown.bests[-1].value
                finite = step if math.isfinite(step) else None
                self._rungs.append(
                    Rung(system=system, state="best stays", value=stands, step=finite)
                )
                return
        best = ShownBest(
            at=self._run.created,
            split=self._run.dataset.split.name if self._run.dataset.split else "",
            suite=self._run.suite,
            run=self._run.id,
            system=system,
            track=self._track,
            metric=self._column,
            value=value,
            statistics_sha256=digest,
            statistics=f"{self._run.id}.{row}.npz",
        )
        self._shown.add(best, *own)
        self._best = own
        self._known[digest] = value
        self._rungs.append(Rung(system=system, state="new best", value=value, step=step))

    def ladder(self) -> Ladder | None:
        """Say what is shown; None where nothing could be compared."""
        if not self._rungs:
            return None
        best = self._shown.bests[-1]
        return Ladder(
            metric=self._column,
            best=best.system,
            run=best.run,
            value=best.value,
            rungs=tuple(self._rungs),
            lost=self._lost,
        )

    def _gain(self, row: int) -> tuple[float, float]:
        """Give how much better than the best a system is, and the step that it has to pass."""
        measured = self._measured
        shape = measured.statistics.shape[1:]
        if self._best is None or self._best[0].shape != shape:
            return 0.0, math.inf
        both = MeasuredMetric(
            metric=measured.metric,
            statistics=np.stack([self._best[0], measured.statistics[row]]),
            scored=np.stack([self._best[1], measured.scored[row]]),
        )
        for group in grouped(both, [(0, 1)], measured.clusters):
            best, own = group.values[:, :, measured.column]
            return float((own - best).mean()), stats.smallest_shown(own - best)
        return 0.0, math.inf


def _track(summary: RunSummary, column: str, samples: Sequence[Sample]) -> str:
    """Hash what scores must have in common for their difference to mean something."""
    computed = next(r.signature.fields for r in summary.results if r.metric == column)
    fields = [[name, value] for name, value in computed if name not in {*DESCRIBES, "v"}]
    return sha256_json([column, fields, samples_sha256(samples)])
