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
LONG = 1_000
"""Letters from which on a title is told as long; the longest captions have a few hundred."""
REFERENCES = 50
"""Of one sample from which on it is told; data sets that are made so have five, or twenty."""
_EXAMPLE = 160
"""Letters of an example."""
SHOWN = 5
"""Examples that are kept of each."""
_REPEATED = 4
"""Characters of a title that is told as one that is repeated; Mmm is a name."""
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
_MARKUP = re.compile(
    r"""
    </?[a-z][a-z0-9]{0,15}(\s[^<>]{0,500})?/?>      # <b>, </p>, <a href=…>, <br/>
    | &([a-z]{2,8}|\#\d{1,7}|\#x[0-9a-f]{1,6});      # &amp; &#39;
    | \]\(https?://                                 # [soup](https://…
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
    "repeated_character": "titles that are one character, repeated",
    "very_long": f"titles of more than {LONG:,} letters",
    "markup": "titles with markup (tags or escapes of HTML, links of Markdown)",
    "many_references": f"samples of more than {REFERENCES} references",
    "file_name": "titles that look like the name of a file",
    "same_title": f"titles that {MANY} samples or more have",
    "cut_id": "ids that look like numbers which a spreadsheet has cut, or like its errors",
}
"""What is looked for → how it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What looks wrong."""

    kind: str
    """A key of what is looked for, as capitals_only."""
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
                tell(kind, f"'{_cut(sample.id)}': {_cut(odd)}")
        if len(sample.references) > REFERENCES:
            tell("many_references", f"'{_cut(sample.id)}': {len(sample.references):,}")
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
        return [
            f"{_cut(self._texts[digest])} ({self._counts[digest]:,} samples)" for digest in most
        ]


def _cut(text: str) -> str:
    return text if len(text) <= _EXAMPLE else f"{text[:_EXAMPLE]}… ({len(text):,} letters)"


def _repeated_character(text: str) -> bool:
    return len(text) >= _REPEATED and text == text[0] * len(text)


def _very_long(text: str) -> bool:
    return len(text) > LONG


def _markup(text: str) -> bool:
    return _MARKUP.search(text) is not None


def _capitals_only(text: str) -> bool:
    return text.isupper() and sum(map(str.isalpha, text)) >= _SHOUTED


def _one_letter(text: str) -> bool:
    said = [char for char in text if char.isalnum()]
    # In Chinese one letter may be a dish.
    return len(said) == 1 and (said[0].isdigit() or said[0].lower() != said[0].upper())


def _file_name(text: str) -> bool:
    return _FILE.fullmatch(text) is not None


_FORMS = {
    "capitals_only": _capitals_only,
    "one_letter": _one_letter,
    "repeated_character": _repeated_character,
    "very_long": _very_long,
    "markup": _markup,
    "file_name": _file_name,
}
