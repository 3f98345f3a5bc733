"""A suite's folder → a frozen Suite, with its variants, its dataset's description and its models.

Names are resolved (a dataset's, a preset's, what a variant extends); no data is read. Who loads one
of the other files that a person writes asks here, too: ``datasets``, ``models`` and ``variants``
hold how.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.config.control_kinds import controls_of
from harness.config.datasets import find_dataset, load_dataset, project_root
from harness.config.decide import decision, never_asked
from harness.config.files import SUITE_FILE, is_file, no_file, variant_names
from harness.config.models import (
    load_preset,
    preset_descriptions,
    preset_names,
    suite_models,
    whole_path,
)
from harness.config.names import unique
from harness.config.problems import Problems
from harness.config.sampling_values import sampling_problems
from harness.config.schema import SuiteFile
from harness.config.selecting import clashes, file_of, one, refuse_lookalike, selected
from harness.config.silencing import silences
from harness.config.validate import validated
from harness.config.variables import shown_otherwise, suite_settings, with_settings
from harness.config.variants import load_variant, load_variants
from harness.errors import ConfigError
from harness.records import (
    Decoding,
    MetricSpec,
    PromptVariant,
    Suite,
    Where,
)
from harness.yaml_source import YamlSource, load_yaml

if TYPE_CHECKING:
    from pathlib import Path

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
    if decide and decide.baseline and baseline and decide.baseline != baseline:
        message = f"'decide.baseline' is '{decide.baseline}', and 'baseline' is '{baseline}'"
        hint = "one of them is enough: what is declared is what tables and slices compare with, too"
        problems.add([ConfigError(message, where=source.where(("decide", "baseline")), hint=hint)])
    if decide and decide.ladder and dataset and dataset.choosing.splits is None:
        message = "'decide.ladder' is for a dataset with splits, of which prompts are tried on one"
        hint = f"add 'splits: {{dev: 0.5, test: 0.5, sealed: [test]}}' to {dataset.where.path.name}"
        problems.add([ConfigError(message, where=source.where(("decide", "ladder")), hint=hint)])
    controls = controls_of(file, source, variants, lost, problems)
    where["controls"] = source.where(("controls",))
    models = suite_models(file, source, where, problems)
    never = [*never_asked(decide, models, source.where(("decide", "baseline")))]
    if never and len(models) == len(file.models):
        problems.add(never)
        decide = None
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
        baseline=baseline or (decide and decide.baseline) or variants[0].name,
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
    beside = variant_names(folder)
    names = file.variants or beside
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
        if unique("variant", [(name, place)]):
            lost.add(name)  # that it can be no name was said
            continue
        before = len(problems.all)
        with problems.caught():
            stem = name if is_file(folder / f"{name}.yaml") else file_of(name)
            refuse_lookalike(stem, beside, place)
            loaded = load_variants(folder, stem, asked=place if file.variants else None)
            chosen = selected(name, loaded, f"no variant '{name}'", place)
            problems.add(clashes(variants, chosen, place))
            found += [(v.name, place) for v in chosen if v.name != name]
            variants += [v for v in chosen if v.name not in {known.name for known in variants}]
        if len(problems.all) > before:
            lost.add(name)
    problems.add(unique("variant", found))
    if lost:  # a file that is not listed may be what was meant
        lost |= {*beside} - {*names}
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
    options = {name: whole_path(value, folder) for name, value in spec.options.items()}
    name = whole_path(spec.name, folder) if spec.kind == "evaluate" else spec.name
    return replace(spec, name=name, options=options)


def _suites_near(folder: Path) -> str:
    near = sorted(folder.glob(f"*/{SUITE_FILE}")) + sorted(folder.parent.glob(f"*/{SUITE_FILE}"))
    if near:
        return f"suites near it: {', '.join(str(p.parent) for p in near[:5])}"
    return "a suite is a folder with a suite.yaml and its prompt variants"
