"""A plan → the record of its run, and its completions in their places: the one way into a folder.

Runs of models, replays and predictions that were made elsewhere all go through here.
"""

from __future__ import annotations

from dataclasses import fields
from os.path import relpath
from typing import TYPE_CHECKING, Any

from harness.pipeline.asking.code_parts import code_parts, used_additions
from harness.pipeline.asking.environment import environment
from harness.pipeline.asking.generate import groups
from harness.pipeline.asking.notices import notices
from harness.records import (
    Completion,
    DatasetRecord,
    GitState,
    Machine,
    ModelRecord,
    RunRecord,
    SplitRecord,
    StoredCompletion,
    VariantRecord,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.pipeline.asking.plan import Plan, Planned
    from harness.records import Json, ModelConfig, PromptVariant, ReportedRow
    from harness.store.run_folder import RunFolder

_WRITTEN_AT_ONCE = 1_000


def run_record(plan: Plan, folder: Path, reported: Sequence[ReportedRow] = ()) -> RunRecord:
    """Say what the run in a folder asks, of what and with what; its cost is not known yet."""
    suite = plan.suite
    now = environment(suite.folder)
    return RunRecord(
        id=folder.name,
        suite=folder.parent.name,
        baseline=suite.baseline or plan.systems[0].variant,
        repeats=plan.repeats,
        metrics=suite.metrics,
        tokenizer=suite.tokenizer,
        systems=plan.systems,
        models={
            model.name: _model_record(model, plan.identities[model.name]) for model in suite.models
        },
        variants={
            name: variant_record(plan, renderer.variant)
            for name, renderer in plan.renderers.items()
        },
        dataset=DatasetRecord(
            name=suite.dataset.name,
            description=suite.dataset.description,
            samples=len(plan.samples),
            dropped=plan.dataset.dropped,
            mended=plan.dataset.mended,
            chosen=plan.dataset.chosen,
            split=split_record(plan),
            revision=suite.dataset.revision,
        ),
        unknown_ids=plan.unknown_ids,
        reported=tuple(reported),
        leakage=plan.leakage.allowed if plan.leakage else (),
        notices=notices(plan),
        code=code_parts(suite),
        created=now["created"],
        command=tuple(now["command"]),
        versions=now["versions"] | {each.package: each.version for each in used_additions(suite)},
        git=now["git"] and GitState(**now["git"]),
        machine=Machine(**{**now["machine"], "gpus": tuple(now["machine"]["gpus"])}),
    )


def split_record(plan: Plan) -> SplitRecord | None:
    """Say which split a plan asks of; None where its dataset has none."""
    splits, name = plan.suite.dataset.choosing.splits, plan.dataset.split
    if splits is None or name is None:
        return None
    return SplitRecord(name=name, shares=splits.shares, sealed=splits.sealed, column=splits.column)


def write_completions(
    plan: Plan,
    folder: RunFolder,
    answered: Callable[[Sequence[Planned]], Mapping[str, Completion]],
    count: Callable[[Planned, Completion], None] | None = None,
    keep: Callable[[StoredCompletion], None] | None = None,
) -> None:
    """Write a run's completions and what they depend on into its folder.

    Args:
        plan: the requests, in order.
        folder: of the run.
        answered: gives the completions of some requests, by key; all of them.
        count: told of each.
        keep: given each as it is written.
    """
    written: set[bytes] = set()  # half of a sha256 is told apart from all others as well

    def lines(write_part: Callable[[str, str], None]) -> Iterator[StoredCompletion]:
        for batch in groups(plan.requests(), _WRITTEN_AT_ONCE):
            completions = answered(batch)
            for planned in batch:
                completion = completions[planned.request.key]
                if count:
                    count(planned, completion)
                for digest, text in planned.ingredients.parts.items():
                    if (half := bytes.fromhex(digest[:32])) not in written:
                        written.add(half)
                        write_part(digest, text)
                stored = StoredCompletion(
                    system=planned.system.name,
                    variant=planned.system.variant,
                    sample_id=planned.request.sample_id,
                    draw=planned.ingredients.draw,
                    completion=completion,
                    record=planned.ingredients.record,
                )
                if keep:
                    keep(stored)
                yield stored

    with folder.writing_parts() as write_part:
        folder.write_completions(lines(write_part))


def variant_record(plan: Plan, variant: PromptVariant) -> VariantRecord:
    """Say what a variant of a plan is."""
    shows = variant.control_of or variant.name  # a control shows the exemplars of its variant
    exemplars_of = {}
    if similar := plan.similar.get(shows):
        place = {candidate: i for i, candidate in enumerate(similar.used())}
        exemplars_of = {
            sample: tuple(place[candidate] for candidate in chosen)
            for sample, chosen in similar.chosen.items()
        }
    folder = plan.suite.folder
    answers = tuple(e.references[0] for e in plan.exemplars.get(shows, ()))
    return VariantRecord(
        description=variant.description,
        system=variant.system,
        user=variant.user,
        messages=variant.messages,
        vars=dict(variant.vars),
        parts={relpath(part.path, folder): part.text for part in variant.parts if not part.fault},
        matrix=variant.matrix,
        axes=dict(variant.axes),
        nuisance=variant.nuisance,
        exemplars=variant.exemplars,
        exemplar_answers=answers,
        exemplars_of=exemplars_of,
        postprocess=variant.postprocess,
        pipelines=dict(variant.pipelines),
        generation=dict(variant.generation),
        structured_outputs=variant.structured_outputs,
        control=variant.control,
        control_of=variant.control_of,
    )


def _model_record(model: ModelConfig, identity: Json) -> ModelRecord:
    known: dict[str, Any] = {field.name: getattr(model, field.name) for field in fields(model)}
    return ModelRecord(**known, identity=identity)
