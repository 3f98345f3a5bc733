"""YAML file + schema → checked model, or every problem of the file with its line and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.config.messages import KINDS, example_of, hint, message, model_in
from harness.errors import ConfigError, ConfigErrors
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.yaml_source import YamlPath, YamlSource

Model = TypeVar("Model", bound=BaseModel)


def validate(source: YamlSource, schema: type[Model]) -> Model:
    """Check a file against its schema.

    Raises:
        ConfigErrors: everything that is wrong with it, in the order of lines.
    """
    if not isinstance(source.data, dict):
        raise ConfigErrors([ConfigError("expected 'key: value' lines", where=source.where())])
    try:
        return schema.model_validate(source.data)
    except ValidationError as error:
        problems = _problems(source, schema, error.errors())
        problems = sorted(problems, key=lambda p: (p.where.line or 0) if p.where else 0)
        raise ConfigErrors(problems) from error


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
        return ConfigError(f"unknown key '{path[-1]}'", where=where, hint=close)
    if error["type"] == "missing":
        tip = f"for example {example}" if example else None
        return ConfigError(f"'{key}' is missing", where=where, hint=tip)
    return ConfigError(
        f"'{key}': {message(wanted, error)}", where=where, hint=hint(wanted, error, example)
    )


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
