"""YAML file + schema → checked model, or every problem of the file with its line and a hint."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import ConfigError, ConfigErrors

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        seen: dict[str, ConfigError] = {}
        for found in error.errors():
            problem = _problem(source, schema, found)
            seen.setdefault(str(problem), problem)
        problems = sorted(seen.values(), key=lambda p: (p.where.line or 0) if p.where else 0)
        raise ConfigErrors(problems) from error


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Give a hint: the known word that looks most like this one, or all; None if there are none."""
    names = list(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if not names:
        return None
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(names)}"


def _problem(source: YamlSource, schema: type[BaseModel], found: Any) -> ConfigError:
    path = _yaml_path(source, found["loc"])
    where = source.where(path)
    key = ".".join(str(step) for step in path)
    if found["type"] == "extra_forbidden":
        word = str(path[-1])
        close = nearest(word, _keys_beside(schema, path))
        return ConfigError(f"unknown key '{word}'", where=where, hint=close)
    if found["type"] == "missing":
        return ConfigError(f"'{key}' is missing", where=where)
    message = found["msg"][0].lower() + found["msg"][1:]
    hint: str | None = None
    if found["type"] == "string_type" and isinstance(found["input"], bool | int | float):
        hint = f"put it in quotes: '{found['input']}'"
    return ConfigError(f"'{key}': {message}", where=where, hint=hint)


def _yaml_path(source: YamlSource, loc: tuple[str | int, ...]) -> YamlPath:
    """Leave out of pydantic's location the steps that are no key of the file: union branches."""
    path: YamlPath = ()
    node: Any = source.data
    for step in loc:
        if isinstance(node, dict) and (step in node or step is loc[-1]):
            path, node = (*path, step), node.get(step)
        elif isinstance(node, list) and isinstance(step, int):
            path, node = (*path, step), node[step]
    return path


def _keys_beside(schema: type[BaseModel], path: YamlPath) -> list[str]:
    """List the keys that the schema allows where an unknown one stands."""
    current: type[BaseModel] = schema
    for step in path[:-1]:
        if isinstance(step, str) and step in current.model_fields:
            current = _model_in(current.model_fields[step].annotation) or current
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_in(part) for part in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model), None)
