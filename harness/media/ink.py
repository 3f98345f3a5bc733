"""A word in a font → where its ink is, so that it can be drawn where its ink has been placed."""

from __future__ import annotations


def ink_box(font: str, text: str, size: int) -> tuple[float, float, float, float]:
    """Measure a text that begins at (0, 0), its baseline lying at 0.

    Args:
        font: the file of a TrueType font.
        text: in one line.
        size: of the letters, in pixels.

    Returns:
        The left, top, right and bottom end of its ink; what is above the baseline is negative.
    """
    from PIL import ImageFont

    return ImageFont.truetype(font, size).getbbox(text, anchor="ls")
