"""Samples of a run with what systems said of them → a qualitative table, with matched words marked.

Each row is a sample: its pictures, its references, one cell a system. A word is marked that stands
in the reference with which the answer has most words in common. Formats are written elsewhere:
``sample_formats``.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DataError
from harness.media import load_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.records import MediaRef

LONGEST_SIDE = 640
"""Pixels of a picture: sharp in print where it is two inches wide."""
MOST_PICTURES = 4
"""Of one sample that are shown."""
FOLDER = "images"
"""Where the pictures stand, beside the table."""
_WORD = re.compile(r"\w+")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text."""

    text: str
    matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one system said of a sample."""

    pieces: tuple[Piece, ...]
    """Its text, whole; none where there is no answer."""
    reason: str | None = None
    """Why there is no answer."""
    score: float | None = None
    """On the table's metric; None where there is none, or a ladder does not show it."""
    higher: bool = False
    """Whether no other system of the table scores more, and one scores less."""

    @property
    def text(self) -> str:
        """The answer as it is scored."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of a sample, the whole of it."""

    name: str
    """Of its file: from its content's hash, not from what a stranger called it."""
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRow:
    """A sample of the table."""

    id: str
    pictures: tuple[Picture, ...]
    absent: int
    """Pictures that are not shown: not on this machine, or more than MOST_PICTURES."""
    references: tuple[str, ...]
    answers: tuple[Said, ...]
    """One for each system of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTable:
    """A qualitative table."""

    suite: str
    dataset: str
    systems: tuple[str, ...]
    metric: str | None
    """Of which single samples' scores are shown; None: none is."""
    chosen: str
    """How the samples were chosen, as a sentence's part."""
    rows: tuple[SampleRow, ...]
    notes: tuple[str, ...] = ()


def marked(text: str, references: Iterable[str]) -> tuple[Piece, ...]:
    """Divide a text into words of the nearest reference, and what is between them.

    A word counts as often as the reference has it; upper and lower case are alike.

    Args:
        text: an answer.
        references: the first of those that share most words with it is the nearest.
    """
    words = [word.group().casefold() for word in _WORD.finditer(text)]
    nearest: list[str] = []
    most = 0
    for reference in references:
        own = [word.group().casefold() for word in _WORD.finditer(reference)]
        common = sum(min(words.count(word), own.count(word)) for word in set(words))
        if common > most:
            nearest, most = own, common
    left = {word: nearest.count(word) for word in nearest}
    pieces: list[Piece] = []
    end = 0
    for found in _WORD.finditer(text):
        word = found.group().casefold()
        if left.get(word, 0):
            left[word] -= 1
            between = text[end : found.start()]
            if pieces and pieces[-1].matched and between.isspace():  # one run of words
                pieces[-1] = Piece(text=f"{pieces[-1].text}{between}{found.group()}", matched=True)
            else:
                pieces += [Piece(text=between, matched=False)] if between else []
                pieces.append(Piece(text=found.group(), matched=True))
            end = found.end()
    if rest := text[end:]:
        pieces.append(Piece(text=rest, matched=False))
    return tuple(pieces)


def pictures_of(media: Sequence[MediaRef]) -> tuple[Picture, ...]:
    """Make the first few pictures of a sample as JPEG; what is not on this machine is left out."""
    made = (_picture(ref) for ref in media[:MOST_PICTURES])
    return tuple(picture for picture in made if picture is not None)


def _picture(ref: MediaRef) -> Picture | None:
    if not _SHA256.fullmatch(ref.sha256):
        return None  # a run may come from a stranger, and this becomes the name of a file
    try:
        image = load_here(ref)
    except DataError:
        return None
    if image is None:
        return None
    small = image.convert("RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=88)
    return Picture(name=f"{ref.sha256[:16]}.jpg", jpeg=buffer.getvalue())
