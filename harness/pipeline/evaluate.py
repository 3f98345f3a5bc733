"""A run folder with completions → scores, summary, tables and report; needs no model, no store."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from harness.compare import verdicts
from harness.errors import StoreError
from harness.metrics.base import Metric, create
from harness.metrics.tools import ScoringTools
from harness.pipeline.compare import compare_run
from harness.postprocess import check_steps, predict
from harness.report.gallery import gallery
from harness.report.html import html_page
from harness.report.tables import ComparisonTable
from harness.score import corpus_values, family_of, is_evaluate, score, score_by_evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import Json, Prediction, Sample
    from harness.store.run_folder import RunFolder

SUMMARY_SCHEMA = 1
SHORT = 4
"""A reference of fewer words has no 4-gram, so that not even itself scores full marks."""


def rescore(folder: RunFolder, metrics: Sequence[str] | None = None) -> dict[str, Any]:
    """Post-process and score a finished run again, from its folder alone.

    Args:
        folder: the run.
        metrics: what to compute; default: what the run asked for.

    Raises:
        StoreError: the run is not complete or its files are damaged.
        MetricError: a metric is unknown.
    """
    before = folder.summary()
    with ScoringTools(tokenizer=folder.run()["tokenizer"]) as tools:
        summary = evaluate(folder, tools, before["cost"], metrics)
    write_reports(folder, summary)
    return summary


def evaluate(
    folder: RunFolder,
    tools: ScoringTools,
    cost: Mapping[str, Json],
    metrics: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Post-process and score the completions of a run, and write scores and summary.

    Raises:
        StoreError: the run's files are missing or damaged.
        MetricError: a metric is unknown.
    """
    run = folder.run()
    samples = folder.samples()
    answers = _answers(folder, run, samples)
    specs = list(metrics or run["metrics"])
    chosen = {family_of(s): create(s, tools) for s in specs if not is_evaluate(s)}
    made = chain(*answers.predictions.values(), *answers.raw.values())
    tools.prepare(  # all at once: each call may start Java
        chain(
            (text for sample in samples for text in sample.references),
            (prediction.value for prediction in made if prediction.value),
        )
    )
    post = {
        system["name"]: "+".join(run["variants"][system["variant"]]["postprocess"]) or "none"
        for system in run["systems"]
    }
    scored = score(chosen, answers.predictions, samples, post)
    results = [
        *scored.results,
        *(
            result
            for spec in specs
            if is_evaluate(spec)
            for result in score_by_evaluate(spec, answers.predictions, samples, post)
        ),
    ]
    folder.write_scores(scored.per_sample)
    folder.write_statistics(scored.scored, scored.statistics)
    summary = {
        "schema": SUMMARY_SCHEMA,
        "run": run["id"],
        "suite": run["suite"],
        "dataset": run["dataset"]["name"],
        "baseline": run["baseline"],
        "metrics": list(dict.fromkeys(result.metric for result in results)),
        "systems": [_system_summary(system, answers) for system in run["systems"]],
        "results": [asdict(result) for result in results],
        "noise_floor": _noise_floor(folder, run, samples, answers, chosen),
        "raw": corpus_values(chosen, answers.raw, samples) if answers.raw else {},
        "short_references": sum(
            all(len(text.split()) < SHORT for text in sample.references) for sample in samples
        ),
        "reported": run["reported"],
        "dropped": len(run["dataset"]["dropped"]),
        "cost": dict(cost),
    }
    folder.write_summary(summary)
    return summary


def write_reports(folder: RunFolder, summary: Mapping[str, Any]) -> None:
    """Write the tables (Markdown, CSV, LaTeX) and ``report.html`` of a scored run.

    Raises:
        StoreError: a file of the run is missing, or one cannot be written.
    """
    run = folder.run()
    samples = folder.samples()
    predictions = _answers(folder, run, samples).predictions
    table = ComparisonTable.of(summary)
    folder.write_text("table.md", table.markdown())
    folder.write_text("table_by_metric.md", table.by_metric())
    folder.write_text("table.csv", table.csv())
    folder.write_text("table.tex", table.latex())
    shown = gallery(samples, predictions, folder.scores())
    scored = {result["system"] for result in summary["results"] if result["interval"]}
    sentences: list[str] = []
    if len(scored) > 1:
        compared = compare_run(folder)
        sentences = verdicts(compared.metric(compared.deciding))
    folder.write_text("report.html", html_page(run, summary, table, shown, sentences))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """The completions of a run, post-processed; each list is in the order of samples."""

    predictions: dict[str, list[Prediction]]
    """By system."""
    raw: dict[str, list[Prediction]]
    """The completions as the model wrote them, of systems where post-processing changed a text."""
    finish: dict[str, Counter[str]]
    """By system: how often a completion ended for which reason."""


def _answers(
    folder: RunFolder, run: Mapping[str, Any], samples: Sequence[Sample], draw: int = 0
) -> _Answers:
    steps = {name: variant["postprocess"] for name, variant in run["variants"].items()}
    for names in steps.values():
        check_steps(names)
    made: dict[str, dict[str, Prediction]] = {system["name"]: {} for system in run["systems"]}
    raw: dict[str, dict[str, Prediction]] = {system["name"]: {} for system in run["systems"]}
    finish: dict[str, Counter[str]] = {system["name"]: Counter() for system in run["systems"]}
    for line in folder.completions():
        if line.draw != draw:
            continue
        made[line.system][line.sample_id] = predict(line.completion, steps[line.variant])
        raw[line.system][line.sample_id] = predict(line.completion, ())
        finish[line.system][line.completion.finish_reason] += 1
    try:
        return _Answers(
            predictions={
                system: [answers[sample.id] for sample in samples]
                for system, answers in made.items()
            },
            raw={
                system: [answers[sample.id] for sample in samples]
                for system, answers in raw.items()
                if any(prediction.steps for prediction in made[system].values())
            },
            finish=finish,
        )
    except KeyError as error:
        raise StoreError(
            f"{folder.path / 'completions.jsonl'} lacks sample {error}",
            hint="run the suite again; finished completions are not asked for twice",
        ) from error


def _noise_floor(
    folder: RunFolder,
    run: Mapping[str, Any],
    samples: Sequence[Sample],
    first: _Answers,
    metrics: Mapping[str, Metric],
) -> dict[str, Json] | None:
    """Say how far a run's repeats lie apart; None for a run without repeats.

    ``floor`` is a metric's largest range over the repeats of one system: a smaller difference
    between two systems may come from the engine alone. ``differing`` counts a system's samples
    whose texts are not all the same.
    """
    draws = [first, *(_answers(folder, run, samples, draw) for draw in range(1, run["repeats"]))]
    if len(draws) < 2:
        return None
    values = [corpus_values(metrics, draw.predictions, samples) for draw in draws]
    systems = list(first.predictions)
    names = {name for value in values for scores in value.values() for name in scores}
    apart: dict[str, list[float]] = {name: [] for name in sorted(names)}
    for system in systems:
        for name, ranges in apart.items():
            found = [value[system][name] for value in values if name in value[system]]
            ranges.append(max(found, default=0.0) - min(found, default=0.0))
    return {
        "repeats": len(draws),
        "floor": {name: max(ranges) for name, ranges in apart.items()},
        "differing": {
            system: sum(
                len({draw.predictions[system][i].value for draw in draws}) > 1
                for i in range(len(samples))
            )
            for system in systems
        },
    }


def _system_summary(system: Mapping[str, Any], answers: _Answers) -> dict[str, Json]:
    name = system["name"]
    predictions = answers.predictions[name]
    return {
        "system": name,
        "model": system["model"],
        "variant": system["variant"],
        "decoding": system["decoding"]["name"],
        "n": len(predictions),
        "unscored": sum(p.status == "failed" for p in predictions),
        "empty": sum(p.status == "empty" for p in predictions),
        "truncated": answers.finish[name]["length"],
        "changed": sum(bool(p.steps) for p in predictions),
        "reasons": _reasons(predictions),
    }


def _reasons(predictions: Sequence[Prediction]) -> dict[str, int]:
    """Count the failures of a system by their reason, the most frequent first."""
    return dict(Counter(p.reason for p in predictions if p.reason).most_common())
