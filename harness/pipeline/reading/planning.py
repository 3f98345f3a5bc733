"""The noise of an earlier run → which differences samples can show, before they are asked."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import MeasuredMetric, grouped
from harness.errors import MetricError
from harness.metrics.metric import applies
from harness.metrics.registry import columns_given
from harness.pipeline.asking.declaring import systems_to_ask
from harness.pipeline.reading.comparing import compare_run, ranked, read_statistics
from harness.pipeline.reading.deciding import chosen_metric, differing, no_value
from harness.records import Decision
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.metrics.arrays import FloatArray
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import Json, Sample, Suite, System
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPower:
    """What units can show of a pair."""

    baseline: str
    candidate: str
    smallest: float | None
    """The smallest true difference that is told apart with 80 % power; None: none is."""
    between: tuple[float, float] | None
    """95 % interval of it, for the noise itself was only measured."""
    needed: int | None
    """Units that the difference in question needs; None where none was named, where ``reason``
    says that nothing can be said, and where they are more than are counted."""
    comparisons: int
    """That are tested together with this one."""
    reason: str | None
    """Why nothing can be said."""
    uncounted: bool = False
    """Whether the difference in question needs more than ``stats.MOST_UNITS`` units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a run can show, or has been able to."""

    metric: str
    difference: float | None
    """The one in question."""
    samples: int
    units: int
    """Independent ones among them."""
    pairs: tuple[PairPower, ...]
    undecided: tuple[str, ...] = ()
    """What of the comparisons that the suite declares cannot be made, and why."""
    further: tuple[Power, ...] = ()
    """The same on each further metric that the suite declares and that has a value."""

    def json(self) -> Json:
        """Give plain data."""
        return asdict(self)


def power_of_run(
    folder: RunFolder, *, metric: str | None = None, difference: float | None = None
) -> Power:
    """Say for each pair what its samples were able to show.

    Args:
        folder: a scored run.
        metric: by its column's name; default: all that the suite declares, else as ``compare_run``.
        difference: in the metric's units: how many units would it have needed?

    Raises:
        StoreError: the run is not scored.
        MetricError: the run has no such metric, or no number of units shows the difference.
    """
    _check(difference)
    compared = compare_run(folder, metric=metric)
    if all(column.metric != compared.deciding for column in compared.metrics):
        raise no_value(folder.summary(), compared.deciding)
    first, *further = [
        _power_on(folder, compared, column.metric, difference)
        for column in compared.told
        if column in compared.metrics
    ]
    return replace(first, undecided=compared.undecided, further=tuple(further))


def _power_on(
    folder: RunFolder, compared: RunComparison, column: str, difference: float | None
) -> Power:
    """Say on one metric for each pair what a run's samples were able to show."""
    pairs = compared.metric(column).pairs
    noise = _differences(folder, column)
    clusters = clusters_of(folder.samples())
    n = len(folder.samples())
    told = []
    for pair in pairs:
        between = None
        if pair.smallest is not None and pair.bar is not None:
            own = noise[pair.baseline, pair.candidate]
            found = stats.reach(own.values, pair.units, pair.bar, share=own.share)
            scale = pair.smallest / found.smallest if found.smallest else 1.0
            low, high = found.between
            between = (low * scale, high * scale)
        needed, uncounted = _needed(pair.unit_sd, difference, pair.bar, share=pair.share)
        told.append(
            PairPower(
                baseline=pair.baseline,
                candidate=pair.candidate,
                smallest=pair.smallest,
                between=between,
                needed=needed,
                uncounted=uncounted,
                comparisons=pair.family,
                reason=pair.reason,
            )
        )
    return Power(
        metric=column,
        difference=difference,
        samples=n,
        units=n if clusters is None else len(set(clusters.tolist())),
        pairs=tuple(told),
    )


def power_of_suite(
    suite: Suite,
    samples: Sequence[Sample],
    folder: RunFolder,
    *,
    metric: str | None = None,
    difference: float | None = None,
) -> Power:
    """Say what a suite's samples will show, from the noise of an earlier run.

    The pairs are those of the earlier run: each tells how much two prompts' answers to one sample
    differ. The bar of one is that of the comparisons that the suite declares, or of all its pairs:
    also of a pair that the suite has and does not declare.

    Args:
        suite: to be run.
        samples: of its dataset.
        folder: the earlier run, scored by the same metric.
        metric: by its column's name; default: all that the suite declares, else as ``compare_run``.
        difference: in the metric's units: how many units does it need?

    Raises:
        StoreError: the run is not scored.
        MetricError: it has no such metric, or no number of units shows the difference.
    """
    _check(difference)
    run, summary = folder.run(), folder.summary()
    _, _, metrics = read_statistics(folder, summary)
    names = ranked(summary)
    wanted: list[str | None] = [metric]
    if metric is None and suite.decide:
        known = [column for each in metrics.values() for column in each.columns]
        wanted = [column for column in suite.decide.metrics if column in known]
        if not wanted:
            raise no_value(summary, suite.decide.metrics[0])
    different = differing(summary, names)
    families = _Families(suite, run.systems)
    first, *further = [
        _planned(families, samples, folder, column, difference)
        for name in wanted
        for _, column in [chosen_metric(metrics, run, summary, name, different)]
    ]
    return replace(first, further=tuple(further))


class _Families:
    """What a suite will test together: the pairs that it declares, and all of its pairs.

    Args:
        suite: to be run.
        earlier: the systems of the earlier run, which may have other names there.

    Raises:
        MetricError: it has no pair.
    """

    def __init__(self, suite: Suite, earlier: Sequence[System]) -> None:
        declared = suite.decide
        systems = systems_to_ask(suite)
        own = {_parts(system): system.name for system in systems}
        self._own = {s.name: own[_parts(s)] for s in earlier if _parts(s) in own}
        every = Decision(metrics=()).pairs(systems)
        planned = (declared or Decision(metrics=())).pairs(systems)
        if not planned:
            raise MetricError("the suite has one system, and nothing to compare it with")
        place = {system.name: i for i, system in enumerate(systems)}
        self._declared = {frozenset(pair) for pair in planned}
        self._metrics = declared.metrics if declared else None
        columns = len(columns_given(suite.metrics))

        def family(pairs: Sequence[tuple[str, str]], columns: int) -> tuple[float, int]:
            places = [(place[baseline], place[candidate]) for candidate, baseline in pairs]
            return stats.planned_bar(len(systems), places, columns), len(pairs) * columns

        self._others = family(every, columns)
        self._planned = family(planned, len(declared.metrics)) if declared else self._others

    def of(self, baseline: str, candidate: str, column: str) -> tuple[float, int]:
        """Give the bar of a pair of the earlier run, and how many are tested with it.

        One that the suite does not have stands for those that it declares.
        """
        if not {baseline, candidate} <= self._own.keys():
            return self._planned
        pair = frozenset((self._own[baseline], self._own[candidate]))
        by_plan = self._metrics is None or column in self._metrics
        return self._planned if by_plan and pair in self._declared else self._others


def _parts(system: System) -> tuple[str, str, str, str | None]:
    """Give what makes a system, whatever its run calls it."""
    return system.model, system.variant, system.decoding.name, system.pipeline


def _planned(
    families: _Families,
    samples: Sequence[Sample],
    folder: RunFolder,
    column: str,
    difference: float | None,
) -> Power:
    """Say on one metric what samples will show, from the noise of an earlier run."""
    clusters = clusters_of(samples)
    units = len(samples) if clusters is None else len(set(clusters.tolist()))
    told = []
    for (baseline, candidate), noise in _differences(folder, column).items():
        bar, comparisons = families.of(baseline, candidate, column)
        found = None if noise.reason else stats.reach(noise.values, units, bar, share=noise.share)
        shown = found is not None and math.isfinite(found.smallest)
        sd = stats.noise_of(noise.values) if found else None
        needed, uncounted = _needed(sd, difference, bar, share=noise.share)
        told.append(
            PairPower(
                baseline=baseline,
                candidate=candidate,
                smallest=found.smallest if found and shown else None,
                between=found.between if found and shown else None,
                needed=needed,
                uncounted=uncounted,
                comparisons=comparisons,
                reason=noise.reason or (None if shown else stats.TOO_FEW_UNITS),
            )
        )
    return Power(
        metric=column,
        difference=difference,
        samples=len(samples),
        units=units,
        pairs=tuple(told),
    )


def _check(difference: float | None) -> None:
    if difference is not None and not (math.isfinite(difference) and difference > 0):
        raise MetricError(f"no number of samples shows a difference of {difference}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noise:
    """How much two systems' answers to one unit differ."""

    values: FloatArray
    """Each unit's difference."""
    share: bool
    """Whether it is of paired shares."""
    reason: str | None
    """Why they tell nothing."""


def _differences(folder: RunFolder, column: str) -> dict[tuple[str, str], _Noise]:
    """Give each unit's difference of each pair on a column, baselines first."""
    summary = folder.summary()
    scored, statistics, metrics = read_statistics(folder, summary)
    label = next(label for label, metric in metrics.items() if column in metric.columns)
    known = [system.system for system in summary.systems]
    first = [s.system for s in summary.systems if s.variant == summary.baseline]
    names = sorted(ranked(summary), key=lambda name: name not in first)
    rows = [known.index(name) for name in names]
    matrix = statistics[label][rows]
    measured = MeasuredMetric(
        metric=metrics[label], statistics=matrix, scored=scored[rows] & applies(matrix)
    )
    differences = {}
    pairs = combinations(range(len(names)), 2)
    for group in grouped(measured, pairs, clusters_of(folder.samples())):
        for test in group.tests:
            if test.metric == column:
                a, b = (group.values[group.systems.index(i), :, test.column] for i in test.pair)
                differences[names[test.pair[0]], names[test.pair[1]]] = _Noise(
                    values=b - a, share=test.share, reason=test.reason
                )
    return differences


def _needed(
    unit_sd: float | None, difference: float | None, bar: float | None, *, share: bool
) -> tuple[int | None, bool]:
    """Say how many units a difference needs, and whether they are more than are counted."""
    if difference is None or unit_sd is None or bar is None:
        return None, False
    try:
        return stats.units_needed(unit_sd, difference, bar, share=share), False
    except OverflowError:
        return None, True
