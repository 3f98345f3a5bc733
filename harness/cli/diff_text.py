"""Two prompts' differences → unified text; on a terminal in colours, the words marked in both.

A line begins with ``-`` or ``+`` or a blank. What is indented behind it is a prompt's text, all
else the program's.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from harness.cli.output import on_terminal, say, say_pieces
from harness.cli.request_text import IMAGE, ROLES, exemplar_piece, image_text, role_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.prompt_diff import FieldDiff, MessageDiff, PromptDiff
    from harness.pipeline.looking.word_diff import Change, Line
    from harness.records import Json

AROUND = 2
"""Lines that are alike and shown before and behind those that differ."""
WORDS_AROUND = 8
"""Words of a long line that are alike and shown before and behind those that differ."""

_MARKS: dict[Change, str] = {"same": " ", "removed": "-", "added": "+"}
_STYLES: dict[Change, str] = {"same": "", "removed": "red", "added": "green"}
_BRACKETS: dict[Change, tuple[str, str]] = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
"""What stands around changed words where there are no colours, as git writes them."""
_GROUPS = {
    "model": "model",
    "decoding": "generation settings",
    "exemplars": "exemplars",
    "postprocess": "post-processing",
}
_SOME = re.compile(r"\S+\s*")


def print_diff(diff: PromptDiff) -> None:
    """Print in what two differ, or that they do not."""
    names = f"'{diff.first.name}' and '{diff.second.name}'"
    if diff.asked_alike:
        say(f"{names} are sent the same for sample '{diff.sample_id}': they have one key")
        if not diff.fields:
            return
    say_pieces((f"--- {diff.first.name}", "bold red"))
    say_pieces((f"+++ {diff.second.name}", "bold green"))
    say(_header(diff), dim=True)
    for message in () if diff.asked_alike else diff.messages:
        _print_message(message)
    for group, title in _GROUPS.items():
        if fields := [field for field in diff.fields if field.group == group]:
            say_pieces((f" {title}", "bold"))
            for field in fields:
                _print_field(field)
    alike = [] if diff.asked_alike else list(_alike(diff))
    if alike:
        say(f"alike: {', '.join(alike)}", dim=True)


def _header(diff: PromptDiff) -> str:
    models = dict.fromkeys(side.systems[0].model for side in (diff.first, diff.second))
    said = f"sample {diff.sample_id} · {' → '.join(models)}"
    if diff.others:
        way = diff.first.systems[0].decoding.name
        said += (
            f", {way} (the first of {diff.others + 1} that both have; a system's name picks one)"
        )
    return said


def _alike(diff: PromptDiff) -> Iterator[str]:
    if all(message.change == "same" for message in diff.messages):
        yield "messages"
    if diff.images_alike:
        yield "images"
    for group, title in _GROUPS.items():
        if not any(field.group == group for field in diff.fields):
            yield title


def _print_message(message: MessageDiff) -> None:
    change = message.change or "same"
    role = (f"{_MARKS[change]}{role_text(message.role)}", ROLES[message.role])
    exemplar = exemplar_piece(message.exemplars)
    if message.change == "same":
        say_pieces(role, exemplar, (f" alike: {_amount(message.lines)}", "dim"))
        return
    say_pieces(role, exemplar)
    for line in _near(message.lines) if message.change is None else message.lines:
        if line is None:
            say(" …", dim=True)
        elif line.image:
            style = _STYLES[line.change] or IMAGE
            say_pieces((f"{_MARKS[line.change]}{image_text(line.image)}", style))
        else:
            _print_text(line, indent="  ")


def _amount(lines: Sequence[Line]) -> str:
    words = sum(len(piece.text.split()) for line in lines for piece in line.pieces)
    images = sum(line.image is not None for line in lines)
    said = [f"{words} word{'' if words == 1 else 's'}"] if words or not images else []
    said += [f"{images} image{'' if images == 1 else 's'}"] if images else []
    return ", ".join(said)


def _near(lines: Sequence[Line]) -> Iterator[Line | None]:
    """Give what differs with some lines around it; None stands for those that are left out."""
    changed = [i for i, line in enumerate(lines) if line.change != "same"]
    shown = sorted(
        {near for i in changed for near in range(i - AROUND, i + AROUND + 1)}
        & set(range(len(lines)))
    )
    before = -1
    for i in shown:
        if i > before + 1:
            yield None
        yield lines[i]
        before = i
    if before < len(lines) - 1:
        yield None


def print_changed(line: Line) -> None:
    """Print a line of a prompt that was removed or added."""
    _print_text(line, indent="  ")


def _print_text(line: Line, indent: str) -> None:
    """Print a line; its changed words are marked where others of it are alike."""
    style = _STYLES[line.change]
    marked = line.change != "same" and not all(piece.changed for piece in line.pieces)
    pieces = [(_MARKS[line.change] + indent, style)]
    for i, piece in enumerate(line.pieces):
        if piece.changed and marked:
            pieces += _changed(piece.text, line.change)
        elif piece.changed:
            pieces.append((piece.text, style))
        else:
            ends = (i > 0, i < len(line.pieces) - 1)
            pieces.append((_shortened(piece.text, *ends), style))
    say_pieces(*pieces)


def _changed(text: str, change: Change) -> list[tuple[str, str]]:
    if on_terminal():
        return [(_seen(text), f"{_STYLES[change]} reverse")]
    begin, end = _BRACKETS[change]
    return [(f"{begin}{_seen(text)}{end}", "")]


def _seen(text: str) -> str:
    """Name white space that looks like another, such as one that does not break."""
    return ascii(text)[1:-1] if text.isspace() and not text.isascii() else text


def _shortened(text: str, behind: bool, before: bool) -> str:
    """Leave out of a long text what is far from a change; the whole line if there is none."""
    words = [match.group() for match in _SOME.finditer(text)]
    head = WORDS_AROUND if behind or not before else 0
    tail = WORDS_AROUND if before else 0
    if len(words) <= 2 * WORDS_AROUND + head + tail:
        return text
    start = text[: len(text) - len(text.lstrip())] + "".join(words[:head])
    return f"{start}… {''.join(words[len(words) - tail :])}" if tail else f"{start}…"


def _print_field(field: FieldDiff) -> None:
    from harness.pipeline.looking.word_diff import line_diff

    sides = (
        [] if value is None else [f"{field.name}: {_value(value)}"]
        for value in (field.first, field.second)
    )
    for line in line_diff(*sides):
        _print_text(line, indent="")


def _value(value: Json) -> str:
    """Write a value in a line: a list of texts with commas, all else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "none"
    return json.dumps(value, ensure_ascii=False)
