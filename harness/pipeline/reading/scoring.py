"""A run folder with completions → its scores and summary; needs no model, no store."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from harness.compliance import expected_of
from harness.errors import MetricError
from harness.metrics.metric import applies
from harness.metrics.registry import check_specs, create
from harness.metrics.tools import ScoringTools
from harness.pipeline.reading.answered import Answered
from harness.pipeline.reading.complying import FlagCounts
from harness.pipeline.reading.grounding import grounding
from harness.pipeline.reading.kept_results import kept_otherwise
from harness.pipeline.reading.luck import luck
from harness.pipeline.reading.repeats import Differing, of_repeats_and_draws
from harness.pipeline.reading.reporting import write_reports
from harness.pipeline.reading.system_counts import SystemCounts
from harness.pipeline.reading.wordings import ideas
from harness.postprocess import step_mark
from harness.records import RunSummary
from harness.scores import (
    Measured,
    ScoredRun,
    best_of,
    raw_values,
    sample_scores,
    score,
    score_by_evaluate,
)
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.pipeline.reading.answers import Part
    from harness.records import (
        Cost,
        FlagShare,
        Ladder,
        MetricResult,
        MetricSpec,
        NoiseFloor,
        SampleScores,
        SystemSummary,
        TextsSummary,
    )
    from harness.store.run_folder import RunFolder

Value = TypeVar("Value")
Climbing: TypeAlias = "Callable[..., Ladder | None]"
"""``climbing.climb`` with the file that knows what was shown."""

SHORT = 4
"""A reference of fewer words has no 4-gram, so that not even itself scores full marks."""


def rescore(
    folder: RunFolder, metrics: Sequence[MetricSpec] = (), *, instead: bool = False
) -> RunSummary:
    """Post-process and score a finished run again, from its folder alone.

    Args:
        folder: the run.
        metrics: what to compute; default: all that the run has.
        instead: whether these take the place of the others that the run has; else they are added.

    Raises:
        StoreError: the run is not complete or its files are damaged.
        MetricError: a metric is unknown.
    """
    check_specs(metrics)
    with folder.locked():  # another one may be adding its own metric
        before = folder.summary()
        specs = tuple(metrics) or before.specs
        check_specs(specs)
        kept = before if metrics and not instead else None
        answered = Answered.of(folder)
        with ScoringTools(tokenizer=answered.record.tokenizer) as tools:
            summary = score_run(
                folder,
                answered,
                tools,
                specs,
                cost=before.cost,
                kept=kept,
                climbing=lambda *_: before.ladder,
            )
        write_reports(folder, summary, answered)
    return summary


def score_run(
    folder: RunFolder,
    answered: Answered,
    tools: ScoringTools,
    specs: Sequence[MetricSpec],
    *,
    cost: Cost | None,
    inputs: str | None = None,
    kept: RunSummary | None = None,
    climbing: Climbing | None = None,
) -> RunSummary:
    """Score the answers of a run, and write scores and summary.

    Args:
        folder: the run.
        answered: what it asked and was answered.
        tools: its tokeniser and METEOR.
        specs: what to compute.
        cost: what generating took.
        inputs: a hash of all that the numbers depend on; None where it is not known.
        kept: a summary of before, whose other metrics stay as they are.
        climbing: says what a ladder shows of the systems; None: there is none.

    Raises:
        StoreError: the run's files are missing or damaged.
        MetricError: a metric is unknown.
    """
    run, samples = answered.record, answered.samples
    counted = _Counted(answered, specs, tools)
    measured = counted.measured
    post = {
        system.name: "+".join(map(step_mark, run.variants[system.variant].steps(system.pipeline)))
        or "none"
        for system in run.systems
    }
    clusters = clusters_of(samples)
    mended = [step.step for step in run.dataset.mended]
    split = run.dataset.split.name if run.dataset.split else None
    scored = score(measured, post, clusters, mended, split=split)
    results = list(scored.results)
    for spec in specs:
        if spec.kind == "evaluate":
            results += score_by_evaluate(spec, measured, post, mended, split=split)
    noise_floor, draw_variance = of_repeats_and_draws(
        run.systems, run.repeats, measured, clusters, counted.differing
    )
    flags = counted.flags.shares(clusters)
    answered.marks = counted.flags.marks()
    summary = RunSummary(
        run=run.id,
        inputs=inputs,
        suite=run.suite,
        dataset=run.dataset.name,
        split=run.dataset.split,
        baseline=run.baseline,
        uneven=_uneven(
            scored, measured.metrics, [system.control is None for system in run.systems]
        ),
        specs=tuple(specs),
        metrics=tuple(dict.fromkeys(result.metric for result in results)),
        systems=counted.systems(flags),
        texts=counted.texts(),
        results=tuple(results),
        noise_floor=noise_floor,
        draw_variance=draw_variance,
        best_of=best_of(measured),
        raw=raw_values(measured),
        expected=counted.expected,
        short_references=sum(
            all(len(text.split()) < SHORT for text in sample.references) for sample in samples
        ),
        dropped=dict(Counter(row.reason for row in run.dataset.dropped).most_common()),
        unknown_ids=run.unknown_ids,
        reported=run.reported,
        leakage=run.leakage,
        notices=run.notices,
        cost=cost,
    )
    per_sample: Iterable[SampleScores] = sample_scores(
        scored, measured.metrics, list(measured.drawn), samples
    )
    statistics = dict(scored.statistics)
    if kept is not None:
        older_scores, older_statistics = _others(folder, kept, summary)
        per_sample = chain(older_scores, per_sample)
        statistics = {**older_statistics, **statistics}
        labels = {spec.label for spec in _kept_specs(kept, summary)}
        notices = (*run.notices, *kept_otherwise(kept, labels, samples, tools, mended))
        summary = replace(_with_others(summary, kept), notices=notices)
    summary = replace(summary, ideas=ideas(run, summary))
    folder.write_scores(per_sample)
    folder.write_statistics(scored.scored, statistics)
    every = {spec.label: spec for spec in summary.specs}
    metrics = {
        label: measured.metrics.get(label) or create(every[label], tools) for label in statistics
    }
    summary = replace(
        summary,
        grounding=grounding(run.systems, metrics, statistics, scored.scored, clusters),
        luck=luck(run, summary, metrics, statistics, scored.scored, clusters),
    )
    if climbing:
        found = climbing(run, summary, samples, metrics, statistics, scored.scored)
        summary = replace(summary, ladder=found)
    folder.write_summary(summary)
    return summary


class _Counted:
    """All that is made of a run's answers while they go by, block by block.

    Args:
        answered: the run.
        specs: what is computed.
        tools: its tokeniser and METEOR.

    Raises:
        StoreError: the run's files are missing or damaged.
        MetricError: a metric is unknown.
    """

    def __init__(
        self, answered: Answered, specs: Sequence[MetricSpec], tools: ScoringTools
    ) -> None:
        run, samples = answered.record, answered.samples
        drawn = {system.name: system.draws * run.repeats for system in run.systems}
        self.expected = expected_of(samples)
        self.measured = Measured(
            {spec.label: create(spec, tools) for spec in specs if spec.kind == "own"},
            drawn,
            samples,
            keep_texts=any(spec.kind == "evaluate" for spec in specs),
        )
        self.flags = FlagCounts(drawn, len(samples), self.expected)
        self._counts = {system.name: SystemCounts(system, run, tools) for system in run.systems}
        self._differing = {name: Differing(len(samples)) for name in drawn if run.repeats > 1}
        for parts in answered.blocks():
            prepare(tools, parts)
            for part in parts:
                self.measured.add(part.draw, part.system, part.places, part.answers, part.raw)
                self._counts[part.system].add(part)
                if part.system in self._differing:
                    self._differing[part.system].add(part.places, part.answers)
            self.flags.add(parts)
        self.measured.finish()

    @property
    def differing(self) -> dict[str, int]:
        """System → samples for which it did not always write the same; of repeated runs."""
        return {name: differing.count for name, differing in self._differing.items()}

    def systems(self, flags: Mapping[str, tuple[FlagShare, ...]]) -> tuple[SystemSummary, ...]:
        """Say what became of each system's requests."""
        return tuple(
            counts.summary(self.measured.answered(name), flags[name])
            for name, counts in self._counts.items()
        )

    def texts(self) -> tuple[TextsSummary, ...]:
        """Say what each system's texts are like."""
        return tuple(counts.texts() for counts in self._counts.values())


def _uneven(
    scored: ScoredRun, metrics: Mapping[str, Metric], ranked: Sequence[bool]
) -> tuple[str, ...]:
    """Give the columns on which systems were scored on different samples, controls left out.

    One that has no score at all is not compared with the others.
    """
    uneven: list[str] = []
    for label, statistics in scored.statistics.items():
        kept = (scored.scored & applies(statistics))[list(ranked)]
        kept = kept[kept.any(axis=1)]
        if (kept != kept[:1]).any():
            uneven += metrics[label].columns
    return tuple(uneven)


def prepare(tools: ScoringTools, parts: Sequence[Part]) -> None:
    """Tokenise all texts of a block at once, for each time Java is started; count their n-grams."""
    texts: dict[str, None] = {}
    for part in parts:
        for answer in chain(part.answers, part.raw.values()):
            texts.update(dict.fromkeys(answer.sample.references))
            texts[answer.text] = None
    with suppress(MetricError):  # without Java: each metric that needs tokens is missing, and why
        tools.prepare(text for text in texts if text)
        for part in parts:  # one system after the other, since sums are made in this order
            written = [answer.text for answer in part.answers]
            wanted = (text for answer in part.answers for text in answer.sample.references)
            tools.ngrams.rows(tools.tokenize([*written, *wanted]))


def _kept_specs(kept: RunSummary, summary: RunSummary) -> list[MetricSpec]:
    anew = {spec.label for spec in summary.specs}
    return [spec for spec in kept.specs if spec.label not in anew]


def _others(
    folder: RunFolder, kept: RunSummary, summary: RunSummary
) -> tuple[list[SampleScores], dict[str, FloatArray]]:
    """Read what a run's files hold of the metrics that are not computed now."""
    labels = {spec.label for spec in _kept_specs(kept, summary)}
    columns = {result.metric for result in kept.results if result.family in labels}
    scores = [each for each in folder.scores() if each.metric in columns]
    _, statistics = folder.statistics()
    return scores, {label: rows for label, rows in statistics.items() if label in labels}


def _with_others(summary: RunSummary, kept: RunSummary) -> RunSummary:
    """Add to a summary what one of before has of other metrics, in the order of before."""
    labels = {spec.label for spec in _kept_specs(kept, summary)}
    specs = {spec.label: spec for spec in (*kept.specs, *summary.specs)}
    place = {label: i for i, label in enumerate(specs)}
    results = [result for result in kept.results if result.family in labels]
    results = sorted([*results, *summary.results], key=lambda result: place[result.family])
    columns = {result.metric for result in results if result.family in labels}
    return replace(
        summary,
        specs=tuple(specs.values()),
        metrics=tuple(dict.fromkeys(result.metric for result in results)),
        results=tuple(
            result
            for system in summary.systems
            for result in results
            if result.system == system.system
        ),
        best_of=_merged(kept.best_of, summary.best_of, columns),
        raw=_merged(kept.raw, summary.raw, columns),
        noise_floor=_merged_floor(kept.noise_floor, summary.noise_floor),
        draw_variance=_merged(kept.draw_variance, summary.draw_variance, columns),
    )


def _merged_floor(kept: NoiseFloor | None, anew: NoiseFloor | None) -> NoiseFloor | None:
    if not (kept and anew):
        return anew
    return replace(
        anew,
        repeat_sd={**kept.repeat_sd, **anew.repeat_sd},
        difference_sd={**kept.difference_sd, **anew.difference_sd},
    )


def _merged(
    kept: Mapping[str, Mapping[str, Value]],
    anew: Mapping[str, Mapping[str, Value]],
    columns: Iterable[str],
) -> dict[str, dict[str, Value]]:
    wanted = set(columns)
    return {
        system: {name: value for name, value in kept.get(system, {}).items() if name in wanted}
        | dict(values)
        for system, values in anew.items()
    }


def has_results(results: Iterable[MetricResult]) -> bool:
    """Tell whether any number could be computed."""
    return any(result.value is not None for result in results)
