"""Samples → named slices of them: by metadata, title length, number of references, rare words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.records import Json, Sample

LEAST = 5
"""Samples of a slice; smaller ones tell nothing, and are named without numbers."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some samples of a run; one may be in several slices of a field."""

    field: str
    value: str
    rows: tuple[int, ...]
    """Places in the run's order of samples."""


def slices(samples: Sequence[Sample], field: str) -> list[Slice]:
    """Divide samples by a field.

    Args:
        samples: of the run, in order.
        field: a metadata field (a list puts a sample into a slice for each of its values), or
            ``reference_words``, ``references`` or ``reference_rarity``.

    Returns:
        The slices, the largest first; those under LEAST samples are among them.

    Raises:
        KeyError: no sample has this field.
    """
    if field in COMPUTED:
        values = COMPUTED[field](samples)
    else:
        if not any(field in sample.metadata for sample in samples):
            raise KeyError(field)
        values = [_values(sample.metadata.get(field)) for sample in samples]
    rows: dict[str, list[int]] = {}
    for row, row_values in enumerate(values):
        for value in dict.fromkeys(row_values):
            rows.setdefault(value, []).append(row)
    every = (Slice(field=field, value=value, rows=tuple(places)) for value, places in rows.items())
    return sorted(every, key=lambda slice_: (-len(slice_.rows), slice_.value))


def _values(value: Json) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _lengths(samples: Sequence[Sample]) -> list[list[str]]:
    """Count the words of the first reference: up to 3, 4 to 6, 7 to 9, more."""
    names = ((3, "1–3 words"), (6, "4–6 words"), (9, "7–9 words"))
    counts = [len(sample.references[0].split()) for sample in samples]
    return [[next((n for most, n in names if c <= most), "10 words or more")] for c in counts]


def _reference_counts(samples: Sequence[Sample]) -> list[list[str]]:
    return [[f"{len(sample.references)} references"] for sample in samples]


def _rarities(samples: Sequence[Sample]) -> list[list[str]]:
    """Rank samples by the rarest word of their references, in thirds of the run.

    A word is as common as the number of samples whose references hold it.
    """
    words = [
        {word.lower() for text in sample.references for word in _WORD.findall(text)}
        for sample in samples
    ]
    common = Counter(word for sample_words in words for word in sample_words)
    rarest = [min((common[word] for word in sample_words), default=0) for sample_words in words]
    order = sorted(rarest)
    low, high = order[len(order) // 3], order[2 * len(order) // 3]
    return [[_third(count, low, high)] for count in rarest]


def _third(count: int, low: int, high: int) -> str:
    if count <= low:
        return f"rare words (in {low} samples or fewer)"
    return "common words" if count > high else "words in between"


COMPUTED: dict[str, Callable[[Sequence[Sample]], Iterable[list[str]]]] = {
    "reference_words": _lengths,
    "references": _reference_counts,
    "reference_rarity": _rarities,
}
"""Fields that every dataset has."""
