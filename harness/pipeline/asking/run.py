"""The main job: a suite → completions → run folder → scores → summary, tables and report."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from harness.config.load import load_suite
from harness.config.problems import Problems
from harness.engines.hub import Hub
from harness.engines.protocol import check_machine
from harness.errors import MetricError, StoreError
from harness.fingerprint import sha256_folder
from harness.metrics.tools import ScoringTools
from harness.pipeline.asking.counting import counted
from harness.pipeline.asking.declaring import Declaring, replayed_systems, systems_to_ask
from harness.pipeline.asking.generate import (
    Generation,
    Lookup,
    Progress,
    Tokens,
    generate,
    look_up,
)
from harness.pipeline.asking.inputs import inputs_hash
from harness.pipeline.asking.leakage import guard
from harness.pipeline.asking.plan import Choice, Plan, make_plan
from harness.pipeline.asking.record import run_record, write_completions
from harness.pipeline.asking.unscorable import refuse_unscorable
from harness.pipeline.reading.answered import Answered, FewCompletions
from harness.pipeline.reading.climbing import climb
from harness.pipeline.reading.comparing import compare_run
from harness.pipeline.reading.reporting import comparable, write_reports
from harness.pipeline.reading.scoring import score_run
from harness.records import Completion, Cost, ImageCounts, Money
from harness.report.tables import read_reported
from harness.store.completions import CompletionStore
from harness.store.file_hashes import HASHES_FILE, FileHashes
from harness.store.looks import LooksFile
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.executors.executor import Executor
    from harness.pipeline.asking.plan import Planned
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import RunSummary, Suite

STORE_FILE = "store.sqlite"
LAST_REPORT = "report.html"
"""What a run writes last, after its summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOutcome:
    """A finished run."""

    folder: RunFolder
    summary: RunSummary
    comparison: RunComparison | None
    """None where no two systems compare."""
    generation: Generation
    unchanged: bool = False
    """Whether it is a run of before, since nothing has changed."""


def run_suite(
    suite_folder: Path,
    choice: Choice,
    *,
    out: Path | None,
    with_reported: bool,
    max_failures: str | None = None,
    progress: Progress,
    executor: Executor | None = None,
    planned: Callable[[Plan, Suite], None] | None = None,
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
        executor: who carries requests to models; default: this process, left as it is.
        planned: told what is going to be asked, and the suite as it is written.

    Raises:
        HarnessError: something the user can mend, or an interrupt.
    """
    progress.stage("reading the suite and its samples")
    written = load_suite(suite_folder)
    return run_loaded(
        written,
        choice,
        results=out or written.root / "results",
        with_reported=with_reported,
        max_failures=max_failures,
        progress=progress,
        executor=executor,
        planned=planned,
    )


def run_loaded(
    written: Suite,
    choice: Choice,
    *,
    results: Path,
    with_reported: bool,
    max_failures: str | None = None,
    progress: Progress,
    executor: Executor | None = None,
    planned: Callable[[Plan, Suite], None] | None = None,
) -> RunOutcome:
    """Run a suite that is loaded; arguments as of ``run_suite``.

    Raises:
        HarnessError: something the user can mend, or an interrupt.
    """
    hub = Hub()
    with FileHashes(results / HASHES_FILE) as hashes:
        plan = make_plan(
            written,
            choice,
            hash_file=hashes.sha256,
            probe=hashes.probe,
            pin=lambda model: hub.describe(hub.pin(model)),
            look=hashes.look,
        )
        plan = replace(plan, leakage=guard(plan, hashes.look))
    problems = Problems()
    part = choice.limit is not None
    for said in refuse_unscorable(plan.suite, plan.samples, problems, part=part):
        progress.stage(said)
    problems.raise_any()
    if planned:
        planned(plan, written)
    suite = plan.suite
    reported = read_reported(suite.reported) if with_reported and suite.reported else []
    with (
        CompletionStore(results / STORE_FILE) as store,
        ScoringTools(tokenizer=suite.tokenizer) as tools,
    ):
        lookup = look_up(plan, store)
        inputs = inputs_hash(plan, lookup.keys_sha256, reported)
        if not lookup.missing and (finished := _finished(results / suite.name, inputs)):
            nothing = Generation(total=plan.size, done=plan.size)
            summary = finished.summary()
            if not (finished.path / LAST_REPORT).is_file():  # it was stopped just before its end
                comparison = write_reports(finished, summary)
            else:
                comparison = compare_run(finished) if comparable(summary) else None
            return RunOutcome(
                folder=finished,
                summary=summary,
                comparison=comparison,
                generation=nothing,
                unchanged=True,
            )
        startable = _startable(plan, lookup, hub)
        folder = RunFolder.create(results, suite.name)
        record = run_record(plan, folder.path, reported)
        record = counted(plan, record, results, lookup.asked_sha256, sha256_folder(suite.folder))
        declaring = Declaring(
            plan,
            written,
            folder.path.parent,
            created=record.created,
            keys_sha256=lookup.keys_sha256,
            found=lookup.found,
        )
        whole_suite = len(systems_to_ask(written)) + len(replayed_systems(plan))
        record = replace(record, decide=declaring.declared, suite_systems=whole_suite)
        folder.write_run(record)
        folder.write_samples(plan.samples)
        if lookup.missing and any(spec.name == "meteor" for spec in suite.metrics):
            with suppress(MetricError):  # it will be missing, with this reason
                tools.start_meteor()  # reads its tables while the model starts and writes
        generation = generate(
            startable,
            store,
            lookup,
            max_failures=max_failures,
            log=folder.engine_log,
            progress=progress,
            executor=executor,
        )
        progress.stage("scoring" if lookup.missing else "scoring; every completion is there")
        written_now = FewCompletions()
        cost = _write_completions(plan, store, folder, generation, declaring, written_now)
        folder.write_run(replace(record, cost=cost, decide=declaring.counted()))
        answered = Answered(folder, folder.run(), plan.samples, written_now.all)
        summary = score_run(
            folder,
            answered,
            tools,
            suite.metrics,
            cost=cost,
            inputs=inputs,
            climbing=partial(climb, LooksFile(results, suite.dataset.name)),
        )
    progress.stage("writing the report")
    comparison = write_reports(folder, summary, answered)
    return RunOutcome(folder=folder, summary=summary, comparison=comparison, generation=generation)


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


def _finished(suite_results: Path, inputs: str) -> RunFolder | None:
    """Give the newest run if it is complete and had these inputs.

    An older one will not do: other verbs take a suite's newest run, and would show another. Nor one
    that lacks a metric: what was missing then, Java say, may be there now. Nor one that is damaged.
    """
    for newest in RunFolder.all(suite_results)[:1]:
        if newest.complete:
            try:
                summary = newest.summary()
            except StoreError:
                return None
            whole = not any(result.missing for result in summary.results)
            return newest if whole and summary.inputs == inputs else None
    return None


def _write_completions(
    plan: Plan,
    store: CompletionStore,
    folder: RunFolder,
    generation: Generation,
    declaring: Declaring,
    few: FewCompletions,
) -> Cost:
    """Copy the run's completions from the store into its folder; say what they cost.

    ``declaring`` and ``few`` are told of each.
    """
    tokens = Tokens()

    def answered(batch: Sequence[Planned]) -> dict[str, Completion]:
        kept = store.get(planned.request.key for planned in batch)
        missing = [planned.request.key for planned in batch if planned.request.key not in kept]
        reasons = store.failures(missing)
        return kept | {
            key: Completion(
                key=key,
                text="",
                finish_reason="error",
                error=reasons.get(key, "it was not asked for"),
            )
            for key in missing
        }

    def count(planned: Planned, completion: Completion) -> None:
        tokens.add(planned.system.model, completion)
        declaring.add(planned, completion)

    write_completions(plan, folder, answered, count, few.add)
    seconds = generation.seconds
    whole = tokens.totals()
    return Cost(
        completions=plan.size,
        generated=generation.generated,
        failed=generation.failed,
        model_start_seconds=round(generation.start_seconds, 3),
        generate_seconds=round(seconds, 3),
        completions_per_second=round(generation.generated / seconds, 3) if seconds else None,
        images_per_second=round(generation.images / seconds, 3) if seconds else None,
        images=ImageCounts(asked=generation.images, **asdict(generation.image_work)),
        prompt_tokens=whole.prompt_tokens,
        cached_tokens=whole.cached_tokens,
        completion_tokens=whole.completion_tokens,
        generated_tokens=generation.tokens.totals(),
        money=_money(plan, generation.tokens, tokens),
    )


def _money(plan: Plan, now: Tokens, whole: Tokens) -> Money | None:
    """Say what was paid now and for all of the run, in US dollars; None without a price."""
    if not any(model.price for model in plan.suite.models):
        return None
    return Money(
        currency="USD",
        now=sum(now.price(model) for model in plan.suite.models),
        run=sum(whole.price(model) for model in plan.suite.models),
    )
