"""Dataset description + rows → cleaned, ordered samples, and the account of what was dropped."""

from __future__ import annotations

import os.path
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dataset.cells import ListForm, holds_written_list, json_of, text_of, texts_of
from harness.dataset.image_files import find_image, may_be_there, place_below
from harness.dataset.notes import Notes
from harness.dataset.row_fault import RowFault
from harness.dataset.sources.table import HALF_A_CHARACTER, TableFile, read_rows
from harness.errors import DataError
from harness.fingerprint import sha256_file
from harness.media import probe
from harness.records import Dropped, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.dataset.sources.table import Cell, Row
    from harness.records import DatasetConfig, MediaRef

_NO_CLUSTER = ("nan", "NaN")
"""What programs write into a table of text where a value is missing. As a name, it would make one
cluster of all rows that have none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDataset:
    """The samples of a dataset in the order of its rows, and the rows that became none."""

    samples: tuple[Sample, ...]
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...] = ()
    """What was taken for something else than it is in the file, a sentence each, with its count."""


def load_samples(
    config: DatasetConfig,
    *,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    images: bool = True,
    hash_file: Callable[[Path], str] = sha256_file,
) -> LoadedDataset:
    """Read a dataset's samples; its images are checked and hashed, not kept.

    Args:
        config: the dataset's description.
        limit: stop after so many samples; rows behind them are not looked at.
        ids: take only these, in this order; each must be usable.
        images: whether the samples need them; else those that are there are looked at, no other
            is missed, and samples say where their images would be.
        hash_file: hashes an image file's bytes.

    Raises:
        DataError: the file cannot be read, a column is missing, an id that was asked for is not
            there, a row has a fault that ``clean`` does not list, or nothing is left.
    """
    reader = _RowReader(config, images=images, hash_file=hash_file)
    rows: Iterable[Row] = read_rows(reader.file, reader.columns, config.image_columns)
    if ids is not None:
        rows = reader.choose(rows, ids)
    samples: list[Sample] = []
    dropped: list[Dropped] = []
    for row in rows:
        if limit is not None and len(samples) >= limit:
            break
        try:
            samples.append(reader.sample(row))
        except RowFault as fault:
            if ids is not None or fault.reason not in config.clean:
                raise reader.refused(row, fault, asked=ids is not None) from fault
            dropped.append(reader.dropped(row, fault))
    if not samples:
        raise DataError(
            f"dataset '{config.name}' has no usable sample ({_account(dropped)})",
            where=config.where,
            hint=dropped[0].detail if dropped else "the source file has no rows",
        )
    return LoadedDataset(
        samples=tuple(samples), dropped=tuple(dropped), notes=reader.notes.sentences()
    )


def table_file(config: DatasetConfig) -> TableFile:
    """Give a dataset's file, and how it is to be read."""
    return TableFile(
        path=config.path,
        format=config.format,
        delimiter=config.delimiter,
        encoding=config.encoding,
        quoting=config.quoting,
        named_at=config.where,
    )


class _RowReader:
    """Makes samples of rows; knows the ids and images of those before."""

    def __init__(
        self, config: DatasetConfig, *, images: bool, hash_file: Callable[[Path], str]
    ) -> None:
        self.config = config
        self.file = table_file(config)
        self.notes = Notes(config.path.name)
        self.columns = [
            config.id_column,
            *(config.image_columns if images else ()),
            *config.reference_columns,
            *config.metadata_columns,
            *([config.cluster_column] if config.cluster_column else ()),
        ]
        self._images = images
        self._root = os.path.normpath(config.image_root.absolute())
        self._hash_file = hash_file
        self._list_form = ListForm(
            written=config.reference_list, separator=config.reference_separator
        )
        self._ids: dict[str, int] = {}
        """Id → the row of its sample."""
        self._by_image: dict[str, str] = {}
        """Hash of an image → the first sample that shows it."""

    def sample(self, row: Row) -> Sample:
        """Make a row a sample.

        Raises:
            RowFault: it cannot be one.
        """
        config, cells = self.config, row.cells
        sample_id = text_of(cells[config.id_column], config.id_column)
        if sample_id is None:
            raise RowFault("missing_id", f"no id in {config.id_column}")
        references = [
            text
            for column in config.reference_columns
            for text in texts_of(cells[column], column, self._list_form)
        ]
        if not references:
            columns = ", ".join(config.reference_columns)
            raise RowFault("missing_reference", f"no text in {columns}")
        cluster = self._cluster(cells)
        metadata = {column: json_of(cells[column], column) for column in config.metadata_columns}
        media, places = (self._media(row), ()) if self._images else self._media_there(row)
        sample = Sample(
            id=sample_id,
            references=tuple(references),
            cluster=cluster,
            metadata=metadata,
            media=media,
            places=places,
        )
        self._check_new(sample, row)
        for column in config.reference_columns:
            self.notes.add(column, cells[column], self._list_form)
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
            sample_id = self._id(row)
            if len(first) < 5:
                first.append(sample_id)
            if sample_id in asked and chosen.setdefault(sample_id, row) is not row:
                twice = RowFault(
                    "duplicate_id", f"the same id as {self.file.place(chosen[sample_id].number)}"
                )
                if twice.reason not in self.config.clean:
                    raise self.refused(row, twice, asked=False)
        for sample_id in ids:
            if sample_id not in chosen:
                raise DataError(
                    f"dataset '{self.config.name}' has no sample '{sample_id}'",
                    where=self.config.where,
                    hint=f"its ids look like: {', '.join(first)}",
                )
        return [chosen[sample_id] for sample_id in ids]

    def refused(self, row: Row, fault: RowFault, *, asked: bool) -> DataError:
        """Say that a fault ends the run."""
        known = self._id(row)
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
        return Dropped(id=self._id(row), row=row.number, reason=fault.reason, detail=fault.detail)

    def _id(self, row: Row) -> str:
        try:
            return text_of(row.cells[self.config.id_column], self.config.id_column) or ""
        except RowFault:
            return ""

    def _cluster(self, cells: Mapping[str, Cell]) -> str | None:
        """Give what a row belongs to; None where it names nothing, so that it stands for itself."""
        column = self.config.cluster_column
        name = text_of(cells[column], column) if column else None
        return None if name is None or name.strip() in _NO_CLUSTER else name

    def _media_there(self, row: Row) -> tuple[tuple[MediaRef, ...], tuple[str, ...]]:
        """Give the images of a row that does without them, all or none, and where they would be."""
        media: tuple[MediaRef, ...] = ()
        with suppress(RowFault):
            names = list(self._image_names(row))
            if all(may_be_there(self._root, name) for name in names):
                with suppress(RowFault, DataError):
                    media = self._media(row)
            return media, tuple(dict.fromkeys(place_below(self._root, name) for name in names))
        return (), ()

    def _media(self, row: Row) -> tuple[MediaRef, ...]:
        config = self.config
        media: list[MediaRef] = []
        for name in self._image_names(row):
            path = find_image(config.image_root, name)
            try:
                media.append(probe(path, self._hash_file))
            except DataError as error:
                raise RowFault("unreadable_image", error.message) from error
        if not media:
            raise RowFault("missing_image", f"no image in {', '.join(config.image_columns)}")
        return tuple(media)

    def _image_names(self, row: Row) -> Iterator[str]:
        """Give the names of a row's images, with their suffix.

        Raises:
            RowFault: a cell holds what is no name; those before it have been given.
        """
        for column in self.config.image_columns:
            cell = row.cells.get(column)
            if cell == HALF_A_CHARACTER:
                raise RowFault("missing_image", f"'{column}' holds {HALF_A_CHARACTER.reason}")
            if holds_written_list(cell, ListForm()):
                several = "several images stand in as many columns, or in a list of JSON or Parquet"
                raise RowFault("bad_cell", f"'{column}' holds a list written as text; {several}")
            for name in texts_of(cell, column):
                yield name + self.config.image_suffix

    def _check_new(self, sample: Sample, row: Row) -> None:
        """Compare with the samples before; rows that became none count for nothing here."""
        first = self._ids.get(sample.id, row.number)
        if first != row.number:
            raise RowFault("duplicate_id", f"the same id as {self.file.place(first)}")
        if sample.media:
            twin = self._by_image.setdefault(sample.media[0].sha256, sample.id)
            if twin != sample.id and "duplicate_image" in self.config.clean:
                raise RowFault("duplicate_image", f"the same image as sample '{twin}'")
        self._ids[sample.id] = row.number


def _account(dropped: Sequence[Dropped]) -> str:
    """Count dropped rows by reason: ``5 rows left out: 3 missing_image, 2 duplicate_image``."""
    counts = Counter(row.reason for row in dropped)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"{len(dropped)} rows left out: {reasons}" if dropped else "no row"
