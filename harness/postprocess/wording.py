"""Steps that write a text in another way: case, length, characters. Pure, linear in the text."""

from __future__ import annotations

import html
import re
import unicodedata

_SMALL = frozenset(
    "a an and as at but by de du en for from in la le nor of on or over per the to vs with".split()
)
"""Words that a title writes small inside itself."""
_WORD = re.compile(r"\S+")
_PART = re.compile(r"[^-–/]+")
_LETTERS = re.compile(r"\w+", re.UNICODE)
_ENDS = re.compile(r"[:.!?–—]$")
_LONG_REFERENCE = re.compile(r"&#(?:[xX][0-9a-fA-F]{9,}|[0-9]{11,});?")
"""Numbers of no character, of which Python would not even read the longest."""


def lowercase(text: str) -> str:
    """Write every letter small."""
    return text.lower()


def titlecase(text: str) -> str:
    """Write an English title's words large, but for small ones inside it: "Soup of the Day".

    A word that has large letters behind its first stays (McCain, BBQ), but in a text that is
    written large throughout.
    """
    if text.isupper():
        text = text.lower()
    words = list(_WORD.finditer(text))
    pieces: list[str] = []
    end = 0
    opens = True
    for place, word in enumerate(words):
        whole = opens or place == len(words) - 1
        pieces += [text[end : word.start()], _cased(word.group(), whole=whole)]
        end = word.end()
        opens = _ENDS.search(word.group()) is not None
    return "".join([*pieces, text[end:]])


def _cased(word: str, *, whole: bool) -> str:
    """Write a word as titles do; ``whole``: it opens or closes the title."""
    bare = word.strip("()[]{}\"'“”‘’«».,:;!?")
    if not whole and bare.lower() in _SMALL and bare[1:] == bare[1:].lower():
        return word.lower()
    return _PART.sub(lambda part: _capital(part.group()), word)


def _capital(part: str) -> str:
    letters = _LETTERS.search(part)
    if letters is None or part[letters.start() + 1 :] != part[letters.start() + 1 :].lower():
        return part
    first = letters.start()
    return part[:first] + part[first].title() + part[first + 1 :]


def truncate_words(text: str, most: int) -> str:
    """Keep the first words, as they stand; words are what white space parts."""
    for count, word in enumerate(_WORD.finditer(text), 1):
        if count == most:
            return text if not text[word.end() :].strip() else text[: word.end()]
    return text


def unescape_html(text: str) -> str:
    """Write HTML's character references as the characters: ``&amp;``, ``&#39;``, ``&eacute;``."""
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text))


def normalise_unicode(text: str) -> str:
    """Write every letter as one character where there is one (NFC): é, never e and an accent."""
    return unicodedata.normalize("NFC", text)
