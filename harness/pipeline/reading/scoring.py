"""A run folder with completions → its scores and summary; needs no model, no store."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from harness.compliance import expected_of
from harness.errors import MetricError
from harness.metrics.diversity import distinct_n, share_copied, vocabulary
from harness.metrics.metric import applies
from harness.metrics.registry import check_specs, create
from harness.metrics.tools import METEOR_WORDS, ScoringTools
from harness.pipeline.reading.answers import read_whole
from harness.pipeline.reading.complying import flag_shares
from harness.pipeline.reading.grounding import grounding
from harness.pipeline.reading.kept_results import kept_otherwise
from harness.pipeline.reading.luck import luck
from harness.pipeline.reading.repeats import of_repeats_and_draws
from harness.pipeline.reading.reporting import write_reports
from harness.pipeline.reading.wordings import ideas
from harness.postprocess import step_mark
from harness.records import RunSummary, SystemSummary, TextsSummary
from harness.scores import ScoredRun, best_of, corpus_values, score, score_by_evaluate
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.metric import Metric
    from harness.pipeline.reading.answers import RunAnswers, WholeRun
    from harness.records import (
        Answer,
        Cost,
        FlagShare,
        Ladder,
        MetricResult,
        MetricSpec,
        NoiseFloor,
        RunRecord,
        SampleScores,
        System,
    )
    from harness.store.run_folder import RunFolder

Measured = TypeVar("Measured")
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
        whole = read_whole(folder)
        with ScoringTools(tokenizer=whole.record.tokenizer) as tools:
            summary = score_run(
                folder,
                whole,
                tools,
                specs,
                cost=before.cost,
                kept=kept,
                climbing=lambda *_: before.ladder,
            )
        write_reports(folder, summary, whole)
    return summary


def score_run(
    folder: RunFolder,
    whole: WholeRun,
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
        whole: what was read of it.
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
    run, samples, answers = whole.record, whole.samples, whole.answers
    own = {spec.label: create(spec, tools) for spec in specs if spec.kind == "own"}
    _prepare(tools, answers)
    post = {
        system.name: "+".join(map(step_mark, run.variants[system.variant].steps(system.pipeline)))
        or "none"
        for system in run.systems
    }
    mended = [step.step for step in run.dataset.mended]
    split = run.dataset.split.name if run.dataset.split else None
    scored = score(own, answers.draws, samples, post, mended, split=split)
    results = list(scored.results)
    for spec in specs:
        if spec.kind == "evaluate":
            results += score_by_evaluate(spec, answers.draws, samples, post, mended, split=split)
    noise_floor, draw_variance = of_repeats_and_draws(
        run.systems, run.repeats, own, answers.draws, samples
    )
    expected = expected_of(samples)
    clusters = clusters_of(samples)
    flags = flag_shares(answers, clusters, expected)
    summary = RunSummary(
        run=run.id,
        inputs=inputs,
        suite=run.suite,
        dataset=run.dataset.name,
        split=run.dataset.split,
        baseline=run.baseline,
        uneven=_uneven(scored, own, [system.control is None for system in run.systems]),
        specs=tuple(specs),
        metrics=tuple(dict.fromkeys(result.metric for result in results)),
        systems=tuple(_system_summary(system, answers, flags) for system in run.systems),
        texts=tuple(_texts(system, run, answers, tools) for system in run.systems),
        results=tuple(results),
        noise_floor=noise_floor,
        draw_variance=draw_variance,
        best_of=best_of(own, answers.draws),
        raw=corpus_values(own, answers.raw) if answers.raw and answers.raw[0] else {},
        expected=expected,
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
    per_sample, statistics = scored.per_sample, dict(scored.statistics)
    if kept is not None:
        older_scores, older_statistics = _others(folder, kept, summary)
        per_sample, statistics = (*older_scores, *per_sample), {**older_statistics, **statistics}
        labels = {spec.label for spec in _kept_specs(kept, summary)}
        notices = (*run.notices, *kept_otherwise(kept, labels, samples, tools, mended))
        summary = replace(_with_others(summary, kept), notices=notices)
    summary = replace(summary, ideas=ideas(run, summary))
    folder.write_scores(per_sample)
    folder.write_statistics(scored.scored, statistics)
    every = {spec.label: spec for spec in summary.specs}
    metrics = {label: own.get(label) or create(every[label], tools) for label in statistics}
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


def _prepare(tools: ScoringTools, answers: RunAnswers) -> None:
    """Tokenise all texts at once: each call may start Java."""
    every = chain.from_iterable(
        rows for draw in (*answers.draws, *answers.raw) for rows in draw.values()
    )
    texts: dict[str, None] = {}
    for answer in every:
        texts.update(dict.fromkeys(answer.sample.references))
        texts[answer.text] = None
    with suppress(MetricError):  # without Java: each metric that needs tokens is missing, and why
        tools.prepare(text for text in texts if text)


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
    kept: Mapping[str, Mapping[str, Measured]],
    anew: Mapping[str, Mapping[str, Measured]],
    columns: Iterable[str],
) -> dict[str, dict[str, Measured]]:
    wanted = set(columns)
    return {
        system: {name: value for name, value in kept.get(system, {}).items() if name in wanted}
        | dict(values)
        for system, values in anew.items()
    }


def _texts(
    system: System, run: RunRecord, answers: RunAnswers, tools: ScoringTools
) -> TextsSummary:
    """Describe what a system wrote: functions of all its texts together, without intervals."""
    given = [answer for answer in answers.of(system.name) if answer.failure is None]
    written = [answer.text for answer in given]
    variant = run.variants[system.variant]
    shown = [variant.answers_shown(answer.sample.id) for answer in given]
    same = share_copied(written, shown) if variant.exemplar_answers else None
    try:
        tokens = tools.tokenize(written)
    except MetricError:
        return TextsSummary(
            system=system.name,
            same_as_exemplar=same,
            words=None,
            vocabulary=None,
            distinct_1=None,
            distinct_2=None,
            overlong=None,
        )
    return TextsSummary(
        system=system.name,
        same_as_exemplar=same,
        words=sum(len(text.split()) for text in tokens) / len(tokens) if tokens else None,
        vocabulary=vocabulary(tokens),
        distinct_1=distinct_n(tokens, 1),
        distinct_2=distinct_n(tokens, 2),
        overlong=sum(len(text.split()) > METEOR_WORDS for text in tokens),
    )


def _system_summary(
    system: System, answers: RunAnswers, flags: Mapping[str, tuple[FlagShare, ...]]
) -> SystemSummary:
    """Count what became of a system's requests."""
    name = system.name
    draws = [draw[name] for draw in answers.draws if name in draw]
    every = list(answers.of(name))
    predictions = [answer.prediction for answer in every]
    return SystemSummary(
        system=name,
        model=system.model,
        variant=system.variant,
        decoding=system.decoding.name,
        pipeline=system.pipeline,
        n=len(draws[0]),
        draws=len(draws),
        unscored=sum(
            all(answer.failure is not None for answer in each) for each in zip(*draws, strict=True)
        ),
        failed=sum(p.status == "failed" for p in predictions),
        empty=sum(p.status == "empty" for p in predictions),
        declined=_counted(step for p in predictions for step in p.declined),
        unapplied=_counted(step for p in predictions for step in p.unapplied),
        truncated=sum(answer.completion.finish_reason == "length" for answer in every),
        changed=sum(bool(p.steps) for p in predictions),
        changed_by=_counted(step for p in predictions for step in p.steps),
        flags=flags[name],
        malformed=answers.malformed.get(name, 0),
        reasons=_counted(answer.failure for answer in every if answer.failure),
        made_by=_counted(_maker(answer) for answer in every if answer.failure is None),
        control=system.control,
        control_of=system.control_of,
    )


def _maker(answer: Answer) -> str:
    return answer.completion.made_by or "not known"


def _counted(words: Iterable[str]) -> dict[str, int]:
    """Count words, the most frequent first."""
    return dict(Counter(words).most_common())


def has_results(results: Iterable[MetricResult]) -> bool:
    """Tell whether any number could be computed."""
    return any(result.value is not None for result in results)
