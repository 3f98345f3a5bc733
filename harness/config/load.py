"""Files that a person writes → frozen Suite, PromptVariant, DatasetConfig and ModelConfig records.

Names are resolved here (a dataset's, a preset's, what a variant extends); no data is read.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.control_kinds import controls_of
from harness.config.decide import decision
from harness.config.files import SUITE_FILE, is_file, no_file, variant_names
from harness.config.names import unique
from harness.config.problems import Problems
from harness.config.row_sources import check_options, columns_of, data_path, image_root
from harness.config.rows_wanted import choosing_of
from harness.config.sampling_values import sampling_problems
from harness.config.schema import DatasetFile, ModelFile, SuiteFile
from harness.config.selecting import clashes, file_of, one, selected
from harness.config.silencing import silences
from harness.config.urls import url_of
from harness.config.validate import validate, validated
from harness.config.variables import shown_otherwise, suite_settings, with_settings
from harness.config.variants import load_variant, load_variants
from harness.errors import ConfigError, ConfigErrors
from harness.nearest import nearest
from harness.records import (
    DatasetConfig,
    Decoding,
    MetricSpec,
    ModelConfig,
    PromptVariant,
    Suite,
    Where,
)
from harness.yaml_source import YamlSource, load_yaml

if TYPE_CHECKING:
    from harness.yaml_source import YamlPath

__all__ = [
    "SUITE_FILE",
    "find_dataset",
    "load_dataset",
    "load_preset",
    "load_suite",
    "load_suite_parts",
    "load_variant",
    "load_variants",
    "preset_descriptions",
    "preset_names",
    "project_root",
    "variant_names",
]

PRESETS = Path(__file__).parent.parent / "models"


def load_suite(folder: Path) -> Suite:
    """Load a suite, its variants, its dataset's description and its models.

    Raises:
        ConfigErrors: every problem of every file that the suite reaches.
    """
    problems = Problems()
    suite = load_suite_parts(folder, problems)
    problems.raise_any()
    assert suite is not None  # what is missing has been gathered, and raised
    return suite


def load_suite_parts(folder: Path, problems: Problems) -> Suite | None:
    """Load what can be loaded of a suite, and gather what is wrong with the rest.

    Returns:
        The suite without its wrong variants and models; None where nothing would be left to ask.
    """
    folder = folder.parent if folder.name == SUITE_FILE else folder
    with problems.caught():
        if not is_file(folder / SUITE_FILE):
            if os.path.lexists(folder / SUITE_FILE):
                raise no_file(folder / SUITE_FILE)
            raise ConfigError(f"no {SUITE_FILE} in {folder}", hint=_suites_near(folder))
        source = load_yaml(folder / SUITE_FILE)
        file = validated(source, SuiteFile, problems)
        return None if file is None else _suite(folder, file, source, problems)
    return None


def _suite(folder: Path, file: SuiteFile, source: YamlSource, problems: Problems) -> Suite | None:
    problems.add(unique("suite", [(folder.resolve().name, source.where())]))
    variants, lost = _suite_variants(folder, file, source, problems)
    baseline = _baseline(file, source, variants, lost, problems)
    dataset = None
    with problems.caught():
        dataset = find_dataset(file.dataset, folder, asked=source.where(("dataset",)))
    where = {"reported": source.where(("reported",))}
    where |= _check_decodings(file, source, problems)
    decide = decision(file, source, variants, lost, where, problems)
    if decide and decide.ladder and dataset and dataset.choosing.splits is None:
        message = "'decide.ladder' is for a dataset with splits, of which prompts are tried on one"
        hint = f"add 'splits: {{dev: 0.5, test: 0.5, sealed: [test]}}' to {dataset.where.path.name}"
        problems.add([ConfigError(message, where=source.where(("decide", "ladder")), hint=hint)])
    controls = controls_of(file, source, variants, lost, problems)
    where["controls"] = source.where(("controls",))
    models = _suite_models(file, source, where, problems)
    metrics = _suite_metrics(file, source, folder, where, problems)
    if dataset is None or not variants or not models:
        return None
    return Suite(
        name=folder.resolve().name,
        folder=folder,
        root=project_root(folder),
        description=file.description,
        dataset=dataset,
        variants=tuple(variants),
        baseline=baseline or variants[0].name,
        models=tuple(models),
        decodings=tuple(Decoding(name=n, params=p) for n, p in file.decoding.items()),
        metrics=metrics,
        tokenizer=file.tokenizer,
        reported=folder / file.reported if file.reported else None,
        decide=decide,
        controls=controls,
        allow_leakage=file.allow_leakage,
        silence=silences(file.silence, source),
        where=where,
    )


def _suite_variants(
    folder: Path, file: SuiteFile, source: YamlSource, problems: Problems
) -> tuple[list[PromptVariant], set[str]]:
    """Load the variants that a suite lists, or all that stand beside it.

    Returns:
        The variants; and the names that are listed of what could not be loaded.
    """
    names = file.variants or variant_names(folder)
    if not names:
        missing = f"no variant: no file in {folder} ends in .yaml but {SUITE_FILE}"
        problems.add([ConfigError(missing, where=source.where())])
    places = [
        source.where(("variants", i)) if file.variants else Where(path=folder / f"{name}.yaml")
        for i, name in enumerate(names)
    ]
    twice = "a variant is a file beside suite.yaml; 'extends:' takes one from elsewhere"
    problems.add(unique("variant", zip(names, places, strict=True), hint=twice))
    variants: list[PromptVariant] = []
    found: list[tuple[str, Where | None]] = []
    lost: set[str] = set()
    for name, place in dict(zip(names, places, strict=True)).items():
        before = len(problems.all)
        with problems.caught():
            stem = name if is_file(folder / f"{name}.yaml") else file_of(name)
            loaded = load_variants(folder, stem, asked=place if file.variants else None)
            chosen = selected(name, loaded, f"no variant '{name}'", place)
            problems.add(clashes(variants, chosen, place))
            found += [(v.name, place) for v in chosen if v.name != name]
            variants += [v for v in chosen if v.name not in {known.name for known in variants}]
        if len(problems.all) > before:
            lost.add(name)
    problems.add(unique("variant", found))
    for name, values in file.vars.items():
        for variable, value in values.items():
            at = ("vars", name, variable)
            problems.add(shown_otherwise(f"'vars': '{variable}'", value, source, at))
    settings = [s for s in suite_settings(file, source) if not _is_lost(s.variant, lost)]
    return with_settings(variants, settings, problems), lost


def _is_lost(name: str, lost: set[str]) -> bool:
    """Tell whether a name is of a variant that is listed and could not be loaded."""
    return name in lost or file_of(name) in {file_of(other) for other in lost}


def _baseline(
    file: SuiteFile,
    source: YamlSource,
    variants: list[PromptVariant],
    lost: set[str],
    problems: Problems,
) -> str | None:
    """Give the name of the variant that others are compared with; None: none is named."""
    if file.baseline is None or _is_lost(file.baseline, lost):
        return None
    with problems.caught():
        unknown = f"baseline '{file.baseline}' is no variant"
        return one(file.baseline, variants, "baseline", unknown, source.where(("baseline",))).name
    return None


def _check_decodings(file: SuiteFile, source: YamlSource, problems: Problems) -> dict[str, Where]:
    """Check a suite's decodings; give the place of each parameter as decoding.NAME.PARAMETER."""
    where: dict[str, Where] = {}
    problems.add(unique("decoding", [(n, source.where(("decoding", n))) for n in file.decoding]))
    for name, params in file.decoding.items():
        places = {param: source.where(("decoding", name, param)) for param in params}
        problems.add(sampling_problems(params, places))
        where[f"decoding.{name}"] = source.where(("decoding", name))
        where |= {f"decoding.{name}.{param}": place for param, place in places.items()}
    return where


def _suite_models(
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
                name = model.name or model.model.rstrip("/").rpartition("/")[2]
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


def project_root(folder: Path) -> Path:
    """Find the project's folder: the nearest one around ``folder`` that holds ``datasets/``."""
    # The path as it was typed first, so that messages name files the way the user did.
    around = [folder, *folder.parents, *folder.resolve().parents]
    return next((place for place in around if (place / "datasets").is_dir()), Path.cwd())


def find_dataset(name: str, folder: Path, *, asked: Where | None = None) -> DatasetConfig:
    """Load a dataset by its name under ``datasets/``, or by a path beside the file that asks.

    Raises:
        ConfigErrors: there is no such dataset, or its file is wrong.
    """
    datasets = project_root(folder) / "datasets"
    path = folder / name if name.endswith(".yaml") else datasets / f"{name}.yaml"
    if not is_file(path):
        if name in (near := sorted(p.stem for p in datasets.glob("*.yaml"))):
            raise ConfigErrors([no_file(path)])
        hint = nearest(name, near)
        raise ConfigErrors([ConfigError(f"no dataset '{name}'", where=asked, hint=hint)])
    return load_dataset(path)


def load_dataset(path: Path) -> DatasetConfig:
    """Load a dataset's description; its rows are read by the dataset stage.

    Raises:
        ConfigErrors: the file is wrong.
    """
    source = load_yaml(path)
    file = validate(source, DatasetFile)
    problems = Problems()
    choosing = choosing_of(file, source, problems)
    check_options(file, source, problems)
    columns = columns_of(file, source, problems)
    problems.raise_any()
    assert columns is not None  # what is missing has been gathered, and raised
    return DatasetConfig(
        name=path.stem,
        description=file.description,
        format=file.source.format,
        path=data_path(file, path.parent),
        url=url_of(file.source.path),
        delimiter=file.source.delimiter,
        encoding=file.source.encoding,
        quoting=file.source.quoting,
        title_from=file.source.title_from,
        split=file.source.split,
        revision=file.source.revision,
        config=file.source.config,
        id_column=columns.id,
        image_columns=columns.image,
        reference_columns=tuple(columns.references.columns),
        reference_list=columns.references.written_as,
        reference_separator=columns.references.separator,
        metadata_columns=tuple(file.columns.metadata) if file.columns else (),
        cluster_column=file.columns.cluster if file.columns else None,
        image_root=image_root(file, path.parent),
        image_url=url_of(file.images.root),
        image_suffix=file.images.suffix,
        clean=tuple(entry if isinstance(entry, str) else entry.number[0] for entry in file.clean),
        clean_numbers=dict(entry.number for entry in file.clean if not isinstance(entry, str)),
        mend=tuple(file.mend),
        choosing=choosing,
        max_megapixels=file.images.max_megapixels,
        obtain=file.obtain,
        where=source.where(("source",)),
        path_where=source.where(("source", "path")),
        column_where=_column_places(source),
    )


def _column_places(source: YamlSource) -> dict[str, Where]:
    """Find where a description names each column: the values under ``columns:``."""
    places: dict[str, Where] = {}
    waiting: list[tuple[YamlPath, Any]] = [(("columns",), source.data.get("columns"))]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += (((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting += (((*path, i), inner) for i, inner in enumerate(value))
        elif isinstance(value, str):
            places[value] = source.where(path)
    return places


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


def _suite_metrics(
    file: SuiteFile,
    source: YamlSource,
    folder: Path,
    where: dict[str, Where],
    problems: Problems,
) -> tuple[MetricSpec, ...]:
    """Read a suite's metrics, but for those that are none; put their places into ``where``."""
    specs: list[MetricSpec] = []
    for i, written in enumerate(file.metrics):
        place = source.where(("metrics", i))
        with problems.caught(place):
            specs.append(_metric(written, folder))
            where[f"metrics.{len(specs) - 1}"] = place
    return tuple(specs)


def _metric(written: str | dict[str, Any], folder: Path) -> MetricSpec:
    """Read a metric; the paths in it, which are written relative to the suite, become absolute.

    Raises:
        ConfigError: it names no metric, or more than one.
    """
    try:
        spec = MetricSpec.of(written)
    except ValueError as error:
        hint = "for example {keywords: {field: ingredients}}"
        raise ConfigError(f"'metrics': {error}", hint=hint) from None
    options = {name: _checkpoint(value, folder) for name, value in spec.options.items()}
    name = _checkpoint(spec.name, folder) if spec.kind == "evaluate" else spec.name
    return replace(spec, name=name, options=options)


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
        name=file.name or name,
        engine=file.engine,
        model=_checkpoint(file.model, folder),
        revision=file.revision,
        adapter=_checkpoint(file.adapter, folder) if file.adapter else None,
        args=file.args,
        image=file.image.model_dump(exclude_none=True),
        generation=file.generation,
        timeout=file.timeout,
        price=file.price.model_dump() if file.price else None,
    )
    return config, {f"generation.{param}": place for param, place in places.items()}


def _checkpoint(name: Any, folder: Path) -> Any:
    """Give a path, which is written relative to the file, whole; a Hub id or a number as it is."""
    local = isinstance(name, str) and name.startswith(("./", "../", "/"))
    return str((folder / name).resolve()) if local else name


def _suites_near(folder: Path) -> str:
    near = sorted(folder.glob(f"*/{SUITE_FILE}")) + sorted(folder.parent.glob(f"*/{SUITE_FILE}"))
    if near:
        return f"suites near it: {', '.join(str(p.parent) for p in near[:5])}"
    return "a suite is a folder with a suite.yaml and its prompt variants"
