"""A dataset's row → a sample: its cells as they were declared, its images checked and hashed."""

from __future__ import annotations

from contextlib import closing, suppress
from difflib import get_close_matches
from typing import TYPE_CHECKING

from harness.dataset.cells import ListForm, json_of, text_of, texts_of
from harness.dataset.cleaning import Cleaning
from harness.dataset.image_rules import ImageRules
from harness.dataset.known_texts import KnownTexts, PackedTexts
from harness.dataset.mending import Mending
from harness.dataset.notes import Notes
from harness.dataset.row_fault import RowFault
from harness.dataset.row_images import RowImages
from harness.dataset.sources.seen_files import SeenFiles
from harness.dataset.sources.table import TableFile, read_rows
from harness.errors import DataError
from harness.records import Dropped, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.dataset.sources.table import Cell, Row
    from harness.records import DatasetConfig, MediaRef, Place

IDS_FOR_HINTS = 1_000
"""The first ids of a dataset, among which the one that may be meant is looked for."""
_NO_CLUSTER = ("nan", "NaN")
"""What programs write into a table of text where a value is missing. As a name, it would make one
cluster of all rows that have none."""
_SAME_BYTES = ("duplicate_image", "near_duplicate_image")
"""Faults of an image whose bytes are those of one before."""


def table_file(
    config: DatasetConfig,
    say: Callable[[str], None] = lambda _: None,
    seen: SeenFiles | None = None,
) -> TableFile:
    """Give a dataset's file, and how it is to be read.

    Args:
        config: the dataset's description.
        say: told what became no row.
        seen: what was read before that this must agree with.
    """
    return TableFile(
        path=config.path,
        url=config.url,
        format=config.format,
        delimiter=config.delimiter,
        encoding=config.encoding,
        quoting=config.quoting,
        title_from=config.title_from,
        split=config.split,
        revision=config.revision,
        config=config.config,
        named_at=config.where,
        path_at=config.path_where,
        columns_at=config.column_where,
        say=say,
        seen=seen or SeenFiles(),
    )


class NoSampleError(DataError):
    """A dataset has no sample of this id.

    Args:
        sample_id: which.
        config: of the dataset.
        first: its first ids.
    """

    def __init__(self, sample_id: str, config: DatasetConfig, first: Sequence[str]) -> None:
        close = get_close_matches(sample_id, first, n=1, cutoff=0.6)
        hint = f"did you mean '{close[0]}'? " if close else ""
        super().__init__(
            f"dataset '{config.name}' has no sample '{sample_id}'",
            where=config.where,
            hint=f"{hint}its ids look like: {', '.join(first[:5])}",
        )
        self.sample_id = sample_id


class RowReader:
    """Makes samples of rows; knows the ids and images of those before."""

    def __init__(
        self,
        config: DatasetConfig,
        *,
        images: bool,
        probe: Callable[[Place], MediaRef],
        look: Callable[[MediaRef], str],
        unsuitable: Callable[[MediaRef], str | None] | None = None,
        seen: SeenFiles | None = None,
    ) -> None:
        self.config = config
        self.notes = Notes(config.path.name)
        self.file = table_file(config, self.notes.say, seen)
        self.mending = Mending(config.mend)
        self._cleaning = Cleaning(config, every=self._every_reference, look=look)
        splits = config.choosing.splits
        self.columns = [
            config.id_column,
            *(config.image_columns if images else ()),
            *config.reference_columns,
            *config.metadata_columns,
            *([config.cluster_column] if config.cluster_column else ()),
            *([splits.column] if splits and splits.column else ()),
        ]
        self._images = images
        rules = ImageRules(config, unsuitable)
        self.images = RowImages(config, probe, rules, needed=images)
        self.images_elsewhere: Mapping[str, str] = {}
        """Hash of an image → the sample of an earlier split that shows it."""
        self._list_form = ListForm(
            written=config.reference_list, separator=config.reference_separator
        )
        self._ids = KnownTexts()
        """Id → the row of its sample."""
        self._same_bytes = [reason for reason in _SAME_BYTES if reason in config.clean]
        self._by_image = KnownTexts()
        """Hash of an image → the place of the first sample that shows it among these:"""
        self._showing = PackedTexts()

    def sample(self, row: Row) -> Sample:
        """Make a row a sample.

        Raises:
            RowFault: it cannot be one.
        """
        if row.fault is not None:
            raise RowFault(*row.fault)
        config, cells = self.config, row.cells
        sample_id = text_of(cells[config.id_column], config.id_column)
        if sample_id is None:
            raise RowFault("missing_id", f"no id in {config.id_column}")
        references, changes = self.mending.mended(self._written(cells))
        if not references:
            columns = ", ".join(config.reference_columns)
            raise RowFault("missing_reference", f"no text in {columns}")
        self._cleaning.check_references(references)
        cluster = self.cluster_of(row)
        metadata = {column: json_of(cells[column], column) for column in config.metadata_columns}
        media, places = (self.images.of(row), ()) if self._images else self.images.there(row)
        sample = Sample(
            id=sample_id,
            references=tuple(references),
            cluster=cluster,
            metadata=metadata,
            media=media,
            places=places,
        )
        self._check_new(sample, row)
        self.mending.count(sample_id, changes)
        for column in config.reference_columns:
            self.notes.add(column, cells[column], self._list_form)
        self.notes.add_media(media)
        return sample

    def choose(self, rows: Iterable[Row], ids: Sequence[str]) -> list[Row]:
        """Find the rows of these ids, in the order of the ids.

        Raises:
            DataError: an id is not there, or stands twice and ``clean`` does not list it.
        """
        asked = set(ids)
        chosen: dict[str, Row] = {}
        first: list[str] = []
        for row in rows:
            sample_id = self.id_of(row)
            if len(first) < IDS_FOR_HINTS:
                first.append(sample_id)
            if sample_id in asked and chosen.setdefault(sample_id, row) is not row:
                twice = RowFault(
                    "duplicate_id", f"the same id as {self.file.place(chosen[sample_id].number)}"
                )
                if twice.reason not in self.config.clean:
                    raise self.refused(row, twice, asked=False)
        for sample_id in ids:
            if sample_id not in chosen:
                raise NoSampleError(sample_id, self.config, first)
        return [chosen[sample_id] for sample_id in ids]

    def cluster_of(self, row: Row) -> str | None:
        """Give what a row belongs to; None where it names nothing, so that it stands for itself.

        Raises:
            RowFault: it names what is no text.
        """
        column = self.config.cluster_column
        name = text_of(row.cells[column], column) if column else None
        return None if name is None or name.strip() in _NO_CLUSTER else name

    def refused(self, row: Row, fault: RowFault, *, asked: bool) -> DataError:
        """Say that a fault ends the run."""
        known = self.id_of(row)
        sample = f"sample '{known}': " if known else ""
        hint = (
            f"add '{fault.reason}' to 'clean:' in {self.config.where.path.name} "
            "to leave such rows out and count them"
        )
        if asked:
            hint = "it was asked for by its id, so it is not left out"
        return self.file.error(f"{sample}{fault.detail}", row=row.number, hint=hint)

    def dropped(self, row: Row, fault: RowFault) -> Dropped:
        """Account for a row that becomes no sample."""
        return Dropped(id=self.id_of(row), row=row.number, reason=fault.reason, detail=fault.detail)

    def id_of(self, row: Row) -> str:
        """Give a row's id; empty where it has none that can be one."""
        try:
            return text_of(row.cells[self.config.id_column], self.config.id_column) or ""
        except RowFault:
            return ""

    def _written(self, cells: Mapping[str, Cell]) -> list[str]:
        """Give a row's references as they stand in it."""
        return [
            text
            for column in self.config.reference_columns
            for text in texts_of(cells[column], column, self._list_form)
        ]

    def _every_reference(self) -> Iterator[list[str]]:
        """Give the references of each row of the file that has some, whatever else is wrong."""
        with closing(read_rows(self.file, self.config.reference_columns)) as rows:
            for row in rows:
                with suppress(RowFault):
                    yield self.mending.mended(self._written(row.cells))[0]

    def _check_new(self, sample: Sample, row: Row) -> None:
        """Compare with the samples before; rows that became none count for nothing here."""
        first = self._ids.get(sample.id)
        if first is not None and first != row.number:
            raise RowFault("duplicate_id", f"the same id as {self.file.place(first)}")
        if sample.media:
            shown = (ref.sha256 for ref in sample.media if ref.sha256 in self.images_elsewhere)
            if elsewhere := next(shown, None):
                whose = self.images_elsewhere[elsewhere]
                raise RowFault("image_across_splits", f"the same image as {whose}")
        place = None
        if sample.media and self._same_bytes:
            place = self._by_image.get(sample.media[0].sha256)
            if place is not None and (twin := self._showing[place]) != sample.id:
                raise RowFault(self._same_bytes[0], f"the same image as sample '{twin}'")
        self._cleaning.add(sample)
        if sample.media and self._same_bytes and place is None:
            self._by_image.add(sample.media[0].sha256, len(self._showing))
            self._showing.append(sample.id)
        if first is None:
            self._ids.add(sample.id, row.number)
