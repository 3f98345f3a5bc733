"""Samples that are kept → what of them looks wrong, though no rule of ``clean:`` says that it is.

Titles are judged by their form, ids by what spreadsheets make of numbers. What a title says, and
what a picture shows, is not looked at.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.same_words import same_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Sample

MANY = 5
"""Samples with one and the same title from which on it is told."""
SHOWN = 5
"""Examples that are kept of each."""
_SHOUTED = 4
"""Letters of a title in capitals; BLT is a name."""

_FILE = re.compile(
    r"""
    .+\.(jpe?g|png|gif|webp|bmp|tiff?|heic|avif|svg|pdf|docx?|xlsx?|txt|html?|mp4|mov)
    | (img|imgp|mvimg|dsc|dscn|dscf|pxl|dji|gopr)[ _-]?\d{3,}\S*   # as cameras count
    | [^\W_]+(_[^\W_]+)+                                           # soup_of_the_day
    | (?-i:[a-z0-9]+(-[a-z0-9]+){2,})                              # soup-of-the-day
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CUT = re.compile(
    r"""
    [+-]?\d([.,]\d+)?E\+?\d+            # 1.23457E+11
    | \d{15}0+                          # 16 digits or more, of which a spreadsheet keeps 15
    | \#(NAME\?|REF!|VALUE!|DIV/0!|NUM!|NULL!|N/A)
    """,
    re.VERBOSE,
)

_TELLS = {
    "capitals_only": "titles in capitals only",
    "one_letter": "titles of one letter",
    "file_name": "titles that look like the name of a file",
    "same_title": f"titles that {MANY} samples or more have",
    "cut_id": "ids that look like numbers which a spreadsheet has cut, or like its errors",
}
"""What is looked for → how it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What looks wrong."""

    kind: str
    """capitals_only, one_letter, file_name, same_title or cut_id."""
    what: str
    """The same, for a person."""
    count: int
    """Samples; of ``same_title`` references, of which a sample may have several."""
    examples: tuple[str, ...]
    """Of the first samples, or of the titles that the most have."""


def suspicions(samples: Iterable[Sample]) -> tuple[Suspicion, ...]:
    """Find what looks wrong; nothing is told of what does not occur."""
    counts = dict.fromkeys(_TELLS, 0)
    examples: dict[str, list[str]] = {kind: [] for kind in _TELLS}
    titles = _SameTitles()

    def tell(kind: str, example: str) -> None:
        counts[kind] += 1
        if len(examples[kind]) < SHOWN:
            examples[kind].append(example)

    for sample in samples:
        if _CUT.fullmatch(sample.id.strip()):
            tell("cut_id", f"'{sample.id}'")
        for kind, looks_so in _FORMS.items():
            if odd := next(filter(looks_so, map(str.strip, sample.references)), None):
                tell(kind, f"'{sample.id}': {odd}")
        titles.add(sample)
    counts["same_title"] = titles.count()
    examples["same_title"] = titles.examples()
    return tuple(
        Suspicion(kind=kind, what=what, count=counts[kind], examples=tuple(examples[kind]))
        for kind, what in _TELLS.items()
        if counts[kind]
    )


class _SameTitles:
    """Counts samples by title, whatever its case and small words; a hash is kept of each."""

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}
        self._texts: dict[bytes, str] = {}
        """Of titles that many have."""

    def add(self, sample: Sample) -> None:
        for plain, text in {same_words(text): text for text in sample.references}.items():
            digest = hashlib.blake2b(plain.encode(errors="surrogatepass"), digest_size=8).digest()
            count = self._counts[digest] = self._counts.get(digest, 0) + 1
            if count == MANY:
                self._texts[digest] = text

    def count(self) -> int:
        return sum(self._counts[digest] for digest in self._texts)

    def examples(self) -> list[str]:
        most = sorted(self._texts, key=lambda digest: -self._counts[digest])[:SHOWN]
        return [f"{self._texts[digest]} ({self._counts[digest]:,} samples)" for digest in most]


def _capitals_only(text: str) -> bool:
    return text.isupper() and sum(map(str.isalpha, text)) >= _SHOUTED


def _one_letter(text: str) -> bool:
    said = [char for char in text if char.isalnum()]
    # In Chinese one letter may be a dish.
    return len(said) == 1 and (said[0].isdigit() or said[0].lower() != said[0].upper())


def _file_name(text: str) -> bool:
    return _FILE.fullmatch(text) is not None


_FORMS = {"capitals_only": _capitals_only, "one_letter": _one_letter, "file_name": _file_name}
