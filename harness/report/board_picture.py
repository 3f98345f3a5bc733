"""A board → one SVG picture: of each system its score and interval, the best first.

It is little wider than a telephone, so that its letters can be read there; a name stands above its
interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.plot_parts import cut, figure, line, span, text, ticks

if TYPE_CHECKING:
    from harness.records import Board

WIDTH = 460
_LEFT, _RIGHT, _ROW = 12, 448, 42
_TEXT = 36
"""Characters of a name that there is room for beside its number."""


def board_svg(board: Board) -> str | None:
    """Draw the scores on the column by which a board is ranked; None where nobody has one."""
    column = board.deciding
    shown = [each for each in board.standings if column in each.values]
    if not shown:
        return None
    low, high = span([v for s in shown for v in (s.values[column], *s.intervals.get(column, ()))])

    def across(value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - low) / (high - low)

    bottom = 14.0 + _ROW * len(shown)
    parts = []
    for value, label in ticks(low, high):
        parts.append(line(across(value), 8, across(value), bottom, "pp-line"))
        parts.append(text(across(value), bottom + 16, label, "pp-soft", anchor="middle"))
    for i, each in enumerate(shown):
        y = 24.0 + _ROW * i
        value, interval = each.values[column], each.intervals.get(column)
        letters = each.letters.get(column)
        number = f"{value:.4f}{f' {letters}' if letters else ''}"
        parts.append(text(_LEFT, y, cut(each.name, _TEXT)))
        parts.append(text(_RIGHT, y, number, anchor="end"))
        if interval:
            parts.append(line(across(interval[0]), y + 13, across(interval[1]), y + 13, "pp-mark"))
        parts.append(f'<circle class="pp-mark" cx="{across(value):.1f}" cy="{y + 13:.1f}" r="4"/>')
    said = ", ".join(f"{s.name} {s.values[column]:.4f}" for s in shown)
    return figure(
        parts, title=f"{column} with 95 % intervals: {said}", width=WIDTH, height=bottom + 26
    )
