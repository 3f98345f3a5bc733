"""The main job: a suite → completions → run folder → scores → summary, tables and report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import harness
from harness.config.load import load_suite
from harness.engines.hub import Hub
from harness.engines.protocol import check_machine
from harness.executors.interrupt import stopped_at_once
from harness.fingerprint import sha256_folder, sha256_json
from harness.metrics.tools import ScoringTools
from harness.pipeline.asking.environment import environment
from harness.pipeline.asking.generate import (
    Generation,
    Lookup,
    Progress,
    Tokens,
    generate,
    groups,
    look_up,
)
from harness.pipeline.asking.plan import Choice, Plan, make_plan
from harness.pipeline.reading.scoring import evaluate, write_reports
from harness.records import Completion
from harness.report.tables import read_reported
from harness.store.completions import CompletionStore
from harness.store.file_hashes import FileHashes
from harness.store.run_folder import RunFolder, StoredCompletion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.records import Json

STORE_FILE = "store.sqlite"
LAST_REPORT = "report.html"
"""What a run writes last, after its summary."""
HASHES_FILE = "file_hashes.sqlite"
RUN_SCHEMA = 1
_WRITTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """A finished run."""

    folder: RunFolder
    summary: dict[str, Any]
    generation: Generation
    unchanged: bool = False
    """Whether it is a run of before, since nothing has changed."""


@stopped_at_once()
def run_suite(
    suite_folder: Path,
    choice: Choice,
    *,
    out: Path | None,
    with_reported: bool,
    max_failures: str | None = None,
    progress: Progress,
) -> RunOutcome:
    """Run a suite; what the store already has is not asked for again.

    Where nothing has changed since a finished run, that run is the answer: nothing is generated,
    scored or written.

    Args:
        suite_folder: the folder with ``suite.yaml``.
        choice: which of its variants, models and samples.
        out: the results folder; default: ``results/`` of the project.
        with_reported: put the suite's reported figures under the table.
        max_failures: stop when more requests than this fail: a number, or a share such as 5%.
        progress: told what goes on.

    Raises:
        HarnessError: something the user can mend, or an interrupt.
    """
    progress.stage("reading the suite and its samples")
    suite = load_suite(suite_folder)
    results = out or suite.root / "results"
    hub = Hub()
    with FileHashes(results / HASHES_FILE) as hashes:
        plan = make_plan(suite, choice, hash_file=hashes.sha256, pin=hub.pin)
    suite = plan.suite
    reported = read_reported(suite.reported) if with_reported and suite.reported else []
    with (
        CompletionStore(results / STORE_FILE) as store,
        ScoringTools(tokenizer=suite.tokenizer) as tools,
    ):
        lookup = look_up(plan, store)
        inputs = _inputs(plan, lookup, reported)
        if not lookup.missing and (finished := _finished(results / suite.name, inputs)):
            nothing = Generation(total=plan.size, done=plan.size)
            summary = finished.summary()
            if not (finished.path / LAST_REPORT).is_file():  # it was stopped just before its end
                write_reports(finished, summary)
            return RunOutcome(folder=finished, summary=summary, generation=nothing, unchanged=True)
        startable = _startable(plan, lookup, hub)
        folder = RunFolder.create(results, suite.name)
        record = _run_record(plan, folder, reported)
        folder.write_run(record)
        folder.write_samples(plan.samples)
        if lookup.missing and "meteor" in suite.metrics:  # no options: always a bare name
            tools.start_meteor()  # reads its tables while the model starts and writes
        generation = generate(
            startable,
            store,
            lookup,
            max_failures=max_failures,
            log=folder.engine_log,
            progress=progress,
        )
        progress.stage("scoring" if lookup.missing else "scoring; every completion is there")
        cost = _write_completions(plan, store, folder, generation)
        folder.write_run({**record, "cost": cost})
        summary = evaluate(folder, tools, cost, inputs=inputs)
    progress.stage("writing the report")
    write_reports(folder, summary)
    return RunOutcome(folder=folder, summary=summary, generation=generation)


def _startable(plan: Plan, lookup: Lookup, hub: Hub) -> Plan:
    """See to it that the models that are to be asked can be started here; give them their folders.

    Raises:
        EngineError: a package or a checkpoint is not there, and not to be had.
    """
    models = []
    for model in plan.suite.models:
        if model.name in lookup.missing:
            check_machine(model)
            models.append(hub.fetch(model))
        else:
            models.append(model)
    return replace(plan, suite=replace(plan.suite, models=tuple(models)))


def _inputs(plan: Plan, lookup: Lookup, reported: list[dict[str, Any]]) -> str:
    """Hash all that a run's numbers and pages depend on, this program included."""
    return sha256_json(
        {
            "completions": lookup.keys_sha256,
            "systems": [asdict(system) for system in plan.systems],
            "suite": _suite_record(plan),
            "dataset": _dataset_record(plan),
            "samples": [[s.id, s.references, s.cluster, s.metadata] for s in plan.samples],
            "reported": reported,
            "program": sha256_folder(Path(harness.__file__).parent, "*.py", "*.j2"),
        }
    )


def _finished(suite_results: Path, inputs: str) -> RunFolder | None:
    """Give the newest run if it is complete and had these inputs.

    An older one will not do: other verbs take a suite's newest run, and would show another. Nor one
    that lacks a metric: what was missing then, Java say, may be there now.
    """
    for newest in RunFolder.all(suite_results)[:1]:
        if newest.complete:
            summary = newest.summary()
            whole = not any(result["missing"] for result in summary["results"])
            return newest if whole and summary["inputs"] == inputs else None
    return None


def _write_completions(
    plan: Plan, store: CompletionStore, folder: RunFolder, generation: Generation
) -> dict[str, Json]:
    """Copy the run's completions from the store into its folder; say what they cost."""
    tokens = Tokens()
    written: set[str] = set()

    def lines(write_part: Callable[[str, str], None]) -> Iterator[StoredCompletion]:
        for some in groups(plan.requests(), _WRITTEN_AT_ONCE):
            there = store.get(p.request.key for p in some)
            reasons = store.failures(p.request.key for p in some if p.request.key not in there)
            for system, request, ingredients in some:
                completion = there.get(request.key) or Completion(
                    key=request.key,
                    text="",
                    finish_reason="error",
                    error=reasons.get(request.key, "it was not asked for"),
                )
                tokens.add(system.model, completion)
                for digest, text in ingredients.parts.items():
                    if digest not in written:
                        written.add(digest)
                        write_part(digest, text)
                yield StoredCompletion(
                    system=system.name,
                    variant=system.variant,
                    sample_id=request.sample_id,
                    draw=ingredients.draw,
                    completion=completion,
                    record=ingredients.record,
                )

    with folder.writing_parts() as write_part:
        folder.write_completions(lines(write_part))
    seconds = generation.seconds
    return {
        "completions": plan.size,
        "generated": generation.generated,
        "failed": generation.failed,
        "model_start_seconds": round(generation.start_seconds, 3),
        "generate_seconds": round(seconds, 3),
        "completions_per_second": round(generation.generated / seconds, 3) if seconds else None,
        "images_per_second": round(generation.images / seconds, 3) if seconds else None,
        "images": {"asked": generation.images, **asdict(generation.image_work)},
        **tokens.totals(),
        "generated_tokens": generation.tokens.totals(),
        "money": _money(plan, generation.tokens, tokens),
    }


def _money(plan: Plan, now: Tokens, whole: Tokens) -> dict[str, Json] | None:
    """Say what was paid now and for all of the run, in US dollars; None without a price."""
    if not any(model.price for model in plan.suite.models):
        return None
    return {
        "currency": "USD",
        "now": sum(now.price(model) for model in plan.suite.models),
        "run": sum(whole.price(model) for model in plan.suite.models),
    }


def _run_record(plan: Plan, folder: RunFolder, reported: list[dict[str, Any]]) -> dict[str, Json]:
    return {
        "schema": RUN_SCHEMA,
        "id": folder.path.name,
        "systems": [asdict(system) for system in plan.systems],
        **_suite_record(plan),
        "dataset": _dataset_record(plan),
        "reported": reported,
        **environment(plan.suite.folder),
    }


def _suite_record(plan: Plan) -> dict[str, Json]:
    suite = plan.suite
    return {
        "suite": suite.name,
        "baseline": suite.baseline,
        "repeats": plan.repeats,
        "metrics": list(suite.metrics),
        "tokenizer": suite.tokenizer,
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
                "structured_outputs": variant.structured_outputs,
            }
            for variant in (renderer.variant for renderer in plan.renderers.values())
        },
        "unknown_ids": list(plan.unknown_ids),
    }


def _dataset_record(plan: Plan) -> dict[str, Json]:
    return {
        "name": plan.suite.dataset.name,
        "description": plan.suite.dataset.description,
        "samples": len(plan.samples),
        "dropped": [asdict(dropped) for dropped in plan.dataset.dropped],
    }
