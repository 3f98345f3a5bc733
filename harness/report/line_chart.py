"""A chart of a suite's history → one SVG picture: a line a variant, a dot a step, its interval.

Steps stand where their first runs do, the oldest left. Where two lines have one colour, their names
tell them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.plot_parts import HUES, cut, escaped, figure, line, span, text, ticks

if TYPE_CHECKING:
    from harness.records import HistoryChart, HistoryLine

WIDTH, HEIGHT = 640, 340
_LEFT, _TOP, _BOTTOM = 52, 14, 40
_NAMES = 150
"""Room for names right of the lines."""
_TEXT = 20
_APART = 15.0
"""Pixels between two names."""
_ASIDE = 5.0
"""Pixels by which lines are drawn apart, so that whiskers do not cover each other."""


def history_svg(chart: HistoryChart, metric: str) -> str | None:
    """Draw a chart; None where no step has a score."""
    values = [
        end
        for each in chart.lines
        for step in each.steps
        if step.value is not None
        for end in (step.value, *(step.interval or ()))
    ]
    if not values:
        return None
    low, high = span(values)
    right, base = WIDTH - _NAMES, HEIGHT - _BOTTOM

    def up(value: float) -> float:
        return base - (base - _TOP) * (value - low) / (high - low)

    parts = []
    for value, label in ticks(low, high):
        parts.append(line(_LEFT, up(value), right, up(value), "pp-line"))
        parts.append(text(_LEFT - 8, up(value) + 4, label, "pp-soft", anchor="end"))
    room = (right - _LEFT - 30) / max(len(chart.runs) - 1, 1)
    every = 1 + len(chart.runs) // 16
    parts += [
        text(_LEFT + 15 + room * i, base + 18, str(i + 1), "pp-soft", anchor="middle")
        for i in range(0, len(chart.runs), every)
    ]
    parts.append(text((_LEFT + right) / 2, base + 34, "run", "pp-soft", anchor="middle"))
    ends = []
    for number, each in enumerate(chart.lines):
        aside = _ASIDE * (number - (len(chart.lines) - 1) / 2)
        points = [(_LEFT + 15 + room * step.place + aside, step) for step in each.steps]
        drawn = [(x, up(step.value), step) for x, step in points if step.value is not None]
        parts.append(f'<g class="pp-{number % HUES}">')
        path = " L".join(f"{x:.1f} {y:.1f}" for x, y, _ in drawn)
        parts.append(f'<path class="pp-path" d="M{path}"/>')
        for x, y, step in drawn:
            if step.interval:
                parts.append(line(x, up(step.interval[0]), x, up(step.interval[1]), "pp-whisker"))
            said = f"{each.name}, step {step.number} ({step.runs[0]}): {step.value:.4f}"
            parts.append(
                f'<circle class="pp-dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5">'
                f"<title>{escaped(said)}</title></circle>"
            )
        parts.append("</g>")
        if drawn:
            ends.append((drawn[-1][1], number, each))
    parts += _names(ends, right)
    told = "; ".join(_told(each) for each in chart.lines)
    return figure(parts, title=f"{metric} over time: {told}", width=WIDTH, height=HEIGHT)


def _names(ends: list[tuple[float, int, HistoryLine]], right: float) -> list[str]:
    """Write the names of lines at their ends, none over another."""
    parts: list[str] = []
    free = float(_TOP)
    for end, number, each in sorted(ends, key=lambda end: end[:2]):
        y = max(end, free)
        free = y + _APART
        parts.append(f'<g class="pp-{number % HUES}">')
        parts.append(text(right + 10, y + 4, cut(each.name, _TEXT), "pp-name"))
        parts.append("</g>")
    return parts


def _told(each: HistoryLine) -> str:
    values = ", ".join("–" if s.value is None else f"{s.value:.4f}" for s in each.steps)
    return f"{each.name} {values}"
