"""The main job: a suite → completions → run folder → scores → summary, tables and report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from harness.config.load import load_suite
from harness.metrics.tools import ScoringTools
from harness.pipeline.environment import environment
from harness.pipeline.evaluate import evaluate, write_reports
from harness.pipeline.generate import Generation, Progress, generate
from harness.pipeline.plan import Choice, Plan, make_plan
from harness.report.tables import read_reported
from harness.store.completions import CompletionStore
from harness.store.run_folder import RunFolder, StoredCompletion

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records import Json

STORE_FILE = "store.sqlite"
RUN_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """A finished run."""

    folder: RunFolder
    summary: dict[str, Any]
    generation: Generation


def run_suite(
    suite_folder: Path,
    choice: Choice,
    *,
    out: Path | None,
    with_reported: bool,
    progress: Progress,
) -> RunOutcome:
    """Run a suite; what the store already has is not asked for again.

    Args:
        suite_folder: the folder with ``suite.yaml``.
        choice: which of its variants, models and samples.
        out: the results folder; default: ``results/`` of the project.
        with_reported: put the suite's reported figures under the table.
        progress: told what goes on.

    Raises:
        HarnessError: something the user can mend, or an interrupt.
    """
    progress.stage("reading the suite and its samples")
    suite = load_suite(suite_folder)
    plan = make_plan(suite, choice)
    suite = plan.suite
    reported = read_reported(suite.reported) if with_reported and suite.reported else []
    results = out or suite.root / "results"
    with (
        CompletionStore(results / STORE_FILE) as store,
        ScoringTools(tokenizer=suite.tokenizer) as tools,
    ):
        folder = RunFolder.create(results, suite.name)
        folder.write_run(_run_record(plan, folder, reported))
        folder.write_samples(plan.samples)

        def on_start() -> None:
            if "meteor" in suite.metrics:  # it has no options, so it is always a bare name
                tools.start_meteor()  # reads its tables while the model starts and writes

        generation = generate(
            plan, store, log=folder.engine_log, progress=progress, on_start=on_start
        )
        folder.write_completions(
            StoredCompletion(
                system=system.name,
                variant=system.variant,
                sample_id=request.sample_id,
                completion=generation.completions[request.key],
                draw=draw,
            )
            for draw in range(plan.repeats)
            for system, request in plan.requests(draw)
        )
        progress.stage("scoring")
        summary = evaluate(folder, tools, _cost(generation))
    progress.stage("writing the report")
    write_reports(folder, summary)
    return RunOutcome(folder=folder, summary=summary, generation=generation)


def _cost(generation: Generation) -> dict[str, Json]:
    """Say what the run asked of its models; all zero when everything was in the store."""
    fresh = list(generation.completions.values())
    seconds = generation.seconds
    return {
        "completions": len(fresh),
        "generated": generation.generated,
        "model_start_seconds": round(generation.start_seconds, 3),
        "generate_seconds": round(seconds, 3),
        "completions_per_second": round(generation.generated / seconds, 3) if seconds else None,
        "prompt_tokens": sum(c.prompt_tokens for c in fresh),
        "cached_tokens": sum(c.cached_tokens for c in fresh),
        "completion_tokens": sum(c.completion_tokens for c in fresh),
    }


def _run_record(plan: Plan, folder: RunFolder, reported: list[dict[str, Any]]) -> dict[str, Json]:
    suite = plan.suite
    return {
        "schema": RUN_SCHEMA,
        "id": folder.path.name,
        "suite": suite.name,
        "baseline": suite.baseline,
        "repeats": plan.repeats,
        "metrics": list(suite.metrics),
        "tokenizer": suite.tokenizer,
        "systems": [asdict(system) for system in plan.systems],
        "models": {
            model.name: {**asdict(model), "identity": plan.identities[model.name]}
            for model in suite.models
        },
        "variants": {
            variant.name: {
                "description": variant.description,
                "system": variant.system,
                "user": variant.user,
                "exemplars": variant.exemplars and asdict(variant.exemplars),
                "exemplar_answers": list(plan.renderers[variant.name].exemplar_answers),
                "postprocess": list(variant.postprocess),
                "generation": dict(variant.generation),
            }
            for variant in suite.variants
        },
        "dataset": {
            "name": suite.dataset.name,
            "description": suite.dataset.description,
            "samples": len(plan.samples),
            "dropped": [asdict(dropped) for dropped in plan.dataset.dropped],
        },
        "reported": reported,
        **environment(suite.folder),
    }
