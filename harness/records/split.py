"""How a dataset is divided into what prompts are tried on and what they are proved on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Parts of a dataset; each unit is in one of them, by the hash of its name."""

    shares: Mapping[str, float]
    """Name → its share of the units, in the order of the file; together 1."""
    sealed: tuple[str, ...] = ()
    """Those of which each look is counted."""
    column: str | None = None
    """That says of each row in which it is; None: hashes do."""

    @property
    def first(self) -> str:
        """The one that runs use where none is named."""
        return next(iter(self.shares))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRecord(Splits):
    """The split of a run, and how its dataset was divided."""

    name: str
    look: int | None = None
    """Which look at it this is, where it is sealed."""
    tried: int | None = None
    """How many different prompts have been tried till then: of a sealed split on the first, else on
    this one, the run's own included. None: nobody has counted."""
    counted_in: str | None = None
    """The file that counts both."""

    @property
    def is_sealed(self) -> bool:
        """Whether each look at it is counted."""
        return self.name in self.sealed
