"""Words and how often they occur → a cloud of them as SVG, in the colours of its page.

The package wordcloud says where each word goes; it is drawn as text, so that it is sharp at every
size, follows the reader's scheme and has the letters of every script that the reader's browser has.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from harness.media.ink import ink_box
from harness.report.escape import html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Bar

_WIDTH, _HEIGHT = 440, 440
_SMALLEST, _LARGEST = 13, 76
"""Pixels of a letter."""
_LONGEST = 24
"""Letters of a word that there is room for; what is longer is hardly one."""
_COLOURS = 5
_FONT = "Verdana, 'DejaVu Sans', sans-serif"
"""Places are found by the letters of DejaVu Sans, which are as wide as those of Verdana."""


INSTALL = "pip install '.[card]'"
"""In the project's folder, for what draws clouds."""


def can_draw() -> bool:
    """Tell whether the package wordcloud is installed."""
    try:
        import wordcloud  # noqa: F401 - an empty folder of its name is found, too, and is none
    except ImportError:
        return False
    return True


def word_cloud(words: Sequence[Bar], *, seed: int) -> str | None:
    """Draw words, the larger the more frequent; the same words and seed give the same picture.

    Args:
        words: the most frequent first.
        seed: of where they go.

    Returns:
        None where wordcloud is not installed; an empty text where there is no word.
    """
    if not can_draw():
        return None
    from wordcloud import WordCloud

    counts = {bar.label: bar.count for bar in words if len(bar.label) <= _LONGEST}
    if not counts:
        return ""
    font = _font()
    cloud: Any = WordCloud(
        width=_WIDTH,
        height=_HEIGHT,
        font_path=font,
        prefer_horizontal=1.0,  # turned words are hard to read
        min_font_size=_SMALLEST,
        max_font_size=_LARGEST,
        max_words=len(counts),
        relative_scaling=0.4,
        margin=6,
        random_state=Random(seed),
        color_func=lambda *_, **__: "black",
    )
    cloud.generate_from_frequencies(counts)
    named = ", ".join(counts)
    parts = [
        f'<svg class="cloud" role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="{_FONT}">',
        f"<title>{_escaped(f'The most frequent words: {named}')}</title>",
    ]
    for (word, _), size, (top, left), *_ in cloud.layout_:
        told = f"<title>{_escaped(f'{word}: {counts[word]:,}')}</title>"
        inked = ink_box(font, word, size)  # its upper left corner is what was placed
        place = f'x="{left - inked[0]:.0f}" y="{top - inked[1]:.0f}" font-size="{size}"'
        parts.append(
            f'<text class="w{len(parts) % _COLOURS}" {place}>{_escaped(word)}{told}</text>'
        )
    return "\n".join([*parts, "</svg>"])


def _font() -> str:
    """Give the file of DejaVu Sans: of matplotlib, which wordcloud brings along."""
    place = find_spec("matplotlib")
    if place is None or place.origin is None:
        raise AssertionError("wordcloud has imported it")
    return str(Path(place.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf")


def _escaped(text: str) -> str:
    return escape(html(text))
