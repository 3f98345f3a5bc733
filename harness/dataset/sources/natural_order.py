"""Names → the order in which people put them: numbers by their value, on every machine alike."""

from __future__ import annotations

import re
import unicodedata

_DIGITS = re.compile(r"(\d+)")


def natural(path: str) -> list[list[str | int]]:
    """Give what a path is ordered by: each of its names by itself, numbers by their value."""
    return [_numbered(composed(part).casefold()) for part in path.split("/")]


def composed(text: str) -> str:
    """Write accents in one way: disks differ in how they do."""
    return unicodedata.normalize("NFC", text)


def _numbered(name: str) -> list[str | int]:
    """Split into texts and numbers, which always take turns, so that like meets like."""
    return [int(p) if i % 2 else p for i, p in enumerate(_DIGITS.split(name))]
