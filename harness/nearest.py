"""A word that is not known → the known word that looks most like it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MANY = 30
"""Names that a hint lists at most."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give a hint: the known word that looks most like this one, or all; None if there are none."""
    names = list(known)
    if not names:
        return None
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean '{close[0]}'?"
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return f"known: {', '.join(names[:MANY])}{more}"
