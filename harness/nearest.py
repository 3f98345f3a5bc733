"""A word that is not known → the known word that looks most like it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FEWEST = 4
"""Letters of a word that may be the beginning of a name."""
MANY = 30
"""Names that a hint lists at most."""


def closest(word: str, names: Sequence[str]) -> str | None:
    """Give the name that looks most like a word, as a whole or where it begins; None: none does."""
    if close := get_close_matches(word, names, n=1, cutoff=0.6):
        return close[0]
    begins = {name[: len(word) + 1]: name for name in reversed(names)}
    close = get_close_matches(word, begins, n=1, cutoff=0.8) if len(word) >= FEWEST else []
    return begins[close[0]] if close else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give a hint: the known word that looks most like this one, or all; None if there are none."""
    names = list(known)
    if not names:
        return None
    if close := closest(word, names):
        return f"did you mean '{close}'?"
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"known: {', '.join(names[:MANY])}{more}"
