"""Two texts as lines → these lines, what was removed and added marked to the word.

Lines that stand in each other's place are compared word by word over all of them, so that a
paragraph that is broken anew shows the words that changed and not all of its lines. An image is a
line of its own, known by its bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

from harness.records import MediaRef

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Change = Literal["same", "removed", "added"]

MOST = 8_000
"""Words and spaces, or lines, of two texts between the first and the last difference, of which
more are not compared one by one."""
IN_COMMON = 0.25
"""Share of words that two passages have in common, below which none of them is marked."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_WORD = re.compile(r"\w")
Key = tuple[str, str]
"""text, image or end (of a line); and which."""
_END: Key = ("end", "")
_Opcode = tuple[bool, int, int, int, int]
"""Whether both are alike; from where to where of the first, and of the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a line."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the first text, of the second, or of both."""

    change: Change
    pieces: tuple[Piece, ...] = ()
    """Its text; empty where it is an image."""
    image: MediaRef | None = None


def line_diff(
    first: Sequence[str | MediaRef], second: Sequence[str | MediaRef]
) -> tuple[Line, ...]:
    """Compare two texts, given as lines and images.

    Returns:
        The lines of both, in order; removed ones stand before those that are in their place.
    """
    keys = [[key_of(line) for line in lines] for lines in (first, second)]
    found: list[Line] = []
    for alike, a, to_a, b, to_b in _opcodes(*keys):
        if alike:
            found += (_whole(line, "same") for line in second[b:to_b])
        elif a == to_a or b == to_b:
            found += (_whole(line, "removed") for line in first[a:to_a])
            found += (_whole(line, "added") for line in second[b:to_b])
        else:
            found += _marked(first[a:to_a], second[b:to_b])
    return tuple(found)


def key_of(line: str | MediaRef) -> Key:
    """Give what a line is known by: its text, or the bytes of its image."""
    if isinstance(line, MediaRef):
        return "image", f"{line.sha256}:{line.pixels}"
    return "text", line


def _whole(line: str | MediaRef, change: Change) -> Line:
    if isinstance(line, MediaRef):
        return Line(change=change, image=line)
    return Line(change=change, pieces=(Piece(text=line, changed=change != "same"),))


def _marked(first: Sequence[str | MediaRef], second: Sequence[str | MediaRef]) -> Iterator[Line]:
    """Compare two passages word by word."""
    tokens = [list(_tokens(lines)) for lines in (first, second)]
    opcodes = _without_islands(_opcodes(*tokens), tokens[0])
    same = sum(_is_word(t) for alike, a, to, _, _ in opcodes if alike for t in tokens[0][a:to])
    most = max(sum(map(_is_word, side)) for side in tokens)
    changed = [[True] * len(side) for side in tokens]
    if same >= IN_COMMON * most:
        for alike, a, to_a, b, to_b in opcodes:
            changed[0][a:to_a] = [not alike] * (to_a - a)
            changed[1][b:to_b] = [not alike] * (to_b - b)
    yield from _lines(first, tokens[0], changed[0], "removed")
    yield from _lines(second, tokens[1], changed[1], "added")


def _tokens(lines: Sequence[str | MediaRef]) -> Iterator[Key]:
    for line in lines:
        if isinstance(line, MediaRef):
            yield key_of(line)
        else:
            yield from (("text", token) for token in _TOKEN.findall(line))
        yield _END


def _is_word(token: Key) -> bool:
    return token[0] == "image" or _WORD.search(token[1]) is not None


def _opcodes(first: Sequence[Key], second: Sequence[Key]) -> list[_Opcode]:
    """Say what of two sequences is alike, and what stands in each other's place."""
    most = min(len(first), len(second))
    head = next((i for i in range(most) if first[i] != second[i]), most)
    tail = next((i for i in range(most - head) if first[-1 - i] != second[-1 - i]), most - head)
    a, b = first[head : len(first) - tail], second[head : len(second) - tail]
    found: list[_Opcode] = [(True, 0, head, 0, head)]
    if len(a) + len(b) > MOST:
        found.append((False, head, head + len(a), head, head + len(b)))
    else:
        matcher = SequenceMatcher(lambda key: not _is_word(key), a, b)
        found += (
            (tag == "equal", head + i, head + to_i, head + j, head + to_j)
            for tag, i, to_i, j, to_j in matcher.get_opcodes()
        )
    found.append((True, len(first) - tail, len(first), len(second) - tail, len(second)))
    return [each for each in found if each[1] < each[2] or each[3] < each[4]]


def _without_islands(opcodes: Sequence[_Opcode], first: Sequence[Key]) -> list[_Opcode]:
    """Take spaces and signs between two changes for a part of one larger change."""
    joined: list[_Opcode] = []
    for i, (alike, a, to_a, b, to_b) in enumerate(opcodes):
        island = 0 < i < len(opcodes) - 1 and not any(map(_is_word, first[a:to_a]))
        if (island or not alike) and joined and not joined[-1][0]:
            _, from_a, _, from_b, _ = joined.pop()
            joined.append((False, from_a, to_a, from_b, to_b))
        else:
            joined.append((alike, a, to_a, b, to_b))
    return joined


def _lines(
    lines: Sequence[str | MediaRef],
    tokens: Sequence[Key],
    changed: Sequence[bool],
    change: Change,
) -> Iterator[Line]:
    """Put tokens together to lines again, neighbours of one kind to pieces."""
    at = 0
    for line in lines:
        pieces: list[Piece] = []
        while tokens[at] != _END:
            kind, text = tokens[at]
            if pieces and pieces[-1].changed == changed[at]:
                text = pieces.pop().text + text
            if kind == "text":
                pieces.append(Piece(text=text, changed=changed[at]))
            at += 1
        at += 1
        if isinstance(line, MediaRef):
            yield Line(change=change, image=line)
        else:
            yield Line(change=change, pieces=tuple(pieces))
