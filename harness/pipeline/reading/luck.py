"""A run's scores + how many prompts were tried on its split → what the best gains by chance."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import MeasuredMetric, grouped
from harness.metrics.metric import applies
from harness.pipeline.reading.comparing import ranked
from harness.pipeline.reading.deciding import deciding_column, differing
from harness.records import Luck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import RunRecord, RunSummary, System


def luck(
    run: RunRecord,
    summary: RunSummary,
    metrics: Mapping[str, Metric],
    statistics: Mapping[str, FloatArray],
    scored: NDArray[np.bool_],
    clusters: NDArray[np.int64] | None,
) -> Luck | None:
    """Say by how much the best of as many equal prompts as were tried would seem better.

    On the metric that decides, from the noise of the run's own pairs of prompts.

    Args:
        run: of a split that prompts are tried on.
        summary: its scores.
        metrics: by label.
        statistics: by label, shape (systems, samples, k).
        scored: which samples a system has an answer to, shape (systems, samples).
        clusters: which samples belong together, shape (samples,); None: each stands for itself.

    Returns:
        None where the split is sealed or there is none, where one prompt was tried, where the
        declared metric has no value, and where the run has no two prompts or too few units to tell
        how much they differ.
    """
    split = run.dataset.split
    pairs = _pairs(run.systems)
    if split is None or split.is_sealed or (split.tried or 0) < 2 or not pairs or not metrics:
        return None
    column = deciding_column(metrics, run, None, differing(summary, ranked(summary)))
    label = next((name for name, metric in metrics.items() if column in metric.columns), None)
    if label is None:
        return None
    matrix = statistics[label]
    measured = MeasuredMetric(
        metric=metrics[label], statistics=matrix, scored=scored & applies(matrix)
    )
    variances = []
    for group in grouped(measured, pairs, clusters):
        for test in group.tests:
            if test.metric == column and len(group.units) >= stats.FEWEST_UNITS:
                one, other = (
                    group.values[group.systems.index(system), :, test.column]
                    for system in test.pair
                )
                variances.append(float((other - one).var(ddof=1)) / len(group.units))
    if not variances:
        return None
    tried = split.tried or 0
    return Luck(metric=column, tried=tried, gain=stats.chance_gain(variances, tried))


def _pairs(systems: Sequence[System]) -> list[tuple[int, int]]:
    """Give the places of each two systems that differ in their prompt alone."""
    return [
        (i, j)
        for i, j in combinations(range(len(systems)), 2)
        for one, other in [(systems[i], systems[j])]
        if one.control is None
        and other.control is None
        and one.variant != other.variant
        and (one.model, one.decoding.name, one.pipeline)
        == (other.model, other.decoding.name, other.pipeline)
    ]
