"""Lints: what is no mistake in a prompt and is seldom meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from harness.records.source import Where

LintName = Literal[
    "answer_in_prompt",
    "exemplar_without_image",
    "postprocess_changes_exemplar",
    "same_prompt",
    "single_braces",
    "text_before_image",
    "too_long",
    "unused_variable",
]
"""What a lint is called in output and under ``silence:``."""
LINT_NAMES: tuple[LintName, ...] = get_args(LintName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """Something that ``check`` warns of."""

    name: LintName
    where: Where | None
    """The place in a file that is to be changed; None where nobody knows."""
    message: str
    hint: str | None = None
    """What to write instead."""
    variants: tuple[str, ...]
    """The variants that it is about."""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message} [{self.name}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A lint that a file does not want to hear of."""

    name: LintName
    where: Where
    """Where the file says so."""
