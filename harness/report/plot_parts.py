"""Numbers and names → the parts that pictures of scores have in common, as SVG text."""

from __future__ import annotations

import math
from html import escape

from harness.report.escape import html

STYLE = """
.pp{font:13px system-ui,sans-serif;color-scheme:light dark}
.pp-paper{fill:#fff}.pp text{fill:#1f2328;paint-order:stroke;stroke:#fff;stroke-width:4px}
.pp text.pp-soft{fill:#57606a}.pp-head{font-weight:600}
.pp-line{stroke:#8888;stroke-width:1;fill:none}
.pp-mark{stroke:#0a6fb8;fill:#0a6fb8;stroke-width:2}
.pp-0{--hue:#0a6fb8}.pp-1{--hue:#b35900}.pp-2{--hue:#0a7d4a}.pp-3{--hue:#8250b8}
.pp-4{--hue:#b3261e}.pp-5{--hue:#3d4750}
.pp-path{stroke:var(--hue);fill:none;stroke-width:2}.pp-dot{stroke:var(--hue);fill:var(--hue)}
.pp-whisker{stroke:var(--hue);stroke-width:1.6;opacity:.6}.pp text.pp-name{fill:var(--hue)}
@media(prefers-color-scheme:dark){.pp-paper{fill:#14171a}.pp text{fill:#e6e8ea;stroke:#14171a}
.pp text.pp-soft{fill:#a3abb3}.pp-mark{stroke:#5cb8ff;fill:#5cb8ff}
.pp-0{--hue:#5cb8ff}.pp-1{--hue:#f0a35e}.pp-2{--hue:#4ccb8f}.pp-3{--hue:#c9a2f5}
.pp-4{--hue:#ff8a80}.pp-5{--hue:#c3c9cf}}
"""
HUES = 6
"""Colours that a picture tells apart."""


def figure(parts: list[str], *, title: str, width: float, height: float) -> str:
    """Put parts together to one picture."""
    size = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pp" role="img" {size}>',
            f"<title>{escaped(title)}</title>",
            f"<style>{STYLE}</style>",
            '<rect class="pp-paper" width="100%" height="100%"/>',
            *parts,
            "</svg>\n",
        ]
    )


def text(x: float, y: float, said: str, kind: str = "", *, anchor: str = "start") -> str:
    """Write a text."""
    named = f' class="{kind}"' if kind else ""
    placed = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}{placed}>{escaped(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Draw a line."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends}/>'


def span(values: list[float]) -> tuple[float, float]:
    """Give the ends of an axis that holds these, with some room."""
    low, high = min(values), max(values)
    room = (high - low or abs(high) or 1.0) * 0.06
    return low - room, high + room


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Give round numbers between two, four to eight of them, as they are written."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    steps = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [(i * step, f"{i * step:.{digits}f}") for i in steps]


def cut(said: str, most: int) -> str:
    """Leave out the end of a long text."""
    return said if len(said) <= most else f"{said[: most - 1]}…"


def escaped(said: str) -> str:
    """Make a text visible and no markup."""
    return escape(html(said), quote=False)
