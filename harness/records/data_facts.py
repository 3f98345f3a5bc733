"""What a dataset's samples are like as a whole, and what became of its rows: for its card."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.media import MediaRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """How often something occurs."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Numbers, and how often each, or each range of them, occurs."""

    least: int
    median: float
    most: int
    bars: tuple[Bar, ...]
    """In the order of the numbers, without gaps; a range is labelled ``200–249``, the last may be
    open: ``60 or more``."""

    @property
    def even(self) -> bool:
        """Whether there is but one number."""
        return self.least == self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Samples that have something in common."""

    text: str
    """A reference of the first."""
    ids: tuple[str, ...]
    """The first few."""
    samples: int
    image: MediaRef | None = None
    """Where it is what they have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """What several samples have in common: groups of two and more."""

    groups: int
    samples: int
    """In all of the groups; one that is in several counts once."""
    examples: tuple[Alike, ...]
    """The largest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What samples are like as a whole."""

    samples: int
    units: int
    """Independent observations among them."""
    references: int
    images: int
    lengths: Spread
    """Words of a reference."""
    shortest: str
    """A reference of the fewest words, the first."""
    longest: str
    frequent: tuple[Bar, ...]
    """Words that say what references are about, with the references that hold them."""
    references_each: Spread
    """References of a sample."""
    images_each: Spread
    """Images of a sample."""
    longer_sides: Spread | None
    """Pixels of the longer side of an image; None where there is no image."""
    shapes: tuple[Bar, ...]
    """Width to height, as the nearest of some usual ones, the tallest first."""
    smallest: tuple[int, int]
    """Width and height of the image with the fewest pixels, upright."""
    largest: tuple[int, int]
    same_images: Repeats
    """Byte for byte."""
    same_references: Repeats
    """Word for word, whatever case and punctuation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something found in a dataset, how often, and a few examples."""

    what: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAccount:
    """What became of a dataset's rows."""

    rows: int
    left_out: tuple[Finding, ...]
    """By reason."""
    ending: tuple[Finding, ...]
    """Rows whose fault would end a run, by reason."""
    mended: tuple[Finding, ...]
    """References, by step."""
    suspicious: tuple[Finding, ...]
    """What is kept, and looks wrong."""
    notes: tuple[str, ...]
    """What was taken for something else than it is in the file."""
