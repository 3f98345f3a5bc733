"""``matrix:`` of a variant → its axes, and the assignments of levels that it expands to."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from harness.config.names import unique
from harness.config.schema.names_chosen import IN_NAMES, LONGEST, LONGEST_LEVEL
from harness.config.selecting import name_of
from harness.config.variables import shown_otherwise, value_problems, variable_problems
from harness.errors import ConfigError
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.config.problems import Problems
    from harness.config.schema import MatrixFile
    from harness.records import Json, Where
    from harness.yaml_source import YamlPath, YamlSource

MAX_VARIANTS = 256
"""Variants that one file may expand to."""
MAX_PRODUCT = 4_096
"""Assignments that are gone through before ``exclude`` has left out some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One dimension of a matrix."""

    name: str
    levels: Mapping[str, Json]
    """Name → what templates see."""
    nuisance: bool = False
    """Whether its levels mean the same, so that scores are averaged over them."""
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Axes, and what of their product is left out."""

    axes: tuple[Axis, ...]
    excluded: tuple[Mapping[str, str], ...] = ()
    """Axis → level: what has all of them is left out."""

    def assignments(self) -> Iterator[dict[str, str]]:
        """Give a level of each axis in every way that is not excluded, the last axis first."""
        names = [axis.name for axis in self.axes]
        for levels in product(*(axis.levels for axis in self.axes)):
            assigned = dict(zip(names, levels, strict=True))
            if not any(out.items() <= assigned.items() for out in self.excluded):
                yield assigned


def read_matrix(
    file: MatrixFile, source: YamlSource, name: str, problems: Problems
) -> Matrix | None:
    """Read a matrix.

    Args:
        file: ``matrix:`` of a variant, which has the right shape.
        source: its lines.
        name: of the variant's file, with which the names of its variants begin.
        problems: takes what is wrong.

    Returns:
        None where it has no axis, or something is wrong.
    """
    before = len(problems.all)
    written = file.axes
    places = {axis: source.where(("matrix", axis)) for axis in written}
    problems.add(variable_problems("axis", dict.fromkeys(written), places))
    axes = [
        Axis(
            name=axis,
            levels=_levels(axis, values, source, problems),
            nuisance=nuisance,
            where=places[axis],
        )
        for axis, (values, nuisance) in written.items()
    ]
    problems.add(unique("axis", places.items(), joined=False))
    excluded = []
    for i, out in enumerate(file.exclude):
        found = list(_exclude_problems(out, axes, source, ("matrix", "exclude", i)))
        problems.add(found)
        excluded.append({axis: level_name(level) for axis, level in out.items()})
    matrix = Matrix(axes=tuple(axes), excluded=tuple(excluded))
    if len(problems.all) == before and axes:
        problems.add(_size_problems(matrix, name, source))
    return matrix if axes and len(problems.all) == before else None


def level_name(value: Json) -> str:
    """Write a level as YAML does: true, 2, plain."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _levels(axis: str, values: Json, source: YamlSource, problems: Problems) -> dict[str, Json]:
    """Give an axis's levels by name; one written as a value is its own name."""
    at: YamlPath = ("matrix", axis)
    at = (*at, "values") if (*at, "values") in source.key_lines else at
    named = isinstance(values, dict)
    levels = list(values.items()) if named else [(level_name(v), v) for v in values]
    paths = [(*at, name if named else i) for i, (name, _) in enumerate(levels)]
    if not levels:
        hint = f"{axis}: [plain, catchy]; or leave the axis out"
        message = f"the axis '{axis}' has no level"
        problems.add([ConfigError(message, where=source.where(at), hint=hint)])
    names = []
    for (name, value), path in zip(levels, paths, strict=True):
        where = source.where(path)
        what = f"the level '{name[:40]}' of '{axis}'"
        if set(name) & set(IN_NAMES) or len(name) > LONGEST_LEVEL or "\n" in name:
            hint = f"{axis}: {{values: {{name: text, …}}}} gives a name, which stands in tables"
            message = f"a level of '{axis}' cannot be called '{name[:40]}'"
            why = f"a name has at most {LONGEST_LEVEL} characters, none of {IN_NAMES}"
            problems.add([ConfigError(f"{message}: {why}", where=where, hint=hint)])
        else:
            names.append((name, where))
        problems.add(value_problems(what, value, where))
        problems.add(shown_otherwise(what, value, source, path))
    problems.add(unique("level", names))
    problems.add(_same_numbers(axis, [] if named else values, source, at))
    return dict(levels)


def _same_numbers(
    axis: str, values: Sequence[Json], source: YamlSource, at: YamlPath
) -> Iterator[ConfigError]:
    """Find levels that are written otherwise and are one number: 1 and 1.0."""
    known: dict[float, str] = {}
    for i, value in enumerate(values):
        if not isinstance(value, int | float) or isinstance(value, bool):
            continue
        name = level_name(value)
        if known.setdefault(value, name) != name:
            message = f"the levels '{known[value]}' and '{name}' of '{axis}' are one number"
            hint = "to have both as texts, put them in quotes"
            yield ConfigError(message, where=source.where((*at, i)), hint=hint)


def _exclude_problems(
    out: Mapping[str, Json], axes: Sequence[Axis], source: YamlSource, at: YamlPath
) -> Iterator[ConfigError]:
    known = {axis.name: axis.levels for axis in axes}
    for axis, level in out.items():
        where = source.where((*at, axis))
        if axis not in known:
            message = f"'exclude' names no axis of the matrix: '{axis}'"
            yield ConfigError(message, where=where, hint=nearest(axis, known))
        elif level_name(level) not in known[axis]:
            message = f"'exclude': the axis '{axis}' has no level '{level_name(level)}'"
            yield ConfigError(message, where=where, hint=nearest(level_name(level), known[axis]))


def _size_problems(matrix: Matrix, name: str, source: YamlSource) -> Iterator[ConfigError]:
    where = source.where(("matrix",))
    hint = "fewer axes or levels; or several files, one of which extends the other"
    full = prod(len(axis.levels) for axis in matrix.axes)
    count = full
    if full <= MAX_PRODUCT:
        count = sum(1 for _ in matrix.assignments())
    if count > MAX_VARIANTS:
        message = f"the matrix gives {count:,} variants, more than {MAX_VARIANTS}"
        yield ConfigError(message, where=where, hint=hint)
    elif not count:
        place = source.where(("matrix", "exclude"))
        yield ConfigError("'exclude' leaves nothing of the matrix", where=place)
    else:
        longest = max(len(name_of(name, levels)) for levels in matrix.assignments())
        if longest > LONGEST:
            message = f"the matrix gives a name of {longest} characters, more than {LONGEST}"
            yield ConfigError(message, where=where, hint="shorter names of levels and axes will do")
