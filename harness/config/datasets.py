"""A dataset's YAML file → its DatasetConfig; found by name, by path or from a suite's folder.

Its rows are read by the dataset stage.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.files import is_file, no_file
from harness.config.problems import Problems
from harness.config.row_sources import check_options, columns_of, data_path, image_root
from harness.config.rows_wanted import choosing_of
from harness.config.schema import DatasetFile
from harness.config.urls import url_of
from harness.config.validate import validated
from harness.errors import ConfigError, ConfigErrors
from harness.nearest import nearest
from harness.records import DatasetConfig
from harness.yaml_source import YamlSource, load_yaml

if TYPE_CHECKING:
    from harness.records import Where
    from harness.yaml_source import YamlPath


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
    problems = Problems()
    file = validated(source, DatasetFile, problems)
    if file is None or any(
        key in source.data and key not in file.model_fields_set for key in ("columns", "remote")
    ):
        problems.raise_any()  # what hangs on these may be right
    assert file is not None
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
    """Find where a description names each column, under ``columns:`` and in ``splits:``."""
    places: dict[str, Where] = {}
    waiting: list[tuple[YamlPath, Any]] = [(("columns",), source.data.get("columns"))]
    if isinstance(splits := source.data.get("splits"), dict):
        waiting.append((("splits", "column"), splits.get("column")))
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += (((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            waiting += (((*path, i), inner) for i, inner in enumerate(value))
        elif isinstance(value, str):
            places[value] = source.where(path)
    return places
