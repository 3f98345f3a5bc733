"""The steps that take an answer out of what a model wrote around it, in time linear in the text.

A step looks only at the text. Whether its result is used is decided in ``predict``.
"""

from __future__ import annotations

import json
import re

from harness.postprocess.emphasis import strip_emphasis
from harness.thoughts import without_thoughts

_WILLING = r"(?:sure|certainly|of course|absolutely|okay|ok)(?: thing)?"
_THING = r"(?:(?:recipe|dish|final|suggested)\s+)?(?:title|name|answer|caption|description)"
_LABEL = re.compile(
    rf"^\s*(?:{_WILLING}\s*[,!.]\s*)?([*_]{{0,3}}){_THING}\s*[:：]\s*", re.IGNORECASE
)
_MARKED_LABEL = re.compile(
    rf"^\s*(?:{_WILLING}\s*[,!.]\s*)?([*_]{{1,3}}){_THING}(?:\s*[:：]\s*\1|\1\s*[:：])\s*",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    rf"^\s*(?:{_WILLING}(?:\s*[,!.])?\s*)?"
    r"(?:here(?:'s|’s| is| are)|this is)\b[^:\n]{0,80}:\s*",
    re.IGNORECASE,
)
_ONLY_WILLING = re.compile(rf"{_WILLING}\s*[,!.]*", re.IGNORECASE)
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+|\d{1,2}[.)]\s+)")
_FENCE = "```"
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "`": "`"}


def strip(text: str) -> str:
    """Remove white space at both ends."""
    return text.strip()


def collapse_spaces(text: str) -> str:
    """Write every run of white space, newlines too, as one space."""
    return " ".join(text.split())


def strip_reasoning(text: str) -> str:
    """Remove what a model thinks aloud: ``<think>…</think>``, also without its opening tag.

    Reasoning that was cut off before it ended leaves nothing.
    """
    answer, tagged = without_thoughts(text)
    return answer.strip() if tagged else text


def first_line(text: str) -> str:
    """Keep the first line of the answer.

    Passed over are reasoning, code fences, and lines that only lead up to the answer: "Sure!",
    and all that ends in a colon, unless nothing follows.
    """
    lines = [line.strip() for line in strip_reasoning(text).splitlines() if line.strip()]
    answers = (line for line in lines if not _leads_up(line))
    return next(answers, lines[-1] if lines else "")


def last_line(text: str) -> str:
    """Keep the last line of the answer, where a model says at last what it means.

    Passed over are reasoning, code fences, and lines that only lead up to an answer.
    """
    lines = [line.strip() for line in strip_reasoning(text).splitlines() if line.strip()]
    answers = (line for line in reversed(lines) if not _leads_up(line))
    return next(answers, lines[-1] if lines else "")


def strip_preamble(text: str) -> str:
    """Remove what chat models put before the answer: "Sure, here is a title:", "**Title:**"."""
    text = _LEAD_IN.sub("", text, count=1)
    return _LABEL.sub(r"\1", _MARKED_LABEL.sub("", text, count=1), count=1)


def strip_markdown(text: str) -> str:
    """Remove a fence around the text, a heading, bullet or number before it, and emphasis."""
    bare = text.strip()
    if bare.startswith(_FENCE):
        text = _inside_fence(bare)
    return strip_emphasis(_LINE_MARK.sub("", text, count=1))


def strip_quotes(text: str) -> str:
    """Remove one pair of quotation marks that encloses the whole text, or all but its full stop."""
    bare = text.strip()
    stop = "." if len(bare) > 3 and bare.endswith(".") else ""
    quoted = bare[: len(bare) - len(stop)]
    if len(quoted) < 2 or _QUOTES.get(quoted[0]) != quoted[-1] or _two_quoted(quoted):
        return bare
    return quoted[1:-1].strip() + stop


def strip_final_period(text: str) -> str:
    """Remove one full stop at the end; an ellipsis stays."""
    bare = text.rstrip()
    return bare[:-1] if bare.endswith(".") and not bare.endswith("..") else bare


def json_field(text: str, name: str) -> str | None:
    """Give a field of the JSON object that the text, or the first fence in it, is.

    Returns:
        A text as it is, a number or truth value as it is written; None: there is no such field.
    """
    try:
        # Numbers stay as they are written: 1.50 is no 1.5, and no number is too long.
        value = json.loads(_inside_fence(text), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    field = value.get(name) if isinstance(value, dict) else None
    if isinstance(field, bool):
        return "true" if field else "false"
    return field if isinstance(field, str) else None


def _leads_up(line: str) -> bool:
    bare = line.strip("*_# ")
    return (
        line.startswith(_FENCE)
        or bare.endswith((":", "："))
        or _ONLY_WILLING.fullmatch(bare) is not None
    )


def _inside_fence(text: str) -> str:
    """Give what the first code fence holds; a text without one as it is."""
    before, fence, rest = text.partition(_FENCE)
    if not fence or (before and not before.endswith("\n") and before.strip()):
        return text
    first, _, body = rest.partition("\n")
    if _FENCE in first:
        return first.partition(_FENCE)[0]
    return body.partition(_FENCE)[0]


def _two_quoted(quoted: str) -> bool:
    """Tell whether the first mark is closed before the last one: “A” and “B”."""
    opening, closing, inside = quoted[0], quoted[-1], quoted[1:-1]
    if opening != closing:
        return closing in inside.partition(opening)[0]
    if opening == "'":  # also an apostrophe
        end = re.search(r"'\s", inside)
        return end is not None and re.search(r"\s'", inside[end.start() :]) is not None
    return opening in inside
