"""A run → its prompts as its page shows them, each with what differs and what a model was sent."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from harness.pipeline.looking.word_diff import line_diff
from harness.report.prompt_entries import (
    Difference,
    DiffLine,
    Example,
    PromptEntry,
    example_of,
    facts_of,
    hash_of,
    lines_of,
    passages_of,
)

if TYPE_CHECKING:
    from harness.records import RunRecord
    from harness.store.run_folder import RunFolder

_LOOKED_AT = 20_000
"""Completions among which an example of each prompt is looked for; the first few have them."""


def prompts_shown(folder: RunFolder, run: RunRecord) -> tuple[PromptEntry, ...]:
    """Give each variant of a run but its controls.

    Raises:
        StoreError: the run's files are damaged.
    """
    examples = _examples(folder)
    return tuple(
        PromptEntry(
            name=name,
            description=variant.description,
            sha256=hash_of(variant),
            passages=passages_of(variant),
            facts=facts_of(variant),
            differences=() if name == run.baseline else (_difference(run, name, run.baseline),),
            example=examples.get(name),
        )
        for name, variant in run.variants.items()
        if not variant.control
    )


def _difference(run: RunRecord, name: str, other: str) -> Difference:
    found = line_diff(lines_of(run.variants[other]), lines_of(run.variants[name]))
    lines = tuple(
        DiffLine(
            change=line.change,
            pieces=tuple((piece.text, piece.changed) for piece in line.pieces),
        )
        for line in found
    )
    return Difference(other=other, lines=lines)


def _examples(folder: RunFolder) -> dict[str, Example]:
    """Find what a model was sent first of each variant; nobody knows where others asked it."""
    wanted: dict[str, tuple[str, str]] = {}
    for line in islice(folder.completions(), _LOOKED_AT):
        digest = (line.record or {}).get("messages")
        if isinstance(digest, str) and line.variant not in wanted:
            wanted[line.variant] = line.sample_id, digest
    if not wanted:
        return {}
    parts = folder.parts({digest for _, digest in wanted.values()})
    return {
        variant: example_of(sample_id, json.loads(parts[digest]))
        for variant, (sample_id, digest) in wanted.items()
        if digest in parts
    }
