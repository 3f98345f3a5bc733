"""Sampling parameters as a person writes them → the problems of values that cannot be meant.

Which parameters there are is each engine's to say; here stands what the known ones can be.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harness.config.messages import KINDS, is_number, message, number_meant
from harness.config.schema import FormFile
from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Json, Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers that a parameter may be."""

    meaning: str
    """What it does, for people."""
    least: float | None = None
    above: float | None = None
    """Like ``least``, itself left out."""
    most: float | None = None
    whole: bool = False
    also: tuple[int, ...] = ()
    """Numbers that stand for "not limited"."""

    def __contains__(self, value: object) -> bool:
        """Tell whether a value is one of them; booleans are no numbers."""
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            return False
        if not _finite(value):
            return False
        return value in self.also or not (
            (self.least is not None and value < self.least)
            or (self.above is not None and value <= self.above)
            or (self.most is not None and value > self.most)
        )

    def __str__(self) -> str:
        """Write it as a message says it."""
        parts = ["a whole number" if self.whole else "a number"]
        parts += [f"from {self.least}"] if self.least is not None else []
        parts += [f"above {self.above}"] if self.above is not None else []
        parts += [f"to {self.most}"] if self.most is not None else []
        parts += ["on"] if self.least is not None and self.most is None else []
        return " ".join(parts) + "".join(f", or {number}" for number in self.also)


_MOST = 2**31 - 1
NUMBERS: dict[str, Numbers] = {
    "temperature": Numbers(
        least=0, meaning="How freely tokens are drawn. Default: 0, always the likeliest."
    ),
    "top_p": Numbers(
        above=0, most=1, meaning="Draw from the likeliest tokens that have this share together."
    ),
    "top_k": Numbers(
        least=1,
        whole=True,
        also=(0, -1),
        meaning="Draw from so many of the likeliest tokens; 0 or -1: from all.",
    ),
    "min_p": Numbers(
        least=0, most=1, meaning="Draw no token less likely than this share of the likeliest."
    ),
    "repetition_penalty": Numbers(
        above=0, meaning="Above 1, what stands there already becomes less likely; 1: no change."
    ),
    "presence_penalty": Numbers(
        least=-2, most=2, meaning="Above 0, what was written once becomes less likely."
    ),
    "frequency_penalty": Numbers(
        least=-2, most=2, meaning="Above 0, what was written often becomes less likely."
    ),
    "length_penalty": Numbers(meaning="Of beam search: the higher, the longer texts. Default: 1."),
    "max_tokens": Numbers(
        least=1, whole=True, most=_MOST, meaning="Tokens that an answer may have. Default: 128."
    ),
    "min_tokens": Numbers(
        least=0, whole=True, most=_MOST, meaning="Tokens that an answer must have."
    ),
    "num_beams": Numbers(least=1, whole=True, most=_MOST, meaning="Beams of beam search."),
    "n": Numbers(
        least=1,
        whole=True,
        most=_MOST,
        meaning="Draws of each answer; more than one needs a temperature.",
    ),
    "seed": Numbers(least=0, whole=True, most=2**62, meaning="Of what is drawn. Default: 0."),
}
"""Parameter → what it may be, in vLLM's ranges."""
REQUIRED = frozenset({"temperature", "max_tokens", "n"})
"""Those that always have a value; for the others null says "as if nobody had set it"."""


def sampling_problems(params: Mapping[str, Json], where: Mapping[str, Where]) -> list[ConfigError]:
    """Check the values of sampling parameters; names that are not known here are passed over.

    Args:
        params: as a file has them.
        where: parameter → its place.
    """
    problems = []
    for name, value in params.items():
        if value is None and name not in REQUIRED:
            continue
        if name in NUMBERS and value not in NUMBERS[name]:
            message = f"'{name}' is {_shown(value)}, not {NUMBERS[name]}"
            problems.append(ConfigError(message, where=where[name], hint=_hint(name, value)))
        elif name == "stop" and not _is_stop(value):
            message = f"'stop' is {_shown(value)}, neither a text nor a list of texts"
            problems.append(ConfigError(message, where=where[name]))
        elif name == "structured_outputs":
            problems += _form_problems(value, where[name])
    return problems


def _form_problems(value: Json, where: Where) -> list[ConfigError]:
    from harness.answer_form import check_form  # loads a checker of schemas

    try:
        form = FormFile.model_validate(value)
        check_form(form.model_dump(by_alias=True, exclude_none=True), where)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(["structured_outputs", *map(str, first["loc"])])
        wanted = [KINDS[first["type"]]] if first["type"] in KINDS else []
        return [ConfigError(f"'{place}': {message(wanted, first)}", where=where)]
    except ConfigError as error:
        return [error]
    return []


def _is_stop(value: Json) -> bool:
    texts = value if isinstance(value, list) else [value]
    return all(isinstance(text, str) and text for text in texts)


def _hint(name: str, value: Json) -> str | None:
    if value is None:
        return "leave the line out to have what holds without it"
    if isinstance(value, float) and NUMBERS[name].whole and _is_whole(value):
        return f"write {int(value)}"
    if isinstance(value, str):
        if is_number(value):
            return f"take the quotes away: {value}"
        return (number := number_meant(value)) and f"YAML takes it for text: write {number}"
    return None


def _is_whole(value: float) -> bool:
    """Tell whether a float is a whole number."""
    return math.isfinite(value) and value == int(value)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond every float
        return True


def _shown(value: Json) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
