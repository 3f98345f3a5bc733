"""Sufficient statistics of a run → a result per system and metric, and a score per sample."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.errors import MetricError
from harness.metrics.hf import score_texts, source_of
from harness.metrics.metric import applies
from harness.records import MetricResult, MetricSpec, Sample, SampleScores, Signature
from harness.scores.measured import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.scores.measured import Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRun:
    """Every number of a run, and what the numbers are made of."""

    results: tuple[MetricResult, ...]
    """System by system, metric by metric."""
    statistics: Mapping[str, FloatArray]
    """Metric's label → sufficient statistics, shape (systems, samples, k); metrics that could not
    be computed are not there. Rows of unscored samples mean nothing; a row of NaN is a sample that
    the metric does not apply to."""
    scored: NDArray[np.bool_]
    """Which samples a system has an answer for, in one draw at least; (systems, samples)."""


def score(
    measured: Measured,
    post: Mapping[str, str],
    clusters: NDArray[np.int64] | None,
    mended: Sequence[str] = (),
    *,
    split: str | None = None,
) -> ScoredRun:
    """Score every system, with 95 % intervals.

    Several draws of a sample are averaged within it first: they tell how a model varies on one
    image, not how images vary, and would make intervals too narrow if they counted as samples.

    Args:
        measured: all answers of the run.
        post: system → the name of its post-processing, for the signature.
        clusters: which samples belong together, shape (samples,); None: each stands for itself.
        mended: the steps by which references were mended, for the signature.
        split: the dataset's that the samples are of, for the signature; None: it has none.
    """
    metrics = measured.metrics
    scored = measured.scored
    statistics = {label: measured.statistics(label) for label in measured.labels}
    own = signatures(metrics, measured.samples, mended)
    results: list[MetricResult] = []
    for row, (system, draws) in enumerate(measured.drawn.items()):
        for label, metric in metrics.items():
            kept = scored[row]
            why = measured.missing.get(label)
            why = why or (None if kept.any() else "no sample has a prediction")
            if why is None:
                kept = kept & applies(statistics[label][row])
                why = None if kept.any() else "it applies to no sample"
            about = _about(kept, post[system], draws, split)
            estimates: Sequence[stats.Estimate] = ()
            if why is None:
                estimates = stats.estimate(
                    _kept(statistics[label][row], kept),
                    metric.aggregate,
                    clusters=None if clusters is None else clusters[kept],
                    contrasted=metric.contrasted,
                    bounds=metric.bounds,
                    shares=metric.shares,
                )
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
                    missing=why,
                )
                for i, column in enumerate(metric.columns)
            ]
    return ScoredRun(results=tuple(results), statistics=statistics, scored=scored)


def sample_scores(
    scored: ScoredRun,
    metrics: Mapping[str, Metric],
    systems: Sequence[str],
    samples: Sequence[Sample],
) -> Iterator[SampleScores]:
    """Give the scores of single samples, a system and column at a time: no more is held.

    Args:
        scored: the run.
        metrics: by label, as in ``score``.
        systems: their names, in order.
        samples: those of the run.
    """
    every = [sample.id for sample in samples]
    for row, system in enumerate(systems):
        for label, metric in metrics.items():
            if label not in scored.statistics:
                continue
            statistics = scored.statistics[label][row]
            kept = scored.scored[row] & applies(statistics)
            if not kept.any():
                continue
            values = stats.aggregated(metric.aggregate, _kept(statistics, kept))
            ids = tuple(compress(every, kept.tolist()))
            for i, column in enumerate(metric.columns):
                yield SampleScores(
                    system=system,
                    metric=column,
                    sample_ids=ids,
                    values=tuple(values[:, i].tolist()),
                )


def score_by_evaluate(
    spec: MetricSpec,
    measured: Measured,
    post: Mapping[str, str],
    mended: Sequence[str] = (),
    *,
    split: str | None = None,
) -> list[MetricResult]:
    """Score every system by a metric of Hugging Face's evaluate: one number, without an interval.

    Of several draws it is the mean. What cannot be computed is missing with its reason.

    Args:
        spec: the metric.
        measured: all answers of the run, with their texts.
        post: system → the name of its post-processing, for the signature.
        mended: the steps by which references were mended, for the signature.
        split: the dataset's that the samples are of, for the signature; None: it has none.
    """
    results = []
    own = evaluate_fields(spec, measured.samples, mended)
    for row, (system, draws) in enumerate(measured.drawn.items()):
        values: Mapping[str, float | None]
        try:
            values = _mean_of([_evaluated(spec, measured, draw, system) for draw in range(draws)])
            why = None
        except MetricError as error:
            values, why = {Path(spec.name).name: None}, reason(error)
        kept = measured.scored[row]
        about = _about(kept, post[system], draws, split)
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
                missing=why,
            )
            for name, value in values.items()
        ]
    return results


def _evaluated(spec: MetricSpec, measured: Measured, draw: int, system: str) -> dict[str, float]:
    there = np.flatnonzero(measured.answered(system)[draw]).tolist()
    texts = measured.texts[draw, system]
    references = [measured.samples[place].references for place in there]
    return score_texts(spec, [texts[place] or "" for place in there], references)


def _mean_of(values: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: sum(each[name] for each in values) / len(values) for name in values[0]}


def raw_values(measured: Measured) -> dict[str, dict[str, float]]:
    """Give corpus scores without post-processing, of the systems where it changed a text.

    Returns:
        System → column → value, without intervals. What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {system: {} for system in measured.changed}
    for system, found in values.items():
        answered = measured.answered(system).any(axis=0)
        for label, metric in measured.metrics.items():
            statistics = measured.raw_statistics(label, system)
            if statistics is None:
                continue
            kept = answered & applies(statistics)
            if kept.any():
                scores = metric.aggregate(statistics[kept].sum(axis=0))
                found |= dict(zip(metric.columns, scores.tolist(), strict=True))
    return values


def best_of(measured: Measured) -> dict[str, dict[str, float]]:
    """Give what each system would score if its best draw of each sample counted, by metric.

    The best is the one that scores highest against the references, for each score by itself: what
    choosing well could gain, and more than a choice without the references will. Of systems that
    were drawn once there is nothing to say.

    What cannot be computed is not there.
    """
    values: dict[str, dict[str, float]] = {}
    for system, draws in measured.drawn.items():
        if draws < 2:
            continue
        values[system] = {}
        answered = measured.answered(system)
        for label in measured.labels:
            metric, rows = measured.metrics[label], measured.rows(label, system)
            usable = answered & applies(rows)
            scores = np.where(usable[..., None], metric.aggregate(np.nan_to_num(rows)), -np.inf)
            kept = np.flatnonzero(usable.any(axis=0))
            for i, column in enumerate(metric.columns):
                best = scores[..., i].argmax(axis=0)[kept]
                if len(kept):
                    totals = rows[best, kept].sum(axis=0)
                    values[system][column] = float(metric.aggregate(totals)[i])
    return values


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
    references = _references(samples, mended)
    for label, metric in metrics.items():
        fields[label] = dict(metric.signature())
        with suppress(MetricError):
            fields[label] |= metric.set_signature(samples)
        fields[label] |= references
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


def _kept(rows: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """Leave out rows; where there is none to leave out, they are not copied."""
    return rows if kept.all() else rows[kept]


def _about(kept: NDArray[np.bool_], post: str, draws: int, split: str | None) -> dict[str, str]:
    """Describe what of a system was scored."""
    of = {"split": split} if split else {}
    drawn = {"draws": str(draws)} if draws > 1 else {}
    return {**of, "n": str(kept.sum()), **drawn, "unscored": str((~kept).sum()), "pp": post}
