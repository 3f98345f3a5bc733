"""Markdown's emphasis (stars, underscores, backticks around words) → the words alone.

Marks inside a word, or between spaces, are no emphasis: ``IMG_2034_cut``, ``5*3*2``, ``2 * 3``.
Runs of marks are paired as CommonMark pairs them (https://spec.commonmark.org/0.31.2/, section 6.2:
a stack of openers), but that a run inside a word neither opens nor closes. Linear in the text.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]+)\1(?!`)")
_RUN = re.compile(r"\*+|_+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u2e80-\ud7af\uf900-\ufaff\uff00-\uffef]")
"""Letters of languages that write no spaces between words: marks between them are emphasis."""


def strip_emphasis(text: str) -> str:
    """Remove emphasis around words, line by line."""
    return "".join(_strip_line(line) for line in text.splitlines(keepends=True))


def _strip_line(line: str) -> str:
    line = _CODE.sub(r"\2", line)
    runs = list(_RUN.finditer(line))
    kept = [len(run.group()) for run in runs]
    waiting: list[int] = []  # runs that open emphasis, outermost first
    waiting_of = {"*": 0, "_": 0}
    for place, run in enumerate(runs):
        mark = run.group()[0]
        opens, closes = _sides(line, run)
        while closes and kept[place] and waiting_of[mark]:
            opener = waiting[-1]
            opening = runs[opener].group()[0]
            if opening == mark:
                pairs = min(kept[opener], kept[place])
                kept[opener] -= pairs
                kept[place] -= pairs
            if opening != mark or not kept[opener]:
                waiting.pop()
                waiting_of[opening] -= 1
        if opens and kept[place]:
            waiting.append(place)
            waiting_of[mark] += 1
    if not runs:
        return line
    pieces = [line[: runs[0].start()]]
    ends = [run.start() for run in runs[1:]] + [len(line)]
    for run, count, end in zip(runs, kept, ends, strict=True):
        pieces.append(run.group()[:count] + line[run.end() : end])
    return "".join(pieces)


def _sides(line: str, run: re.Match[str]) -> tuple[bool, bool]:
    """Tell whether a run of marks can open, and can close, emphasis."""
    before = line[run.start() - 1] if run.start() else " "
    after = line[run.end()] if run.end() < len(line) else " "
    opens = not after.isspace() and not _in_word(before)
    closes = not before.isspace() and not (_in_word(before) and _in_word(after))
    return opens, closes


def _in_word(character: str) -> bool:
    return character.isalnum() and not _UNSPACED.match(character)
