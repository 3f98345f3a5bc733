"""Samples + predictions + scores → the side-by-side cards of a report, with small pictures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.thumbnails import data_uri

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import Answer, Sample, SampleScores
    from harness.report.thumbnails import Thumbnails

MAX_CARDS = 200
"""Samples that a report shows: the first ones."""
MAX_PICTURES = 4
"""Pictures of a sample that a report shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """What one system said of a sample."""

    system: str
    text: str | None
    reason: str | None
    scores: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One sample, side by side over all systems."""

    id: str
    pictures: tuple[str, ...]
    """Data URIs, of the first few images."""
    images: int
    """How many the sample has, and the models were shown."""
    absent: int
    """Of the first few: how many are neither on this machine nor in the run's folder."""
    references: tuple[str, ...]
    answers: tuple[CardLine, ...]


def gallery(
    samples: Sequence[Sample],
    answers: Mapping[str, Sequence[Answer]],
    scores: Sequence[SampleScores],
    thumbnails: Thumbnails,
) -> list[Card]:
    """Make a card of each sample; the answers are in their order.

    Raises:
        StoreError: a small picture cannot be stored.
    """
    by_answer: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for column in scores:
        for sample_id, value in zip(column.sample_ids, column.values, strict=True):
            by_answer[column.system, sample_id][column.metric] = value
    cards = []
    for i, sample in enumerate(samples):
        first = sample.media[:MAX_PICTURES]
        small = [webp for ref in first if (webp := thumbnails.webp(ref)) is not None]
        cards.append(
            Card(
                id=sample.id,
                pictures=tuple(data_uri(webp) for webp in small),
                images=len(sample.media),
                absent=len(first) - len(small),
                references=sample.references,
                answers=tuple(
                    CardLine(
                        system=system,
                        text=said[i].prediction.value,
                        reason=said[i].failure,
                        scores=by_answer[system, sample.id],
                    )
                    for system, said in answers.items()
                ),
            )
        )
    return cards
