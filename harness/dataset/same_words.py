"""A text → what it has in common with all that say the same words: one meaning for all who ask.

Case, punctuation and Unicode's forms are nobody's words, and neither are articles and "and", which
others write "&" or leave out: "The Apple Pie" is "apple pie", "Mac & Cheese" "mac and cheese".
"""

from __future__ import annotations

import unicodedata

from harness.metrics.diversity import words

_SMALL = frozenset({"a", "an", "the", "and"})
"""Of English alone: "la", "die" or "o" are words that tell in another language."""


def same_words(text: str) -> str:
    """Write a text so that two of the same words are equal.

    One of small words alone keeps them; one without words, such as an emoji, stays as it is.
    """
    plain = unicodedata.normalize("NFKC", text)
    said = words(plain)
    every = said.split(" ")
    if said and _SMALL.isdisjoint(every):
        return said
    telling = [word for word in every if word not in _SMALL]
    return " ".join(telling or every) or plain.strip()
