"""Statistics of systems and their controls → what the picture adds to each, and how sure that is.

Each control is compared with its own system alone, real − control, on every column. All of these
are one family of tests, apart from the one in which prompts are compared with each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contrast import (
    SEEN,
    USUAL,
    MeasuredMetric,
    conclude,
    grouped,
    picture_sentences,
    record,
)
from harness.metrics.metric import applies
from harness.pipeline.reading.comparing import control_kinds
from harness.pipeline.reading.deciding import DECIDING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import Comparison, Resampling, RunRecord, RunSummary, System


def grounding(
    systems: Sequence[System],
    metrics: Mapping[str, Metric],
    statistics: Mapping[str, FloatArray],
    scored: NDArray[np.bool_],
    clusters: NDArray[np.int64] | None,
    *,
    resampling: Resampling = USUAL,
) -> tuple[Comparison, ...]:
    """Compare each control with its system.

    Args:
        systems: of a run.
        metrics: by label.
        statistics: by label, shape (systems, samples, k).
        scored: which samples a system has an answer to, shape (systems, samples).
        clusters: which samples belong together, shape (samples,); None: each stands for itself.
        resampling: how often answers are exchanged, and from which seed.

    Returns:
        Column by column; the control is the baseline. A pair without a common sample is left out.
    """
    names = [system.name for system in systems]
    pairs = [
        (i, names.index(system.control_of))
        for i, system in enumerate(systems)
        if system.control_of in names
    ]
    if not pairs:
        return ()
    groups = [
        group
        for label, matrix in statistics.items()
        for group in grouped(
            MeasuredMetric(
                metric=metrics[label], statistics=matrix, scored=scored & applies(matrix)
            ),
            pairs,
            clusters,
        )
    ]
    conclusions = conclude([(group, group.tests) for group in groups], resampling)
    columns = [column for label in statistics for column in metrics[label].columns]
    place = {
        (column, pair): i
        for i, (column, pair) in enumerate((column, pair) for column in columns for pair in pairs)
    }
    found = [(group, test) for group in groups for test in group.tests]
    return tuple(
        record(group, test, conclusions.get(test), systems=names, resampling=resampling)
        for group, test in sorted(found, key=lambda each: place[each[1].metric, each[1].pair])
    )


def said_of_pictures(run: RunRecord, summary: RunSummary, *, most: int | None = None) -> list[str]:
    """Say of each control what it tells, on the metric that decides.

    Args:
        run: the run.
        summary: its numbers.
        most: of more than so many sentences, one for each kind of control is left.
    """
    differing = {p.metric: None for p in summary.grounding if abs(p.delta) >= SEEN}
    declared = run.decide.metrics if run.decide else ()
    every = dict.fromkeys(pair.metric for pair in summary.grounding)
    wanted = [column for column in declared if column in every]
    if not declared:  # of what is declared nothing takes the place
        wanted = [*(column for column in (*DECIDING, *every) if column in differing), *every]
    kinds = control_kinds(summary)
    pairs = [p for p in summary.grounding if p.metric in wanted[:1]]
    return picture_sentences(pairs, kinds, most=most)
