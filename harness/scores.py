"""Answers → a result per system and metric, and a score per sample.

An answer that failed is left out and counted; an empty one is an answer, and scores as such.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from harness import stats
from harness.errors import MetricError
from harness.metrics.hf import score_answers, source_of
from harness.metrics.metric import applies
from harness.records import Answer, MetricResult, MetricSpec, Sample, SampleScores, Signature
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric


Draw: TypeAlias = "Mapping[str, Sequence[Answer]]"
"""What systems answered once: system → an answer per sample, in the samples' order. The first draw
has every system, later ones those that were drawn so often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRun:
    """Every number of a run, and what the numbers are made of."""

    results: tuple[MetricResult, ...]
    """System by system, metric by metric."""
    per_sample: tuple[SampleScores, ...]
    statistics: Mapping[str, FloatArray]
    """Metric's label → sufficient statistics, shape (systems, samples, k); metrics that could not
    be computed are not there. Rows of unscored samples mean nothing; a row of NaN is a sample that
    the metric does not apply to."""
    scored: NDArray[np.bool_]
    """Which samples a system has an answer for, in one draw at least; (systems, samples)."""


def score(
    metrics: Mapping[str, Metric],
    draws: Sequence[Draw],
    samples: Sequence[Sample],
    post: Mapping[str, str],
    mended: Sequence[str] = (),
    *,
    split: str | None = None,
) -> ScoredRun:
    """Score every system, with 95 % intervals.

    Several draws of a sample are averaged within it first: they tell how a model varies on one
    image, not how images vary, and would make intervals too narrow if they counted as samples.

    Args:
        metrics: what to compute, by the labels of their specs.
        draws: one or more times what every system answered.
        samples: those of the run. All their references give CIDEr its document frequencies, so
            that systems with different failures are weighed alike.
        post: system → the name of its post-processing, for the signature.
        mended: the steps by which references were mended, for the signature.
        split: the dataset's that the samples are of, for the signature; None: it has none.
    """
    answered = answered_draws(draws)
    scored = np.any(answered, axis=0)
    statistics: dict[str, FloatArray] = {}
    missing: dict[str, str] = {}
    for label, metric in metrics.items():
        try:
            statistics[label] = _statistics(metric, draws, answered)
        except MetricError as error:
            missing[label] = _reason(error)
    own = signatures(metrics, samples, mended)
    clusters = clusters_of(samples)
    results: list[MetricResult] = []
    per_sample: list[SampleScores] = []
    for row, system in enumerate(draws[0]):
        for label, metric in metrics.items():
            kept = scored[row]
            reason = missing.get(label) or (None if kept.any() else "no sample has a prediction")
            if reason is None:
                kept = kept & applies(statistics[label][row])
                reason = None if kept.any() else "it applies to no sample"
            about = _about(kept, post[system], sum(system in draw for draw in draws), split)
            estimates: Sequence[stats.Estimate] = ()
            if reason is None:
                rows = statistics[label][row, kept]
                estimates = stats.estimate(
                    rows,
                    metric.aggregate,
                    clusters=None if clusters is None else clusters[kept],
                    contrasted=metric.contrasted,
                    bounds=metric.bounds,
                    shares=metric.shares,
                )
                per_sample += _per_sample(metric, system, rows, samples, kept)
            results += [
                MetricResult(
                    system=system,
                    metric=column,
                    family=label,
                    value=estimates[i].value if estimates else None,
                    interval=estimates[i].interval if estimates else None,
                    no_interval=estimates[i].no_interval if estimates else None,
                    units=estimates[i].units if estimates else None,
                    n_scored=int(kept.sum()),
                    n_unscored=int((~kept).sum()),
                    signature=signature_of(column, own[label], about),
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


def score_by_evaluate(
    spec: MetricSpec,
    draws: Sequence[Draw],
    samples: Sequence[Sample],
    post: Mapping[str, str],
    mended: Sequence[str] = (),
    *,
    split: str | None = None,
) -> list[MetricResult]:
    """Score every system by a metric of Hugging Face's evaluate: one number, without an interval.

    Arguments are those of ``score``; of several draws it is the mean. What cannot be computed is
    missing with its reason.
    """
    results = []
    own = evaluate_fields(spec, samples, mended)
    answered = answered_draws(draws)
    for row, system in enumerate(draws[0]):
        values: Mapping[str, float | None]
        drawn = [draw[system] for draw in draws if system in draw]
        try:
            values = _mean_of(
                [
                    score_answers(spec, [answer for answer in answers if answer.failure is None])
                    for answers in drawn
                ]
            )
            reason = None
        except MetricError as error:
            values, reason = {Path(spec.name).name: None}, _reason(error)
        kept = np.any(answered[:, row], axis=0)
        about = _about(kept, post[system], len(drawn), split)
        results += [
            MetricResult(
                system=system,
                metric=name,
                family=spec.label,
                value=value,
                n_scored=int(kept.sum()),
                n_unscored=int((~kept).sum()),
                # A module of somebody else's may call a number by nothing, or by what is no text.
                signature=signature_of(str(name) or spec.label, own, about),
                missing=reason,
            )
            for name, value in values.items()
        ]
    return results


def _mean_of(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(each[name] for each in values) / len(values) for name in values[0]}


def corpus_values(
    metrics: Mapping[str, Metric], draws: Sequence[Draw]
) -> dict[str, dict[str, float]]:
    """Give each system's corpus scores alone, without intervals: system → metric → value.

    What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {system: {} for system in draws[0]}
    answered = answered_draws(draws)
    for metric in metrics.values():
        try:
            statistics = _statistics(metric, draws, answered)
        except MetricError:
            continue
        for row, system in enumerate(draws[0]):
            kept = answered[:, row].any(axis=0) & applies(statistics[row])
            if kept.any():
                scores = metric.aggregate(statistics[row, kept].sum(axis=0))
                values[system] |= dict(zip(metric.columns, scores.tolist(), strict=True))
    return values


def best_of(metrics: Mapping[str, Metric], draws: Sequence[Draw]) -> dict[str, dict[str, float]]:
    """Give what each system would score if its best draw of each sample counted, by metric.

    The best is the one that scores highest against the references, for each score by itself: what
    choosing well could gain, and more than a choice without the references will. Of systems that
    were drawn once there is nothing to say.

    What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {}
    for system in draws[1] if len(draws) > 1 else ():
        drawn = [{system: draw[system]} for draw in draws if system in draw]
        answered = answered_draws(drawn)[:, 0]
        values[system] = {}
        for metric in metrics.values():
            try:
                rows = draw_statistics(metric, drawn)[:, 0]
            except MetricError:
                continue
            usable = answered & applies(rows)
            scores = np.where(usable[..., None], metric.aggregate(np.nan_to_num(rows)), -np.inf)
            kept = np.flatnonzero(usable.any(axis=0))
            for i, column in enumerate(metric.columns):
                best = scores[..., i].argmax(axis=0)[kept]
                if len(kept):
                    totals = rows[best, kept].sum(axis=0)
                    values[system][column] = float(metric.aggregate(totals)[i])
    return values


def answered_draws(draws: Sequence[Draw]) -> NDArray[np.bool_]:
    """Tell which answers there are, shape (draws, systems, samples)."""
    size = len(next(iter(draws[0].values())))
    nothing = [False] * size
    return np.array(
        [
            [
                [answer.failure is None for answer in draw[system]] if system in draw else nothing
                for system in draws[0]
            ]
            for draw in draws
        ]
    )


def _statistics(metric: Metric, draws: Sequence[Draw], answered: NDArray[np.bool_]) -> FloatArray:
    """Give each sample's statistics, the mean of the draws there are: (systems, samples, k)."""
    rows = draw_statistics(metric, draws)
    if len(draws) == 1:
        only: FloatArray = rows[0]
        return only
    counts = np.maximum(answered.sum(axis=0), 1)[..., np.newaxis]
    means: FloatArray = (rows * answered[..., np.newaxis]).sum(axis=0) / counts
    return means


def draw_statistics(metric: Metric, draws: Sequence[Draw]) -> FloatArray:
    """Give the statistics of each draw by itself: (draws, systems, samples, k)."""
    # A system that was not drawn stands for itself with its first answers, which are not looked at.
    return np.array(
        [
            [metric.statistics(draw.get(system, answers)) for system, answers in draws[0].items()]
            for draw in draws
        ]
    )


def _per_sample(
    metric: Metric,
    system: str,
    rows: FloatArray,
    samples: Sequence[Sample],
    kept: NDArray[np.bool_],
) -> list[SampleScores]:
    ids = tuple(sample.id for sample, keep in zip(samples, kept, strict=True) if keep)
    values = metric.aggregate(rows)
    return [
        SampleScores(
            system=system, metric=column, sample_ids=ids, values=tuple(values[:, i].tolist())
        )
        for i, column in enumerate(metric.columns)
    ]


def signatures(
    metrics: Mapping[str, Metric], samples: Sequence[Sample], mended: Sequence[str] = ()
) -> dict[str, dict[str, str]]:
    """Say how metrics are computed on samples, without what describes each system's answers.

    Args:
        metrics: by the labels of their specs.
        samples: those of the run.
        mended: the steps by which their references were mended.

    Returns:
        Metric's label → fields. The set of samples is not told by a metric that cannot be
        computed there.
    """
    fields: dict[str, dict[str, str]] = {}
    for label, metric in metrics.items():
        fields[label] = dict(metric.signature())
        with suppress(MetricError):
            fields[label] |= metric.set_signature(samples)
        fields[label] |= _references(samples, mended)
    return fields


def evaluate_fields(
    spec: MetricSpec, samples: Sequence[Sample], mended: Sequence[str] = ()
) -> dict[str, str]:
    """Say how a metric of Hugging Face's evaluate is computed on samples; as ``signatures``."""
    return {
        "evaluate": source_of(spec),
        "impl": f"evaluate-{version('evaluate')}",
        **_references(samples, mended),
    }


def signature_of(
    column: str, fields: Mapping[str, str], about: Mapping[str, str] | None = None
) -> Signature:
    """Give a number's signature as this version computes it.

    Args:
        column: the score's name.
        fields: from ``signatures`` or ``evaluate_fields``.
        about: what of a system was scored; None: left out.
    """
    every = {**fields, **(about or {}), "v": version("prompt-harness")}
    return Signature(metric=column, fields=tuple(every.items()))


def _references(samples: Sequence[Sample], mended: Sequence[str]) -> dict[str, str]:
    """Describe the references; what was not mended is not told, as before there was mending."""
    counts = {len(sample.references) for sample in samples}
    many = str(min(counts)) if len(counts) == 1 else f"{min(counts)}-{max(counts)}"
    return {"refs": many, **({"refmend": "+".join(mended)} if mended else {})}


def _about(kept: NDArray[np.bool_], post: str, draws: int, split: str | None) -> dict[str, str]:
    """Describe what of a system was scored."""
    of = {"split": split} if split else {}
    drawn = {"draws": str(draws)} if draws > 1 else {}
    return {**of, "n": str(kept.sum()), **drawn, "unscored": str((~kept).sum()), "pp": post}


def _reason(error: MetricError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
