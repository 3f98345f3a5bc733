"""Where: a place in a file that a person wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A place in a file that a person wrote."""

    path: Path
    line: int | None = None
    """1-based."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else str(self.path)
