"""Predictions + references → a result per system and metric, and a score per sample.

A prediction that failed is left out and counted; an empty one is an answer, and scores as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.errors import MetricError
from harness.fingerprint import canonical_json
from harness.metrics.base import applies, parse
from harness.metrics.hf import check_spec, evaluate_corpus
from harness.records import MetricResult, Prediction, Sample, SampleScore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.base import FloatArray, Metric, MetricSpec
    from harness.records import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRun:
    """Every number of a run, and what the numbers are made of."""

    results: tuple[MetricResult, ...]
    """System by system, metric by metric."""
    per_sample: tuple[SampleScore, ...]
    statistics: Mapping[str, FloatArray]
    """Metric family → sufficient statistics, shape (systems, samples, k); families that could not
    be computed are not there. Rows of unscored samples mean nothing; a row of NaN is a sample that
    the metric does not apply to."""
    scored: NDArray[np.bool_]
    """Which samples a system has a prediction for, shape (systems, samples)."""


def score(
    metrics: Mapping[str, Metric],
    predictions: Mapping[str, Sequence[Prediction]],
    samples: Sequence[Sample],
    post: Mapping[str, str],
    *,
    replicates: int = stats.REPLICATES,
    seed: int = 0,
) -> ScoredRun:
    """Score every system, with 95 % bootstrap intervals (BCa).

    Args:
        metrics: what to compute, by family.
        predictions: system → a prediction per sample, in the order of ``samples``.
        samples: those of the run. All their references give CIDEr its document frequencies, so
            that systems with different failures are weighed alike.
        post: system → the name of its post-processing, for the signature.
        replicates: B of the bootstrap.
        seed: of the bootstrap.
    """
    scored = np.array([[p.value is not None for p in answers] for answers in predictions.values()])
    statistics: dict[str, FloatArray] = {}
    missing: dict[str, str] = {}
    for family, metric in metrics.items():
        try:
            statistics[family] = _statistics(metric, predictions, samples)
        except MetricError as error:
            missing[family] = error.message
    clusters = clusters_of(samples)
    results: list[MetricResult] = []
    per_sample: list[SampleScore] = []
    for row, system in enumerate(predictions):
        for family, metric in metrics.items():
            kept = scored[row]
            reason = missing.get(family) or (None if kept.any() else "no sample has a prediction")
            if reason is None:
                kept = kept & applies(statistics[family][row])
                reason = None if kept.any() else "it applies to no sample"
            tail = _tail(samples, kept, post[system])
            estimates: Sequence[stats.Estimate] = ()
            if reason is None:
                rows = statistics[family][row, kept]
                [estimates] = stats.estimate(
                    rows[None],
                    metric.aggregate,
                    clusters=None if clusters is None else clusters[kept],
                    replicates=replicates,
                    seed=seed,
                )
                per_sample += _per_sample(metric, system, rows, samples, kept)
            results += [
                MetricResult(
                    system=system,
                    metric=column,
                    value=estimates[i].value if estimates else None,
                    interval=estimates[i].bca if estimates else None,
                    n_scored=int(kept.sum()),
                    n_unscored=int((~kept).sum()),
                    signature=_signature(column, metric, tail),
                    missing=reason,
                )
                for i, column in enumerate(metric.columns)
            ]
    return ScoredRun(
        results=tuple(results),
        per_sample=tuple(per_sample),
        statistics=statistics,
        scored=scored,
    )


def family_of(spec: Json) -> str:
    """Name a metric with its options in one word, from which ``spec_of`` gives the spec back."""
    return spec if isinstance(spec, str) else canonical_json(spec)


def spec_of(family: str) -> MetricSpec:
    """Give the spec that ``family_of`` named."""
    spec: MetricSpec = json.loads(family) if family.startswith("{") else family
    return spec


def is_evaluate(spec: Json) -> bool:
    """Tell whether a spec names a metric of Hugging Face's evaluate."""
    return isinstance(spec, dict) and "evaluate" in spec


def check_metrics(specs: Sequence[Json]) -> None:
    """Check that metrics can be had, have their options and stand once; nothing is computed.

    Raises:
        MetricError: one cannot, or stands twice, which would give two columns one name.
    """
    names = [check_spec(spec) if is_evaluate(spec) else parse(spec)[0] for spec in specs]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise MetricError(f"the metric '{name}' is listed twice")


def score_by_evaluate(
    spec: Json,
    predictions: Mapping[str, Sequence[Prediction]],
    samples: Sequence[Sample],
    post: Mapping[str, str],
) -> list[MetricResult]:
    """Score every system by a metric of Hugging Face's evaluate: one number, without an interval.

    Arguments are those of ``score``. What cannot be computed is missing with its reason.
    """
    results = []
    source = spec["evaluate"] + (f"@{spec['revision'][:12]}" if "revision" in spec else "")
    for system, answers in predictions.items():
        kept = np.array([answer.value is not None for answer in answers])
        pairs = [(a.value, s) for a, s in zip(answers, samples, strict=True) if a.value is not None]
        values: Mapping[str, float | None]
        try:
            values = evaluate_corpus(spec, [v for v, _ in pairs], [s.references for _, s in pairs])
            reason = None
        except MetricError as error:
            values, reason = {Path(spec["evaluate"]).name: None}, error.message
        results += [
            MetricResult(
                system=system,
                metric=name,
                value=value,
                n_scored=int(kept.sum()),
                n_unscored=int((~kept).sum()),
                signature=f"{name}|evaluate:{source}|{_tail(samples, kept, post[system])}"
                f"|v:{version('evaluate')}",
                missing=reason,
            )
            for name, value in values.items()
        ]
    return results


def clusters_of(samples: Sequence[Sample]) -> NDArray[np.int64] | None:
    """Number the samples that are no independent observations alike.

    Samples belong together that share a ``cluster`` or, where they name none, their first image.

    Returns:
        A number per sample; None where every sample stands for itself.
    """
    names = [
        sample.cluster or (sample.media[0].sha256 if sample.media else sample.id)
        for sample in samples
    ]
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    if len(numbers) == len(samples):
        return None
    return np.array([numbers[name] for name in names], dtype=np.int64)


def corpus_values(
    metrics: Mapping[str, Metric],
    predictions: Mapping[str, Sequence[Prediction]],
    samples: Sequence[Sample],
) -> dict[str, dict[str, float]]:
    """Give each system's corpus scores alone, without intervals: system → metric → value.

    Arguments are those of ``score``. What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {system: {} for system in predictions}
    for metric in metrics.values():
        try:
            statistics = _statistics(metric, predictions, samples)
        except MetricError:
            continue
        for row, (system, answers) in enumerate(predictions.items()):
            kept = np.array([answer.value is not None for answer in answers])
            kept &= applies(statistics[row])
            if kept.any():
                scores = metric.aggregate(statistics[row, kept].sum(axis=0))
                values[system] |= dict(zip(metric.columns, scores.tolist(), strict=True))
    return values


def _statistics(
    metric: Metric, predictions: Mapping[str, Sequence[Prediction]], samples: Sequence[Sample]
) -> FloatArray:
    references = [sample.references for sample in samples]
    metadata = [sample.metadata for sample in samples]
    return np.stack(
        [
            metric.statistics(
                [answer.value or "" for answer in answers], references, metadata=metadata
            )
            for answers in predictions.values()
        ]
    )


def _per_sample(
    metric: Metric,
    system: str,
    rows: FloatArray,
    samples: Sequence[Sample],
    kept: NDArray[np.bool_],
) -> list[SampleScore]:
    ids = [sample.id for sample, keep in zip(samples, kept, strict=True) if keep]
    values = metric.aggregate(rows)
    return [
        SampleScore(system=system, sample_id=sample_id, metric=column, value=float(value))
        for i, column in enumerate(metric.columns)
        for sample_id, value in zip(ids, values[:, i], strict=True)
    ]


def _tail(samples: Sequence[Sample], kept: NDArray[np.bool_], post: str) -> str:
    counts = {len(sample.references) for sample in samples}
    refs = str(min(counts)) if len(counts) == 1 else f"{min(counts)}-{max(counts)}"
    return f"refs:{refs}|n:{kept.sum()}|unscored:{(~kept).sum()}|pp:{post}"


def _signature(column: str, metric: Metric, tail: str) -> str:
    own = "".join(f"{name}:{value}|" for name, value in metric.signature().items())
    return f"{column}|{own}{tail}|v:{version('prompt-harness')}"
