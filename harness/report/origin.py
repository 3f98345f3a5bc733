"""A run's record → how to make it again, and how to cite it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.escape import latex

if TYPE_CHECKING:
    from harness.records import RunRecord

PACKAGE = "prompt-harness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a page says of where its numbers come from."""

    command: str
    decodings: tuple[str, ...]
    bibtex: str


def origin_of(run: RunRecord) -> Origin:
    """Say where a run's numbers come from."""
    decodings = {
        system.decoding.name: "; ".join(
            f"{key} = {value}" for key, value in system.decoding.params.items()
        )
        for system in run.systems
    }
    return Origin(
        command=shlex.join(run.command),
        decodings=tuple(f"{name}: {params}" for name, params in decodings.items()),
        bibtex=_bibtex(run),
    )


def _bibtex(run: RunRecord) -> str:
    key = "".join(char for char in f"{run.suite}-{run.id}" if char.isascii() and char.isalnum())
    made = f"{PACKAGE} {run.versions.get(PACKAGE, '')}".strip()
    models = ", ".join(dict.fromkeys(model.model for model in run.models.values()))
    data = f"dataset {run.dataset.name}, {run.dataset.samples} samples"
    if run.dataset.split:
        data += f", split {run.dataset.split.name}"
    fields = {
        "title": f"{run.suite}, run {run.id}",
        "year": run.created[:4],
        "note": f"{data}; models: {models}; made with {made} on {run.created[:10]}",
    }
    lines = "".join(f"  {name} = {{{latex(text)}}},\n" for name, text in fields.items())
    return f"@misc{{{key},\n{lines}}}"
