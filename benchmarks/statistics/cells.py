"""What every part shares: a cell of a table, its random numbers, its counts and how they read."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from populations import Population

PRINTED = 0.9
"""Share of a cell's data sets that must have an interval for the cell to count as printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: what is drawn, and how it is measured."""

    part: str
    row: str
    column: str
    measure: Callable[[Population, np.random.Generator, int, Mapping[str, Any]], Tally]
    """(population, random numbers, data sets, options) → counts."""
    options: Mapping[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    """Roughly, so that long ones start first."""

    def run(self, population: Population, sets: int) -> Tally:
        """Measure; the random numbers depend on the cell alone, not on who runs it or when."""
        seed = zlib.crc32(f"{self.part}|{self.row}|{self.column}".encode())
        return self.measure(population, np.random.default_rng(seed), sets, self.options)


@dataclass(slots=True)
class Tally:
    """Counts of a cell, by column of the metric where it has several."""

    sets: int
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    """Column → what happened, how often."""
    claims: dict[str, float] = field(default_factory=dict)
    """Column → what the cell ought to give, where that differs from cell to cell."""

    def add(self, column: str, **happened: float) -> None:
        """Count what happened in one data set."""
        counter = self.counts.setdefault(column, Counter())
        for name, times in happened.items():
            counter[name] += times  # type: ignore[assignment]  # shares of a set are counted, too

    def share(self, column: str, name: str, of: str | None = None) -> float:
        """Say in how many percent of the data sets something happened, or of those with ``of``."""
        counter = self.counts.get(column, Counter())
        whole = counter[of] if of else self.sets
        return 100.0 * counter[name] / whole if whole else float("nan")


def coverage(tally: Tally, column: str) -> str:
    """Write the coverage of a cell: of all, of some with their share, or that there is none."""
    printed = tally.share(column, "interval")
    if printed == 0.0:
        return "none"
    held = tally.share(column, "held", "interval")
    if printed >= 100.0 * PRINTED:
        return f"{held:.1f}" if printed == 100.0 else f"{held:.1f} ({printed:.0f} %)"
    missed = tally.share(column, "interval") - tally.share(column, "held")
    return f"none in {100 - printed:.0f} %; else {held:.1f}, misses {missed:.1f}"
