"""A run on dev → its winner against the baseline, asked of the sealed split, those two alone.

What is chosen for its score looks better there than it is. So the comparison is declared anew, of
one pair on one metric, before the winner's answers on the sealed split exist.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.load import load_suite
from harness.contrast import SEEN
from harness.dataset.splits import split_named
from harness.engines.hub import Hub
from harness.errors import StoreError
from harness.pipeline.asking.counting import look_of
from harness.pipeline.asking.generate import look_up
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.asking.record import variant_record
from harness.pipeline.asking.run import STORE_FILE, run_loaded
from harness.pipeline.looking.bare_names import named_suite
from harness.pipeline.reading.comparing import compare_run
from harness.records import Decision
from harness.store.completions import CompletionStore
from harness.store.file_hashes import HASHES_FILE, FileHashes
from harness.store.looks import LooksFile
from harness.store.run_files import plain_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.executors.executor import Executor
    from harness.pipeline.asking.generate import Progress
    from harness.pipeline.asking.plan import Plan
    from harness.pipeline.asking.run import RunOutcome
    from harness.records import (
        Comparison,
        PromptVariant,
        RunRecord,
        RunSummary,
        Suite,
        System,
        VariantRecord,
    )
    from harness.store.run_folder import RunFolder

_PROMPT = (
    "system", "user", "messages", "parts", "exemplars", "generation", "structured_outputs",
    "postprocess",
)  # fmt: skip
"""What of a variant makes its answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is going to be confirmed."""

    run: RunRecord
    """On dev."""
    results: Path
    suite: Suite
    """Narrowed to the two, with the comparison that is declared."""
    choice: Choice
    split: str
    """The sealed one."""
    chosen: Comparison
    """The winner (the candidate) against the baseline, on dev."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What confirming will take."""

    samples: int
    total: int
    """Completions."""
    missing: int
    """Those that a model is asked for."""
    seconds: float | None
    """At the pace of the run on dev; None: it asked nothing, or no model is to be asked."""
    dollars: float | None
    """At the price of the run on dev; None where nothing has a price."""
    look: int
    """Its number among the looks at the split."""
    seen: bool
    """Whether these answers were looked at before, so that it is no new look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What came of it."""

    outcome: RunOutcome
    chosen: Comparison
    """On dev."""
    found: Comparison
    """On the sealed split; the candidate is the winner of dev."""
    tried: int | None
    """Prompts that had been tried on dev."""

    @property
    def holds(self) -> bool:
        """Whether the winner is told apart from the baseline, as the better one."""
        return self.found.verdict == "told apart" and self.found.delta > 0


def confirmation(folder: RunFolder, split: str | None = None) -> Confirmation:
    """Find what a run on dev has to be confirmed, and where.

    Args:
        folder: the run, scored.
        split: a sealed one, where there are several.

    Raises:
        HarnessError: the run has no winner, is of no split or of a sealed one, or is of other
            prompts than those that stand in the suite now.
    """
    run = folder.run()
    if fault := unfit(folder.summary()):
        raise StoreError(f"there is nothing to confirm in {folder.path}: {fault}")
    chosen = _chosen(folder, run)
    suite = load_suite(suite_of_run(folder, run))
    sealed = _named(suite, split or _sealed(suite))
    narrowed, engine = _narrowed(suite, run, chosen)
    return Confirmation(
        run=run,
        results=folder.path.parents[1],
        suite=narrowed,
        choice=Choice(split=sealed, engine=engine, repeats=run.repeats),
        split=sealed,
        chosen=chosen,
    )


def unfit(summary: RunSummary) -> str | None:
    """Say why nothing of a run can be confirmed, as far as its summary tells; None where it can."""
    split = summary.split
    if split is None:
        return "its dataset has no splits, and no samples are left to confirm it on"
    if split.is_sealed:
        return f"it is of the sealed split '{split.name}' itself"
    if not split.sealed:
        return "no split of its dataset is sealed (splits: {dev: …, test: …, sealed: [test]})"
    return None


def forecast(confirming: Confirmation) -> Forecast:
    """Say what it will take; nothing is asked and nothing counted.

    Raises:
        HarnessError: a file, a dataset or a template is wrong, or a prompt has changed since.
    """
    run, suite = confirming.run, confirming.suite
    with FileHashes(confirming.results / HASHES_FILE) as hashes:
        plan = make_plan(
            suite, confirming.choice, hash_file=hashes.sha256, pin=Hub().pin, look=hashes.look
        )
    _refuse_changed(plan, run, confirming.chosen)
    with CompletionStore(confirming.results / STORE_FILE) as store:
        lookup = look_up(plan, store)
    missing = sum(lookup.missing.values())
    splits = suite.dataset.choosing.splits
    assert splits is not None  # one of them is to be confirmed on
    looks = LooksFile(confirming.results, suite.dataset.name, splits.shares)
    number, seen = looks.next_look(
        look_of(plan, run, split=confirming.split, asked=lookup.asked_sha256, suite_sha256="")
    )
    cost = run.cost
    pace = cost.completions_per_second if cost else None
    money = cost.money.run / cost.completions if cost and cost.money and cost.completions else None
    return Forecast(
        samples=len(plan.samples),
        total=plan.size,
        missing=missing,
        seconds=missing / pace if pace and missing else None,
        dollars=missing * money if money is not None else None,
        look=number,
        seen=seen,
    )


def confirm(
    confirming: Confirmation, *, progress: Progress, executor: Executor | None = None
) -> Confirmed:
    """Ask the two of the sealed split, and compare them.

    Raises:
        HarnessError: something the user can mend, or an interrupt.
    """
    outcome = run_loaded(
        confirming.suite,
        confirming.choice,
        results=confirming.results,
        with_reported=False,
        progress=progress,
        executor=executor,
    )
    compared = compare_run(outcome.folder, metric=confirming.chosen.metric)
    pairs = compared.metric(compared.deciding).pairs
    if not pairs:
        raise StoreError(
            f"the two have no sample in common in {outcome.folder.path}",
            hint="its table says why requests failed",
        )
    split = confirming.run.dataset.split
    return Confirmed(
        outcome=outcome,
        chosen=confirming.chosen,
        found=pairs[0],
        tried=split.tried if split else None,
    )


def _chosen(folder: RunFolder, run: RunRecord) -> Comparison:
    """Find the system that gains most over its baseline on the metric that decides.

    Raises:
        StoreError: none does, or a ladder shows none.
    """
    compared = compare_run(folder)
    if not compared.decides:
        raise StoreError(
            f"there is nothing to confirm in {folder.path}: {compared.undecided[0]}",
            hint="its table says why requests failed, or a metric could not be computed",
        )
    declared = run.decide.baseline if run.decide else None
    decision = Decision(metrics=(compared.deciding,), baseline=declared or run.baseline)
    against = dict(decision.pairs(run.systems))
    found = [
        pair if against.get(pair.candidate) == pair.baseline else _turned(pair)
        for pair in compared.metric(compared.deciding).pairs
        if against.get(pair.candidate) == pair.baseline
        or against.get(pair.baseline) == pair.candidate
    ]
    ladder = folder.summary().ladder
    if ladder:
        shown = ladder.best if ladder.run == run.id else None
        known = {rung.system for rung in ladder.rungs if rung.state == "shown before"}
        found = [p for p in found if p.candidate == shown or (not shown and p.candidate in known)]
    best = max(found, key=lambda pair: pair.delta, default=None)
    if best is None or best.delta < SEEN:
        better = "that the ladder shows " if ladder else ""
        raise StoreError(
            f"there is no winner in {folder.path}: no prompt {better}is better than the baseline "
            f"'{decision.baseline}' on {compared.deciding}",
            hint="'harness compare' on the run shows them",
        )
    return best


def _turned(pair: Comparison) -> Comparison:
    """Give a pair with candidate and baseline exchanged."""
    low, high = pair.interval or (0.0, 0.0)
    return replace(
        pair,
        baseline=pair.candidate,
        candidate=pair.baseline,
        baseline_value=pair.candidate_value,
        candidate_value=pair.baseline_value,
        delta=-pair.delta,
        interval=(-high, -low) if pair.interval else None,
        wins=pair.losses,
        losses=pair.wins,
    )


def suite_of_run(folder: RunFolder, run: RunRecord) -> Path:
    """Find the suite of a run: in the project around its results, else by its name from here."""
    beside = folder.path.resolve().parents[2] / "prompts" / run.suite
    return beside if (beside / "suite.yaml").is_file() else named_suite(Path(run.suite))


def _sealed(suite: Suite) -> str:
    """Give the sealed split of a suite's dataset.

    Raises:
        StoreError: there is none, or there are several.
    """
    splits = suite.dataset.choosing.splits
    sealed = splits.sealed if splits else ()
    if len(sealed) != 1:
        named = ", ".join(sealed)
        raise StoreError(
            f"dataset '{suite.dataset.name}' has {len(sealed)} sealed splits now",
            hint=f"--split names one of: {named}" if sealed else "'sealed: [test]' seals one",
        )
    return sealed[0]


def _named(suite: Suite, split: str) -> str:
    """Check that a split is sealed.

    Raises:
        HarnessError: it is not, or there is none of this name.
    """
    name = split_named(suite.dataset, split) or ""
    splits = suite.dataset.choosing.splits
    if splits is None or name not in splits.sealed:
        raise StoreError(f"the split '{name}' is not sealed, so it confirms nothing")
    return name


def _narrowed(suite: Suite, run: RunRecord, chosen: Comparison) -> tuple[Suite, str | None]:
    """Narrow a suite to two systems and one comparison; give the engine that the run had, too.

    Raises:
        StoreError: a variant, the model or the decoding is not in the suite any more.
    """
    by_name = {system.name: system for system in run.systems}
    candidate, baseline = by_name[chosen.candidate], by_name[chosen.baseline]
    variants = tuple(_as_it_was(suite, run, system) for system in (baseline, candidate))
    models = tuple(model for model in suite.models if model.name == candidate.model)
    decodings = tuple(each for each in suite.decodings if each.name == candidate.decoding.name)
    for kind, there, name in (
        ("model", models, candidate.model),
        ("decoding", decodings, candidate.decoding.name),
    ):
        if not there:
            raise _gone(suite, kind, name)
    margin = {
        name: size
        for name, size in (run.decide.margins if run.decide else {}).items()
        if name == chosen.metric
    }
    engine = run.models[candidate.model].engine
    narrowed = replace(
        suite,
        variants=variants,
        baseline=baseline.variant,
        models=models,
        decodings=decodings,
        controls={},
        decide=Decision(
            metrics=(chosen.metric,),
            baseline=baseline.variant,
            candidate=candidate.variant,
            margins=margin,
        ),
    )
    return narrowed, None if engine == models[0].engine else engine


def _as_it_was(suite: Suite, run: RunRecord, system: System) -> PromptVariant:
    """Give a variant with the values of its variables and the pipeline that it had in the run.

    Raises:
        StoreError: the suite has it no more.
    """
    variant = next((each for each in suite.variants if each.name == system.variant), None)
    if variant is None:
        raise _gone(suite, "variant", system.variant)
    record = run.variants[system.variant]
    steps = variant.postprocess
    if system.pipeline is not None:
        steps = variant.pipelines.get(system.pipeline, ())
    return replace(variant, vars=dict(record.vars), postprocess=steps, pipelines={})


def _gone(suite: Suite, kind: str, name: str) -> StoreError:
    return StoreError(
        f"the suite '{suite.name}' has no {kind} '{name}' any more", hint="run it on dev again"
    )


def _refuse_changed(plan: Plan, run: RunRecord, chosen: Comparison) -> None:
    """Refuse to confirm another prompt or model than the one that was chosen.

    Raises:
        StoreError: one has changed.
    """
    by_name = {system.name: system for system in run.systems}
    for system in (by_name[chosen.baseline], by_name[chosen.candidate]):
        before = run.variants[system.variant]
        before = replace(before, postprocess=before.steps(system.pipeline))
        now = variant_record(plan, plan.variant(system.variant))
        if changed := different(before, now):
            raise StoreError(
                f"variant '{system.variant}' has changed since run {run.id}: {', '.join(changed)}",
                hint="run the suite on dev again, and confirm that run",
            )
        if plan.identities[system.model] != run.models[system.model].identity:
            raise StoreError(
                f"model '{system.model}' has changed since run {run.id}",
                hint="run the suite on dev again, and confirm that run",
            )


def different(before: VariantRecord, now: VariantRecord) -> list[str]:
    """Say in what a prompt is not what it was: which of its parts its answers depend on."""
    old, new = _prompt(before), _prompt(now)
    return [name for name in _PROMPT if old[name] != new[name]]


def _prompt(variant: VariantRecord) -> Mapping[str, object]:
    return {name: plain_data(getattr(variant, name)) for name in _PROMPT}
