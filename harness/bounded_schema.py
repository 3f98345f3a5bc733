"""A JSON schema → a validator that stops after a time, fetches nothing, and matches in time.

jsonschema's own keywords do the work. Replaced are those that match regular expressions without a
limit, and the one that compares every item with every other.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import regex
from jsonschema.exceptions import SchemaError, UndefinedTypeCheck, ValidationError
from jsonschema.validators import extend, validator_for
from referencing import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]

CHECK_SECONDS = 0.25
"""CPU time that checking one answer may take; what people ask for takes microseconds."""

_end: ContextVar[float] = ContextVar("end")


def schema_fault(schema: Any) -> str | None:
    """Say why something is no JSON schema; None: it is one."""
    try:
        validator_for(schema).check_schema(schema)
    except (SchemaError, UndefinedTypeCheck) as error:
        return getattr(error, "message", None) or str(error)
    except RecursionError:
        return "the schema is nested too deeply"
    return None


def validator(schema: Any) -> Any:
    """Make a validator of a schema that ``schema_fault`` has nothing against."""
    kind: Any = validator_for(schema)
    # Without its $schema, so that no part of it falls back to the validator without limits.
    return _bounded(kind)(_without_dialect(schema), registry=Registry())


def is_valid(made: Any, value: Any) -> bool:
    """Tell whether a value is valid.

    Raises:
        TimeoutError: it took too long.
        RecursionError, ArithmeticError, ValueError: the value is beyond what can be checked.
    """
    token = _end.set(time.thread_time() + CHECK_SECONDS)
    try:
        return bool(made.is_valid(value))
    finally:
        _end.reset(token)


def pattern(source: str, flags: int = 0) -> Any:
    """Compile a regular expression whose matching can be given a time limit."""
    return regex.compile(source, flags)


@lru_cache(maxsize=8)
def _bounded(kind: Any) -> Any:
    own: dict[str, Keyword] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
    }
    return extend(  # type: ignore[no-untyped-call]  # jsonschema leaves it so
        kind,
        {name: _timed(own.get(name, keyword)) for name, keyword in kind.VALIDATORS.items()},
    )


def _without_dialect(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {k: _without_dialect(v) for k, v in schema.items() if k != "$schema"}
    return [_without_dialect(nested) for nested in schema] if isinstance(schema, list) else schema


def _timed(keyword: Any) -> Keyword:
    def check(made: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if time.thread_time() > _end.get():
            raise TimeoutError
        yield from keyword(made, wanted, instance, schema) or ()

    return check


def _matches(source: str, text: str) -> bool:
    left = max(0.01, _end.get() - time.thread_time())
    return pattern(source).search(text, timeout=left) is not None


def _pattern(made: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not _matches(wanted, instance):
        yield ValidationError("does not match")


def _pattern_properties(
    made: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for source, inner in wanted.items():
        for name, value in instance.items():
            if _matches(source, name):
                yield from made.descend(value, inner, path=name, schema_path=source)


def _additional_properties(
    made: Any, wanted: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", ())
    for name, value in instance.items():
        if name in schema.get("properties", ()) or any(_matches(p, name) for p in patterns):
            continue
        if isinstance(wanted, dict):
            yield from made.descend(value, wanted, path=name)
        elif not wanted:
            yield ValidationError("an unexpected key")


def _unique_items(made: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if (
        wanted
        and isinstance(instance, list)
        and len({_hashable(i) for i in instance}) < len(instance)
    ):
        yield ValidationError("items repeat")


def _hashable(value: Any) -> Any:
    """Give what is equal for two values exactly when JSON schema calls them equal: 1 is 1.0."""
    if isinstance(value, dict):
        return "object", frozenset((key, _hashable(nested)) for key, nested in value.items())
    if isinstance(value, list):
        return "array", tuple(_hashable(nested) for nested in value)
    return isinstance(value, bool), value
