"""Predictions + references → a result per system and metric, and a score per sample.

A prediction that failed is left out and counted; an empty one is an answer, and scores as such.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from harness import stats
from harness.errors import MetricError
from harness.fingerprint import canonical_json
from harness.metrics.hf import check_spec, evaluate_corpus
from harness.metrics.metric import applies, parse
from harness.records import MetricResult, Prediction, Sample, SampleScore

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric, MetricSpec
    from harness.records import Json


Draw: TypeAlias = "Mapping[str, Sequence[Prediction]]"
"""What systems answered once: system → a prediction per sample, in the samples' order. The first
draw has every system, later ones those that were drawn so often."""


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
    """Which samples a system has a prediction for, in one draw at least; (systems, samples)."""


def score(
    metrics: Mapping[str, Metric],
    draws: Sequence[Draw],
    samples: Sequence[Sample],
    post: Mapping[str, str],
    *,
    replicates: int = stats.REPLICATES,
    seed: int = 0,
) -> ScoredRun:
    """Score every system, with 95 % bootstrap intervals.

    Several draws of a sample are averaged within it first: they tell how a model varies on one
    image, not how images vary, and would make intervals too narrow if they counted as samples.

    Args:
        metrics: what to compute, by family.
        draws: one or more times what every system answered.
        samples: those of the run. All their references give CIDEr its document frequencies, so
            that systems with different failures are weighed alike.
        post: system → the name of its post-processing, for the signature.
        replicates: B of the bootstrap.
        seed: of the bootstrap.
    """
    there = _there(draws)
    scored = np.any(there, axis=0)
    statistics: dict[str, FloatArray] = {}
    missing: dict[str, str] = {}
    for family, metric in metrics.items():
        try:
            statistics[family] = _statistics(metric, draws, there, samples)
        except MetricError as error:
            missing[family] = _reason(error)
    clusters = clusters_of(samples)
    results: list[MetricResult] = []
    per_sample: list[SampleScore] = []
    for row, system in enumerate(draws[0]):
        for family, metric in metrics.items():
            kept = scored[row]
            reason = missing.get(family) or (None if kept.any() else "no sample has a prediction")
            if reason is None:
                kept = kept & applies(statistics[family][row])
                reason = None if kept.any() else "it applies to no sample"
            tail = _tail(samples, kept, post[system], sum(system in draw for draw in draws))
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
                    percentile=estimates[i].percentile if estimates else None,
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
    spec: Json, draws: Sequence[Draw], samples: Sequence[Sample], post: Mapping[str, str]
) -> list[MetricResult]:
    """Score every system by a metric of Hugging Face's evaluate: one number, without an interval.

    Arguments are those of ``score``; of several draws it is the mean. What cannot be computed is
    missing with its reason.
    """
    results = []
    source = spec["evaluate"] + (f"@{spec['revision'][:12]}" if "revision" in spec else "")
    there = _there(draws)
    for row, system in enumerate(draws[0]):
        values: Mapping[str, float | None]
        mine = [draw[system] for draw in draws if system in draw]
        try:
            values = _mean_of([_evaluated(spec, answers, samples) for answers in mine])
            reason = None
        except MetricError as error:
            values, reason = {Path(spec["evaluate"]).name: None}, _reason(error)
        kept = np.any(there[:, row], axis=0)
        tail = _tail(samples, kept, post[system], len(mine))
        results += [
            MetricResult(
                system=system,
                metric=name,
                value=value,
                n_scored=int(kept.sum()),
                n_unscored=int((~kept).sum()),
                signature=f"{name}|evaluate:{source}|{tail}|v:{version('evaluate')}",
                missing=reason,
            )
            for name, value in values.items()
        ]
    return results


def _evaluated(
    spec: Json, answers: Sequence[Prediction], samples: Sequence[Sample]
) -> Mapping[str, float]:
    pairs = [(a.value, s) for a, s in zip(answers, samples, strict=True) if a.value is not None]
    return evaluate_corpus(spec, [value for value, _ in pairs], [s.references for _, s in pairs])


def _mean_of(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(each[name] for each in values) / len(values) for name in values[0]}


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
    metrics: Mapping[str, Metric], draws: Sequence[Draw], samples: Sequence[Sample]
) -> dict[str, dict[str, float]]:
    """Give each system's corpus scores alone, without intervals: system → metric → value.

    Arguments are those of ``score``. What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {system: {} for system in draws[0]}
    there = _there(draws)
    for metric in metrics.values():
        try:
            statistics = _statistics(metric, draws, there, samples)
        except MetricError:
            continue
        for row, system in enumerate(draws[0]):
            kept = there[:, row].any(axis=0) & applies(statistics[row])
            if kept.any():
                scores = metric.aggregate(statistics[row, kept].sum(axis=0))
                values[system] |= dict(zip(metric.columns, scores.tolist(), strict=True))
    return values


def best_of(
    metrics: Mapping[str, Metric], draws: Sequence[Draw], samples: Sequence[Sample]
) -> dict[str, dict[str, float]]:
    """Give what each system would score if its best draw of each sample counted, by metric.

    The best is the one that scores highest against the references, for each score by itself: what
    choosing well could gain, and more than a choice without the references will. Of systems that
    were drawn once there is nothing to say.

    Arguments are those of ``score``. What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {}
    for system in draws[1] if len(draws) > 1 else ():
        mine = [{system: draw[system]} for draw in draws if system in draw]
        there = _there(mine)[:, 0]
        values[system] = {}
        for metric in metrics.values():
            try:
                rows = _draw_statistics(metric, mine, samples)[:, 0]
            except MetricError:
                continue
            usable = there & applies(rows)
            scores = np.where(usable[..., None], metric.aggregate(np.nan_to_num(rows)), -np.inf)
            kept = np.flatnonzero(usable.any(axis=0))
            for i, column in enumerate(metric.columns):
                best = scores[..., i].argmax(axis=0)[kept]
                if len(kept):
                    totals = rows[best, kept].sum(axis=0)
                    values[system][column] = float(metric.aggregate(totals)[i])
    return values


def _there(draws: Sequence[Draw]) -> NDArray[np.bool_]:
    """Tell which predictions there are, shape (draws, systems, samples)."""
    size = len(next(iter(draws[0].values())))
    nothing = [False] * size
    return np.array(
        [
            [
                [p.value is not None for p in draw[system]] if system in draw else nothing
                for system in draws[0]
            ]
            for draw in draws
        ]
    )


def _statistics(
    metric: Metric, draws: Sequence[Draw], there: NDArray[np.bool_], samples: Sequence[Sample]
) -> FloatArray:
    """Give each sample's statistics, the mean of the draws there are: (systems, samples, k)."""
    rows = _draw_statistics(metric, draws, samples)
    if len(draws) == 1:
        only: FloatArray = rows[0]
        return only
    counts = np.maximum(there.sum(axis=0), 1)[..., np.newaxis]
    means: FloatArray = (rows * there[..., np.newaxis]).sum(axis=0) / counts
    return means


def _draw_statistics(
    metric: Metric, draws: Sequence[Draw], samples: Sequence[Sample]
) -> FloatArray:
    """Give the statistics of each draw by itself: (draws, systems, samples, k)."""
    references = [sample.references for sample in samples]
    metadata = [sample.metadata for sample in samples]
    # A system that was not drawn stands for itself with its first answers, which are not looked at.
    return np.array(
        [
            [
                metric.statistics(
                    [answer.value or "" for answer in draw.get(system, answers)],
                    references,
                    metadata=metadata,
                )
                for system, answers in draws[0].items()
            ]
            for draw in draws
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


def _tail(samples: Sequence[Sample], kept: NDArray[np.bool_], post: str, draws: int) -> str:
    counts = {len(sample.references) for sample in samples}
    refs = str(min(counts)) if len(counts) == 1 else f"{min(counts)}-{max(counts)}"
    drawn = f"|draws:{draws}" if draws > 1 else ""
    return f"refs:{refs}|n:{kept.sum()}{drawn}|unscored:{(~kept).sum()}|pp:{post}"


def _reason(error: MetricError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _signature(column: str, metric: Metric, tail: str) -> str:
    own = "".join(f"{name}:{value}|" for name, value in metric.signature().items())
    return f"{column}|{own}{tail}|v:{version('prompt-harness')}"
