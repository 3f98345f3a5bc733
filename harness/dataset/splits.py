"""A dataset's rows → the split that each is in: by the hash of its unit, or as a column says.

Hashes are those of units, whatever rows there are. A unit is a cluster, or the row itself where it
names none. Units that share an image, by the name that the table has for it, follow the first of
them in the file, so that none is on both sides; what a column says stands. An image that is on both
sides all the same shows when it is read: the row of the later split has a fault then.
"""

from __future__ import annotations

from array import array
from contextlib import closing, suppress
from itertools import accumulate
from typing import TYPE_CHECKING

from harness.dataset.cells import text_of
from harness.dataset.row_fault import RowFault
from harness.dataset.sources.table import read_rows
from harness.errors import DataError
from harness.fingerprint import keyed
from harness.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator

    from harness.dataset.row_reader import RowReader
    from harness.dataset.sources.table import Row
    from harness.records import DatasetConfig, Splits

_HASHES = 2**64
"""As many as there are."""


def split_named(config: DatasetConfig, asked: str | None) -> str | None:
    """Give the split that is meant: the first where none is asked for; None: there are none.

    Raises:
        DataError: the dataset has no such split.
    """
    splits = config.choosing.splits
    if splits is None:
        if asked is None:
            return None
        line = "splits: {dev: 0.5, test: 0.5, sealed: [test]}"
        raise DataError(
            f"dataset '{config.name}' has no splits, and '{asked}' is asked for",
            where=config.where,
            hint=f"'{line}' in {config.where.path.name} makes some",
        )
    if asked is not None and asked not in splits.shares:
        raise DataError(
            f"dataset '{config.name}' has no split '{asked}'",
            where=config.where,
            hint=nearest(asked, splits.shares),
        )
    return asked or splits.first


def sealed_note(config: DatasetConfig, split: str | None) -> str | None:
    """Say of a sealed split that its samples are shown; None where it is not sealed."""
    splits = config.choosing.splits
    if splits is None or split not in splits.sealed:
        return None
    return (
        f"the split '{split}' is sealed: for whoever reads its references here and changes prompts "
        "by them it is no test any more, and this is not counted as a look"
    )


def refuse_sealed(reader: RowReader, splits: Splits, rows: Iterable[Row]) -> None:
    """Refuse rows of a sealed split.

    Raises:
        DataError: one is.
    """
    sides = Sides(reader, splits)
    for row in rows:
        side = sides.of(row)
        if side in splits.sealed:
            raise DataError(
                f"dataset '{reader.config.name}' has '{reader.id_of(row)}' in the sealed split "
                f"'{side}'",
                hint="take one of another split: what is shown is no test any more",
            )


class Sides:
    """Knows the split of each row of a dataset; reads the names of all images once.

    Args:
        reader: of the dataset.
        splits: of it.
    """

    def __init__(self, reader: RowReader, splits: Splits) -> None:
        self._reader = reader
        self._names: list[str] = list(splits.shares)
        *self._ends, _ = accumulate(splits.shares.values())
        self._column = splits.column
        self._followed = followed(self._images()) if splits.column is None else {}
        self.moved = sum(
            self._side(unit) != self._side(first) for unit, first in self._followed.items()
        )
        """Units that are in another split than their own hash says."""

    def of(self, row: Row) -> str | None:
        """Give the split of a row; None where it has no id, and so is in none.

        Raises:
            RowFault: it names what can be no cluster, or no split.
        """
        if self._column is not None:
            return self._named(row, self._column)
        unit = self._unit(row)
        return None if unit is None else self._side(self._followed.get(unit, unit))

    def images_before(self, split: str) -> dict[str, str]:
        """Find the images of earlier splits that this one may show under another name.

        Of files those are hashed that have the size of one of this split; images in tables, in
        archives and at URLs are all looked at. What is not there is none.

        Returns:
            Hash of the bytes → whose image it is, for a person.
        """
        earlier = self._names[: self._names.index(split)]
        if not earlier:
            return {}
        images = self._reader.images
        sizes = {size for row in self._rows((split,)) for _, size in images.sized(row)}
        found: dict[str, str] = {}
        if not sizes:
            return found
        with closing(images.ahead(self._rows(earlier))) as rows:
            for row in rows:
                for image, size in images.sized(row):
                    if size is None or size in sizes or None in sizes:
                        with suppress(RowFault, OSError, DataError):
                            content = images.probed(image).sha256
                            sample = f"sample '{self._reader.id_of(row)}'"
                            found.setdefault(content, f"{sample} of the split '{self.of(row)}'")
        return found

    def _named(self, row: Row, column: str) -> str | None:
        """Give the split that a row names."""
        if not self._reader.id_of(row):
            return None
        name = text_of(row.cells[column], column)
        if name not in self._names:
            said = "nothing" if name is None else f"'{name}'"
            raise RowFault("bad_cell", f"'{column}' says {said}, which is no split")
        return name

    def _side(self, unit: int) -> str:
        return self._names[sum(unit / _HASHES >= end for end in self._ends)]

    def _unit(self, row: Row) -> int | None:
        """Name the unit of a row by a hash, as far as the row itself says it."""
        name = self._reader.id_of(row)
        if not name:
            return None
        cluster = self._reader.cluster_of(row)
        return keyed("split", name) if cluster is None else keyed("split cluster", cluster)

    def _rows(self, splits: Collection[str] | None = None) -> Generator[Row, None, None]:
        """Read all rows, or those of some splits."""
        reader = self._reader
        with closing(read_rows(reader.file, reader.columns, reader.config.image_columns)) as every:
            for row in every:
                with suppress(RowFault):  # of a row that can be no sample
                    if splits is None or self.of(row) in splits:
                        yield row

    def _images(self) -> Iterator[tuple[int, int]]:
        """Give each row's unit with each of its images, by hashes."""
        for row in self._rows():
            with suppress(RowFault):
                unit = self._unit(row)
                for image in self._reader.images.spelled(row):
                    if unit is not None:
                        yield unit, keyed("image", image)


def followed(shown: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Say which units follow another, since they share an image with it, or are joined by others.

    Eight bytes are held of each unit and image, and no more.

    Args:
        shown: a unit and an image that it shows, in the order of the rows.

    Returns:
        Unit → the first, in the order of rows, of those that it is joined with; units that share
        no image are not there.
    """
    import numpy as np

    units, images = array("Q"), array("Q")
    for unit, image in shown:
        units.append(unit)
        images.append(image)
    if not units:
        return {}
    owners, seen = np.frombuffer(units, np.uint64), np.frombuffer(images, np.uint64)
    order = np.argsort(seen, kind="stable")
    owners, seen = owners[order], seen[order]
    beside = (seen[1:] == seen[:-1]) & (owners[1:] != owners[:-1])
    first_of: dict[int, int] = {}

    def first(unit: int) -> int:
        while (other := first_of.get(unit, unit)) != unit:
            first_of[unit] = first_of.get(other, other)  # halves the way for whoever comes next
            unit = other
        return unit

    pairs = list(zip(owners[:-1][beside].tolist(), owners[1:][beside].tolist(), strict=True))
    joined = {unit for pair in pairs for unit in pair}
    places: dict[int, int] = {}
    for place, unit in enumerate(units if joined else ()):
        if unit in joined:
            places.setdefault(unit, place)
    for one, other in pairs:
        early, late = sorted((first(one), first(other)), key=places.__getitem__)
        first_of[late] = early
    return {unit: first(unit) for unit in joined}
