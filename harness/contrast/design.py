"""Systems and their levels on a matrix' axes → the effects that can be told, as weights of systems.

Coded against each axis' first level, so that an effect is what a person changes who edits that one
choice. An effect weighs combinations of the other choices evenly, and only those that hold all
levels it names: what ``exclude:`` has taken out takes nothing else with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

Cells = dict[tuple[str, ...], list[int]]
"""A level of each axis and, last, model and decoding → the systems there: more than one where they
differ in what is no axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A system's place in a matrix."""

    system: int
    """Its place among all systems."""
    levels: Mapping[str, str]
    """Axis → level."""
    model: str
    decoding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A matrix as it was run."""

    matrix: str
    axes: Mapping[str, tuple[str, ...]]
    """Axis → its levels; with the first the others are compared."""
    nuisance: frozenset[str]
    systems: tuple[Placed, ...]

    @property
    def factors(self) -> tuple[str, ...]:
        """The axes that are no nuisance."""
        return tuple(axis for axis in self.axes if axis not in self.nuisance)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that it was asked of."""
        return tuple(dict.fromkeys(placed.model for placed in self.systems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An effect before it is measured: the sum over ``high`` minus that over ``low``."""

    matrix: str
    axes: tuple[str, ...]
    levels: tuple[str, ...]
    against: tuple[str, ...]
    wording: bool
    model: str | None
    combinations: int
    possible: int
    low: Mapping[int, float]
    """System → its weight in what is subtracted."""
    high: Mapping[int, float]

    @property
    def systems(self) -> frozenset[int]:
        """All that are weighed."""
        return frozenset(self.low) | frozenset(self.high)

    @property
    def name(self) -> str:
        """Say what it is of: ``tone: catchy − plain``, ``tone × length: catchy, long``."""
        if len(self.axes) == 1:
            return f"{self.axes[0]}: {self.levels[0]} − {self.against[0]}"
        return f"{' × '.join(self.axes)}: {', '.join(self.levels)}"


def ordered_levels(axes: Sequence[str], rows: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Give each axis' levels in the order of the file, as far as the variants' own tells.

    A matrix expands in order, its last axis fastest. So of two variants the first axis on which
    they differ has its levels in that order, even where the very first combination is excluded.

    Args:
        axes: in the order of the file.
        rows: each variant's level by axis, in the order of expansion.
    """
    found: dict[str, list[str]] = {}
    for k, axis in enumerate(axes):
        before: dict[str, set[str]] = {row[axis]: set() for row in rows}
        last: dict[tuple[str, ...], list[str]] = {}
        for row in rows:
            earlier = last.setdefault(tuple(row[other] for other in axes[:k]), [])
            before[row[axis]].update(level for level in earlier if level != row[axis])
            earlier.append(row[axis])
        left = list(before)
        found[axis] = []
        while left:
            free = (level for level in left if not before[level] & set(left))
            found[axis].append(next(free, left[0]))
            left.remove(found[axis][-1])
    return found


def planned(design: Design) -> tuple[list[Planned], list[str]]:
    """List the effects of a matrix.

    Main effects and two-way interactions of its factors; then, as wording, those of nuisance axes
    and whether they change what a factor does; then, of several models, the main effects with each.

    Returns:
        Them, and a line for each that cannot be told from the systems there are.
    """
    factors, nuisance = design.factors, [axis for axis in design.axes if axis in design.nuisance]
    one = [(axis,) for axis in factors]
    both = list(combinations(factors, 2))
    wording = [(axis,) for axis in nuisance]
    mixed = [(factor, axis) for factor in factors for axis in nuisance]
    found: list[Planned] = []
    for axes in (*one, *both, *wording, *mixed):
        found += _of_axes(design, axes, design.systems, model=None)
    if len(design.models) > 1:
        for model in design.models:
            own = [placed for placed in design.systems if placed.model == model]
            for axes in one:
                found += _of_axes(design, axes, own, model=model)
    single = [
        f"{axis}: all systems of {design.matrix} have the level {levels[0]}"
        for axis, levels in design.axes.items()
        if len(levels) == 1
    ]
    lacking = [
        f"{effect.name}{f' ({effect.model})' if effect.model else ''}: no combination of the other "
        "choices has all levels that it takes"
        for effect in found
        if not effect.combinations
    ]
    return [effect for effect in found if effect.combinations], single + lacking


def _of_axes(
    design: Design, axes: tuple[str, ...], systems: Collection[Placed], *, model: str | None
) -> Iterator[Planned]:
    """Give the effects of one axis, or of two together, each level against the first."""
    names = list(design.axes)
    places = [names.index(axis) for axis in axes]
    cells: Cells = {}
    for placed in systems:
        key = (*(placed.levels[name] for name in names), f"{placed.model}\n{placed.decoding}")
        cells.setdefault(key, []).append(placed.system)
    settings = len({key[-1] for key in cells})
    possible = settings
    for name in names:
        possible *= 1 if name in axes else len(design.axes[name])
    first = tuple(design.axes[axis][0] for axis in axes)
    for levels in _others(design, axes):
        high, low, count = _weights(cells, places, levels, first)
        yield Planned(
            matrix=design.matrix,
            axes=axes,
            levels=levels,
            against=first,
            wording=any(axis in design.nuisance for axis in axes),
            model=model,
            combinations=count,
            possible=possible,
            low=low,
            high=high,
        )


def _others(design: Design, axes: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give all choices of levels but the axes' first."""
    if len(axes) == 1:
        yield from ((level,) for level in design.axes[axes[0]][1:])
        return
    for one in design.axes[axes[0]][1:]:
        yield from ((one, other) for other in design.axes[axes[1]][1:])


def _weights(
    cells: Cells, places: Sequence[int], levels: tuple[str, ...], first: tuple[str, ...]
) -> tuple[dict[int, float], dict[int, float], int]:
    """Weigh the systems of one effect: those of what is higher, of what is lower, combinations."""
    if len(places) == 1:
        sides = [[(levels, 1.0)], [(first, 1.0)]]
    else:
        sides = [
            [((levels[0], level), 1.0), ((first[0], level), -1.0)]
            for level in (levels[1], first[1])
        ]
    # Each combination of the rest → for both sides, cells that are added or taken away.
    whole: list[list[list[tuple[list[int], float]]]] = []
    for key in cells:
        if tuple(key[i] for i in places) == levels:
            needed = [
                [(cells.get(_moved(key, places, to), []), sign) for to, sign in side]
                for side in sides
            ]
            if all(systems for side in needed for systems, _ in side):
                whole.append(needed)
    weights: list[dict[int, float]] = [{}, {}]
    for needed in whole:
        for weight, side in zip(weights, needed, strict=True):
            for systems, sign in side:
                for system in systems:
                    own = sign / len(systems) / len(whole)
                    weight[system] = weight.get(system, 0.0) + own
    return weights[0], weights[1], len(whole)


def _moved(key: tuple[str, ...], places: Sequence[int], to: tuple[str, ...]) -> tuple[str, ...]:
    """Change the levels at some places."""
    moved = list(key)
    for place, level in zip(places, to, strict=True):
        moved[place] = level
    return tuple(moved)
