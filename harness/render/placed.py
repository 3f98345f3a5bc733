"""Text in which images stand at places.

An image is an object and never a mark within a text, so no text, whatever it holds and whatever is
done to it, can become an image or move one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """Images and the text around them, while a template runs."""

    pieces: tuple[str | int, ...]
    """Texts, and images by their index into the prompt's media."""

    def __str__(self) -> str:
        raise TypeError("an image is no text: it can be placed, not changed")

    def trimmed(self) -> Placed:
        """Remove white space at both ends."""
        first, *between = self.pieces
        if isinstance(first, str):
            first = first.lstrip()
        pieces = [first, *between]
        if isinstance(pieces[-1], str):
            pieces[-1] = pieces[-1].rstrip()
        return replace(self, pieces=tuple(pieces))


def joined(parts: Iterable[object]) -> str | Placed:
    """Put pieces of a template's output together: a text, or images in their places.

    Raises:
        TypeError: a piece is neither.
    """
    given = list(parts)
    if all(isinstance(part, str) for part in given):
        return "".join(given)  # type: ignore[arg-type]  # the line above looked at each
    pieces: list[str | int] = []
    texts: list[str] = []
    for part in given:
        for piece in part.pieces if isinstance(part, Placed) else (part,):
            if isinstance(piece, int):
                pieces += ["".join(texts)] if texts else []
                pieces.append(piece)
                texts = []
            elif isinstance(piece, str):
                texts.append(piece)
            else:
                raise TypeError(f"a {type(piece).__name__} is no text")
    pieces += ["".join(texts)] if texts else []
    return Placed(pieces=tuple(pieces))
