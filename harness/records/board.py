"""Systems of many runs beside each other: boards and who stands on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.run_record import ReportedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A system on a board."""

    name: str
    """Unique on the board: as in its run where that tells it from all others."""
    model: str
    variant: str
    decoding: str
    run: str
    """The newest run that has it."""
    folder: str
    created: str
    others: int
    """Older runs that have it, too."""
    n: int
    """Samples that were scored."""
    unscored: int
    values: Mapping[str, float]
    """By column; one that is missing, or computed otherwise than the others', is not there."""
    intervals: Mapping[str, tuple[float, float]]
    letters: Mapping[str, str]
    """Column → letters; who shares one is not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The systems of one version of a dataset, the best first."""

    dataset: str
    """What it is, for people."""
    version: str
    """The first digits of its hash."""
    metrics: tuple[str, ...]
    deciding: str
    standings: tuple[Standing, ...]
    reported: tuple[ReportedRow, ...]
    """Figures that others printed; not measured."""
    comparisons: int
    """That were tested together."""
    runs: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """All boards that some runs make."""

    boards: tuple[Board, ...]
    passed_over: tuple[str, ...]
    """Runs that are on none, and why."""
