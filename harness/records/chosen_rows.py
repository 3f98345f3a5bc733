"""Which rows of a dataset are used: what its description says, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.records.source import Where
from harness.records.split import Splits

Plain = str | int | float | bool | None
"""A value that a condition compares with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a metadata field must be for a row to be kept."""

    field: str
    any_of: tuple[Plain, ...] | None = None
    """It is one of these; None: not asked."""
    none_of: tuple[Plain, ...] = ()
    """It is none of these."""
    least: float | None = None
    """It is a number from this on."""
    most: float | None = None
    """It is a number up to this."""
    where: Where | None = None

    @property
    def values(self) -> tuple[Plain, ...]:
        """All that it names."""
        return (*(self.any_of or ()), *self.none_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """So many rows, drawn by the hash of their ids: a row that is added changes at most one."""

    n: int
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """Which rows of a dataset are used, in the order in which it is applied."""

    conditions: tuple[Condition, ...] = ()
    """All of them hold."""
    splits: Splits | None = None
    """Of which a run uses one."""
    sample: Drawn | None = None
    limit: int | None = None
    """The first so many samples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a step of choosing kept; rows that it left out have no fault."""

    step: Literal["where", "split", "sample", "limit"]
    how: str
    """What was asked, for a person."""
    kept: int
    """Rows; of ``limit`` samples."""
    of: int | None = None
    """Rows that the step before kept; None: nobody knows how many there are."""
    whole: bool = True
    """Whether all rows were read; else the two counts are of those that were."""
