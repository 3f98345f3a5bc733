"""What a dataset gives: samples with their media, and the rows that became none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harness.records.chosen_rows import Choosing
from harness.records.json_value import Json
from harness.records.media import MediaRef
from harness.records.source import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image (or several) with its references and metadata."""

    id: str
    media: tuple[MediaRef, ...]
    references: tuple[str, ...]
    """Ground-truth titles or captions."""
    cluster: str | None = None
    """What it has in common with others, so that they are resampled together; None: nothing."""
    places: tuple[str, ...] = ()
    """Where its images are below ``images.root``, each place spelled in one way, of samples that do
    without them: those of one place share an image, though nobody here may have it. Else empty."""
    metadata: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A row of a dataset that became no sample, and why."""

    id: str
    """Empty where the row has none."""
    reason: str
    """A word that ``clean:`` may list: missing_image, duplicate_id …"""
    detail: str
    """What is wrong with it, for a person."""
    row: int | None = None
    """1-based: its line in a text file, its place among the rows of a Parquet file. None in runs
    of before this was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What a step of ``mend:`` changed in the references of the samples."""

    step: str
    """white_space, unicode or html_entities."""
    references: int
    """How many it changed."""
    first: str = ""
    """The id of the first sample with such a reference; empty where there is none."""
    before: str = ""
    """That reference as it came to the step."""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetConfig:
    """A dataset's description: where its rows are and what their columns mean."""

    name: str
    description: str
    format: str
    """csv, coco …: one of harness.dataset.sources.table.SOURCES, or one that a package adds."""
    path: Path
    url: str | None = None
    """Where the file is, if not on this machine; ``path`` is then its name."""
    delimiter: str | None = None
    """Between the cells of csv and tsv; None: a comma, a tab."""
    encoding: str = "utf-8"
    """Of a text file."""
    quoting: Literal["double", "none"] | None = None
    """What quotation marks of csv and tsv are: syntax, or text. None: syntax, with a check."""
    title_from: str | None = None
    """What of its name is an image's title, in a folder of images: name, or a pattern."""
    split: str | None = None
    """Of a dataset of Hugging Face."""
    revision: str | None = None
    """The commit of one on the Hub, where ``path`` is its id; None: the data are here."""
    config: str | None = None
    """Which of its configurations; None: its default."""
    id_column: str
    image_columns: tuple[str, ...]
    reference_columns: tuple[str, ...]
    reference_list: Literal["json", "python", "text"] | None = None
    """How a text holds several references; text: it never does. None: where it looks so."""
    reference_separator: str | None = None
    """What stands between several references in one text."""
    metadata_columns: tuple[str, ...]
    cluster_column: str | None
    """Samples with the same value are no independent observations."""
    image_root: Path
    image_url: str | None = None
    """The URL that holds the images, in the place of ``image_root``; None: that does."""
    image_suffix: str
    max_megapixels: float | None = None
    """Larger images are left out; None: no more than any dataset's."""
    clean: tuple[str, ...]
    """Faults whose rows are dropped and counted; any other fault stops the run."""
    clean_numbers: Mapping[str, int] = field(default_factory=dict)
    """Fault → the number that its entry gives: of words, or of bits that may differ."""
    mend: tuple[str, ...] = ()
    """Steps by which references are mended; they go in an order of their own."""
    where: Where
    """Of ``source:``."""
    path_where: Where | None = None
    column_where: Mapping[str, Where] = field(default_factory=dict)
    """Column → where the description names it first."""
    choosing: Choosing = field(default_factory=Choosing)
    """Which rows are used; default: all."""
    obtain: str | None = None
    """How to get data that are no part of the project; None: they are."""

    @property
    def data(self) -> tuple[str | None, ...]:
        """What tells its data from any others."""
        here = self.url is None and self.revision is None
        place = str(self.path.resolve()) if here else self.url or self.path.as_posix()
        return (place, self.revision, self.config, self.split)
