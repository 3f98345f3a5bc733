"""What a suite says of its models, and presets → ModelConfig records.

A preset is a YAML file of the package under ``harness/models``; a suite may also describe a model
in its own words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.names import unique
from harness.config.problems import Problems
from harness.config.sampling_values import sampling_problems
from harness.config.schema import ModelFile
from harness.config.validate import validate
from harness.errors import ConfigError, ConfigErrors
from harness.nearest import nearest
from harness.records import ModelConfig
from harness.yaml_source import YamlSource, load_yaml

if TYPE_CHECKING:
    from harness.config.schema import SuiteFile
    from harness.records import Where
    from harness.yaml_source import YamlPath

PRESETS = Path(__file__).parent.parent / "models"


def suite_models(
    file: SuiteFile, source: YamlSource, where: dict[str, Where], problems: Problems
) -> list[ModelConfig]:
    """Load a suite's models; put the places of what they say into ``where``."""
    models: list[ModelConfig] = []
    named: list[tuple[str, Where]] = []
    for i, model in enumerate(file.models):
        asked = source.where(("models", i))
        with problems.caught():
            if isinstance(model, str):
                config, places = _preset(model, asked=asked)
            else:
                name = model.model.rstrip("/").rpartition("/")[2]
                config, _ = _model(model, name, source, ("models", i))
                at = ("models", i)
                places = {
                    ".".join(map(str, path[2:])): source.where(path)
                    for path in source.key_lines
                    if path[:2] == at and len(path) > 2
                }
            if config.name not in dict(named):  # of two with one name nobody knows which is meant
                models.append(config)
            named.append((config.name, source.where(("models", i, "name"))))
            where |= {f"models.{config.name}": asked}
            where |= {f"models.{config.name}.{key}": place for key, place in places.items()}
    hint = "'name:' gives a model a name of its own; it is no part of any key"
    problems.add(unique("model", named, hint=hint))
    return models


def preset_names() -> list[str]:
    """List the model presets that ship with the package."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def preset_descriptions() -> dict[str, str]:
    """Give what each preset says of itself, by name."""
    files = {name: load_yaml(PRESETS / f"{name}.yaml") for name in preset_names()}
    return {name: validate(file, ModelFile).description or "" for name, file in files.items()}


def load_preset(name: str, *, asked: Where | None = None) -> ModelConfig:
    """Load a model preset by its name.

    Raises:
        ConfigErrors: there is no such preset, or its file is wrong.
    """
    return _preset(name, asked=asked)[0]


def _preset(name: str, *, asked: Where | None) -> tuple[ModelConfig, dict[str, Where]]:
    path = PRESETS / f"{name}.yaml"
    if name not in preset_names():
        hint = nearest(name, preset_names())
        raise ConfigErrors([ConfigError(f"no model preset '{name}'", where=asked, hint=hint)])
    source = load_yaml(path)
    return _model(validate(source, ModelFile), name, source, ())


def _model(
    file: ModelFile, name: str, source: YamlSource, at: YamlPath
) -> tuple[ModelConfig, dict[str, Where]]:
    """Make a model's record, and give the place of each of its sampling parameters."""
    places = {param: source.where((*at, "generation", param)) for param in file.generation}
    problems = Problems()
    problems.add(sampling_problems(file.generation, places))
    problems.raise_any()
    folder = source.path.parent
    config = ModelConfig(
        name=name if file.name is None else file.name,
        engine=file.engine,
        model=whole_path(file.model, folder),
        revision=file.revision,
        adapter=whole_path(file.adapter, folder) if file.adapter else None,
        args=file.args,
        image=file.image.model_dump(exclude_none=True),
        generation=file.generation,
        timeout=file.timeout,
        price=file.price.model_dump() if file.price else None,
    )
    return config, {f"generation.{param}": place for param, place in places.items()}


def whole_path(name: Any, folder: Path) -> Any:
    """Give a path, which is written relative to the file, whole; a Hub id or a number as it is."""
    local = isinstance(name, str) and name.startswith(("./", "../", "/"))
    return str((folder / name).resolve()) if local else name
