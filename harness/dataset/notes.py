"""Counts what of a file became no row, or something else; a sentence tells each kind."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.dataset.cells import ListForm, holds_number, holds_written_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.dataset.sources.table import Cell
    from harness.records import MediaRef

_SENTENCES = {
    "number": "held a number, which was taken as the text that stands there",
    "list": "held a list written as text, of which each member was taken "
    "(references: {columns: […], list: text} would take such a cell as one text)",
}


class Notes:
    """Of one file.

    Args:
        name: of the file.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: dict[str, None] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._several_frames: set[str] = set()

    def say(self, sentence: str) -> None:
        """Keep what was found on reading the file; said again it is kept once."""
        self._said[f"{self._name}: {sentence}"] = None

    def add(self, column: str, cell: Cell, form: ListForm) -> None:
        """Count a cell whose texts were used."""
        if holds_number(cell):
            self._counts[column, "number"] += 1
        elif holds_written_list(cell, form):
            self._counts[column, "list"] += 1

    def add_media(self, media: Iterable[MediaRef]) -> None:
        """Note the images of a sample of which only a part is seen."""
        self._several_frames |= {ref.sha256 for ref in media if ref.several_frames}

    def sentences(self) -> tuple[str, ...]:
        """Give what was said, then a sentence for each column and kind as they first came."""
        return (*self._said, *self._of_cells(), *self._of_media())

    def _of_media(self) -> Iterator[str]:
        if count := len(self._several_frames):
            have = "1 image has" if count == 1 else f"{count:,} images have"
            yield f"{self._name}: {have} several frames or pages, of which the first is shown"

    def _of_cells(self) -> Iterator[str]:
        return (
            f"{self._name}: {count:,} {'cell' if count == 1 else 'cells'} of '{column}' "
            f"{_SENTENCES[kind]}"
            for (column, kind), count in self._counts.items()
        )
