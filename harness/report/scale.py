"""Figures of one leaderboard → where their dots and lines stand on a common scale.

``page/src/interval.tsx`` draws the same when the page reacts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.report.page_data import Board, Figure

WIDTH = 240.0
"""Of the drawing, in its own units."""
_EDGE = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A straight line from figures to places."""

    low: float
    high: float

    @classmethod
    def of(cls, figures: Iterable[Figure | None]) -> Scale:
        """Make room for all of these, and for 0 where it is near."""
        ends = [
            end
            for figure in figures
            if figure is not None
            for end in (figure.value, figure.low, figure.high)
            if end is not None
        ]
        low, high = min(ends, default=0.0), max(ends, default=1.0)
        if 0 <= low <= (high - low) / 2:
            low = 0.0
        return cls(low=low, high=high if high > low else low + 1.0)

    @classmethod
    def of_board(cls, board: Board) -> Scale:
        """Make room for the scores of a leaderboard."""
        return cls.of(row.score for row in board.rows)

    def x(self, value: float) -> str:
        """Say where a value stands."""
        across = (value - self.low) / (self.high - self.low)
        return f"{_EDGE + across * (WIDTH - 2 * _EDGE):.1f}"
