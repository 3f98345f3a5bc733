"""A run folder with completions → scores, summary, tables and report; needs no model, no store."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from harness.answer_form import has_form
from harness.contrast import verdicts
from harness.errors import MetricError, StoreError
from harness.metrics.diversity import distinct_n, share_identical, vocabulary
from harness.metrics.metric import Metric, create
from harness.metrics.tools import METEOR_WORDS, ScoringTools
from harness.pipeline.reading.comparing import compare_run
from harness.postprocess import check_steps, predict
from harness.report.gallery import MAX_CARDS, gallery
from harness.report.html import html_page
from harness.report.tables import ComparisonTable
from harness.score import (
    Draw,
    best_of,
    corpus_values,
    family_of,
    is_evaluate,
    score,
    score_by_evaluate,
)
from harness.stats import REPLICATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import Json, Prediction, Sample
    from harness.store.run_folder import RunFolder

SUMMARY_SCHEMA = 1
SEED = 0
"""Of the bootstrap that gives each score its intervals."""
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
    *,
    inputs: str | None = None,
) -> dict[str, Any]:
    """Post-process and score the completions of a run, and write scores and summary.

    Args:
        folder: the run.
        tools: its tokeniser and METEOR.
        cost: what generating took.
        metrics: what to compute; default: what the run asked for.
        inputs: a hash of all that the numbers depend on; None where it is not known.

    Raises:
        StoreError: the run's files are missing or damaged.
        MetricError: a metric is unknown.
    """
    run = folder.run()
    samples = folder.samples()
    answers = _answers(folder, run, samples)
    specs = list(metrics or run["metrics"])
    chosen = {family_of(s): create(s, tools) for s in specs if not is_evaluate(s)}
    made = chain(*(chain(*draw.values()) for draw in (*answers.draws, *answers.raw)))
    with suppress(MetricError):  # without Java: each metric that needs tokens is missing, and why
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
    scored = score(chosen, answers.draws, samples, post, replicates=REPLICATES, seed=SEED)
    results = [
        *scored.results,
        *(
            result
            for spec in specs
            if is_evaluate(spec)
            for result in score_by_evaluate(spec, answers.draws, samples, post)
        ),
    ]
    folder.write_scores(scored.per_sample)
    folder.write_statistics(scored.scored, scored.statistics)
    summary = {
        "schema": SUMMARY_SCHEMA,
        "run": run["id"],
        "inputs": inputs,
        "suite": run["suite"],
        "dataset": run["dataset"]["name"],
        "baseline": run["baseline"],
        "resampling": {"replicates": REPLICATES, "seed": SEED},
        "metrics": list(dict.fromkeys(result.metric for result in results)),
        "systems": [_system_summary(system, answers) for system in run["systems"]],
        "texts": [_texts(system, run, answers, tools) for system in run["systems"]],
        "results": [asdict(result) for result in results],
        "noise_floor": _noise_floor(run, answers.draws, samples, chosen),
        "best_of": best_of(chosen, answers.draws, samples),
        "raw": corpus_values(chosen, answers.raw, samples) if answers.raw[0] else {},
        "short_references": sum(
            all(len(text.split()) < SHORT for text in sample.references) for sample in samples
        ),
        "reported": run["reported"],
        "dropped": len(run["dataset"]["dropped"]),
        "unknown_ids": run["unknown_ids"],
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
    table = ComparisonTable.of(summary)
    folder.write_text("table.md", table.markdown())
    folder.write_text("table_by_metric.md", table.by_metric())
    folder.write_text("table.csv", table.csv())
    folder.write_text("table.tex", table.latex())
    first = samples[:MAX_CARDS]
    scores = folder.scores([sample.id for sample in first])
    shown = gallery(first, _answers(folder, run, first).draws[0], scores)
    scored = {result["system"] for result in summary["results"] if result["interval"]}
    sentences: list[str] = []
    if len(scored) > 1:
        compared = compare_run(folder, deciding_alone=True)
        sentences = verdicts(compared.metric(compared.deciding))
    folder.write_text("report.html", html_page(run, summary, table, shown, sentences))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """The completions of a run, post-processed; draw by draw, lists in the order of samples.

    A system that was drawn less often than others is not in the later draws.
    """

    draws: list[dict[str, list[Prediction]]]
    raw: list[dict[str, list[Prediction]]]
    """As the model wrote them, of the systems where post-processing changed a text."""
    finish: dict[str, Counter[str]]
    """By system: how often a completion ended for which reason."""
    malformed: Counter[str]
    """By system: completions without the form that the prompt asked for."""

    def of(self, system: str) -> list[Prediction]:
        """Give a system's predictions, all draws one after the other."""
        return [prediction for draw in self.draws for prediction in draw.get(system, ())]


def _answers(folder: RunFolder, run: Mapping[str, Any], samples: Sequence[Sample]) -> _Answers:
    steps = {name: variant["postprocess"] for name, variant in run["variants"].items()}
    for names in steps.values():
        check_steps(names)
    systems = [system["name"] for system in run["systems"]]
    made: dict[tuple[int, str, str], Prediction] = {}
    raw: dict[tuple[int, str, str], Prediction] = {}
    finish: dict[str, Counter[str]] = {system: Counter() for system in systems}
    malformed: Counter[str] = Counter()
    wanted = {sample.id for sample in samples}
    for line in folder.completions():
        if line.sample_id not in wanted:
            continue
        place = (line.draw, line.system, line.sample_id)
        made[place] = predict(line.completion, steps[line.variant])
        if made[place].steps:
            raw[place] = predict(line.completion, ())
        finish[line.system][line.completion.finish_reason] += 1
        form = run["variants"][line.variant].get("structured_outputs")
        if form and line.completion.error is None and not has_form(line.completion.text, form):
            malformed[line.system] += 1
    changed = {system for _, system, _ in raw}
    drawn = {system["name"]: system["draws"] * run["repeats"] for system in run["systems"]}
    draws = [[s for s in systems if draw < drawn[s]] for draw in range(max(drawn.values()))]
    try:
        return _Answers(
            draws=[
                {s: [made[d, s, sample.id] for sample in samples] for s in there}
                for d, there in enumerate(draws)
            ],
            raw=[
                {
                    s: [raw.get((d, s, x.id), made[d, s, x.id]) for x in samples]
                    for s in there
                    if s in changed
                }
                for d, there in enumerate(draws)
            ],
            finish=finish,
            malformed=malformed,
        )
    except KeyError as error:
        raise StoreError(
            f"{folder.path / 'completions.jsonl'} lacks {error}",
            hint="run the suite again; finished completions are not asked for twice",
        ) from error


def _noise_floor(
    run: Mapping[str, Any],
    draws: Sequence[Draw],
    samples: Sequence[Sample],
    metrics: Mapping[str, Metric],
) -> dict[str, Json] | None:
    """Say how far a run's repeats lie apart; None for a run without repeats.

    ``floor`` is a metric's largest range over the repeats of one system: a smaller difference
    between two systems may come from the engine alone. ``differing`` counts a system's samples
    whose texts are not all the same.
    """
    if run["repeats"] < 2:
        return None
    floor: dict[str, float] = {}
    differing: dict[str, int] = {}
    for system in run["systems"]:
        name, size = system["name"], system["draws"]
        mine = [{name: draw[name]} for draw in draws if name in draw]
        repeats = [
            corpus_values(metrics, mine[start : start + size], samples)[name]
            for start in range(0, len(mine), size)
        ]
        for metric in sorted(set().union(*repeats)):
            found = [values[metric] for values in repeats if metric in values]
            floor[metric] = max(floor.get(metric, 0.0), max(found) - min(found))
        differing[name] = sum(
            len({draw[name][i].value for draw in mine}) > 1 for i in range(len(samples))
        )
    return {"repeats": run["repeats"], "floor": floor, "differing": differing}


def _texts(
    system: Mapping[str, Any], run: Mapping[str, Any], answers: _Answers, tools: ScoringTools
) -> dict[str, Json]:
    """Describe what a system wrote: functions of all its texts together, without intervals.

    What needs tokens is None where there is no tokeniser.
    """
    written = [p.value for p in answers.of(system["name"]) if p.value is not None]
    shown = run["variants"][system["variant"]].get("exemplar_answers") or []
    facts = {
        "system": system["name"],
        "same_as_exemplar": share_identical(written, shown) if shown else None,
    }
    try:
        tokens = tools.tokenize(written)
    except MetricError:
        nothing = ("words", "vocabulary", "distinct_1", "distinct_2", "overlong")
        return facts | dict.fromkeys(nothing)
    return facts | {
        "words": sum(len(text.split()) for text in tokens) / len(tokens) if tokens else None,
        "vocabulary": vocabulary(tokens),
        "distinct_1": distinct_n(tokens, 1),
        "distinct_2": distinct_n(tokens, 2),
        "overlong": sum(len(text.split()) > METEOR_WORDS for text in tokens),
    }


def _system_summary(system: Mapping[str, Any], answers: _Answers) -> dict[str, Json]:
    name = system["name"]
    predictions = answers.of(name)
    draws = [draw[name] for draw in answers.draws if name in draw]
    return {
        "system": name,
        "model": system["model"],
        "variant": system["variant"],
        "decoding": system["decoding"]["name"],
        "n": len(draws[0]),
        "draws": len(draws),
        "unscored": sum(all(p.value is None for p in each) for each in zip(*draws, strict=True)),
        "failed": sum(p.status == "failed" for p in predictions),
        "empty": sum(p.status == "empty" for p in predictions),
        "truncated": answers.finish[name]["length"],
        "changed": sum(bool(p.steps) for p in predictions),
        "malformed": answers.malformed[name],
        "reasons": _reasons(predictions),
    }


def _reasons(predictions: Sequence[Prediction]) -> dict[str, int]:
    """Count the failures of a system by their reason, the most frequent first."""
    return dict(Counter(p.reason for p in predictions if p.reason).most_common())
