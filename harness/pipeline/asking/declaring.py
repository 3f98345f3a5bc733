"""What a suite declares + the runs of before → a run's declaration, and which answers were older.

A comparison tests something only where what is compared, by what, was said before anybody could
know how it comes out. So a run records what its suite declares, when a run first did so with the
same content, and how many of the answers that it compares had been made by then.

Times have whole seconds, as they are stored. An answer of the very second of the declaration is
not older, since a run's first answers may be. What was in the store before the first run with a
declaration asked anything is older whatever its time says, so that no clock which was put back
makes answers of before into later ones.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.engines.protocol import REPLAY
from harness.errors import StoreError
from harness.fingerprint import canonical_json, content_of_paths, sha256_json
from harness.metrics.registry import columns_given
from harness.pipeline.asking.piping import piped
from harness.records import Decision, Declaration, System
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.pipeline.asking.plan import Plan, Planned
    from harness.records import Completion, Json, MetricSpec, Suite


def decision_sha256(suite: Suite, split: str | None = None) -> str | None:
    """Hash what a suite declares, with all that its numbers depend on; None: it declares nothing.

    In it: each metric with the options that compute it (of paths the content that they lead to),
    the tokeniser, the names of the baseline and of the one candidate, the margins, the dataset's
    name and the split. The order of metrics means nothing, and the text of prompts is not in it:
    editing them is what a declaration is for.
    """
    decide = suite.decide
    if decide is None:
        return None
    given = columns_given(suite.metrics)
    return sha256_json(
        {
            "metrics": {column: _content(given[column]) for column in decide.metrics},
            "tokenizer": suite.tokenizer,
            "baseline": decide.baseline,
            **({} if decide.candidate is None else {"candidate": decide.candidate}),
            "margins": {name: float(margin) for name, margin in decide.margins.items()},
            "dataset": suite.dataset.name if split is None else [suite.dataset.name, split],
        }
    )


def comparisons(suite: Suite, replayed: Sequence[System] = ()) -> int:
    """Count the pairs of systems that a suite compares as it declares; without a word, all pairs.

    Args:
        suite: as it is written, before a choice of its variants and models.
        replayed: the systems of its files of predictions, which only those files tell.
    """
    return len((suite.decide or Decision(metrics=())).pairs([*systems_to_ask(suite), *replayed]))


def systems_to_ask(suite: Suite) -> list[System]:
    """Give the systems of a suite as it is written, but for those of files of predictions."""
    return [
        system
        for model in suite.models
        if model.engine != REPLAY
        for decoding in suite.decodings
        for variant in suite.variants
        for system in piped(
            System(
                name=f"{model.name}/{variant.name}/{decoding.name}",
                model=model.name,
                variant=variant.name,
                decoding=decoding,
            ),
            variant,
        )
    ]


def replayed_systems(plan: Plan) -> list[System]:
    """Give the systems of a plan whose answers a file of predictions holds."""
    files = {model.name for model in plan.suite.models if model.engine == REPLAY}
    return [system for system in plan.systems if system.model in files]


def not_applicable(plan: Plan) -> str | None:
    """Say why nothing of a run can be compared as its suite declares; None where it can be."""
    decide = plan.suite.decide
    if decide is None or decide.pairs(plan.systems):
        return None
    if missing_baseline(plan):
        return f"the baseline '{decide.baseline}' is not among the run's variants"
    return "the run has no pair of systems that its suite declares"


def missing_baseline(plan: Plan) -> bool:
    """Tell whether a run lacks the variant that its suite declares to be the baseline."""
    baseline = plan.suite.decide and plan.suite.decide.baseline
    return bool(baseline) and baseline not in {system.variant for system in plan.systems}


class Declaring:
    """What a run that begins declares, and how many of its answers are older; it holds none.

    Args:
        plan: of the run.
        suite: as it is written; the plan may be of a part of it.
        suite_results: the folder of the suite's runs, without this one; those that cannot be read
            are passed over.
        created: when this one began, ISO 8601 in UTC.
        keys_sha256: over the keys of all completions of this one.
        found: system → requests whose answers were in the store before this run asked.
    """

    def __init__(
        self,
        plan: Plan,
        suite: Suite,
        suite_results: Path,
        *,
        created: str,
        keys_sha256: str,
        found: Mapping[str, int],
    ) -> None:
        self.declared: Declaration | None = None
        self._older = self._of_files = 0
        decide, sha256 = plan.suite.decide, decision_sha256(plan.suite, plan.dataset.split)
        if decide is None or sha256 is None:
            return
        before = _declared_before(suite_results, sha256)
        compared = _compared_sha256(plan, keys_sha256)
        looks = {each.compared_sha256 for each, seen in before if seen} | {compared}
        own = comparisons(suite, replayed_systems(plan))
        self.declared = Declaration(
            metrics=decide.metrics,
            baseline=decide.baseline,
            candidate=decide.candidate,
            margins=decide.margins,
            ladder=decide.ladder,
            sha256=sha256,
            # Of this run itself only where there is none before it: its clock may be put back.
            declared_at=min((d.declared_at for d, _ in before), key=_instant, default=created),
            comparisons=max([own, *(each.comparisons for each, _ in before)]),
            compared_sha256=compared,
            looks=len(looks),
            not_applicable=not_applicable(plan),
        )
        self._since = _instant(self.declared.declared_at)
        asked = {system.name: system.asked_as for system in plan.systems}
        pairs = decide.pairs(plan.systems)
        # A candidate alone was chosen elsewhere: of the baseline's answers nobody knows by how much
        # they differ from its own.
        told = 1 if decide.candidate else 2
        self._compared = {asked[name] for pair in pairs for name in pair[:told]}
        self._replayed = {system.asked_as for system in replayed_systems(plan)}
        self._there = 0 if before else sum(found.get(name, 0) for name in self._compared)

    def add(self, planned: Planned, completion: Completion) -> None:
        """Look at a completion of the run; a failed request has no answer."""
        name = planned.system.name
        if self.declared is None or completion.error or name not in self._compared:
            return
        # Nobody knows when another program made what a file holds.
        given = name in self._replayed
        made = None if given else _made(completion)
        self._of_files += given
        self._older += made is None or made < self._since

    def counted(self) -> Declaration | None:
        """Give the declaration with the count of what it was told of, which is all of the run."""
        if self.declared is None:
            return None
        return replace(
            self.declared,
            answers_before=max(self._older, self._there),
            answers_of_files=self._of_files,
        )


def _declared_before(suite_results: Path, sha256: str) -> list[tuple[Declaration, bool]]:
    """Give this declaration as each run of a suite has it, and whether its scores could be seen."""
    known = []
    for folder in RunFolder.all(suite_results):
        with suppress(StoreError, ValueError):
            decide = folder.run().decide
            if decide and decide.sha256 == sha256 and _instant(decide.declared_at):
                known.append((decide, folder.complete))
    return known


def _compared_sha256(plan: Plan, keys_sha256: str) -> str:
    """Hash what a run compares: what it asks, of which samples, and what becomes of the answers."""
    digest = hashlib.sha256(keys_sha256.encode())
    for system in plan.systems:
        steps = plan.variant(system.variant).steps(system.pipeline)
        digest.update(canonical_json([system.name, list(steps)]).encode())
    for sample in plan.samples:
        digest.update(canonical_json([sample.id, list(sample.references), sample.cluster]).encode())
    return digest.hexdigest()


def _content(spec: MetricSpec) -> Json:
    return [spec.name, content_of_paths(dict(spec.options))]


def _made(completion: Completion) -> datetime | None:
    """Give when an answer was made; None where nobody knows, as before version 0.2."""
    with suppress(TypeError, ValueError):
        return _instant(completion.made_at)
    return None


def _instant(text: str | None) -> datetime:
    """Read a time as it is stored.

    Raises:
        TypeError: there is none.
        ValueError: it is no time.
    """
    instant = datetime.fromisoformat(text)  # type: ignore[arg-type]
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
