"""A text → whether it repeats itself, as models do that found no end."""

from __future__ import annotations

import re

MOST_WORDS = 5_000
"""Words that are looked at."""
LONGEST = 60
"""Words of the longest phrase whose repetition is seen."""
_WORD = re.compile(r"\w+", re.UNICODE)
_LETTERS = re.compile(r"([^\W\d_])\1{7}|([^\W_]{2,12}?)\2{5}")
"""A letter eight times, or letters six times, with nothing between them."""
_STOPS = re.compile(r"([!?.,。！？])\1{19}")
"""A stop twenty times."""
_LONG = re.compile(r"[^\W_]{8}")
"""What has one of _LETTERS; most titles have none, and this is told sooner."""


def repeats_itself(text: str) -> bool:
    """Tell whether a phrase follows itself: one word four times, two words three times, more twice.

    Less is in names: Dan Dan Noodles; New York, New York Cheesecake.
    """
    if _STOPS.search(text) or (_LONG.search(text) and _LETTERS.search(text)):
        return True
    head = text[: 20 * MOST_WORDS]
    if head.isascii():
        words = _WORD.findall(head.lower())[:MOST_WORDS]
    else:
        words = [word.casefold() for word in _WORD.findall(head)[:MOST_WORDS]]
    if len(set(words)) == len(words):
        return False
    return any(
        _follows_itself(words, length, {1: 4, 2: 3}.get(length, 2))
        for length in range(1, min(LONGEST, len(words) // 2) + 1)
    )


def _follows_itself(words: list[str], length: int, times: int) -> bool:
    """Tell whether a phrase of so many words stands so many times in a row."""
    wanted = length * (times - 1)
    same = 0
    for earlier, later in zip(words, words[length:], strict=False):
        same = same + 1 if earlier == later else 0
        if same == wanted:
            return True
    return False
