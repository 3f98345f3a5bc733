"""A text → its script, and its language where its small words tell it.

What a text of a few words is written in cannot always be told, least of all of dishes: "Coq au Vin"
is an English title. So a language is told by words that menus of other languages do not borrow, and
is left open where these are too few. Why no library does this: docs/adr/0009-language-of-titles.md.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST = 2_000
"""Characters that are looked at."""
ENOUGH = 1.5
"""Weight by which a language must exceed those that are expected."""
BORROWED = 0.5
"""Weight of a word that stands in dishes' names in other languages, too: au, con, mit."""

STRONG = 1.5
"""Weight of a word that stands in no other language and in no dish's name: with, und, avec."""

_WORD = re.compile(r"(?<![.\w])[^\W\d_]+(?:['’][^\W\d_]+)?")
_UNMISTAKABLE = frozenset(
    "with the and avec com und met dengan och oraz với einem auf een het ve için nicht jest".split()
)
_OWN: Mapping[str, str] = {
    "English": "with and the of for from to is are this that by your my it at topped over "
    "served in on an as no not be you we have can will but so if there some made",
    "French": "et avec des un une dans sur pour est ce cette qui ne pas sans ou je il par",
    "Spanish": "y un una para los las por es este esta que se su sin pero muy lo puedo ver sobre",
    "Italian": "il una ed per che sono nel nella dei delle degli gli uno questo questa senza su",
    "Portuguese": "com um uma para os não na no dos das que em este esta sem ao",
    "German": "und auf aus der dem den das ein eine einem einer zum vom für nicht ich ist im aber",
    "Dutch": "een het met op voor van niet ik uit gebakken geen bij",
    "Swedish": "och med på en ett som för av inte till är",
    "Danish": "og med på en et som for af ikke til er",
    "Polish": "z ze na dla oraz nie jest się w do",
    "Turkish": "ve ile bir için bu",
    "Indonesian": "dengan dan yang di untuk dari ini",
    "Vietnamese": "với và của một cho",
}
_ALSO_MENUS: Mapping[str, str] = {
    "French": "à la le les au aux du de en",
    "Spanish": "con de del el la al en a",
    "Italian": "con e di al alla alle ai del della la le",
    "Portuguese": "de da do e a o à",
    "German": "mit von nach die",
    "Dutch": "en de",
}
_LETTERS: Mapping[str, str] = {
    "German": "ß", "Polish": "ąęłżśźć", "Swedish": "å", "Turkish": "ğışİ", "Vietnamese": "ơưđạếộ",
}  # fmt: skip
_SCRIPTS = (
    ("LATIN", "Latin"), ("CJK", "Chinese or Japanese"), ("HIRAGANA", "Chinese or Japanese"),
    ("KATAKANA", "Chinese or Japanese"), ("HANGUL", "Korean"), ("CYRILLIC", "Cyrillic"),
    ("ARABIC", "Arabic"), ("HEBREW", "Hebrew"), ("THAI", "Thai"), ("GREEK", "Greek"),
    ("DEVANAGARI", "Devanagari"),
)  # fmt: skip


def script_of(text: str) -> str | None:
    """Name the script of most letters of a text; None where it has none."""
    head = text[:MOST]
    if head.isascii():
        return "Latin" if any(map(str.isalpha, head)) else None
    scripts = Counter(_script(letter) for letter in head if letter.isalpha())
    return scripts.most_common(1)[0][0] if scripts else None


def language_weights(text: str) -> dict[str, float]:
    """Weigh what in a text of Latin letters speaks for each language, where anything does."""
    head = text[:MOST]
    plain = head.isascii()
    if plain:
        words = set(_WORD.findall(head.lower()))
    else:
        words = {word.casefold() for word in _WORD.findall(head)}
    weights: dict[str, float] = {}
    for word in words & _WEIGHTS.keys():
        for language, weight in _WEIGHTS[word]:
            weights[language] = weights.get(language, 0.0) + weight
    if not plain:
        for language, letters in _LETTERS.items():
            if any(letter in head for letter in letters):
                weights[language] = weights.get(language, 0.0) + 1
    return weights


def language_of(text: str) -> str | None:
    """Name the language of a text in Latin letters; None where that cannot be told."""
    weights = language_weights(text)
    best = max(weights, key=lambda language: weights[language], default=None)
    return best if best and weights[best] >= ENOUGH else None


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return next((script for head, script in _SCRIPTS if name.startswith(head)), "another")


def _weights() -> dict[str, list[tuple[str, float]]]:
    """Word → the languages that it speaks for, and with what weight."""
    weights: dict[str, list[tuple[str, float]]] = {}
    for language, own in _OWN.items():
        for word in own.split():
            weight = STRONG if word in _UNMISTAKABLE else 1.0
            weights.setdefault(word, []).append((language, weight))
        for word in _ALSO_MENUS.get(language, "").split():
            weights.setdefault(word, []).append((language, BORROWED))
    return weights


_WEIGHTS = _weights()
