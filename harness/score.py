"""Predictions + references → a result per system and metric, and a score per sample.

A prediction that failed is left out and counted; an empty one is an answer, and scores as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import MetricError
from harness.records import MetricResult, Prediction, Sample, SampleScore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.base import FloatArray, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRun:
    """Every number of a run."""

    results: tuple[MetricResult, ...]
    """System by system, metric by metric."""
    per_sample: tuple[SampleScore, ...]


def score(
    metrics: Sequence[Metric],
    predictions: Mapping[str, Sequence[Prediction]],
    samples: Sequence[Sample],
    post: Mapping[str, str],
) -> ScoredRun:
    """Score every system.

    Args:
        metrics: what to compute.
        predictions: system → a prediction per sample, in the order of ``samples``.
        samples: those of the run. All their references give CIDEr its document frequencies, so
            that systems with different failures are weighed alike.
        post: system → the name of its post-processing, for the signature.
    """
    results: list[MetricResult] = []
    per_sample: list[SampleScore] = []
    references = [sample.references for sample in samples]
    several = {len(texts) for texts in references}
    refs = str(min(several)) if len(several) == 1 else f"{min(several)}-{max(several)}"
    for system, answers in predictions.items():
        scored = np.array([answer.value is not None for answer in answers])
        n_scored = int(scored.sum())
        n_unscored = len(answers) - n_scored
        texts = [answer.value or "" for answer in answers]
        tail = f"refs:{refs}|n:{n_scored}|unscored:{n_unscored}|pp:{post[system]}"
        for metric in metrics:
            values, missing = _compute(metric, texts, references, scored)
            for i, column in enumerate(metric.columns):
                if values is not None:
                    per_sample += [
                        SampleScore(
                            system=system, sample_id=sample.id, metric=column, value=float(value)
                        )
                        for sample, value, kept in zip(samples, values[1:, i], scored, strict=True)
                        if kept
                    ]
                results.append(
                    MetricResult(
                        system=system,
                        metric=column,
                        value=None if values is None else float(values[0, i]),
                        n_scored=n_scored,
                        n_unscored=n_unscored,
                        signature=_signature(column, metric, tail),
                        missing=missing,
                    )
                )
    return ScoredRun(results=tuple(results), per_sample=tuple(per_sample))


def _compute(
    metric: Metric,
    texts: Sequence[str],
    references: Sequence[Sequence[str]],
    scored: np.typing.NDArray[np.bool_],
) -> tuple[FloatArray | None, str | None]:
    """Give the corpus scores (row 0) and those of each sample, or why there are none."""
    if not scored.any():
        return None, "no sample has a prediction"
    try:
        statistics = metric.statistics(texts, references)
    except MetricError as error:
        return None, error.message
    corpus = metric.aggregate(statistics[scored].sum(axis=0))
    return np.vstack([corpus, metric.aggregate(statistics)]), None


def _signature(column: str, metric: Metric, tail: str) -> str:
    own = "".join(f"{name}:{value}|" for name, value in metric.signature().items())
    return f"{column}|{own}{tail}|v:{version('prompt-harness')}"
