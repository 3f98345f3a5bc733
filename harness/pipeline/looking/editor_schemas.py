"""What files may hold and name → JSON Schemas, written where an editor finds them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.json_schema import FILES, Argument, Names, json_schema
from harness.config.load import preset_descriptions, project_root
from harness.engines.protocol import ENGINES
from harness.errors import ConfigError
from harness.metrics.registry import METRICS, columns_of, options_of, ranked
from harness.postprocess import STEPS, WITH_ARGUMENT
from harness.report.escape import json_text
from harness.report.named_file import write_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.records import Json

KINDS = tuple(FILES)
"""suite, variant, dataset, model."""

_PLACES: Mapping[str, str] = {
    "suite": "prompts/<suite>/suite.yaml",
    "variant": "prompts/<suite>/<variant>.yaml",
    "dataset": "datasets/<name>.yaml",
}
"""Kind → where a project has its files. Models of a project stand in its suites."""
_TYPES = {
    "str": "string", "int": "integer", "bool": "boolean", "float": "number", "None": "null",
}  # fmt: skip


def editor_schema(kind: str) -> Json:
    """Give the JSON Schema of a kind of file.

    The names in it are those of this program alone, so that it is the same on every machine of a
    team; those that packages add are allowed.
    """
    return json_schema(kind, _names())


def schema_text(kind: str) -> str:
    """Write the JSON Schema of a kind of file, as its own file holds it."""
    return f"{json_text(editor_schema(kind))}\n"


def schemas_folder() -> Path:
    """Give the folder in which a project keeps its schemas, where nobody names another."""
    return Path(os.path.relpath(project_root(Path.cwd()) / ".harness" / "schemas"))


def write_schemas(kinds: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write the schemas of kinds of files into a folder, which is made if need be.

    Returns:
        Kind → its file.

    Raises:
        HarnessError: a file cannot be written, or something else stands there.
    """
    paths = {kind: folder / f"{kind}.schema.json" for kind in kinds}
    for kind, path in paths.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
        write_named(path, schema_text(kind), f'"title": "{kind}"')
    return paths


def modelines(paths: Mapping[str, Path]) -> dict[str, str]:
    """Give the first lines by which editors know the files of the project around.

    Args:
        paths: kind → its schema.

    Returns:
        Where a file of such a kind stands → the line.
    """
    root = project_root(Path.cwd()).resolve()
    lines = {}
    for kind, place in _PLACES.items():
        if kind in paths:
            path = os.path.relpath(paths[kind].resolve(), (root / place).parent)
            lines[place] = f"# yaml-language-server: $schema={Path(path).as_posix()}"
    return lines


def _names() -> Names:
    columns = {name: columns_of(name) for name in METRICS}
    options = {name: options_of(name) for name in METRICS}
    return Names(
        steps={name: _first_line(step.__doc__) for name, step in STEPS.items()},
        steps_with_argument={
            name: Argument(shown=step.shown, form=step.form, numbers=step.numbers)
            for name, step in WITH_ARGUMENT.items()
        },
        metrics={name: f"Gives {', '.join(of)}." for name, of in columns.items()},
        options={
            name: {option: [_TYPES[kind] for kind in kinds] for option, kinds in of.items()}
            for name, of in options.items()
            if of
        },
        columns={
            column: f"Of the metric {name}."
            for name, of in columns.items()
            for column in of
            if ranked(column)
        },
        engines=dict.fromkeys(ENGINES, ""),
        presets=preset_descriptions(),
    )


def _first_line(doc: str | None) -> str:
    return (doc or "").partition("\n")[0].replace("``", "")
