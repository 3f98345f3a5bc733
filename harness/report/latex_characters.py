r"""Characters outside ASCII → what pdfLaTeX, LuaLaTeX and XeLaTeX all compile, with any font.

Latin letters with accents and the usual signs are written as LaTeX's own commands. Anything else
(Greek, Cyrillic, Chinese, emoji …) is ``\harnesschar``, which shows the character where the engine
and the font have it, and else its Unicode number: ``U+70E4``. Whoever has such names compiles with
LuaLaTeX or XeLaTeX and a font that has their script.
"""

from __future__ import annotations

import unicodedata

DEFINITIONS = r"""\DeclareRobustCommand{\harnesscode}[1]{{\tiny\sffamily U+#1}\allowbreak}
\DeclareRobustCommand{\harnesschar}[2]{\ifdefined\Umathcode\iffontchar\font#1 \char#1 \else%
  \harnesscode{#2}\fi\else\harnesscode{#2}\fi}
"""
"""What a file defines before it uses them."""

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
}
"""Combining marks → the accents that every font of LaTeX has."""
_SIGNS = {
    "\u00a0": r"\nobreakspace{}",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "†": r"\textdagger{}",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "§": r"\S{}",
    "·": r"\ensuremath{\cdot}",
    "×": r"\ensuremath{\times}",
    "±": r"\ensuremath{\pm}",
    "−": r"\ensuremath{-}",
    "≈": r"\ensuremath{\approx}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "→": r"\ensuremath{\rightarrow}",
    "°": r"\ensuremath{^\circ}",
    "²": r"\ensuremath{^2}",
    "½": r"\ensuremath{\frac12}",
    "▲": r"\ensuremath{^\uparrow}",
    "▼": r"\ensuremath{^\downarrow}",
    "△": r"\ensuremath{^{(\uparrow)}}",
    "▽": r"\ensuremath{^{(\downarrow)}}",
}


def latex_character(char: str) -> str:
    """Write one character that is no ASCII."""
    if (sign := _SIGNS.get(char)) is not None:
        return sign
    parts = unicodedata.normalize("NFD", char)
    accent = _ACCENTS.get(parts[1:])
    if accent is not None and parts[0].isascii():
        return f"\\{accent}{{{parts[0]}}}"
    return f"\\harnesschar{{{ord(char)}}}{{{ord(char):04X}}}"
