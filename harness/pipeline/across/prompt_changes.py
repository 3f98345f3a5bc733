"""What two systems were sent for one sample → what of it was changed, in words and to the word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeAlias

from harness.ingredients import differences
from harness.pipeline.looking.word_diff import line_diff
from harness.records import PromptLine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.pipeline.across.data_versions import Entrant
    from harness.records import Json

Changes: TypeAlias = tuple[tuple[str, ...], tuple[PromptLine, ...]]
"""A line for each thing that was changed; and the lines of the prompt that were."""


def changes(before: Entrant, after: Entrant, parts: Mapping[str, str]) -> Changes:
    """Say what differs between two systems.

    Args:
        before: the older.
        after: the newer.
        parts: canonical JSON of what their records name, by its sha256.
    """
    said: list[str] = []
    one, other = before.identity.example, after.identity.example
    lines: tuple[PromptLine, ...] = ()
    if one and other:
        lines = tuple(_changed(_lines(one, parts), _lines(other, parts)))
        removed, added = (_words(lines, change) for change in ("removed", "added"))
        if lines:
            said.append(f"prompt: +{added} −{removed} words")
        elif one.get("messages") != other.get("messages"):
            said.append("prompt: its messages")
        if one.get("images") != other.get("images"):
            said.append("prompt: its images")
        same = {name: one.get(name) for name in ("messages", "images", "pixels")}
        said += differences(one, {**other, **same}, parts)
    steps = before.identity.steps, after.identity.steps
    if steps[0] != steps[1]:
        names = [", ".join(some) or "none" for some in steps]
        said.append(f"post-processing: {names[0]} → {names[1]}")
    return tuple(said or ["what was sent for other samples"]), lines


def _lines(record: Mapping[str, Json], parts: Mapping[str, str]) -> list[str]:
    """Write the messages of a record as lines; none where they were not kept."""
    text = parts.get(str(record.get("messages")))
    if text is None:
        return []
    lines: list[str] = []
    for role, pieces in json.loads(text):
        lines.append(f"[{role}]")
        for piece in pieces:
            image = "image" in piece
            lines += [f"<image {piece['image'] + 1}>"] if image else piece["text"].split("\n")
    return lines


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[PromptLine]:
    for line in line_diff(before, after):
        if line.change != "same":
            pieces = tuple((piece.text, piece.changed) for piece in line.pieces)
            yield PromptLine(change=line.change, pieces=pieces)


def _words(lines: Sequence[PromptLine], change: str) -> int:
    return sum(
        len(text.split())
        for line in lines
        if line.change == change
        for text, changed in line.pieces
        if changed
    )
