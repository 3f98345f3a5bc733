"""A run's answers → how often each system's texts are no bare answers, and which ones.

Looked at is what the models wrote, before post-processing: what that mends is seen in the scores
before and after it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.compliance import FLAGS, expected_of, flags_of
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.pipeline.reading.answers import read_answers
from harness.records import ExpectedAnswers, FlagShare
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.pipeline.reading.answers import RunAnswers
    from harness.records import Json
    from harness.store.run_folder import RunFolder

_COLUMNS = {flag: column for column, flag in enumerate(FLAGS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCompliance:
    """What a system's raw texts are like."""

    system: str
    answers: int
    """Texts, over all draws; failed requests have none."""
    flags: tuple[FlagShare, ...]
    """One for each flag, in the order of FLAGS."""
    changed: int
    """Texts that post-processing changed."""
    changed_by: Mapping[str, int]
    """Step → texts that it changed."""
    raw: Mapping[str, float]
    """Metric → score without post-processing; empty where that changed nothing."""
    scores: Mapping[str, float]
    """Metric → score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCompliance:
    """How far a run's answers are what was asked for."""

    expected: ExpectedAnswers
    systems: tuple[SystemCompliance, ...]
    leakage: tuple[str, ...] = ()
    """What prompts give away of the samples under test, where the suite allows it."""

    def json(self) -> Json:
        """Give plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlaggedText:
    """A raw text that has a flag."""

    system: str
    sample_id: str
    draw: int
    text: str
    prediction: str
    """What post-processing made of it."""


def compliance_of_run(folder: RunFolder) -> RunCompliance:
    """Say how often each system's texts have each flag, and what post-processing did to scores.

    Raises:
        StoreError: the run is not scored, or its files are damaged.
    """
    run, summary, samples = folder.run(), folder.summary(), folder.samples()
    answers, expected = read_answers(folder, run, samples), expected_of(samples)
    shares = flag_shares(answers, clusters_of(samples), expected)
    values = {(r.system, r.metric): r.value for r in summary.results}
    systems = []
    for system in (system.name for system in run.systems):
        predictions = [a.prediction for a in answers.of(system) if a.failure is None]
        raw = summary.raw.get(system, {})
        systems.append(
            SystemCompliance(
                system=system,
                answers=len(predictions),
                flags=shares[system],
                changed=sum(bool(p.steps) for p in predictions),
                changed_by=dict(Counter(s for p in predictions for s in p.steps).most_common()),
                raw=dict(raw),
                scores={m: value for m in raw if (value := values.get((system, m))) is not None},
            )
        )
    return RunCompliance(expected=expected, systems=tuple(systems), leakage=summary.leakage)


def flagged_texts(folder: RunFolder, flag: str) -> list[FlaggedText]:
    """Give the raw texts of a run that have a flag, system by system.

    Raises:
        ConfigError: there is no such flag.
        StoreError: the run's files are damaged.
    """
    if flag not in FLAGS:
        raise ConfigError(f"no flag is named '{flag}'", hint=nearest(flag, FLAGS))
    run, samples = folder.run(), folder.samples()
    answers, expected = read_answers(folder, run, samples), expected_of(samples)
    return [
        FlaggedText(
            system=system.name,
            sample_id=answer.sample.id,
            draw=number,
            text=answer.completion.text,
            prediction=answer.text,
        )
        for system in run.systems
        for number, draw in enumerate(answers.draws)
        for answer in draw.get(system.name, ())
        if answer.failure is None
        and flag in flags_of(answer.completion.text, answer.completion.finish_reason, expected)
    ]


def flag_shares(
    answers: RunAnswers, clusters: NDArray[np.int64] | None, expected: ExpectedAnswers
) -> dict[str, tuple[FlagShare, ...]]:
    """Give each system's share of texts with each flag, in the order of FLAGS.

    Several draws of a sample are averaged within it, as they are in scores. A system without an
    answer has none.
    """

    @cache
    def columns(text: str, finish_reason: str) -> tuple[int, ...]:
        """Flags of a text, by number; once, however many systems and pipelines share it."""
        return tuple(_COLUMNS[flag] for flag in flags_of(text, finish_reason, expected))

    return {system: _shares(answers, system, columns, clusters) for system in answers.draws[0]}


def _shares(
    answers: RunAnswers,
    system: str,
    columns: Callable[[str, str], tuple[int, ...]],
    clusters: NDArray[np.int64] | None,
) -> tuple[FlagShare, ...]:
    drawn = [draw[system] for draw in answers.draws if system in draw]
    hits = np.zeros((len(drawn[0]), len(FLAGS)))
    texts = np.zeros(len(drawn[0]))
    for draw in drawn:
        for row, answer in enumerate(draw):
            if answer.failure is None:
                texts[row] += 1
                for column in columns(answer.completion.text, answer.completion.finish_reason):
                    hits[row, column] += 1
    kept = texts > 0
    if not kept.any():
        return ()
    means = hits[kept] / texts[kept, None]
    shown = []
    for column, flag in enumerate(FLAGS):
        rows = np.column_stack([means[:, column], np.ones(len(means))])
        within = None if clusters is None else clusters[kept]
        [told] = stats.estimate(rows, _share, clusters=within, shares=True)
        shown.append(
            FlagShare(
                flag=flag,
                answers=int(hits[:, column].sum()),
                share=float(means[:, column].mean()),
                interval=told.interval,
                no_interval=told.no_interval,
            )
        )
    return tuple(shown)


def _share(totals: FloatArray) -> FloatArray:
    """Turn (flagged, samples) into the share."""
    shares: FloatArray = totals[..., :1] / totals[..., 1:]
    return shares
