"""A plan → its looks at a sealed split and the prompts that it tries, counted before it asks."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from harness.fingerprint import canonical_json, sha256_json, sha256_json_list
from harness.pipeline.asking.replayed import ReplayRenderer
from harness.records import Look, TextPart, TriedPrompts
from harness.store.looks import LooksFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from harness.pipeline.asking.plan import Plan
    from harness.records import Json, RenderedPrompt, RunRecord, Sample

FIRST = 3
"""Samples by whose texts a prompt is known: several, for a template may have a text for some."""


def counted(
    plan: Plan, record: RunRecord, results: Path, asked: Mapping[str, str], suite_sha256: str
) -> RunRecord:
    """Count what a run is going to look at and to try, and say in its record how much that makes.

    Args:
        plan: of the run.
        record: of the run.
        results: the folder of results.
        asked: what is asked, by the name under which completions stand → a hash of its requests.
        suite_sha256: of the files that say what is asked.

    Raises:
        StoreError: it cannot be counted; then nothing may be asked.
    """
    split = record.dataset.split
    if split is None:
        return record
    looks = LooksFile(results, record.dataset.name, split.shares)
    number = None
    if split.is_sealed:
        look = look_of(plan, record, split=split.name, asked=asked, suite_sha256=suite_sha256)
        number, tried = looks.look(look), looks.tried(split.first)
    else:
        tried = looks.try_prompts(
            TriedPrompts(
                at=record.created,
                split=split.name,
                suite=record.suite,
                run=record.id,
                prompts=prompt_texts(plan),
            )
        )
    split = replace(split, look=number, tried=tried, counted_in=f"{results.name}/{looks.path.name}")
    return replace(record, dataset=replace(record.dataset, split=split))


def look_of(
    plan: Plan, record: RunRecord, *, split: str, asked: Mapping[str, str], suite_sha256: str
) -> Look:
    """Say what a plan looks at; arguments as of ``counted``."""
    return Look(
        at=record.created,
        split=split,
        suite=record.suite,
        run=record.id,
        suite_sha256=suite_sha256,
        variants=tuple(dict.fromkeys(system.variant for system in plan.systems)),
        asked=_seen(plan, asked),
    )


def asked_sha256(plan: Plan) -> dict[str, str]:
    """Hash what is asked, by the name under which completions stand, where nobody looks it up."""
    digests = {system.name: hashlib.sha256() for system in plan.asked}
    for planned in plan.requests():
        digests[planned.system.name].update(planned.request.key.encode())
    return {name: digest.hexdigest() for name, digest in digests.items()}


def samples_sha256(samples: Iterable[Sample]) -> str:
    """Hash what samples are and what is right of them; pictures are in the keys."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(canonical_json([sample.id, list(sample.references), sample.cluster]).encode())
    return digest.hexdigest()


def prompt_texts(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Give what each prompt of a plan is known by: hashes of its texts for the first samples.

    Controls are no prompts that anybody would choose. A file of predictions is known by all of its
    texts.
    """
    known: dict[str, tuple[str, ...]] = {}
    for system in plan.systems:
        renderer = plan.renderers[system.variant]
        if isinstance(renderer, ReplayRenderer):
            texts = sha256_json_list(_texts(renderer.render(sample)) for sample in plan.samples)
            known[system.variant] = (texts,)
        elif system.control is None and system.variant not in known:
            first = islice(plan.samples, FIRST)
            known[system.variant] = tuple(
                sha256_json(_texts(renderer.render(sample))) for sample in first
            )
    return known


def _texts(prompt: RenderedPrompt) -> Json:
    """Give what a prompt says: who says what, and where images stand, but not which."""
    return [
        [turn.role, [p.text if isinstance(p, TextPart) else None for p in turn.parts]]
        for turn in prompt.messages
    ]


def _seen(plan: Plan, asked: Mapping[str, str]) -> tuple[str, ...]:
    """Give a hash for each system: of all on which what is seen of it depends, but not its name."""
    samples = samples_sha256(plan.samples)
    steps = {s.name: list(plan.variant(s.variant).steps(s.pipeline)) for s in plan.systems}
    return tuple(
        sha256_json([asked[system.asked_as], steps[system.name], samples])
        for system in plan.systems
    )
