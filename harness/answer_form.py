"""The form that a prompt asks its answers to have, and whether a text has it.

vLLM enforces a form while it writes; other engines cannot, and an answer that is cut off may miss
it everywhere. So every completion is checked, and what does not fit is counted and shown. The
check is bounded: an answer that takes too long, or is too long, does not fit, with that reason.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import regex
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from harness.bounded_schema import CHECK_SECONDS, is_valid, pattern, schema_fault, validator
from harness.errors import ConfigError
from harness.fingerprint import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.records import Json, Where

FORMS = ("regex", "choice", "json")
MAX_ANSWER = 1_000_000
"""Characters of the longest answer that is checked."""
MAX_PATTERN = 100_000
"""Parts that a regular expression may have once its repetitions are written out."""

_PARTS = regex.compile(
    r"(?P<one>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<open>\()|(?P<close>\))"
    r"|\{(?P<least>\d*)(?P<most>,\d*)?\}|.",
    regex.DOTALL,
)


def check_form(form: Mapping[str, Json], where: Where | None = None) -> None:
    """Refuse a form that no text could be checked against.

    Args:
        form: one of regex (a pattern), choice (texts), json (a JSON schema).
        where: its place in a file.

    Raises:
        ConfigError: there is not one form, or the pattern or the schema is wrong.
    """
    if len(form) != 1:
        raise ConfigError(
            f"structured_outputs takes one of {', '.join(FORMS)}, not {len(form)}", where=where
        )
    [(kind, wanted)] = form.items()
    fault = None
    if kind == "regex":
        fault = pattern_fault(wanted)
    elif kind == "json":
        fault = _schema_fault(wanted)
    if fault:
        raise ConfigError(f"structured_outputs.{kind}: {fault}", where=where)


def has_form(text: str, form: Mapping[str, Json]) -> bool:
    """Tell whether a text has a form that ``check_form`` has let pass; spaces around do not count.

    A regex must match the whole text, a choice be one of them, JSON be valid under the schema.
    """
    return form_fault(text, form) is None


def form_fault(text: str, form: Mapping[str, Json]) -> str | None:
    """Say why a text does not have a form; None: it has it. Never raises on what a model wrote."""
    [(kind, wanted)] = form.items()
    bare = text.strip()
    if kind == "choice":
        return None if bare in wanted else "none of the choices"
    if len(bare) > MAX_ANSWER:
        return f"longer than {MAX_ANSWER:,} characters"
    try:
        if kind == "regex":
            compiled = pattern(wanted, regex.DOTALL)
            matches = compiled.fullmatch(bare, timeout=CHECK_SECONDS) is not None
            return None if matches else "does not match"
        value = json.loads(bare, parse_constant=_refuse)
        return None if is_valid(_validator(canonical_json(wanted)), value) else "not as the schema"
    except TimeoutError:
        return f"took longer than {CHECK_SECONDS} s to check"
    except RecursionError:
        return "nested too deeply"
    except (ValueError, ArithmeticError):
        return "no JSON"


@lru_cache(maxsize=32)
def _validator(schema: str) -> Any:
    return validator(json.loads(schema))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def pattern_fault(source: str) -> str | None:
    """Say why a text is no regular expression that can be used; None: it is one."""
    if _written_out(source) > MAX_PATTERN:
        return f"'{source[:40]}' repeats itself more than {MAX_PATTERN:,} times"
    try:
        regex.compile(source, regex.DOTALL)
    except regex.error as error:
        return str(error)
    except (RecursionError, OverflowError, MemoryError):
        return f"'{source[:40]}' is nested too deeply"
    return None


def _written_out(source: str) -> int:
    """Count a pattern's parts with every ``{n,m}`` written out, since compiling it does so."""
    sizes = [0]
    last = 0
    for part in _PARTS.finditer(source):
        if part["open"]:
            sizes.append(0)
        elif part["close"] and len(sizes) > 1:
            last = sizes.pop() + 1
            sizes[-1] += last
        elif part["least"] is not None:
            times = max(int(n or 0) for n in (part["least"][:9], (part["most"] or "")[1:10]))
            sizes[-1] += last * max(0, times - 1)
            last *= max(1, times)
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


def _schema_fault(schema: Any) -> str | None:
    if fault := schema_fault(schema):
        return fault
    pairs = list(_pairs(schema))
    if {"unevaluatedProperties", "patternProperties"} <= {key for key, _ in pairs}:
        return "unevaluatedProperties beside patternProperties cannot be checked"
    faults = [
        *(_reference_fault(v, schema) for k, v in pairs if k in ("$ref", "$dynamicRef")),
        *(pattern_fault(v) for k, v in pairs if k == "pattern" and isinstance(v, str)),
        *(
            pattern_fault(p)
            for k, v in pairs
            if k == "patternProperties"
            for p in (v if isinstance(v, dict) else ())
        ),
    ]
    return next((fault for fault in faults if fault), None)


def _reference_fault(reference: Any, schema: Any) -> str | None:
    if not isinstance(reference, str):
        return None  # a property of that name
    if not reference.startswith("#"):
        return f"$ref '{reference}' leads out of the schema; only #/… can be followed"
    root = DRAFT202012.create_resource(schema)
    try:
        Registry().with_resource("", root).resolver().lookup(reference)
    except Unresolvable:
        return f"$ref '{reference}' leads nowhere in the schema"
    return None


def _pairs(schema: Any) -> Iterator[tuple[str, Any]]:
    """Give every key and value of a schema, however deep."""
    waiting = [schema]
    while waiting:
        nested = waiting.pop()
        if isinstance(nested, dict):
            yield from nested.items()
            waiting += nested.values()
        elif isinstance(nested, list):
            waiting += nested
