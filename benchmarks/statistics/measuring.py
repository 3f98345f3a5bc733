"""A worker's part: it reads the populations once, and runs one cell after the other."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from populations import Population

if TYPE_CHECKING:
    from pathlib import Path

    from cells import Cell, Tally


@lru_cache
def _population(path: Path) -> Population:
    return Population.read(path)


def measured(cell: Cell, path: Path, sets: int) -> tuple[tuple[str, str, str], Tally, float]:
    """Run a cell: its part, row and column, its counts, and the seconds it took."""
    start = time.perf_counter()
    tally = cell.run(_population(path), sets)
    return (cell.part, cell.row, cell.column), tally, time.perf_counter() - start
