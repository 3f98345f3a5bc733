"""Completion → prediction by named, pure steps; never raises on what a model wrote.

A step takes a text and gives a text. The raw completion is kept beside the prediction, so a
changed list of steps costs only a re-score.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.records import Completion, Prediction, PredictionStatus, Where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_LABEL = re.compile(
    r"^\s*(?:(?:recipe|dish)\s+)?(?:title|name|answer|caption|description)\s*[:：]\s*",
    re.IGNORECASE,
)
_LEAD_IN = re.compile(
    r"^\s*(?:(?:sure|certainly|of course|okay|ok)\s*[,!.]?\s*)?"
    r"(?:here(?:'s|’s| is| are)|this is)\b[^:\n]{0,80}:\s*",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1")
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|[-*•]\s+|\d{1,2}[.)]\s+)")
FIELD = "json:"
"""Before the name of a field: ``json:title`` takes the title of {"title": …}."""
_QUOTES = {'"': '"', "'": "'", "“": "”", "‘": "’", "«": "»", "`": "`"}


def strip(text: str) -> str:
    """Remove white space at both ends."""
    return text.strip()


def collapse_spaces(text: str) -> str:
    """Write every run of white space, newlines too, as one space."""
    return " ".join(text.split())


def first_line(text: str) -> str:
    """Keep the first line that is not blank."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def strip_preamble(text: str) -> str:
    """Remove what chat models put before the answer: "Sure, here is a title:", "Title:"."""
    return _LABEL.sub("", _LEAD_IN.sub("", text, count=1), count=1)


def strip_markdown(text: str) -> str:
    """Remove a heading, bullet or number before the text, and emphasis around its words."""
    return _EMPHASIS.sub(r"\2", _LINE_MARK.sub("", text, count=1))


def strip_quotes(text: str) -> str:
    """Remove one pair of quotation marks that encloses the whole text."""
    bare = text.strip()
    if len(bare) >= 2 and _QUOTES.get(bare[0]) == bare[-1]:
        return bare[1:-1].strip()
    return bare


def strip_final_period(text: str) -> str:
    """Remove one full stop at the end; an ellipsis stays."""
    bare = text.rstrip()
    return bare[:-1] if bare.endswith(".") and not bare.endswith("..") else bare


def json_field(text: str, name: str) -> str:
    """Give a field of the JSON object that the text is; a text that is none stays as it is."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else text


STEPS: Mapping[str, Callable[[str], str]] = {
    step.__name__: step
    for step in (
        strip,
        collapse_spaces,
        first_line,
        strip_preamble,
        strip_markdown,
        strip_quotes,
        strip_final_period,
    )
}
"""Name in a variant's ``postprocess:`` → the step."""


def check_steps(names: Sequence[str], where: Where | None = None) -> None:
    """Refuse step names that do not exist.

    Raises:
        ConfigError: the first unknown name, with those that are known.
    """
    for name in names:
        if name not in STEPS and not (name.startswith(FIELD) and name != FIELD):
            raise ConfigError(
                f"no post-processing step is named '{name}'",
                where=where,
                hint=f"known steps: {', '.join(STEPS)}, {FIELD}NAME",
            )


def predict(completion: Completion, names: Sequence[str]) -> Prediction:
    """Turn a completion into a prediction by these steps, in order."""
    if completion.error is not None:
        return Prediction(value=None, status="failed", steps=(), reason=completion.error)
    text = completion.text
    changed: list[str] = []
    for name in names:
        after = (
            json_field(text, name[len(FIELD) :]) if name.startswith(FIELD) else STEPS[name](text)
        )
        if after != text:
            changed.append(name)
        text = after
    status: PredictionStatus = "ok" if text.strip() else "empty"
    return Prediction(value=text, status=status, steps=tuple(changed))
