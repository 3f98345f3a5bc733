"""What a dataset's file of looks holds, a line each: looks at sealed splits, and prompts tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A sealed split was asked for answers that nobody had seen before."""

    kind: Literal["look"] = "look"
    at: str
    """When; ISO 8601, UTC."""
    split: str
    suite: str
    run: str
    """The id of the run, whose folder may be gone."""
    suite_sha256: str
    """Of the suite's files, or of the file of predictions."""
    variants: tuple[str, ...]
    """Which prompts were looked at."""
    asked: tuple[str, ...]
    """A hash for each system: its requests, post-processing, samples and references."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPrompts:
    """Prompts that were asked on a split and had not been before."""

    kind: Literal["tried"] = "tried"
    at: str
    """When; ISO 8601, UTC."""
    split: str
    suite: str
    run: str
    """The id of the run, whose folder may be gone."""
    prompts: Mapping[str, tuple[str, ...]]
    """Variant → hashes of its texts for the first samples of the run. It is the same prompt as
    another where one begins as the other: a run of few samples has fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBest:
    """A ladder showed a new best score."""

    kind: Literal["shown"] = "shown"
    at: str
    """When; ISO 8601, UTC."""
    split: str
    suite: str
    run: str
    """The id of the run, whose folder may be gone."""
    system: str
    track: str
    """A hash of what it was compared on: the metric, how it is computed, samples, references."""
    metric: str
    value: float
    statistics_sha256: str
    """Of what the score is a function of: the same answers again are shown again."""
    statistics: str
    """The file that keeps them, beside this one."""


LookLine = Look | TriedPrompts | ShownBest
