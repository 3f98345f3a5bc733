"""What is known of a dataset → its card: an HTML page with pictures, which needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.bar_chart import lying_bars, upright_bars
from harness.report.escape import shortened
from harness.report.html import filled, picture
from harness.report.thumbnails import data_uri, small_webp, small_webp_or_why
from harness.report.word_cloud import INSTALL, word_cloud

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import (
        Alike,
        DataAccount,
        DataFacts,
        DatasetConfig,
        Repeats,
        Sample,
        Spread,
    )

_WORDS = 20
"""In the bars of words; the cloud has more."""
_CLOUD = 70
_PICTURE, _EXAMPLE = 320, 160
"""Pixels of the longer side of a small picture: of a shown sample, of a repeated image."""
_PICTURES = 4
"""Of one sample that are shown."""
_SHOWN = 280
"""Letters of a text that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A sample as the card shows it."""

    id: str
    pictures: tuple[str, ...]
    """Data URIs, of the first few images."""
    missing: int
    """Images that are not shown."""
    why: str
    """Why the first of them is not."""
    references: tuple[str, ...]


def data_page(
    dataset: DatasetConfig,
    account: DataAccount,
    facts: DataFacts,
    samples: Sequence[Sample],
    *,
    seed: int,
) -> str:
    """Fill the card's template; the same data and seed give the same page.

    Args:
        dataset: its description.
        account: what became of its rows.
        facts: what its samples are like as a whole.
        samples: those to show.
        seed: by which they were drawn, and by which the words of the cloud are placed.
    """
    cloud = word_cloud(facts.frequent[:_CLOUD], seed=seed)
    return filled(
        "data_card.html.j2",
        dataset=dataset,
        account=account,
        facts=facts,
        seed=seed,
        left_out=sum(each.count for each in account.left_out),
        shown=[_shown(sample) for sample in samples],
        charts=_charts(facts),
        cloud=None if cloud is None else picture(cloud),
        install=INSTALL,
        same_images=_pictured(facts.same_images),
        short=_short,
        number=_number,
    )


def _charts(facts: DataFacts) -> dict[str, object]:
    """Draw what differs between samples; what does not is said in words."""
    several = len(facts.shapes) > 1
    words = facts.frequent[:_WORDS]
    return {
        "lengths": _upright(facts.lengths, "references", "words of a reference"),
        "words": picture(lying_bars(words, title="references that hold a word")) if words else None,
        "references": _upright(facts.references_each, "samples", "references of a sample"),
        "images": _upright(facts.images_each, "samples", "images of a sample"),
        "sides": _upright(facts.longer_sides, "images", "pixels of the longer side"),
        "shapes": picture(lying_bars(facts.shapes, title="images by shape")) if several else None,
    }


def _upright(spread: Spread | None, what: str, below: str) -> object:
    if spread is None or spread.even:
        return None
    return picture(upright_bars(spread.bars, title=f"{what} by {below}", below=below))


def _shown(sample: Sample) -> Shown:
    small = [small_webp_or_why(ref, _PICTURE) for ref in sample.media[:_PICTURES]]
    pictures = tuple(data_uri(webp) for webp in small if isinstance(webp, bytes))
    return Shown(
        id=sample.id,
        pictures=pictures,
        missing=len(sample.media) - len(pictures),
        why=next((why for why in small if isinstance(why, str)), "no image"),
        references=sample.references,
    )


def _pictured(repeats: Repeats) -> list[tuple[Alike, str | None]]:
    """Put a small picture to each example of a repeated image."""
    small = [(each, small_webp(each.image, _EXAMPLE)) for each in repeats.examples if each.image]
    return [(each, data_uri(webp) if webp else None) for each, webp in small]


def _short(text: str, most: int = _SHOWN) -> str:
    return shortened(text, most)


def _number(value: float) -> str:
    """Write a number for people, a half as .5."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
