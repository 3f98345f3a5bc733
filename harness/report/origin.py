"""A run's record → how to make it again, and how to cite it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from harness.report.escape import latex

if TYPE_CHECKING:
    from harness.records import ModelConfig, RunRecord

PACKAGE = "prompt-harness"
_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a page says of where its numbers come from."""

    command: str
    models: tuple[str, ...]
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
        models=tuple(model_text(name, model) for name, model in run.models.items()),
        decodings=tuple(f"{name}: {params}" for name, params in decodings.items()),
        bibtex=_bibtex(run),
    )


def model_text(name: str, model: ModelConfig) -> str:
    """Name a model; of a folder of this machine no more than its last names."""
    path = PurePath(model.model)
    shown = "/".join(path.parts[-_PARTS:]) if path.is_absolute() else model.model
    revision = f" at {model.revision}" if model.revision else ""
    return f"{name}: {shown}{revision}, {model.engine}"


def _bibtex(run: RunRecord) -> str:
    key = "".join(char for char in f"{run.suite}-{run.id}" if char.isascii() and char.isalnum())
    made = f"{PACKAGE} {run.versions.get(PACKAGE, '')}".strip()
    models = ", ".join(model_text(name, model) for name, model in run.models.items())
    data = f"dataset {run.dataset.name}, {run.dataset.samples} samples"
    if run.dataset.split:
        data += f", split {run.dataset.split.name}"
    fields = {
        "title": f"{run.suite}, run {run.id}",
        "year": run.created[:4],
        "note": f"{data}; models {models}; made with {made} on {run.created[:10]}",
    }
    lines = "".join(f"  {name} = {{{latex(text)}}},\n" for name, text in fields.items())
    return f"@misc{{{key},\n{lines}}}"
