"""Which systems cannot be told apart → letters: two systems share one exactly if they cannot."""

from __future__ import annotations

import math
from string import ascii_lowercase
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


def letters(scores: Sequence[float], told_apart: Collection[tuple[int, int]]) -> tuple[str, ...]:
    """Give each system its letters, a for the best: a compact letter display (Piepho 2004).

    Two systems share a letter exactly if they cannot be told apart. That is not transitive: where A
    and B cannot be told apart, nor B and C, but A and C can, B is ``ab``. The rule: rank systems
    by score, equal scores in the order given. For each system from the top, and each lower one that
    it cannot be told apart from and shares no letter with yet, take a letter for both, and let in,
    from the top, every system that cannot be told apart from any that has it. One that is told
    apart from all has a letter alone. Letters are in the order of their systems' ranks.

    Args:
        scores: one a system; a higher one is better.
        told_apart: pairs of places, in either order.

    Returns:
        Per system, in the order given, its letters in ascending order: a … z, then aa, ab …; more
        than one are joined by commas where one of them has two letters.

    Raises:
        ValueError: a score is not finite.
    """
    if not all(math.isfinite(score) for score in scores):
        raise ValueError("a system without a score has no rank")
    ranked = sorted(range(len(scores)), key=lambda system: -scores[system])
    rank = {system: place for place, system in enumerate(ranked)}
    alike = np.ones((len(scores), len(scores)), dtype=bool)
    for first, second in told_apart:
        alike[rank[first], rank[second]] = alike[rank[second], rank[first]] = False
    bands: set[tuple[int, ...]] = set()
    joined = np.zeros_like(alike)
    for first, second in zip(*np.nonzero(np.triu(alike)), strict=True):
        alone = first == second and alike[first].sum() == 1
        if joined[first, second] or (first == second and not alone):
            continue
        group = _extended(alike, (int(first), int(second)))
        joined[np.ix_(group, group)] = True
        bands.add(tuple(group))
    own: list[list[str]] = [[] for _ in scores]
    names = [_name(number) for number in range(len(bands))]
    for name, band in zip(names, sorted(bands), strict=True):
        for place in band:
            own[ranked[place]].append(name)
    join = "," if len(names) > len(ascii_lowercase) else ""
    return tuple(join.join(held) for held in own)


def _name(number: int) -> str:
    first, last = divmod(number, len(ascii_lowercase))
    return (ascii_lowercase[first - 1] if first else "") + ascii_lowercase[last]


def _extended(alike: np.typing.NDArray[np.bool_], first: Iterable[int]) -> list[int]:
    """Let in, best first, each rank that cannot be told apart from any already in."""
    band = set(first)
    for place in range(len(alike)):
        if all(alike[place, other] for other in band):
            band.add(place)
    return sorted(band)
