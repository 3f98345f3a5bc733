"""Files that a person writes → frozen Suite, PromptVariant, DatasetConfig and ModelConfig records.

Names are resolved here (a dataset's, a preset's, what a variant extends); no data is read.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.answer_form import check_form
from harness.config.schema import DatasetFile, ModelFile, SuiteFile, VariantFile
from harness.config.validate import nearest, validate
from harness.errors import ConfigError, ConfigErrors
from harness.records import (
    DatasetConfig,
    Decoding,
    ExemplarSpec,
    MetricSpec,
    ModelConfig,
    PromptVariant,
    Suite,
    Where,
)
from harness.yaml_source import YamlSource, load_yaml

if TYPE_CHECKING:
    from collections.abc import Callable

PRESETS = Path(__file__).parent.parent / "models"
SUITE_FILE = "suite.yaml"


def load_suite(folder: Path) -> Suite:
    """Load a suite, its variants, its dataset's description and its models.

    Raises:
        ConfigErrors: every problem of every file that the suite reaches.
    """
    folder = folder.parent if folder.name == SUITE_FILE else folder
    if not (folder / SUITE_FILE).is_file():
        raise ConfigErrors([ConfigError(f"no {SUITE_FILE} in {folder}", hint=_suites_near(folder))])
    source = load_yaml(folder / SUITE_FILE)
    file = validate(source, SuiteFile)
    gather = _Gather()
    names = file.variants or variant_names(folder)
    variants = [
        gather(
            partial(
                load_variant,
                folder,
                name,
                asked=source.where(("variants", i)) if file.variants else None,
            )
        )
        for i, name in enumerate(names)
    ]
    root = project_root(folder)
    dataset = gather(partial(find_dataset, file.dataset, folder, asked=source.where(("dataset",))))
    models = [
        gather(partial(_suite_model, model, source, i)) for i, model in enumerate(file.models)
    ]
    baseline = file.baseline or (names[0] if names else "")
    if baseline not in names:
        gather.add(f"baseline '{baseline}' is no variant", source, ("baseline",), names)
    for i, name in enumerate(names):
        if name in names[:i]:
            gather.add(f"variant '{name}' is listed twice", source, ("variants", i))
    gather.raise_any()
    return Suite(
        name=folder.resolve().name,
        folder=folder,
        root=root,
        description=file.description,
        dataset=_there(dataset),
        variants=tuple(_there(variant) for variant in variants),
        baseline=baseline,
        models=tuple(_there(model) for model in models),
        decodings=tuple(Decoding(name=n, params=p) for n, p in file.decoding.items()),
        metrics=tuple(_metric(spec, folder) for spec in file.metrics),
        tokenizer=file.tokenizer,
        reported=folder / file.reported if file.reported else None,
    )


def variant_names(folder: Path) -> list[str]:
    """List a suite folder's variants: every YAML file but the suite's own."""
    return sorted(p.stem for p in folder.glob("*.yaml") if p.name != SUITE_FILE)


def load_variant(folder: Path, name: str, *, asked: Where | None = None) -> PromptVariant:
    """Load a variant with what it extends merged in, field by field, the nearer file winning.

    ``extends`` names a variant beside the file, or one of another suite: ``../other/variant``.

    Raises:
        ConfigErrors: a file is wrong or missing, or variants extend each other in a circle.
    """
    fields: dict[str, Any] = {}
    generation: dict[str, Any] = {}
    where: dict[str, Where] = {}
    chain: list[Path] = []
    path: Path | None = folder / f"{name}.yaml"
    while path:
        if path.resolve() in chain:
            circle = " → ".join([*(p.stem for p in chain), path.stem])
            raise ConfigErrors([ConfigError(f"variants extend in a circle: {circle}", where=asked)])
        if not path.is_file():
            hint = nearest(path.stem, variant_names(path.parent))
            raise ConfigErrors([ConfigError(f"no variant '{path.stem}'", where=asked, hint=hint)])
        chain.append(path.resolve())
        source = load_yaml(path)
        file = validate(source, VariantFile)
        for field in (
            "description", "system", "user", "exemplars", "postprocess", "structured_outputs"
        ):  # fmt: skip
            value = getattr(file, field)
            if value is not None and field not in fields:
                fields[field] = value
                where[field] = source.text_where((field,))
        generation = {**(file.generation or {}), **generation}
        asked = source.where(("extends",))
        path = path.parent / f"{file.extends}.yaml" if file.extends else None
    if "user" not in fields:
        raise ConfigErrors(
            [ConfigError("'user' is missing", where=Where(path=folder / f"{name}.yaml", line=1))]
        )
    exemplars = fields.get("exemplars")
    form = fields.get("structured_outputs")
    if form is not None:
        form = form.model_dump(by_alias=True, exclude_none=True)
        check_form(form, where["structured_outputs"])
    return PromptVariant(
        name=name,
        description=fields.get("description", ""),
        system=fields.get("system"),
        user=fields["user"],
        exemplars=exemplars
        and ExemplarSpec(
            dataset=exemplars.dataset, ids=tuple(exemplars.ids), images=exemplars.images
        ),
        postprocess=tuple(fields.get("postprocess", ())),
        generation=generation,
        structured_outputs=form,
        where=where,
    )


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
    if not path.is_file():
        hint = nearest(name, sorted(p.stem for p in datasets.glob("*.yaml")))
        raise ConfigErrors([ConfigError(f"no dataset '{name}'", where=asked, hint=hint)])
    return load_dataset(path)


def load_dataset(path: Path) -> DatasetConfig:
    """Load a dataset's description; its rows are read by the dataset stage.

    Raises:
        ConfigErrors: the file is wrong.
    """
    source = load_yaml(path)
    file = validate(source, DatasetFile)
    columns = file.columns
    return DatasetConfig(
        name=path.stem,
        description=file.description,
        format=file.source.format,
        path=path.parent / file.source.path,
        delimiter=file.source.delimiter,
        encoding=file.source.encoding,
        quoting=file.source.quoting,
        id_column=columns.id,
        image_columns=(columns.image,) if isinstance(columns.image, str) else tuple(columns.image),
        reference_columns=tuple(columns.references.columns),
        reference_list=columns.references.written_as,
        reference_separator=columns.references.separator,
        metadata_columns=tuple(columns.metadata),
        cluster_column=columns.cluster,
        image_root=path.parent / file.images.root,
        image_suffix=file.images.suffix,
        clean=tuple(file.clean),
        where=source.where(("source",)),
    )


def preset_names() -> list[str]:
    """List the model presets that ship with the package."""
    return sorted(path.stem for path in PRESETS.glob("*.yaml"))


def load_preset(name: str, *, asked: Where | None = None) -> ModelConfig:
    """Load a model preset by its name.

    Raises:
        ConfigErrors: there is no such preset, or its file is wrong.
    """
    path = PRESETS / f"{name}.yaml"
    if not path.is_file():
        hint = nearest(name, preset_names())
        raise ConfigErrors([ConfigError(f"no model preset '{name}'", where=asked, hint=hint)])
    return _model(validate(load_yaml(path), ModelFile), name, path.parent)


def _metric(written: str | dict[str, Any], folder: Path) -> MetricSpec:
    """Read a metric; the paths in it, which are written relative to the suite, become absolute."""
    spec = MetricSpec.of(written)
    options = {name: _checkpoint(value, folder) for name, value in spec.options.items()}
    name = _checkpoint(spec.name, folder) if spec.kind == "evaluate" else spec.name
    return replace(spec, name=name, options=options)


def _suite_model(model: str | ModelFile, source: YamlSource, i: int) -> ModelConfig:
    if isinstance(model, str):
        return load_preset(model, asked=source.where(("models", i)))
    name = model.name or model.model.rstrip("/").rpartition("/")[2]
    return _model(model, name, source.path.parent)


def _model(file: ModelFile, name: str, folder: Path) -> ModelConfig:
    return ModelConfig(
        name=file.name or name,
        engine=file.engine,
        model=_checkpoint(file.model, folder),
        revision=file.revision,
        adapter=_checkpoint(file.adapter, folder) if file.adapter else None,
        args=file.args,
        image=file.image,
        generation=file.generation,
        timeout=file.timeout,
        price=file.price.model_dump() if file.price else None,
    )


def _checkpoint(name: Any, folder: Path) -> Any:
    """Give a path, which is written relative to the file, whole; a Hub id or a number as it is."""
    local = isinstance(name, str) and name.startswith(("./", "../", "/"))
    return str((folder / name).resolve()) if local else name


def _suites_near(folder: Path) -> str:
    near = sorted(folder.glob(f"*/{SUITE_FILE}")) + sorted(folder.parent.glob(f"*/{SUITE_FILE}"))
    if near:
        return f"suites near it: {', '.join(str(p.parent) for p in near[:5])}"
    return "a suite is a folder with a suite.yaml and its prompt variants"


class _Gather:
    """Runs loaders one after another and keeps the problems of all of them."""

    def __init__(self) -> None:
        self.problems: list[ConfigError] = []

    def __call__(self, load: Callable[[], Any]) -> Any:
        try:
            return load()
        except ConfigErrors as error:
            known = {str(problem) for problem in self.problems}
            self.problems += [p for p in error.problems if str(p) not in known]
            return None

    def add(
        self,
        message: str,
        source: YamlSource,
        path: tuple[str | int, ...],
        known: list[str] | None = None,
    ) -> None:
        hint = nearest(str(message), known) if known else None
        self.problems.append(ConfigError(message, where=source.where(path), hint=hint))

    def raise_any(self) -> None:
        if self.problems:
            raise ConfigErrors(self.problems)


def _there(value: Any) -> Any:
    assert value is not None  # a loader that failed has been gathered, and raise_any has raised
    return value
