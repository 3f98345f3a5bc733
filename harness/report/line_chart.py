"""A chart of a suite's history → one SVG picture: a line a variant, a dot a step, its interval.

Steps stand where their first runs do, the oldest left, and last until their newest. Where two lines
have one colour, their names tell them apart.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness.report.plot_parts import HUES, cut, escaped, figure, line, span, text, ticks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.records import HistoryChart, HistoryLine

WIDTH, HEIGHT = 500, 320
_LEFT, _TOP, _BOTTOM = 46, 14, 40
_NAMES = 122
"""Room for names right of the lines."""
_TEXT = 16
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
    ends: list[tuple[float, int, HistoryLine]] = []
    for number, each in enumerate(chart.lines):
        start = _LEFT + 15 + _ASIDE * (number - (len(chart.lines) - 1) / 2)
        parts.append(f'<g class="pp-{number % HUES}">')
        parts += _drawn(each, partial(_across, start, room), up)
        parts.append("</g>")
        scores = [step.value for step in each.steps if step.value is not None]
        ends += [(up(score), number, each) for score in scores[-1:]]
    parts += _names(ends, right)
    told = "; ".join(_told(each) for each in chart.lines)
    return figure(parts, title=f"{metric} over time: {told}", width=WIDTH, height=HEIGHT)


def _across(start: float, room: float, place: int) -> float:
    return start + room * place


def _drawn(
    each: HistoryLine, across: Callable[[int], float], up: Callable[[float], float]
) -> Iterator[str]:
    """Draw a line: through the first and the newest run of each step, a dot at the first."""
    shown = [(step, step.value) for step in each.steps if step.value is not None]
    points = [(across(x), up(v)) for step, v in shown for x in (step.place, step.last)]
    path = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    yield f'<path class="pp-path" d="M{path}"/>' if points else ""
    for step, value in shown:
        x = across(step.place)
        if step.interval:
            yield line(x, up(step.interval[0]), x, up(step.interval[1]), "pp-whisker")
        said = f"{each.name}, step {step.number} ({step.runs[0]}): {value:.4f}"
        yield (
            f'<circle class="pp-dot" cx="{x:.1f}" cy="{up(value):.1f}" r="4.5">'
            f"<title>{escaped(said)}</title></circle>"
        )


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
