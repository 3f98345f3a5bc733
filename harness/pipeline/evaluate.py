"""A run folder with completions → scores, summary, tables and report; needs no model, no store."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.errors import StoreError
from harness.metrics.base import create
from harness.metrics.tools import ScoringTools
from harness.postprocess import check_steps, predict
from harness.report.gallery import gallery
from harness.report.html import html_page
from harness.report.tables import ComparisonTable
from harness.score import score

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
    predictions, finish = _predictions(folder, run, samples)
    names = list(metrics or run["metrics"])
    tools.prepare(
        text
        for texts in (
            *(sample.references for sample in samples),
            *([p.value for p in answers if p.value] for answers in predictions.values()),
        )
        for text in texts
    )
    post = {
        system["name"]: "+".join(run["variants"][system["variant"]]["postprocess"]) or "none"
        for system in run["systems"]
    }
    scored = score({name: create(name, tools) for name in names}, predictions, samples, post)
    folder.write_scores(scored.per_sample)
    folder.write_statistics(scored.scored, scored.statistics)
    summary = {
        "schema": SUMMARY_SCHEMA,
        "run": run["id"],
        "suite": run["suite"],
        "dataset": run["dataset"]["name"],
        "baseline": run["baseline"],
        "metrics": list(dict.fromkeys(result.metric for result in scored.results)),
        "systems": [
            {
                "system": system["name"],
                "model": system["model"],
                "variant": system["variant"],
                "decoding": system["decoding"]["name"],
                "n": len(samples),
                "unscored": sum(p.status == "failed" for p in predictions[system["name"]]),
                "empty": sum(p.status == "empty" for p in predictions[system["name"]]),
                "truncated": finish[system["name"]]["length"],
                "reasons": _reasons(predictions[system["name"]]),
            }
            for system in run["systems"]
        ],
        "results": [asdict(result) for result in scored.results],
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
    """Write ``table.md``, ``table.csv``, ``table.tex`` and ``report.html`` of a scored run.

    Raises:
        StoreError: a file of the run is missing, or one cannot be written.
    """
    run = folder.run()
    samples = folder.samples()
    predictions, _ = _predictions(folder, run, samples)
    table = ComparisonTable.of(summary)
    folder.write_text("table.md", table.markdown())
    folder.write_text("table.csv", table.csv())
    folder.write_text("table.tex", table.latex())
    shown = gallery(samples, predictions, folder.scores())
    folder.write_text("report.html", html_page(run, summary, table, shown))


def _predictions(
    folder: RunFolder, run: Mapping[str, Any], samples: Sequence[Sample]
) -> tuple[dict[str, list[Prediction]], dict[str, dict[str, int]]]:
    """Post-process every completion: system → predictions in the order of samples."""
    steps = {name: variant["postprocess"] for name, variant in run["variants"].items()}
    for names in steps.values():
        check_steps(names)
    made: dict[str, dict[str, Prediction]] = {system["name"]: {} for system in run["systems"]}
    finish: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in folder.completions():
        made[line.system][line.sample_id] = predict(line.completion, steps[line.variant])
        finish[line.system][line.completion.finish_reason] += 1
    try:
        ordered = {
            system: [answers[sample.id] for sample in samples] for system, answers in made.items()
        }
    except KeyError as error:
        raise StoreError(
            f"{folder.path / 'completions.jsonl'} lacks sample {error}",
            hint="run the suite again; finished completions are not asked for twice",
        ) from error
    return ordered, finish


def _reasons(predictions: Sequence[Prediction]) -> dict[str, int]:
    """Count the failures of a system by their reason, the most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for prediction in predictions:
        if prediction.reason:
            counts[prediction.reason] += 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
