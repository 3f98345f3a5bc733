"""Effects of a matrix → one SVG picture: a panel a metric, a line an effect, its interval about 0.

It needs nothing beside it, follows the reader's light or dark scheme, and can stand inside a page.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from harness.report.escape import html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.records import Effect

EFFECTS_MARK = '<svg xmlns="http://www.w3.org/2000/svg" class="fx"'
"""How each such picture begins."""
WIDTH = 880
_LABELS = 330
"""Where the plot begins."""
_PLOT = 350
"""How wide it is; numbers stand right of it."""
_ROW = 22
_TEXT = 44
"""Characters of a label that there is room for."""
_STYLE = """
.fx{font:13px system-ui,sans-serif;color-scheme:light dark}
.fx-paper{fill:#fff}.fx text{fill:#1f2328}.fx-soft{opacity:.7}.fx-head{font-weight:600}
.fx-line{stroke:#8888;stroke-width:1}.fx-zero{stroke:#777;stroke-dasharray:3 3}
.fx-apart{stroke:#0a6fb8;fill:#0a6fb8;stroke-width:2.2}
.fx-open{stroke:#777;fill:#fff;stroke-width:1.6}
@media(prefers-color-scheme:dark){.fx-paper{fill:#14171a}.fx text{fill:#e6e8ea}
.fx-zero{stroke:#999}.fx-apart{stroke:#5cb8ff;fill:#5cb8ff}.fx-open{stroke:#aaa;fill:#14171a}}
"""


def effects_svg(effects: Sequence[Effect], *, matrices: int = 1) -> str:
    """Draw effects: filled where they are told apart from none, open where not.

    Args:
        effects: of one or more metrics, in the order of drawing.
        matrices: how many the run has; of several each line names its own.

    Returns:
        The text of an SVG file.
    """
    parts: list[str] = []
    top = 8.0
    for metric in dict.fromkeys(effect.metric for effect in effects):
        some = [effect for effect in effects if effect.metric == metric]
        panel, top = _panel(metric, some, top, named=matrices > 1)
        parts += panel
    size = f'viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}" height="{top:.0f}"'
    return "\n".join(
        [
            f'{EFFECTS_MARK} role="img" {size}>',
            "<title>What each choice does, with 95 % intervals</title>",
            f"<style>{_STYLE}</style>",
            '<rect class="fx-paper" width="100%" height="100%"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _panel(
    metric: str, effects: Sequence[Effect], top: float, *, named: bool
) -> tuple[list[str], float]:
    """Draw one metric's effects from a height on; give the height where it ends, too."""
    ends = [end for e in effects for end in (e.interval or (e.estimate, e.estimate))]
    low, high = min(0.0, *ends), max(0.0, *ends)
    room = (high - low or 1.0) * 0.04
    low, high = low - room, high + room

    def across(value: float) -> float:
        return _LABELS + _PLOT * (value - low) / (high - low)

    y = top + 18.0
    drawn = [_text(8, y, metric, "fx-head")]
    first, before = y + 10.0, None
    for effect in effects:
        if (section := section_of(effect)) != before:
            y += _ROW
            drawn.append(_text(8, y + 6, section, "fx-soft"))
            before = section
        y += _ROW
        drawn += _line(effect, y, across(effect.estimate), effect.interval and tuple(
            map(across, effect.interval)
        ), named=named)  # fmt: skip
    y += 14.0
    behind = [
        f'<line class="fx-zero" x1="{across(0):.1f}" x2="{across(0):.1f}" y1="{first:.1f}" '
        f'y2="{y:.1f}"/>',
        f'<line class="fx-line" x1="{_LABELS}" x2="{_LABELS + _PLOT}" y1="{y:.1f}" y2="{y:.1f}"/>',
    ]
    for tick, label in _ticks(low, high):
        behind.append(
            f'<line class="fx-line" x1="{across(tick):.1f}" x2="{across(tick):.1f}" y1="{y:.1f}" '
            f'y2="{y + 4:.1f}"/>'
        )
        behind.append(_text(across(tick), y + 18, label, "fx-soft", anchor="middle"))
    return [drawn[0], *behind, *drawn[1:]], y + 34.0


def _line(
    effect: Effect, y: float, x: float, interval: tuple[float, ...] | None, *, named: bool
) -> Iterator[str]:
    """Draw one effect: its label, its interval and point, its number."""
    label = f"{effect.matrix} {_label(effect)}" if named else _label(effect)
    kind = "fx-apart" if effect.verdict == "told apart" else "fx-open"
    number = f"{effect.estimate:+.4f}"
    if effect.interval:
        number += f"  [{effect.interval[0]:+.4f}, {effect.interval[1]:+.4f}]"
    else:
        number += "  cannot tell"
    yield "<g>"
    yield f"<title>{_escaped(f'{_whole(effect)}: {number}, {effect.verdict}')}</title>"
    yield _text(20, y + 4, label if len(label) <= _TEXT else f"{label[: _TEXT - 1]}…")
    if interval:
        yield (
            f'<line class="{kind}" x1="{interval[0]:.1f}" x2="{interval[1]:.1f}" y1="{y:.1f}" '
            f'y2="{y:.1f}"/>'
        )
    yield f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{4 if interval else 2}"/>'
    yield _text(_LABELS + _PLOT + 10, y + 4, number, "" if interval else "fx-soft", small=True)
    yield "</g>"


def section_of(effect: Effect) -> str:
    """Say under which heading an effect stands."""
    if effect.model:
        return f"with {effect.model}"
    if effect.wording:
        return "wording"
    return "interactions" if effect.interaction else "main effects"


def _label(effect: Effect) -> str:
    if effect.interaction:
        return f"{' × '.join(effect.axes)}: {', '.join(effect.levels)}"
    return _whole(effect)


def _whole(effect: Effect) -> str:
    """Name every level that takes part."""
    pairs = zip(effect.axes, effect.levels, effect.against, strict=True)
    return " × ".join(f"{axis}: {level} − {first}" for axis, level, first in pairs)


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Give round numbers between two, four to eight of them, as they are written."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    steps = range(math.ceil(low / step), math.floor(high / step) + 1)
    return [(i * step, f"{i * step:+.{digits}f}" if i else "0") for i in steps]


def _text(
    x: float, y: float, text: str, kind: str = "", *, anchor: str = "start", small: bool = False
) -> str:
    attributes = f' class="{kind}"' if kind else ""
    attributes += f' text-anchor="{anchor}"' if anchor != "start" else ""
    attributes += ' font-size="11.5"' if small else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{_escaped(text)}</text>'


def _escaped(text: str) -> str:
    return escape(html(text), quote=False)
