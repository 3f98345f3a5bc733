"""YAML file + schema → checked model, or every problem of the file with its line and a hint."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.config.messages import (
    KINDS,
    NOTHING,
    NUMBER_KINDS,
    bound_of,
    example_of,
    hint,
    is_number,
    message,
    model_in,
    number_meant,
)
from harness.errors import ConfigError, ConfigErrors, HarnessError
from harness.nearest import nearest
from harness.yaml_hints import invisible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.config.problems import Problems
    from harness.yaml_source import YamlPath, YamlSource

Model = TypeVar("Model", bound=BaseModel)


def validate(source: YamlSource, schema: type[Model]) -> Model:
    """Check a file against its schema.

    Raises:
        ConfigErrors: everything that is wrong with it, in the order of lines.
    """
    if not isinstance(source.data, dict):
        raise ConfigErrors([_no_keys(source, schema)])
    try:
        file = schema.model_validate(source.data)
    except ValidationError as error:
        problems = _problems(source, schema, error.errors())
        raise ConfigErrors(sorted(problems, key=_line)) from error
    if empty := [_nothing_there(source, path) for path in _empty(file, ())]:
        raise ConfigErrors(sorted(empty, key=_line))
    return file


def validated(source: YamlSource, schema: type[Model], problems: Problems) -> Model | None:
    """Check a file against its schema; gather what is wrong, and go on with the rest of its keys.

    Returns:
        The model without the keys in which something is wrong; None where it cannot do without.
    """
    try:
        return validate(source, schema)
    except ConfigErrors as error:
        problems.add(error.problems)
    if not isinstance(source.data, dict):
        return None
    kept = {key: value for key, value in source.data.items() if value is not None}
    try:
        schema.model_validate(kept)
    except ValidationError as error:
        wrong = {place[0] for each in error.errors() if (place := _yaml_path(source, each))}
        kept = {key: value for key, value in kept.items() if key not in wrong}
    try:
        return schema.model_validate(kept)
    except ValidationError:
        return None


def _line(problem: HarnessError) -> int:
    return (problem.where.line or 0) if problem.where else 0


def _empty(part: Any, path: YamlPath) -> Iterator[YamlPath]:
    """Find keys behind which nothing stands: what that means each reader would have to guess."""
    if isinstance(part, BaseModel):
        fields = type(part).model_fields
        for name in part.model_fields_set:
            key = (fields[name].alias or name) if name in fields else name
            value = getattr(part, name)
            if value is None:
                yield (*path, key)
            yield from _empty(value, (*path, key))
    elif isinstance(part, list):
        for i, item in enumerate(part):
            yield from _empty(item, (*path, i))


def _nothing_there(source: YamlSource, path: YamlPath) -> ConfigError:
    message = f"nothing stands behind '{'.'.join(map(str, path))}:'"
    return ConfigError(message, where=source.where(path), hint=NOTHING)


def _no_keys(source: YamlSource, schema: type[BaseModel]) -> ConfigError:
    keys = _keys_beside(schema, ("",))
    hint = f"its keys are {', '.join(keys)}"
    if source.data is None:
        return ConfigError("nothing stands in this file", where=source.where(), hint=hint)
    written = source.data if isinstance(source.data, str) else ""
    if glued := next((key for key in keys if written.startswith(f"{key}:")), None):
        hint = f"a blank stands behind the colon: '{glued}: …'"
    return ConfigError("expected 'key: value' lines", where=source.where(), hint=hint)


def _problems(
    source: YamlSource, schema: type[BaseModel], errors: Sequence[Mapping[str, Any]]
) -> list[ConfigError]:
    """Word each error once; of the forms that a value may have, only the one that was meant."""
    places = [_yaml_path(source, error) for error in errors]
    problems: dict[str, ConfigError] = {}
    for path, error in zip(places, errors, strict=True):
        wanted: list[str] = []
        if error["type"] in KINDS:
            if any(len(other) > len(path) and other[: len(path)] == path for other in places):
                continue  # the value has another of its forms, and something in it is wrong
            if any(
                other == path and e["type"] not in KINDS
                for other, e in zip(places, errors, strict=True)
            ):
                continue  # the value has one of its forms, and is too large or too short a one
            kinds = [e["type"] for p, e in zip(places, errors, strict=True) if p == path]
            wanted = list(dict.fromkeys(KINDS[kind] for kind in kinds if kind in KINDS))
        problem = _problem(source, schema, path, error, wanted)
        problems.setdefault(str(problem), problem)
    return list(problems.values())


def _problem(
    source: YamlSource,
    schema: type[BaseModel],
    path: YamlPath,
    error: Mapping[str, Any],
    wanted: list[str],
) -> ConfigError:
    where = source.where(path)
    key = ".".join(str(step) for step in path)
    example = example_of(schema, path)
    if error["type"] == "extra_forbidden":
        close = nearest(str(path[-1]), _keys_beside(schema, path))
        name = invisible(str(path[-1]))
        holding = f", which holds {name}" if name else ""
        return ConfigError(f"unknown key '{path[-1]}'{holding}", where=where, hint=close)
    if error["type"] == "missing":
        tip = f"for example {example}" if example else None
        return ConfigError(f"'{key}' is missing", where=where, hint=tip)
    tip = hint(wanted, error, example)
    if tip and NUMBER_KINDS & {*wanted} and (bound := _bound(source, schema, path, error["input"])):
        tip = f"{tip}; it must be {bound}"
    return ConfigError(f"'{key}': {message(wanted, error)}", where=where, hint=tip)


def _bound(source: YamlSource, schema: type[BaseModel], path: YamlPath, written: Any) -> str | None:
    """Say between what a number must be that stands there as a text; None: it is, or is none."""
    if not isinstance(written, str) or not (is_number(written) or number_meant(written)):
        return None
    changed = replace(source, data=deepcopy(source.data))
    holder = changed.data
    for step in path[:-1]:
        holder = holder[step]
    number = float(written)
    holder[path[-1]] = int(number) if number.is_integer() else number
    try:
        schema.model_validate(changed.data)
    except ValidationError as error:
        found = (bound_of(e) for e in error.errors() if _yaml_path(changed, e) == path)
        return next(filter(None, found), None)
    return None


def _yaml_path(source: YamlSource, error: Mapping[str, Any]) -> YamlPath:
    """Leave out of pydantic's location the steps that are no key of the file: union branches."""
    path: YamlPath = ()
    node: Any = source.data
    for step in error["loc"]:
        absent = error["type"] == "missing" and step is error["loc"][-1]
        if isinstance(node, dict) and (step in node or absent):
            path, node = (*path, step), node.get(step)
        elif isinstance(node, list) and isinstance(step, int):
            path, node = (*path, step), node[step]
    return path


def _keys_beside(schema: type[BaseModel], path: YamlPath) -> list[str]:
    """List the keys that the schema allows where an unknown one stands."""
    current: type[BaseModel] = schema
    for step in path[:-1]:
        if isinstance(step, str) and step in current.model_fields:
            current = model_in(current.model_fields[step].annotation) or current
        elif isinstance(step, str):  # a key that the user chooses, such as the name of an axis
            current = getattr(current, "EXTRA", current)
    return [field.alias or name for name, field in current.model_fields.items()]
