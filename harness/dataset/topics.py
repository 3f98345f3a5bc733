"""Every row's references → which row has no word in common with any other: ``off_topic``.

A word counts that has two letters or more (one, in scripts that put no spaces between words), is no
function word, and stands in the references of another row; a final s makes no difference. Which
words are shared is told by the whole file, whatever part of its rows is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.dataset.function_words import FUNCTION_WORDS
from harness.metrics.diversity import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHORTEST = 4
"""Letters of a word whose final s is left out: "gas" is no plural."""


class Topics:
    """The words that several rows share; their number grows with the language, not with the rows.

    Args:
        every: the references of each row of the file.
    """

    def __init__(self, every: Iterable[Sequence[str]]) -> None:
        known: set[str] = set()
        self._shared: set[str] = set()
        for references in every:
            own = content_words(references)
            self._shared |= own & known
            known |= own

    def has(self, references: Sequence[str]) -> bool:
        """Tell whether a row shares a word with another."""
        return not self._shared.isdisjoint(content_words(references))


def content_words(texts: Iterable[str]) -> set[str]:
    """Give the words of texts that say what these are about, without a final s."""
    return {_singular(word) for text in texts for word in telling_words(text)}


def telling_words(text: str) -> set[str]:
    """Give the words of a text that say what it is about, as they stand there."""
    found = set(words(text.replace("_", " ")).split()) - FUNCTION_WORDS
    return {word for word in found if _tells(word)}


def _tells(word: str) -> bool:
    letters = word.isalpha() or any(map(str.isalpha, word))
    return letters and (len(word) > 1 or not word.isascii())


def _singular(word: str) -> str:
    return word[:-1] if len(word) >= _SHORTEST and word.endswith("s") else word
