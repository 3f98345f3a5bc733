"""A pair of systems + a margin → whether the candidate is shown to be no worse: a gate for CI.

A non-inferiority test: the lower end of the 95 % interval of candidate − baseline, a one-sided one
of 97.5 %, has to lie above minus the margin. Data that cannot tell does not pass. Each gate is a
test that its caller declared, and all have to pass, so that none allows for the others (Berger
1982, an intersection–union test).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from harness import stats
from harness.contrast import (
    ROUGH,
    USUAL,
    MeasuredMetric,
    conclude,
    grouped,
    record,
    rounded_up,
    signed,
    units_text,
)
from harness.errors import MetricError, StoreError
from harness.metrics.metric import applies
from harness.metrics.registry import UNRANKED
from harness.nearest import nearest
from harness.pipeline.reading.comparing import ranked, read_statistics
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.metric import Metric
    from harness.pipeline.across.two_runs import Merged
    from harness.records import Comparison, Json, Resampling
    from harness.store.run_folder import RunFolder

Outcome = Literal["not worse", "same system", "worse", "cannot tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What has to be shown."""

    metric: str
    """A column's name."""
    margin: float | None
    """The smallest loss that matters; None: what the suite declares."""

    @classmethod
    def parse(cls, text: str) -> Gate:
        """Read ``METRIC`` or ``METRIC:MARGIN``.

        Raises:
            MetricError: the margin is no number above 0.
        """
        metric, colon, written = text.partition(":")
        if not colon:
            return cls(metric=metric, margin=None)
        try:
            margin = float(written)
        except ValueError:
            margin = math.nan
        if not (metric and 0.0 < margin < math.inf):
            raise MetricError(
                f"'{text}': a margin is a number above 0, in the metric's units",
                hint="such as CIDEr:0.1, the smallest loss that matters to you",
            )
        return cls(metric=metric, margin=margin)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """Whether a candidate passed a gate."""

    metric: str
    margin: float
    baseline: str
    candidate: str
    outcome: Outcome
    least: float | None
    """The one-sided 97.5 % lower bound of candidate − baseline; None where there is none."""
    needed: int | None
    """Units that would show two equal systems to be no worse, in four trials of five; None where
    they are enough, or it is not known."""
    pair: Comparison | None
    """The comparison, tested by itself; None of the same system."""

    @property
    def passed(self) -> bool:
        """Whether the candidate is shown to be no worse."""
        return self.outcome in ("not worse", "same system")

    def sentence(self) -> str:
        """Say what is shown, and of what data."""
        return f"{'passed' if self.passed else 'failed'}: {self._said()}"

    def json(self) -> Json:
        """Give plain data."""
        return {**asdict(self), "passed": self.passed, "sentence": self.sentence()}

    def _said(self) -> str:
        margin, pair = f"{self.margin:g}", self.pair
        if pair is None:
            return (
                f"on {self.metric}, {self.candidate} and {self.baseline} are one system: the same "
                "model, prompts, decoding and post-processing"
            )
        n = units_text(pair.n_paired, pair.units)
        if self.outcome == "not worse":
            return (
                f"on {pair.metric}, {pair.candidate} is not worse than {pair.baseline} by {margin} "
                f"or more: the difference is {signed(pair.delta)}, and at least "
                f"{signed(self.least or 0.0)} (one-sided, 97.5 %; {n}){ROUGH if pair.rough else ''}"
            )
        if self.outcome == "worse" and pair.interval:
            low, high = map(signed, pair.interval)
            return (
                f"on {pair.metric}, {pair.candidate} is worse than {pair.baseline}: the difference "
                f"is {signed(pair.delta)} (95 % interval {low} to {high}; {n}), and a loss of "
                f"{margin} is not ruled out"
            )
        why = pair.reason
        if pair.interval:
            low, high = map(signed, pair.interval)
            why = f"the true difference lies between {low} and {high}"
        elif self.least is not None:
            why = f"{why}, and the true difference may be as low as {signed(self.least)}"
        return (
            f"this data cannot tell whether {pair.candidate} is worse than {pair.baseline} by "
            f"{margin} on {pair.metric}: {why} ({n}); {self._would_do()}"
        )

    def _would_do(self) -> str:
        pair = self.pair
        assert pair is not None
        kind = "samples" if pair.units == pair.n_paired else "clusters"
        if self.needed is not None and self.needed > pair.units:
            return f"if the two are equal, about {rounded_up(self.needed):,} {kind} would show it"
        if pair.units < stats.FEWEST_UNITS:
            return f"it takes {stats.FEWEST_UNITS} independent {kind} at the least"
        if self.needed is not None:
            return f"if the two were equal, as many {kind} would mostly show it"
        return "no number of samples is known to do"


def gates_of_run(
    folder: RunFolder,
    gates: Sequence[Gate],
    *,
    systems: Sequence[str] = (),
    baseline: str | None = None,
    resampling: Resampling = USUAL,
) -> list[GateResult]:
    """Test systems of a run against its baseline.

    Args:
        folder: the run.
        gates: what has to be shown.
        systems: the candidates, and maybe the baseline; default: all of the run.
        baseline: its name; default: the system of the suite's baseline, where there is one.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        StoreError: the run has no such system, or which is the baseline cannot be told.
        MetricError: it has no such metric, or no margin is known.
    """
    run, summary = folder.run(), folder.summary()
    names = [system.system for system in summary.systems]
    known = ranked(summary)
    shown = [name for name in known if not systems or name in systems or name == baseline]
    if baseline is None:
        first = [s.system for s in summary.systems if s.variant == summary.baseline]
        first = [name for name in first if name in shown]
        if len(first) != 1:
            raise StoreError(
                "which system is the baseline of the gate cannot be told",
                hint=f"--baseline names it: {', '.join(first or shown)}",
            )
        [baseline] = first
    scored, statistics, metrics = read_statistics(folder, summary)
    measured = {
        label: MeasuredMetric(metric=metrics[label], statistics=rows, scored=scored & applies(rows))
        for label, rows in statistics.items()
    }
    declared = run.decide.margins if run.decide else {}
    clusters = clusters_of(folder.samples())
    return [
        gate_of_pair(gate, measured, names, (baseline, name), declared, clusters, resampling)
        for gate in gates
        for name in shown
        if name != baseline
    ]


def gates_across(
    merged: Merged, gates: Sequence[Gate], *, resampling: Resampling = USUAL
) -> list[GateResult]:
    """Test candidates of one run against baselines of another; one system in both passes.

    Raises:
        MetricError: the runs have no such metric in common, or no margin is known.
    """
    measured = {label: merged.measured(label) for label in merged.common.metrics}
    declared, clusters = merged.margins(), merged.clusters
    results = []
    for gate in gates:
        _, margin = _resolved(gate, _metrics(measured), declared)
        results += [
            GateResult(
                metric=gate.metric,
                margin=margin,
                baseline=f"{merged.first.name}:{name}",
                candidate=f"{merged.second.name}:{name}",
                outcome="same system",
                least=0.0,
                needed=None,
                pair=None,
            )
            for name in merged.same
        ]
        results += [
            gate_of_pair(gate, measured, merged.names, pair, declared, clusters, resampling)
            for pair in merged.pairs
        ]
    return results


def _metrics(measured: Mapping[str, MeasuredMetric]) -> dict[str, Metric]:
    return {label: each.metric for label, each in measured.items()}


def _resolved(
    gate: Gate, metrics: Mapping[str, Metric], declared: Mapping[str, float]
) -> tuple[str, float]:
    """Find a gate's metric by its label, and its margin.

    Raises:
        MetricError: there is no such metric, more of it is not better, or no margin is known.
    """
    labels = {column: label for label, metric in metrics.items() for column in metric.columns}
    if gate.metric not in labels:
        raise MetricError(
            f"no metric '{gate.metric}' to gate by", hint=nearest(gate.metric, labels)
        )
    if gate.metric in UNRANKED:
        raise MetricError(f"{gate.metric} cannot gate: more of it is not better")
    margin = declared.get(gate.metric) if gate.margin is None else gate.margin
    if not margin:
        raise MetricError(
            f"no margin for {gate.metric}: how large a loss matters?",
            hint=f"--fail-if-worse {gate.metric}:0.1, or 'decide: {{metric: {gate.metric}, "
            "margin: 0.1}' in the suite before its run",
        )
    return labels[gate.metric], margin


def gate_of_pair(
    gate: Gate,
    measured: Mapping[str, MeasuredMetric],
    names: Sequence[str],
    pair: tuple[str, str],
    declared: Mapping[str, float],
    clusters: NDArray[np.int64] | None,
    resampling: Resampling,
) -> GateResult:
    """Test one pair by itself.

    Raises:
        StoreError: the two have no sample in common.
    """
    label, margin = _resolved(gate, _metrics(measured), declared)
    first, second = (names.index(name) for name in pair)
    for group in grouped(measured[label], [(first, second)], clusters):
        [test] = [test for test in group.tests if test.metric == gate.metric]
        conclusion = None
        if test.reason is None:
            conclusion = conclude([(group, [test])], resampling)[test]
        found = record(group, test, conclusion, systems=names, resampling=resampling, margin=margin)
        return _judged(found, margin, test.reach)
    raise StoreError(f"{pair[0]} and {pair[1]} have no sample in common with a {gate.metric}")


def _judged(pair: Comparison, margin: float, reach: float | None) -> GateResult:
    """Say what follows for the gate."""
    outcome: Outcome = "cannot tell"
    least = needed = None
    if pair.interval and pair.unit_sd is not None and pair.bar is not None:
        least = pair.interval[0]
        try:
            needed = stats.units_needed(pair.unit_sd, margin, pair.bar, share=pair.share)
        except OverflowError:
            needed = None
        if pair.interval[1] < 0.0:
            outcome = "worse"
    elif pair.units >= stats.FEWEST_UNITS and reach is not None:
        losses = min(pair.losses, pair.units)
        least = stats.least_difference(losses, pair.units, reach)
        needed = stats.units_for_least(losses / pair.units, margin, reach)
    if least is not None and least > -margin:
        outcome, needed = "not worse", None
    return GateResult(
        metric=pair.metric,
        margin=margin,
        baseline=pair.baseline,
        candidate=pair.candidate,
        outcome=outcome,
        least=least,
        needed=needed,
        pair=pair,
    )
