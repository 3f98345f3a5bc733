"""Samples + predictions + scores → the side-by-side cards of a report, with small pictures."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DataError
from harness.media import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import Answer, MediaRef, Sample, SampleScore

MAX_CARDS = 200
"""Samples that a report shows: the first ones."""
THUMBNAIL = 160
"""Longest side of a picture in the report, pixels."""


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
    picture: str | None
    """A data URI; None where the image is not on this machine."""
    references: tuple[str, ...]
    answers: tuple[CardLine, ...]


def gallery(
    samples: Sequence[Sample],
    answers: Mapping[str, Sequence[Answer]],
    scores: Sequence[SampleScore],
) -> list[Card]:
    """Make a card of each sample; the answers are in their order."""
    by_answer: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for score in scores:
        by_answer[score.system, score.sample_id][score.metric] = score.value
    return [
        Card(
            id=sample.id,
            picture=_thumbnail(sample.media[0]) if sample.media else None,
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
        for i, sample in enumerate(samples)
    ]


def _thumbnail(ref: MediaRef) -> str | None:
    try:
        picture = load(ref).copy()
    except DataError:
        return None  # the run was copied to a machine without its images
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
