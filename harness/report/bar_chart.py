"""Counts → a bar chart as SVG, upright or lying, in the colours of the page that it stands in.

It is as wide as a telephone, so that its letters are as large as the page's wherever it is read.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from harness.report.escape import html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.records import Bar

WIDTH = 340
_HEIGHT = 190
"""Of the plot of an upright chart."""
_LEFT, _TOP, _BOTTOM = 40, 16, 44
"""Room for the numbers at the side, above the bars and below them."""
_LETTER = 6.6
"""Pixels that a letter takes, about."""
_ROW = 22
_NAMES = 130
"""Room for the names at lying bars."""
_LONGEST = 18
"""Letters of such a name that there is room for."""


def upright_bars(bars: Sequence[Bar], *, title: str, below: str) -> str:
    """Draw ranges of numbers side by side.

    Args:
        bars: at least one; of a label ``200–249`` the axis shows where it begins.
        title: what is counted, for those who do not see the chart.
        below: what the numbers below it are.
    """
    ticks = _ticks(max(bar.count for bar in bars))
    step = (WIDTH - _LEFT) / len(bars)
    base = _TOP + _HEIGHT

    def up(count: float) -> float:
        return base - _HEIGHT * count / ticks[-1]

    parts = []
    for tick in ticks:
        parts.append(f'<path class="grid" d="M{_LEFT} {up(tick):.1f}H{WIDTH}"/>')
        parts.append(_text(_LEFT - 6, up(tick) + 4, f"{tick:,}", "end"))
    names = [bar.label.partition("–")[0] for bar in bars]
    every = math.ceil((max(map(len, names)) * _LETTER + 8) / step)
    for i, (bar, name) in enumerate(zip(bars, names, strict=True)):
        x = _LEFT + i * step + step * 0.1
        wide, tall = step * 0.8, base - up(bar.count)
        told = f"<title>{_escaped(f'{bar.label}: {bar.count:,}')}</title>"
        size = f'x="{x:.1f}" y="{up(bar.count):.1f}" width="{wide:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect class="bar" {size}>{told}</rect>')
        if i % every == 0:
            parts.append(_text(x + wide / 2, base + 18, name, "middle"))
    parts.append(_text((WIDTH + _LEFT) / 2, base + 38, below, "middle", "soft"))
    return _svg(parts, base + _BOTTOM, title, bars)


def lying_bars(bars: Sequence[Bar], *, title: str) -> str:
    """Draw counts of what has a name, one below the other.

    Args:
        bars: at least one.
        title: what is counted, for those who do not see the chart.
    """
    most = max(bar.count for bar in bars)
    counts = max(len(f"{bar.count:,}") for bar in bars) * _LETTER + 10
    room = WIDTH - _NAMES - counts
    parts = []
    for i, bar in enumerate(bars):
        y = i * _ROW
        name = bar.label if len(bar.label) <= _LONGEST else f"{bar.label[: _LONGEST - 1]}…"
        wide = max(room * bar.count / most, 1.0)
        told = f"<title>{_escaped(f'{bar.label}: {bar.count:,}')}</title>"
        parts.append(_text(_NAMES - 8, y + 15.5, name, "end"))
        size = f'x="{_NAMES}" y="{y + 3}" width="{wide:.1f}" height="{_ROW - 6}"'
        parts.append(f'<rect class="bar" {size}>{told}</rect>')
        parts.append(_text(_NAMES + wide + 6, y + 15.5, f"{bar.count:,}", "start", "soft"))
    return _svg(parts, len(bars) * _ROW, title, bars)


def _svg(parts: Sequence[str], height: float, title: str, bars: Sequence[Bar]) -> str:
    said = f"{title}: " + ", ".join(f"{bar.label}: {bar.count:,}" for bar in bars)
    size = f'viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}"'
    head = f'<svg class="chart" role="img" aria-label={quoteattr(html(said))} {size}>'
    return "\n".join([head, *parts, "</svg>"])


def _text(x: float, y: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{named}>{_escaped(text)}</text>'


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
