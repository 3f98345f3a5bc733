"""A text → whether it repeats itself, as models do that found no end."""

from __future__ import annotations

import re

MOST_WORDS = 5_000
"""Words that are looked at."""
LONGEST = 60
"""Words of the longest phrase whose repetition is seen."""
_WORD = re.compile(r"\w+", re.UNICODE)
_STUTTER = re.compile(r"([^\W\d_])\1{7}|([^\W_]{2,12}?)\2{5}|([!?.,。！？])\3{19}")
"""A letter eight times, letters six times, a stop twenty times, with nothing between them."""


def repeats_itself(text: str) -> bool:
    """Tell whether a phrase follows itself: one word four times, two words three times, more twice.

    Less is in names: Dan Dan Noodles; New York, New York Cheesecake.
    """
    if _STUTTER.search(text):
        return True
    words = [word.casefold() for word in _WORD.findall(text[: 20 * MOST_WORDS])[:MOST_WORDS]]
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
