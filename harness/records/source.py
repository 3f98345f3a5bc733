"""Where: a place in a file that a person wrote, and the place of a text there."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWhere(Where):
    """The place of a text, whose lines need not be lines of the file."""

    breaks: tuple[tuple[int, int], ...] | None = None
    """Letter of the text with which a line of the file begins, and how many lines below the first
    that is; None: each line of the text is one of the file."""
