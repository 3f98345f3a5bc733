"""The name of a variant, of a matrix, or of a part of one → the variants that are meant.

``title`` means all that ``title.yaml`` expands to, ``title[tone=plain]`` those of this level, and
the whole name of a variant itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import ConfigError
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from harness.records import PromptVariant, Where


def file_of(selector: str) -> str:
    """Give the name of the file that a name of a matrix's variants begins with."""
    return _parted(selector)[0]


def name_of(file: str, levels: Mapping[str, str]) -> str:
    """Name a variant of a matrix, or some of them: ``title[tone=plain,length=short]``."""
    inside = ",".join(f"{axis}={level}" for axis, level in levels.items())
    return f"{file}[{inside}]" if inside else file


def selected(
    selector: str, variants: Sequence[PromptVariant], unknown: str, where: Where | None = None
) -> list[PromptVariant]:
    """Find the variants that a name means, in their order.

    Args:
        selector: as it is typed.
        variants: all that there are.
        unknown: what is said where there is none.
        where: its place.

    Raises:
        ConfigError: there is none.
    """
    exact = [variant for variant in variants if selector in (variant.name, variant.matrix)]
    if exact:
        return exact
    file, levels = _parted(selector)
    matrix = [v for v in variants if levels is not None and v.matrix == file]
    if levels is None or not matrix:
        known = dict.fromkeys(variant.matrix or variant.name for variant in variants)
        hint = nearest(file, known)
        raise ConfigError(unknown, where=where, hint=hint)
    wanted = _levels(levels, matrix, unknown, where)
    found = [v for v in matrix if wanted.items() <= v.axes.items()]
    if not found:
        message = f"{unknown}: the matrix excludes it"
        raise ConfigError(message, where=where, hint=listed(matrix))
    return found


def one(
    selector: str, variants: Sequence[PromptVariant], what: str, unknown: str, where: Where | None
) -> PromptVariant:
    """Find the one variant that a name means.

    Args:
        selector: as it is typed.
        variants: all that there are.
        what: whose value it is.
        unknown: what is said where there is none.
        where: its place.

    Raises:
        ConfigError: there is none, or there are several.
    """
    found = selected(selector, variants, unknown, where)
    if len(found) > 1:
        message = f"{what} is '{selector}', which is {len(found)} variants of a matrix: name one"
        raise ConfigError(message, where=where, hint=listed(found))
    return found[0]


def clashes(
    known: Iterable[PromptVariant], more: Iterable[PromptVariant], where: Where | None
) -> Iterator[ConfigError]:
    """Find variants of two files that have one name: ``title[tone=plain].yaml`` and a matrix.

    Args:
        known: those that there are.
        more: further ones, from one file.
        where: its place.
    """
    files = {variant.name: variant.matrix or variant.name for variant in known}
    for variant in more:
        own = variant.matrix or variant.name
        if (other := files.get(variant.name, own)) != own:
            message = f"two variants are named '{variant.name}': of {other}.yaml and of {own}.yaml"
            yield ConfigError(message, where=where, hint="rename one of the files")


def refuse_lookalike(name: str, files: Collection[str], where: Where | None) -> None:
    """Refuse a file whose name would be taken for a part of another's.

    Args:
        name: of a file, without its ending, or what a suite lists.
        files: the names of all.
        where: its place.

    Raises:
        ConfigError: it is ``title[x=3].yaml`` or ``title:short.yaml``, and there is a ``title``.
    """
    file, levels = _parted(name)
    before, colon, _ = name.partition(":")
    for other, what, found in (
        (file, "a level of the matrix", levels is not None),
        (before, "a pipeline of the variant", bool(colon)),
    ):
        if found and other in files:
            message = f"'{name}.yaml' is named like {what} '{other}'"
            raise ConfigError(
                message, where=where, hint="rename the file: no '[', ']' or ':' in it"
            )


def listed(variants: Sequence[PromptVariant]) -> str:
    """Name variants in a line, of many the first twelve."""
    more = f" and {len(variants) - 12} more" if len(variants) > 12 else ""
    return "they are " + " ".join(f"'{variant.name}'" for variant in variants[:12]) + more


def _parted(selector: str) -> tuple[str, str | None]:
    """Part ``title[tone=plain]`` into the file's name and what stands in the brackets."""
    file, bracket, levels = selector.rpartition("[")
    if file and bracket and levels.endswith("]"):
        return file, levels[:-1]
    return selector, None


def _levels(
    text: str, matrix: Sequence[PromptVariant], message: str, where: Where | None
) -> dict[str, str]:
    """Read ``tone=plain,length=short``.

    Raises:
        ConfigError: it has not this form, or the matrix has no such axis or level.
    """
    wanted: dict[str, str] = {}
    for piece in text.split(","):
        axis, equals, level = (part.strip() for part in piece.partition("="))
        if not equals:
            form = name_of(str(matrix[0].matrix), {next(iter(matrix[0].axes)): "…"})
            hint = f"for example '{form}'"
            raise ConfigError(f"{message}: '{piece}' is no axis=level", where=where, hint=hint)
        axes = list(matrix[0].axes)
        if axis not in axes:
            problem = f"{message}: no axis '{axis}'"
            raise ConfigError(problem, where=where, hint=nearest(axis, axes))
        levels = list(dict.fromkeys(variant.axes[axis] for variant in matrix))
        if level not in levels:
            problem = f"{message}: no level '{level}' of '{axis}'"
            raise ConfigError(problem, where=where, hint=nearest(level, levels))
        if wanted.get(axis, level) != level:
            raise ConfigError(f"{message}: '{axis}' stands twice", where=where)
        wanted[axis] = level
    return wanted
