"""What ``report.html`` is given beside its text: the contract between this package and the page.

Every figure is written here once, as a number to draw and as the text to print, so that the page
rounds nothing. ``page/src/data.ts`` has the same shapes. A system is its place in ``systems``, a
metric its place in ``boards``; what strangers name is never the key of an object.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from harness.report.escape import html


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEntry:
    """A system of the run, in the run's order."""

    name: str
    variant: str
    model: str
    decoding: str
    baseline: bool
    """Whether others are compared with it."""
    control: str | None
    """What it is shown in the place of the images; None: these themselves."""
    control_of: int | None
    n: int
    unscored: int
    hidden: bool
    """Whether a ladder keeps its scores back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number, its interval, and how both are printed."""

    value: float
    low: float | None
    high: float | None
    said: str
    span: str
    """The interval as text, or why there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """A system in the leaderboard of one metric."""

    system: int
    score: Figure | None
    """None where it is missing; then ``missing`` says why."""
    missing: str | None
    delta: Figure | None
    """What it scores more than its baseline; of a control what its system scores more than it."""
    verdict: str | None
    """Of that difference."""
    letters: str
    """Systems that share one are not told apart."""
    best: bool
    stays: bool
    """Whether the score is that of the best that a ladder shows, and not its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairEntry:
    """Two systems on one metric: ``candidate`` less ``baseline``."""

    baseline: int
    candidate: int
    delta: Figure
    verdict: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """A score before and after post-processing."""

    system: int
    before: float
    after: float
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEntry:
    """What a choice of a matrix does."""

    section: str
    label: str
    delta: Figure
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One metric: its verdict, its leaderboard, its pairs."""

    metric: str
    ranked: bool
    """Whether more is better."""
    said: str
    """The headline."""
    below: str
    rows: tuple[BoardRow, ...]
    """The best first; a control stands under its system."""
    pairs: tuple[PairEntry, ...]
    raw: tuple[RawEntry, ...]
    effects: tuple[EffectEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceRow:
    """A system on a slice."""

    system: int
    score: Figure
    delta: Figure | None
    verdict: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicePanel:
    """Some of the samples."""

    field: str
    value: str
    n: int
    apart: bool
    """Whether a system is told apart from the baseline here, after correction."""
    rows: tuple[SliceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicesEntry:
    """The deciding metric on slices."""

    metric: str
    note: str
    panels: tuple[SlicePanel, ...]
    """Those that are told apart first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldEntry:
    """Something that samples can be filtered by."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GalleryEntry:
    """What the files of samples hold."""

    samples: int
    """Of the run."""
    shown: int
    chosen: str
    """How those were chosen; empty: all are shown."""
    chunks: int
    """``samples-0.js`` …"""
    fields: tuple[FieldEntry, ...]
    flags: tuple[str, ...]
    """Bit i of an answer's flags is the i-th of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """``data.js``."""

    suite: str
    run: str
    deciding: int
    """The board that the verdict is about."""
    systems: tuple[SystemEntry, ...]
    boards: tuple[Board, ...]
    slices: SlicesEntry | None
    gallery: GalleryEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerColumns:
    """One system's answers to the samples of a chunk."""

    texts: list[str | None]
    """After post-processing; None where there is no answer."""
    raws: list[str | None]
    """As the model wrote it, where that is another text."""
    reasons: list[tuple[int, str]]
    """Of answers that are not there: place in the chunk, why."""
    flags: list[int]
    scores: list[list[float | None]]
    """A column a board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleColumns:
    """``samples-N.js``: some samples, column by column."""

    chunk: int
    ids: list[str]
    references: list[list[str]]
    pictures: list[list[str]]
    """Files in ``thumbs/``, of the first few images."""
    originals: list[list[str | None]]
    """Of each picture: where the image itself is, seen from the page; None: not beside it."""
    more: list[int]
    """Images of the sample that have no picture here."""
    fields: list[list[list[int]]]
    """For each field: for each sample the places of its values."""
    answers: list[AnswerColumns]
    """A system each."""


def script(function: str, value: PageData | SampleColumns) -> str:
    """Write data as a script that calls one function with it.

    Whatever a browser or an eye would obey is made visible before, so that the page need not.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return f"{function}({text});\n"


def _plain(value: Any) -> Any:
    """Make JSON of records, and all texts visible; U+2028 and lone surrogates go by that, too."""
    if isinstance(value, str):
        return html(value)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
