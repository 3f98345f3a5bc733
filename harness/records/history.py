"""The runs of a suite over time: what became of each of its prompts, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.records.score import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLine:
    """A line of a prompt that a step has changed."""

    change: Literal["removed", "added"]
    pieces: tuple[tuple[str, bool], ...]
    """Its text in parts, and whether each is not in the line that it replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryStep:
    """A system from the run that had it first until it was changed."""

    number: int
    """From 1, on its line."""
    runs: tuple[str, ...]
    """The runs that had it, the oldest first; the numbers are of the newest."""
    place: int
    """Of its first run among those of its chart, from 0."""
    last: int
    """Of its newest run."""
    created: str
    """Of the first run; ISO 8601, UTC."""
    commit: str | None
    """That the prompts stood at in the first run; None where there is no repository."""
    dirty: bool | None
    """Whether files had changed since that commit."""
    again: int | None
    """The step that it goes back to; None where it is a new system."""
    changes: tuple[str, ...]
    """What was changed since the step before, a line each; none of the first."""
    diff: tuple[PromptLine, ...]
    """Lines of the prompt that were changed, of one sample."""
    value: float | None
    interval: tuple[float, float] | None
    before: Comparison | None
    """With the step before as the baseline; None where they are not compared."""
    first: Comparison | None
    """With the first step of the line as the baseline; None of it, and of the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One variant with one model, decoding and post-processing, over time."""

    name: str
    variant: str
    model: str
    decoding: str
    pipeline: str | None
    steps: tuple[HistoryStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryChart:
    """Lines whose numbers mean the same: one version of the data, one way of scoring."""

    dataset: str
    """What it is, for people."""
    version: str
    """The first digits of its hash."""
    why: str | None
    """Why it is not the same chart as the one before; None of the first."""
    lines: tuple[HistoryLine, ...]
    runs: tuple[str, ...]
    """The oldest first."""
    comparisons: int
    """That were tested together."""
    tried: int
    """Different systems that were tried on these samples."""
    chance: float | None
    """What the best of as many equal ones would seem to score more than it is worth, on average;
    None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What became of a suite's prompts."""

    suite: str
    metric: str
    charts: tuple[HistoryChart, ...]
    passed_over: tuple[str, ...]
    """Runs that are on no chart, and why."""
