"""A text → whether it repeats itself, as models do that found no end."""

from __future__ import annotations

import re

MOST_WORDS = 5_000
"""Words that are looked at."""
LONGEST = 60
"""Words of the longest phrase whose repetition is seen."""
_FEWEST = 4
"""Words that can be a repetition: one word, four times."""
_WORD = re.compile(r"\w+", re.UNICODE)
_LETTER = re.compile(r"([^\W\d_])\1{7}")
"""A letter eight times, with nothing between them."""
_LETTERS = re.compile(r"([^\W_]{2,12}?)\1{5}")
"""Letters six times, with nothing between them."""
_STOPS = re.compile(r"([!?.,。！？])\1{19}")
"""A stop twenty times."""


def repeats_itself(text: str) -> bool:
    """Tell whether a phrase follows itself: one word four times, two words three times, more twice.

    Less is in names: Dan Dan Noodles; New York, New York Cheesecake.
    """
    head = text[: 20 * MOST_WORDS]
    if head.isascii():
        words = _WORD.findall(head.lower())
    else:
        words = [word.casefold() for word in _WORD.findall(head)]
    # Most titles have no word so long that letters could repeat themselves in it.
    longest = len(text) if len(head) < len(text) else max(map(len, words), default=0)
    if (
        _STOPS.search(text)
        or (longest >= 8 and _LETTER.search(text))
        or (longest >= 12 and _LETTERS.search(text))
    ):
        return True
    words = words[:MOST_WORDS]
    if len(words) < _FEWEST or len(set(words)) == len(words):
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
