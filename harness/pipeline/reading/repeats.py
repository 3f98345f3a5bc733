"""What a system answers several times → how far repeats lie apart, and what more draws tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.metric import applies
from harness.records import DrawVariance, NoiseFloor
from harness.stats import noise_floor, pseudo_values, sum_rows, unit_components

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeAlias

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.records import Answer, System
    from harness.scores import Measured

    Variances: TypeAlias = dict[str, dict[str, DrawVariance]]
    """System → metric → what its score varies by."""


def of_repeats_and_draws(
    systems: Sequence[System],
    repeats: int,
    measured: Measured,
    clusters: NDArray[np.int64] | None,
    differing: Mapping[str, int],
) -> tuple[NoiseFloor | None, Variances]:
    """Measure a run's noise floor, and its systems' variance over samples and over draws.

    Args:
        systems: of the run, each with its draws in one repeat.
        repeats: how often every request was made.
        measured: all answers of the run.
        clusters: which samples belong together, shape (samples,); None: each stands for itself.
        differing: system → samples for which it did not always write the same.

    Returns:
        The noise floor, None for a run without repeats; and the variances of each system that was
        drawn more than once. What cannot be computed is not there.
    """
    if max(measured.drawn.values()) < 2:
        return None, {}
    repeat_sd: dict[str, float] = {}
    difference_sd: dict[str, float] = {}
    varied: Variances = {}
    for label in measured.labels:
        metric = measured.metrics[label]
        of_repeats = []
        for system in systems:
            if system.control:  # what prompts are measured against is no prompt among them
                continue
            rows = measured.rows(label, system.name)
            usable = measured.answered(system.name) & applies(rows)
            of_repeats.append(_repeat_scores(metric, rows, usable, repeats))
            if len(rows) > 1:
                found = _variances(metric, rows, usable, clusters)
                varied.setdefault(system.name, {}).update(found)
        noise = noise_floor(of_repeats)
        for i, column in enumerate(metric.columns):
            if noise.degrees[i]:
                repeat_sd[column] = float(noise.sd[i])
                difference_sd[column] = float(noise.difference_sd[i])
    if repeats < 2:
        return None, varied
    floor = NoiseFloor(
        repeats=repeats,
        repeat_sd=repeat_sd,
        difference_sd=difference_sd,
        differing={s.name: differing[s.name] for s in systems if not s.control},
    )
    return floor, varied


def _repeat_scores(
    metric: Metric, rows: FloatArray, usable: NDArray[np.bool_], repeats: int
) -> FloatArray:
    """Score each repeat of a system, on the samples that all its repeats have: (repeats, m).

    Args:
        metric: whose statistics these are.
        rows: shape (draws, samples, k), a repeat's draws next to each other.
        usable: which of them count.
        repeats: how many there are.

    Returns:
        NaN throughout where they have no sample in common.
    """
    parts = usable.reshape(repeats, -1, usable.shape[-1])
    kept = parts.any(axis=1).all(axis=0)
    if not kept.any():
        return np.full((repeats, len(metric.columns)), np.nan)
    counts = np.maximum(parts.sum(axis=1), 1)[..., None]
    counted = np.where(parts[..., None], rows.reshape(*parts.shape, -1), 0.0)
    means: FloatArray = counted.sum(axis=1) / counts
    scores: FloatArray = metric.aggregate(means[:, kept].sum(axis=1))
    return scores


def _variances(
    metric: Metric,
    rows: FloatArray,
    usable: NDArray[np.bool_],
    clusters: NDArray[np.int64] | None,
) -> dict[str, DrawVariance]:
    """Split the variance of one system's scores; nothing where too little was drawn.

    A missing draw is stood in for by the mean of its sample's others, so that each draw is a
    whole corpus, and is then left out.
    """
    kept = usable.any(axis=0)
    rows, usable = rows[:, kept], usable[:, kept]
    labels = None if clusters is None else clusters[kept]
    counted = np.where(usable[..., None], rows, 0.0)
    means = counted.sum(axis=0) / np.maximum(usable.sum(axis=0), 1)[:, None]
    # A draw of a cluster counts where all of its samples have it.
    whole = usable if labels is None else sum_rows(~usable[..., None], labels)[..., 0] == 0.0
    try:
        values = pseudo_values(np.where(usable[..., None], rows, means), metric.aggregate, labels)
        values[~whole] = np.nan
        parts = unit_components(values)
    except ValueError:  # one unit, none drawn twice, or no number for some draw
        return {}
    return {
        column: DrawVariance(
            units=parts.units,
            draws=parts.draws,
            between=float(parts.between[i]),
            within=float(parts.within[i]),
            equal_units=float(parts.equal_units[i]),
        )
        for i, column in enumerate(metric.columns)
    }


class Differing:
    """Counts the samples for which a system did not always write the same; holds no text.

    Args:
        samples: how many there are.
    """

    def __init__(self, samples: int) -> None:
        self._first = np.zeros(samples, dtype=np.int64)
        """Hashes of 64 bits of what was written first."""
        self._told = np.zeros(samples, dtype=np.bool_)
        self._differs = np.zeros(samples, dtype=np.bool_)

    def add(self, places: NDArray[np.int64], answers: Sequence[Answer]) -> None:
        """Take some answers, each of another sample."""
        values = (hash(answer.prediction.value) for answer in answers)
        hashes = np.fromiter(values, dtype=np.int64, count=len(answers))
        told = self._told[places]
        self._differs[places] |= told & (self._first[places] != hashes)
        self._first[places] = np.where(told, self._first[places], hashes)
        self._told[places] = True

    @property
    def count(self) -> int:
        """How many they are so far."""
        return int(self._differs.sum())
