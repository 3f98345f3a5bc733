"""The file of a prompt variant, with what it extends → the variants that it stands for.

A file is one variant, or with ``matrix:`` one for each assignment of its axes' levels.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from harness.config.exemplars import exemplar_problems, exemplar_spec, shown
from harness.config.files import is_file, no_variant, plain
from harness.config.matrix import Matrix, read_matrix
from harness.config.parts import parts_of
from harness.config.pipelines import pipeline_problems, pipelines_of
from harness.config.problems import Problems
from harness.config.sampling_values import sampling_problems
from harness.config.schema import VariantFile
from harness.config.selecting import file_of, name_of, one
from harness.config.silencing import silences
from harness.config.validate import validated
from harness.config.variables import shown_otherwise, variable_problems
from harness.errors import ConfigError, ConfigErrors
from harness.records import MessageTemplate, PromptVariant, Where
from harness.yaml_source import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.records import Json, Silence
    from harness.yaml_source import YamlSource

_FIELDS = ("description", "exemplars", "postprocess", "structured_outputs")
"""Fields of which the nearest file's replaces the others'."""


@dataclass(slots=True, kw_only=True)
class _Merged:
    """A file and what it extends, field by field, the nearer file winning."""

    fields: dict[str, Any] = field(default_factory=dict)
    generation: dict[str, Json] = field(default_factory=dict)
    vars: dict[str, Json] = field(default_factory=dict)
    """Without those that an axis of a nearer file replaces."""
    turns_whole: bool = False
    """Whether a file has ``messages``, so that farther ones add nothing to the turns."""
    matrix: Matrix | None = None
    matrix_from: int | None = None
    """How many files away the matrix was given; None: nowhere."""
    silence: list[Silence] = field(default_factory=list)
    where: dict[str, Where] = field(default_factory=dict)


def load_variant(folder: Path, name: str, *, asked: Where | None = None) -> PromptVariant:
    """Load a variant; one of a matrix by its whole name.

    Raises:
        ConfigErrors: a file is wrong or missing, or there is not one such variant.
    """
    file = name if is_file(folder / f"{name}.yaml") else file_of(name)
    found = load_variants(folder, file, asked=asked)
    try:
        return one(name, found, "the variant", f"no variant '{name}'", asked)
    except ConfigError as error:
        raise ConfigErrors([error]) from error


def load_variants(
    folder: Path, name: str, *, asked: Where | None = None
) -> tuple[PromptVariant, ...]:
    """Load the variants of a file, with what it extends merged in.

    ``extends`` names a file beside it, or one of another suite: ``../other/variant``. The nearer
    file's fields replace the farther one's; ``generation`` and ``vars`` are merged name by name.

    Returns:
        One; or one for each assignment of a matrix, in the order of its axes.

    Raises:
        ConfigErrors: a file is wrong or missing, or variants extend each other in a circle.
    """
    problems = Problems()
    merged = _Merged()
    for depth, source in enumerate(_chain(folder, name, asked)):
        _merge(merged, depth, source, name, problems)
    problems.raise_any()
    variant = _variant(folder, name, merged)
    if merged.matrix is None:
        with problems.caught():
            variant = _with_exemplars(variant)
        problems.raise_any()
        return (variant,)
    expanded = []
    for levels in merged.matrix.assignments():
        with problems.caught():
            expanded.append(_expanded(variant, merged.matrix, levels))
    problems.raise_any()
    return tuple(expanded)


def _chain(folder: Path, name: str, asked: Where | None) -> Iterator[YamlSource]:
    """Read a file and those that it extends, the nearest first."""
    chain: list[Path] = []
    places: list[Where] = []
    path: Path | None = folder / f"{name}.yaml"
    extends: str | None = None
    while path:
        if not is_file(path):
            raise ConfigErrors([no_variant(path, asked, extends)])
        if path.resolve() in chain:
            begin = chain.index(path.resolve())
            raise ConfigErrors([_circle(chain[begin:], places[begin:], path.stem)])
        chain.append(path.resolve())
        source = load_yaml(path)
        yield source
        asked = source.where(("extends",))
        places.append(asked)
        extends = source.data.get("extends") if isinstance(source.data, dict) else None
        known = isinstance(extends, str) and extends
        path = plain(path.parent / f"{extends}.yaml") if known else None


def _circle(files: list[Path], places: list[Where], again: str) -> ConfigError:
    """Say that files extend each other, in the same words whichever of them was read first.

    Args:
        files: each extends the next, the last one the first.
        places: where they do.
        again: how the last one names the first, which may be by a link.
    """
    first = files.index(min(files))
    names = [path.stem for path in (*files[first:], *files[:first])]
    circle = " → ".join([*names, names[0] if first else again])
    return ConfigError(f"variants extend in a circle: {circle}", where=places[first - 1])


def _merge(merged: _Merged, depth: int, source: YamlSource, name: str, problems: Problems) -> None:
    """Add what a file says and no nearer one has said."""
    file = validated(source, VariantFile, problems)
    if file is None:
        return
    where = merged.where
    for key in _FIELDS:
        value = getattr(file, key)
        if value is not None and key not in merged.fields:
            merged.fields[key] = value
            where |= {
                ".".join(map(str, path)): source.where(path)
                for path in source.key_lines
                if path[:1] == (key,)
            }
    _merge_turns(merged, file, source)
    problems.add(_problems(file, source))
    for param in file.generation or {}:
        where.setdefault(f"generation.{param}", source.where(("generation", param)))
    merged.generation = {**(file.generation or {}), **merged.generation}
    merged.silence += silences(file.silence, source)
    if file.matrix is not None and merged.matrix_from is None:
        merged.matrix_from = depth
        merged.matrix = read_matrix(file.matrix, source, name, problems)
        for axis in file.matrix.axes:
            at = source.where(("matrix", axis))
            if axis in merged.vars:
                problems.add([_both(axis, where[f"vars.{axis}"], at)])
            where[f"vars.{axis}"] = at
    _merge_vars(merged, depth, file, source, problems)


def _merge_vars(
    merged: _Merged, depth: int, file: VariantFile, source: YamlSource, problems: Problems
) -> None:
    """Add variables, but for those that an axis of a nearer file stands in the place of."""
    axes = {axis.name for axis in merged.matrix.axes} if merged.matrix else set()
    for name, value in (file.vars or {}).items():
        at = source.where(("vars", name))
        if name in axes:
            if merged.matrix_from == depth:
                problems.add([_both(name, at, merged.where[f"vars.{name}"])])
        elif name not in merged.vars:
            merged.vars[name] = value
            merged.where[f"vars.{name}"] = at


def _both(name: str, variable: Where, axis: Where) -> ConfigError:
    message = f"'{name}' is a variable here and an axis of the matrix"
    return ConfigError(message, where=variable, hint=f"the axis stands at {axis}")


def _merge_turns(merged: _Merged, file: VariantFile, source: YamlSource) -> None:
    """Add templates: ``messages`` and ``system``/``user`` stand in each other's place."""
    if merged.turns_whole:
        return
    own = merged.fields.keys() & {"system", "user"}
    for key in ("system", "user"):
        value = getattr(file, key)
        if value is not None and key not in merged.fields:
            merged.fields[key] = value
            merged.where[key] = source.text_where((key,))
    if file.messages is not None:
        merged.turns_whole = True
        if not own:
            merged.fields["messages"] = file.messages
            for i in range(len(file.messages)):
                merged.where[f"messages.{i}"] = source.text_where(("messages", i, "content"))


def _problems(file: VariantFile, source: YamlSource) -> Iterator[ConfigError]:
    """Check what a variant's own file says beyond its shape."""
    yield from pipeline_problems(
        file.postprocess, source.where(("postprocess",)), lambda n: source.where(("postprocess", n))
    )
    params = file.generation or {}
    yield from sampling_problems(params, {p: source.where(("generation", p)) for p in params})
    if file.exemplars is not None:
        yield from exemplar_problems(file.exemplars, source)
    variables = file.vars or {}
    places = {name: source.where(("vars", name)) for name in variables}
    yield from variable_problems("variable", variables, places)
    for name, value in variables.items():
        yield from shown_otherwise(f"variable '{name}'", value, source, ("vars", name))
    yield from _turn_problems(file, source)


def _turn_problems(file: VariantFile, source: YamlSource) -> Iterator[ConfigError]:
    """Check that a chat can be continued by a model, and is written in one way."""
    if file.messages is None:
        return
    place = source.where(("messages",))
    both = [key for key in ("system", "user") if getattr(file, key) is not None]
    if both:
        message = f"'messages' and '{both[0]}' stand here: the one is written in the other's place"
        hint = "messages: [{role: system, content: …}, {role: user, content: …}]"
        yield ConfigError(message, where=source.where((both[0],)), hint=hint)
    roles = [message.role for message in file.messages]
    if "user" not in roles:
        hint = "a model answers the user: {role: user, content: …}"
        yield ConfigError("'messages' has no message of the user", where=place, hint=hint)
    elif roles[-1] not in ("user", "tool"):
        last = source.where(("messages", len(roles) - 1))
        hint = "it is the model that says what follows"
        yield ConfigError(f"the last message is of '{roles[-1]}'", where=last, hint=hint)


def _variant(folder: Path, name: str, merged: _Merged) -> PromptVariant:
    """Make the record of a file, before its matrix is expanded."""
    fields, where = merged.fields, merged.where
    if "user" not in fields and "messages" not in fields:
        hint = "user: |, and below it, indented, what is asked; or 'extends:' and another variant"
        if "system" in fields and merged.turns_whole:
            hint = "'messages' of what it extends has no 'system' to be replaced"
        place = where.get("system") or Where(path=folder / f"{name}.yaml", line=1)
        raise ConfigErrors([ConfigError("'user' is missing", where=place, hint=hint)])
    form = fields.get("structured_outputs")
    if form is not None:
        form = form.model_dump(by_alias=True, exclude_none=True)
        from harness.answer_form import check_form  # loads a checker of schemas: few need it

        kind = next(iter(form)) if len(form) == 1 else None
        place = where.get(f"structured_outputs.{kind}") or where["structured_outputs"]
        check_form(form, place)
    steps, pipelines = pipelines_of(fields.get("postprocess"))
    exemplars = fields.get("exemplars")
    variant = PromptVariant(
        name=name,
        description=fields.get("description", ""),
        system=fields.get("system"),
        user=fields.get("user", ""),
        messages=tuple(
            MessageTemplate(role=message.role, content=message.content)
            for message in fields.get("messages", ())
        ),
        exemplars=exemplars and exemplar_spec(exemplars),
        postprocess=steps,
        pipelines=pipelines,
        generation=merged.generation,
        structured_outputs=form,
        vars=merged.vars,
        silence=tuple(merged.silence),
        where=where,
    )
    sources = [(turn.content, where[key].path.parent) for key, turn in variant.templates()]
    return replace(variant, parts=parts_of(sources))


def _expanded(variant: PromptVariant, matrix: Matrix, levels: dict[str, str]) -> PromptVariant:
    """Make the variant of an assignment of levels."""
    values = {axis.name: axis.levels[levels[axis.name]] for axis in matrix.axes}
    return _with_exemplars(
        replace(
            variant,
            name=name_of(variant.name, levels),
            matrix=variant.name,
            axes=levels,
            nuisance=tuple(axis.name for axis in matrix.axes if axis.nuisance),
            vars={**variant.vars, **values},
        )
    )


def _with_exemplars(variant: PromptVariant) -> PromptVariant:
    if variant.exemplars is None:
        return variant
    return replace(variant, exemplars=shown(variant.exemplars, variant.vars, variant.where))
