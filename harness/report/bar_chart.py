"""Counts → a bar chart as SVG, upright or lying, in the colours of the page that it stands in.

It is as wide as a telephone, so that its letters are as large as the page's wherever it is read.
"""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from harness.report.escape import html, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.records import Bar

WIDTH = 340
_HEIGHT = 190
"""Of the plot of an upright chart."""
_LEFT, _TOP, _BOTTOM = 40, 16, 44
"""Room for the numbers at the side, at least; above the bars and below them."""
_LETTER, _WIDE = 7.8, 13.0
"""Pixels that a letter, and a wide one, takes at most in the fonts of most machines."""
_ROW = 22
_NAMES = 130
"""Room for the names at lying bars."""
_TOLD = 80
"""Letters of a name that are told to who points at its bar."""


def upright_bars(bars: Sequence[Bar], *, title: str, below: str) -> str:
    """Draw ranges of numbers side by side.

    Args:
        bars: at least one; of a label ``200–249`` the axis shows where it begins.
        title: what is counted, for those who do not see the chart.
        below: what the numbers below it are.
    """
    ticks = _ticks(max(bar.count for bar in bars))
    left = max(_LEFT, _wide(f"{ticks[-1]:,}") + 8)
    step = (WIDTH - left) / len(bars)
    base = _TOP + _HEIGHT

    def up(count: float) -> float:
        return base - _HEIGHT * count / ticks[-1]

    parts = []
    for tick in ticks:
        parts.append(f'<path class="grid" d="M{left:.1f} {up(tick):.1f}H{WIDTH}"/>')
        parts.append(_text(left - 6, up(tick) + 4, f"{tick:,}", "end"))
    names = [bar.label.partition("–")[0] for bar in bars]
    for x, name in _below(names, left, step):
        parts.append(_text(x, base + 18, name, "middle"))
    for i, bar in enumerate(bars):
        x = left + i * step + step * 0.1
        wide, tall = step * 0.8, base - up(bar.count)
        told = f"<title>{_escaped(_named(bar))}</title>"
        size = f'x="{x:.1f}" y="{up(bar.count):.1f}" width="{wide:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect class="bar" {size}>{told}</rect>')
    parts.append(_text((WIDTH + left) / 2, base + 38, below, "middle", "soft"))
    return _svg(parts, base + _BOTTOM, title, bars)


def _below(names: Sequence[str], left: float, step: float) -> Iterator[tuple[float, str]]:
    """Give the names that have room below the bars, and the middle of each.

    That of an open last range is longer: it is always there, and ends with the chart.
    """
    end = len(names) - 1
    every = math.ceil((max(map(_wide, names[:-1] or names)) + 8) / step)
    half = _wide(names[end]) / 2
    place = min(left + (end + 0.5) * step, WIDTH - half)
    last = end % every == 0 or place == WIDTH - half
    free = place - half - 8 if last else WIDTH
    for i in range(0, end, every):
        centre = left + (i + 0.5) * step
        if centre + _wide(names[i]) / 2 <= free:
            yield centre, names[i]
    if last:
        yield place, names[end]


def lying_bars(bars: Sequence[Bar], *, title: str) -> str:
    """Draw counts of what has a name, one below the other.

    Args:
        bars: at least one.
        title: what is counted, for those who do not see the chart.
    """
    most = max(bar.count for bar in bars)
    counts = max(_wide(f"{bar.count:,}") for bar in bars) + 10
    room = WIDTH - _NAMES - counts
    parts = []
    for i, bar in enumerate(bars):
        y = i * _ROW
        name = _fitting(bar.label, _NAMES - 8)
        wide = max(room * bar.count / most, 1.0)
        told = f"<title>{_escaped(_named(bar))}</title>"
        parts.append(_text(_NAMES - 8, y + 15.5, name, "end"))
        size = f'x="{_NAMES}" y="{y + 3}" width="{wide:.1f}" height="{_ROW - 6}"'
        parts.append(f'<rect class="bar" {size}>{told}</rect>')
        parts.append(_text(_NAMES + wide + 6, y + 15.5, f"{bar.count:,}", "start", "soft"))
    return _svg(parts, len(bars) * _ROW, title, bars)


def _svg(parts: Sequence[str], height: float, title: str, bars: Sequence[Bar]) -> str:
    said = f"{title}: " + ", ".join(map(_named, bars))
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    head = f'<svg class="chart" role="img" aria-label={quoteattr(html(said))} {size}>'
    return "\n".join([head, *parts, "</svg>"])


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{_escaped(text)}</text>'


def _wide(text: str) -> float:
    """Give the pixels that a text takes, about: rather too many."""
    return sum(
        _WIDE if char in "mwMW@%…" or unicodedata.east_asian_width(char) in "WF" else _LETTER
        for char in text
    )


def _fitting(name: str, room: float) -> str:
    """Cut a name to the room that it has."""
    name = html(name[:_TOLD])
    if _wide(name) <= room:
        return name
    while name and _wide(f"{name}…") > room:
        name = name[:-1]
    return f"{name}…"


def _named(bar: Bar) -> str:
    return f"{shortened(bar.label, _TOLD)}: {bar.count:,}"


def _ticks(most: int) -> list[int]:
    """Give round numbers from 0 on, three to six, of which the last is no less than the most."""
    power = 10 ** max(0, math.floor(math.log10(max(most, 1))) - 1)
    step = next(s for s in _steps(power) if s * 5 >= most)
    return [i * step for i in range(math.ceil(max(most, 1) / step) + 1)]


def _steps(power: int) -> Iterator[int]:
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _escaped(text: str) -> str:
    return escape(html(text))
