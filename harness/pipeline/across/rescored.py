"""Runs + the samples of all of them → statistics of their systems, computed in one way.

What a run has kept is taken where it was computed as it would be among these samples; the rest is
computed from its completions. So CIDEr has one set of document frequencies, and Java starts only
where a number needs it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import MetricError
from harness.metrics.registry import create
from harness.pipeline.across.identity import Noting
from harness.pipeline.reading.answered import Answered
from harness.pipeline.reading.comparing import read_statistics
from harness.pipeline.reading.scoring import prepare
from harness.scores import Measured, signature_of, signatures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.metrics.tools import ScoringTools
    from harness.pipeline.across.identity import Identity
    from harness.pipeline.across.opened import OpenedRun
    from harness.pipeline.across.pairing import Pairing
    from harness.records import Sample, Signature, StoredCompletion

    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """One run among the samples of all."""

    scored: BoolArray
    """Which of all samples a system has an answer to, shape (systems, samples)."""
    statistics: Mapping[str, FloatArray]
    """Metric's label → shape (systems, samples, k); rows of what is not scored mean nothing."""
    identities: Mapping[str, Identity]
    anew: tuple[str, ...]
    """Labels of what was computed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What several runs were measured by, in one way."""

    metrics: Mapping[str, Metric]
    """By label."""
    signatures: Mapping[str, Signature]
    """Column → how it is computed among all samples."""
    runs: tuple[Rescored, ...]
    missing: Mapping[str, str]
    """Metric's label → why it is not compared."""


def rescored(runs: Sequence[OpenedRun], pairing: Pairing, tools: ScoringTools) -> Common:
    """Measure the systems of runs in one way, by the metrics that all of them have.

    Args:
        runs: of one tokeniser.
        pairing: of their samples.
        tools: the tokeniser.

    Raises:
        StoreError: a file of a run is damaged.
    """
    specs = {spec.label: spec for each in runs for spec in each.summary.specs}
    missing: dict[str, str] = {}
    metrics: dict[str, Metric] = {}
    for label, spec in specs.items():
        without = [each.name for each in runs if label not in _labels(each)]
        if spec.kind != "own":
            missing[label] = "it is one number for all answers, which tells nothing of pairs"
        elif without:
            missing[label] = f"{' and '.join(without)} has none ('harness score RUN' adds it)"
        else:
            try:
                metrics[label] = create(spec, tools)
            except MetricError as error:
                missing[label] = error.message
    mended = [step.step for step in runs[0].run.dataset.mended]
    fields = signatures(metrics, pairing.samples, mended)
    wanted = {
        column: signature_of(column, fields[label])
        for label, metric in metrics.items()
        for column in metric.columns
    }
    found = []
    for opened, places in zip(runs, pairing.places, strict=True):
        anew = [
            label
            for label, metric in metrics.items()
            if label not in missing and not _as_kept(opened, metric, wanted, pairing)
        ]
        each, failed = _one(opened, places, pairing, {name: metrics[name] for name in anew}, tools)
        missing |= failed
        found.append(each)
    kept = [label for label in metrics if label not in missing]
    return Common(
        metrics={label: metrics[label] for label in kept},
        signatures={c: wanted[c] for label in kept for c in metrics[label].columns},
        runs=tuple(
            replace(each, statistics={label: each.statistics[label] for label in kept})
            for each in found
        ),
        missing=missing,
    )


def _labels(opened: OpenedRun) -> set[str]:
    return {result.family for result in opened.summary.results if result.value is not None}


def _as_kept(
    opened: OpenedRun, metric: Metric, wanted: Mapping[str, Signature], pairing: Pairing
) -> bool:
    """Tell whether what a run has kept of a metric is what would be computed among all samples."""
    if metric.whole or (pairing.other_metadata and _owes(metric, pairing.samples)):
        return False
    kept = opened.signatures()
    return all(
        column in kept
        and not [d for d in wanted[column].differences(kept[column]).computed if d.field != "refs"]
        for column in metric.columns
    )


def _owes(metric: Metric, samples: Sequence[Sample]) -> bool:
    """Tell whether a score of one sample depends on the others."""
    try:
        return bool(metric.set_signature(samples))
    except MetricError:
        return True


def _one(
    opened: OpenedRun,
    places: NDArray[np.int64],
    pairing: Pairing,
    anew: Mapping[str, Metric],
    tools: ScoringTools,
) -> tuple[Rescored, dict[str, str]]:
    """Put one run's statistics to the samples of all; also why what is wanted anew cannot be."""
    noting = Noting(opened.run)
    lines = noting.watch(opened.folder.completions())
    scored, kept, _ = read_statistics(opened.folder, opened.summary)
    failed: dict[str, str] = {}
    if anew:
        measured = _measured(opened, places, pairing, anew, tools, lines)
        failed = {label: f"{opened.name}: {why}" for label, why in measured.missing.items()}
        kept |= {label: measured.statistics(label) for label in measured.labels}
    else:
        for _ in lines:
            pass
    there = places >= 0
    everywhere = np.zeros((len(scored), len(pairing.samples)), dtype=np.bool_)
    everywhere[:, places[there]] = scored[:, there]
    statistics = {}
    for label, rows in kept.items():
        table = np.zeros((*everywhere.shape, rows.shape[-1]))
        table[:, places[there]] = rows[:, there]
        statistics[label] = table
    found = Rescored(
        scored=everywhere,
        statistics=statistics,
        identities=noting.identities(),
        anew=tuple(anew),
    )
    return found, failed


def _measured(
    opened: OpenedRun,
    places: NDArray[np.int64],
    pairing: Pairing,
    metrics: Mapping[str, Metric],
    tools: ScoringTools,
    lines: Iterable[StoredCompletion],
) -> Measured:
    """Measure a run's answers among the samples of all."""
    run = opened.run
    samples = [
        own if place < 0 else pairing.samples[place]
        for own, place in zip(opened.samples, places.tolist(), strict=True)
    ]
    drawn = {system.name: system.draws * run.repeats for system in run.systems}
    measured = Measured(metrics, drawn, samples, among=pairing.samples)
    for parts in Answered(opened.folder, run, samples, lines).blocks():
        prepare(tools, parts)
        for part in parts:
            measured.add(part.draw, part.system, part.places, part.answers)
    measured.finish()
    return measured
