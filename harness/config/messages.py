"""What pydantic found wrong in a file → what a person is told: message and hint, in plain words."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from harness.nearest import closest
from harness.yaml_source import parse_value

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "string_type": "a text",
    "dict_type": "key: value lines",
    "model_type": "key: value lines",
    "model_attributes_type": "key: value lines",
    "list_type": "a list",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
}
"""Pydantic's names for "a value of another kind is wanted" → that kind."""

NUMBER_KINDS = {"a number", "a whole number"}
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", re.ASCII)
_LONGEST_NUMBER = 40

NOTHING = "leave the line out, or write a value behind the colon"
"""A hint where a key has no value."""

_BOUNDS: Mapping[str, str] = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "too_short": "at least {min_length} item",
    "string_too_short": "at least {min_length} letters",
    "literal_error": "{expected}",
}
_NUMBER_BOUNDS = ("greater_than", "greater_than_equal", "less_than", "less_than_equal")


def message(wanted: list[str], error: Mapping[str, Any]) -> str:
    """Say what is wanted and what is there.

    Args:
        wanted: kinds of values, any of which would do; empty: the problem is another.
        error: one of pydantic's errors.
    """
    value, bounds = error["input"], error.get("ctx", {})
    if wanted:
        return f"{' or '.join(wanted)} is wanted here, not {_what(value)}"
    if error["type"] in _BOUNDS:
        return f"{_BOUNDS[error['type']].format(**bounds)} is wanted here, not {_what(value)}"
    if "pydantic.dev" in error.get("url", ""):  # an error of its own, in its own words
        return f"{_what(value)} cannot be used here"
    text: str = error["msg"]
    return text[0].lower() + text[1:]


def hint(wanted: list[str], error: Mapping[str, Any], example: str | None) -> str | None:
    """Say what to write instead.

    Args:
        wanted: kinds of values, any of which would do.
        error: one of pydantic's errors.
        example: how the key is written, if its schema tells.
    """
    value = error["input"]
    if value is None:
        return NOTHING
    if "a text" in wanted:
        if isinstance(value, bool):
            return "YAML reads yes, no, on and off as true and false: put the word in quotes"
        if isinstance(value, int | float):
            return f"put it in quotes: '{value}'"
        if isinstance(value, list | dict) and not example:
            return "it stands behind the colon; over several lines under 'key: |', and indented"
    if wanted and isinstance(value, str) and (tip := _of_text(wanted, value)):
        return tip
    if error["type"] == "literal_error":
        known = re.findall("'([^']*)'", error["ctx"]["expected"])
        close = closest(str(value), known)
        return f"did you mean '{close}'?" if close else None
    return f"for example {example}" if example else None


def _of_text(wanted: list[str], value: str) -> str | None:
    """Say what to write for a text where another kind of value is wanted."""
    if "a list" in wanted:
        return f"a list stands in brackets: [{value[:40]}]"
    if is_number(value) or value in ("true", "false"):
        return f"take the quotes away: {value}"
    number = number_meant(value) if NUMBER_KINDS & {*wanted} else None
    return None if number is None else f"YAML takes it for text: write {number}"


def is_number(text: str) -> bool:
    """Tell whether YAML reads a text as a number where it stands without quotes."""
    value = parse_value(text) if _NUMBER.fullmatch(text) else text
    return isinstance(value, int | float) and math.isfinite(value)


def number_meant(text: str) -> str | None:
    """Write the number that a text is for people and not for YAML: -.1, 1e5; None: it is none."""
    if not _NUMBER.fullmatch(text) or is_number(text):
        return None
    written = f"{Decimal(text):f}"
    return written if len(written) <= _LONGEST_NUMBER else None


def bound_of(error: Mapping[str, Any]) -> str | None:
    """Say between what a number must be, of an error that says that it is beyond; else None."""
    kind = error["type"]
    return _BOUNDS[kind].format(**error["ctx"]) if kind in _NUMBER_BOUNDS else None


def example_of(schema: type[BaseModel], path: tuple[str | int, ...]) -> str | None:
    """Give an example of the innermost key of a path for which the schema has one."""
    current: type[BaseModel] | None = schema
    example = None
    for step in path:
        if not isinstance(step, str) or current is None:
            continue
        fields = {field.alias or name: field for name, field in current.model_fields.items()}
        if step not in fields:
            break
        if fields[step].examples:
            example = f"{step}: {(fields[step].examples or [None])[0]}"
        current = model_in(fields[step].annotation)
    return example


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Give the schema of a file's part that a type is, or holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (model_in(part) for part in get_args(annotation))
    return next((model for model in inner if model), None)


def _what(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "key: value lines" if value else "an empty mapping"
    kind = "the text" if isinstance(value, str) else "the number"
    shown = f"'{value}'" if isinstance(value, str) else str(value)
    return f"{kind} {shown if len(shown) <= 60 else shown[:57] + '…'}"
