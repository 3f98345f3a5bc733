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
from harness.compliance import FLAGS, expected_of, flags_of, languages_of
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.pipeline.reading.answered import Answered
from harness.records import ExpectedAnswers, FlagShare
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.pipeline.reading.answers import Part
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
    languages: Mapping[str, int]
    """References by their language, the most frequent first."""
    no_language: int
    """References whose words tell no language."""
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
    answered, summary = Answered.of(folder), folder.summary()
    run, samples = answered.record, answered.samples
    expected = expected_of(samples)
    drawn = {system.name: system.draws * run.repeats for system in run.systems}
    flags = FlagCounts(drawn, len(samples), expected)
    texts: Counter[str] = Counter()
    changed: Counter[str] = Counter()
    changed_by: dict[str, Counter[str]] = {name: Counter() for name in drawn}
    for parts in answered.blocks():
        flags.add(parts)
        for part in parts:
            predictions = [a.prediction for a in part.answers if a.failure is None]
            texts[part.system] += len(predictions)
            changed[part.system] += sum(bool(p.steps) for p in predictions)
            changed_by[part.system].update(step for p in predictions for step in p.steps)
    shares = flags.shares(clusters_of(samples))
    values = {(r.system, r.metric): r.value for r in summary.results}
    systems = []
    for system in drawn:
        raw = summary.raw.get(system, {})
        systems.append(
            SystemCompliance(
                system=system,
                answers=texts[system],
                flags=shares[system],
                changed=changed[system],
                changed_by=dict(changed_by[system].most_common()),
                raw=dict(raw),
                scores={m: value for m in raw if (value := values.get((system, m))) is not None},
            )
        )
    told = languages_of(samples)
    return RunCompliance(
        expected=expected,
        systems=tuple(systems),
        no_language=told.pop(None, 0),
        languages={name: count for name, count in told.items() if name},
        leakage=summary.leakage,
    )


def flagged_texts(folder: RunFolder, flag: str) -> list[FlaggedText]:
    """Give the raw texts of a run that have a flag, system by system.

    Raises:
        ConfigError: there is no such flag.
        StoreError: the run's files are damaged.
    """
    if flag not in FLAGS:
        raise ConfigError(f"no flag is named '{flag}'", hint=nearest(flag, FLAGS))
    answered = Answered.of(folder)
    expected = expected_of(answered.samples)
    order = {system.name: place for place, system in enumerate(answered.record.systems)}
    found: list[tuple[tuple[int, int, int], FlaggedText]] = [
        (
            (order[part.system], part.draw, place),
            FlaggedText(
                system=part.system,
                sample_id=answer.sample.id,
                draw=part.draw,
                text=answer.completion.text,
                prediction=answer.text,
            ),
        )
        for parts in answered.blocks()
        for part in parts
        for place, answer in zip(part.places.tolist(), part.answers, strict=True)
        if answer.failure is None
        and flag in flags_of(answer.completion.text, answer.completion.finish_reason, expected)
    ]
    return [text for _, text in sorted(found, key=lambda each: each[0])]


class FlagCounts:
    """How often each system's texts have each flag, by sample; holds no text.

    Args:
        drawn: system → how often it was drawn.
        samples: how many there are.
        expected: what answers should be like.
    """

    def __init__(self, drawn: Mapping[str, int], samples: int, expected: ExpectedAnswers) -> None:
        self._expected = expected
        self._drawn = drawn
        self._hits: dict[str, NDArray[np.unsignedinteger]] = {
            system: np.zeros((samples, len(FLAGS)), dtype=np.min_scalar_type(draws))
            for system, draws in drawn.items()
        }
        self._texts: dict[str, NDArray[np.unsignedinteger]] = {
            system: np.zeros(samples, dtype=np.min_scalar_type(draws))
            for system, draws in drawn.items()
        }

    def add(self, parts: Sequence[Part]) -> None:
        """Look at some answers."""

        @cache
        def columns(text: str, finish_reason: str) -> tuple[int, ...]:
            """Flags of a text, by number; once, however many systems and pipelines share it."""
            return tuple(_COLUMNS[flag] for flag in flags_of(text, finish_reason, self._expected))

        for part in parts:
            there: list[int] = []
            hits: list[tuple[int, int]] = []
            for place, answer in zip(part.places.tolist(), part.answers, strict=True):
                if answer.failure is None:
                    there.append(place)
                    made = answer.completion
                    hits += [(place, c) for c in columns(made.text, made.finish_reason)]
            self._texts[part.system][there] += 1
            rows, flags = np.array(hits, dtype=np.int64).reshape(-1, 2).T
            self._hits[part.system][rows, flags] += 1

    def marks(self) -> dict[str, NDArray[np.int64]]:
        """Give the flags of each sample's text as a number whose bit i is the i-th of FLAGS.

        Of systems that were drawn once; of others it is not kept which draw had them.
        """
        bits = 1 << np.arange(len(FLAGS), dtype=np.int64)
        return {
            system: hits.astype(np.int64) @ bits
            for system, hits in self._hits.items()
            if self._drawn[system] == 1
        }

    def shares(self, clusters: NDArray[np.int64] | None) -> dict[str, tuple[FlagShare, ...]]:
        """Give each system's share of texts with each flag, in the order of FLAGS.

        Several draws of a sample are averaged within it, as they are in scores. A system without an
        answer has none.
        """
        return {
            system: _shares(hits, self._texts[system], clusters)
            for system, hits in self._hits.items()
        }


def _shares(
    hits: NDArray[np.unsignedinteger],
    texts: NDArray[np.unsignedinteger],
    clusters: NDArray[np.int64] | None,
) -> tuple[FlagShare, ...]:
    kept = texts > 0
    if not kept.any():
        return ()
    within = None if clusters is None else clusters[kept]
    shown = []
    for column, flag in enumerate(FLAGS):
        means = hits[kept, column].astype(np.float64) / texts[kept]
        rows = np.column_stack([means, np.ones(len(means))])
        [told] = stats.estimate(rows, _share, clusters=within, shares=True)
        shown.append(
            FlagShare(
                flag=flag,
                answers=int(hits[:, column].sum()),
                share=float(means.mean()),
                interval=told.interval,
                no_interval=told.no_interval,
            )
        )
    return tuple(shown)


def _share(totals: FloatArray) -> FloatArray:
    """Turn (flagged, samples) into the share."""
    shares: FloatArray = totals[..., :1] / totals[..., 1:]
    return shares
