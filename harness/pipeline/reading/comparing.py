"""A scored run → its systems compared in pairs, with rank bands and power; needs no model."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import ALPHA, USUAL, ComparedMetric, compare_systems
from harness.errors import MetricError, StoreError
from harness.metrics.metric import applies
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.nearest import nearest
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import Comparison, Json, Resampling, RunSummary
    from harness.store.run_folder import RunFolder

DECIDING = ("CIDEr", "METEOR", "ROUGE_L")
"""The metric that a verdict is about where nobody names one: the first of these that was scored.
CIDEr weighs the words that tell one dish from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """All pairs of a run's systems on all its metrics."""

    metrics: tuple[ComparedMetric, ...]
    deciding: str
    """The metric that the verdict is about."""
    floor: Mapping[str, float]
    """Metric → how far repeats of one prompt lay apart; empty where none were made."""

    def under_floor(self, pair: Comparison) -> bool:
        """Tell whether a pair's difference may come from the engine alone."""
        return abs(pair.delta) < self.floor.get(pair.metric, 0.0)

    def json(self) -> Json:
        """Give plain data."""
        return {
            "deciding": self.deciding,
            "pairs": [
                {**asdict(pair), "under_noise_floor": self.under_floor(pair)}
                for metric in self.metrics
                for pair in metric.pairs
            ],
            "bands": {metric.metric: metric.bands for metric in self.metrics},
        }

    def metric(self, name: str) -> ComparedMetric:
        """Find a metric's comparisons."""
        return next(metric for metric in self.metrics if metric.metric == name)


def compare_run(
    folder: RunFolder,
    *,
    systems: Sequence[str] = (),
    baseline: str | None = None,
    metric: str | None = None,
    deciding_alone: bool = False,
    resampling: Resampling = USUAL,
) -> RunComparison:
    """Compare the systems of a scored run in pairs, on the samples that both of a pair have.

    Args:
        folder: the run.
        systems: only these; default: all. The correction is over the pairs that are compared.
        baseline: stands first in its pairs; default: the suite's baseline.
        metric: what the verdict is about.
        deciding_alone: whether to leave out the other metrics, which a verdict does without.
        resampling: how often, and from which seed.

    Raises:
        StoreError: the run is not scored, or has no such system.
        MetricError: the run has no such metric, or none at all.
    """
    summary = folder.summary()
    known = [system.system for system in summary.systems]
    baselines = [s.system for s in summary.systems if s.variant == summary.baseline]
    first = [baseline] if baseline else baselines
    for name in (*systems, *first):
        if name not in known:
            raise StoreError(f"the run has no system '{name}'", hint=nearest(name, known))
    chosen = [name for name in known if not systems or name in systems or name == baseline]
    if len(chosen) < 2:
        raise StoreError("a comparison needs two systems", hint=f"the run has: {', '.join(known)}")
    chosen.sort(key=lambda name: name not in first)
    scored, statistics, metrics = read_statistics(folder, summary)
    rows = [known.index(name) for name in chosen]
    label, column = chosen_metric(metrics, metric, differing(summary, chosen))
    compared: list[ComparedMetric] = []
    clusters = clusters_of(folder.samples())
    for name, matrix in statistics.items():
        if deciding_alone and name != label:
            continue
        compared += compare_systems(
            metrics[name],
            chosen,
            matrix[rows],
            scored[rows] & applies(matrix[rows]),
            resampling,
            clusters,
        )
    return RunComparison(
        metrics=tuple(compared),
        deciding=metrics[label].columns[column],
        floor=summary.noise_floor.floor if summary.noise_floor else {},
    )


def read_statistics(
    folder: RunFolder, summary: RunSummary
) -> tuple[NDArray[np.bool_], dict[str, FloatArray], dict[str, Metric]]:
    """Read what a run's scores are functions of, with the metrics that they belong to, by label.

    Raises:
        StoreError: the run is not scored.
        MetricError: a metric of the run is not to be had here.
    """
    scored, statistics = folder.statistics()
    specs = {spec.label: spec for spec in summary.specs}
    tools = ScoringTools(tokenizer=folder.run().tokenizer)  # starts nothing: no text is read
    metrics = {label: create(specs.get(label, label), tools) for label in statistics}
    for label, matrix in statistics.items():
        _check_width(folder, label, metrics[label], matrix.shape[-1])
    return scored, statistics, metrics


def _check_width(folder: RunFolder, label: str, metric: Metric, width: int) -> None:
    """Refuse statistics that have not the columns which the metric sums up.

    Raises:
        StoreError: they have not.
    """
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            fits = metric.aggregate(np.ones((1, width))).shape == (1, len(metric.columns))
    except (ValueError, IndexError):
        fits = False
    if not fits:
        raise StoreError(
            f"{folder.path / 'statistics.npz'} is damaged ('{label}' has not its columns)",
            hint="'harness score' on the run writes it anew",
        )


def differing(summary: RunSummary, systems: Sequence[str]) -> set[str]:
    """Give the metrics on which these systems do not all print the same."""
    values: dict[str, set[float]] = {}
    for result in summary.results:
        if result.system in systems and result.value is not None:
            values.setdefault(result.metric, set()).add(round(result.value, 4))
    return {metric for metric, different in values.items() if len(different) > 1}


def chosen_metric(
    metrics: Mapping[str, Metric], name: str | None, differing: Collection[str]
) -> tuple[str, int]:
    """Find a metric by its column's name, or the one that decides where none is named.

    Args:
        metrics: what the run has, by label.
        name: of a column; None: the first of DECIDING that tells systems apart.
        differing: columns on which the systems differ at all.

    Returns:
        Its label and the place of its column there.

    Raises:
        MetricError: there is no such metric, or none at all.
    """
    places = {
        column: (label, i)
        for label, metric in metrics.items()
        for i, column in enumerate(metric.columns)
    }
    if not places:
        raise MetricError("no metric could be computed in this run", hint="its table says why")
    ordered = [*(known for known in DECIDING if known in places), *places]
    # One that is the same for everybody, as CIDEr is where all references are, decides nothing.
    wanted = name or next((known for known in ordered if known in differing), ordered[0])
    if wanted not in places:
        raise MetricError(f"the run has no metric '{wanted}'", hint=nearest(wanted, places))
    return places[wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairPower:
    """What a pair of systems can show on a metric."""

    baseline: str
    candidate: str
    delta: float
    n: int
    smallest: float
    """The smallest true difference that n samples show with 80 % power, in the metric's units."""
    needed: int | None
    """Samples that the difference in question needs; None where it is 0, or as good as that."""


def power_of_run(
    folder: RunFolder, *, metric: str | None, difference: float | None
) -> tuple[str, list[PairPower]]:
    """Say for each pair what its samples can show, and what a difference would need.

    Args:
        folder: a scored run.
        metric: by its column's name; default: as ``compare_run``.
        difference: in the metric's units; default: the one that was measured.

    Returns:
        The metric and its pairs. Alpha is divided by their number (Bonferroni), because the pairs
        are corrected together.

    Raises:
        StoreError: the run is not scored.
        MetricError: the run has no such metric, or no number of samples shows the difference.
    """
    if difference is not None and not (math.isfinite(difference) and difference):
        raise MetricError(f"no number of samples shows a difference of {difference}")
    compared = compare_run(folder, metric=metric)
    pairs = compared.metric(compared.deciding).pairs
    alpha = ALPHA / len(pairs)
    return compared.deciding, [_power(pair, difference, alpha) for pair in pairs]


def _power(pair: Comparison, difference: float | None, alpha: float) -> PairPower:
    if pair.unit_sd is None:
        raise MetricError("one sample tells nothing of its noise")
    wanted = pair.delta if difference is None else difference
    return PairPower(
        baseline=pair.baseline,
        candidate=pair.candidate,
        delta=pair.delta,
        n=pair.n_paired,
        smallest=stats.smallest_difference(pair.unit_sd, pair.n_paired, alpha=alpha),
        needed=_needed(pair.unit_sd, wanted, alpha),
    )


def _needed(unit_sd: float, difference: float, alpha: float) -> int | None:
    if not difference:
        return None
    try:
        return stats.samples_needed(unit_sd, difference, alpha=alpha)
    except OverflowError:  # more than a float can count
        return None
