"""The images that a row names → checked, hashed and measured; those at URLs in threads, ahead.

A name is a path below ``images.root``, a folder or a URL; in some formats a cell is the picture
itself, known by its place. No image outside the root is opened.
"""

from __future__ import annotations

import os.path
from collections import deque
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from harness.daemon_threads import DaemonThreads
from harness.dataset.cells import ListForm, holds_written_list, texts_of
from harness.dataset.image_files import find_image, may_be_there, place_below
from harness.dataset.row_fault import RowFault
from harness.dataset.sources.table import HALF_A_CHARACTER
from harness.errors import DataError, ImageElsewhere, NoSuchImage
from harness.media import THREADS, below
from harness.records import FilePlace, Place, UrlPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from concurrent.futures import Future

    from harness.dataset.image_rules import ImageRules
    from harness.dataset.sources.table import Row
    from harness.records import DatasetConfig, MediaRef

AHEAD = 4 * THREADS
"""Rows whose images are asked for before they are needed, at most."""


class RowImages:
    """Finds the images of rows.

    Args:
        config: the dataset's description.
        probe: checks, hashes and measures an image.
        rules: say which of those that can be read are kept.
        needed: whether there are samples only with their images.
    """

    def __init__(
        self,
        config: DatasetConfig,
        probe: Callable[[Place], MediaRef],
        rules: ImageRules,
        *,
        needed: bool,
    ) -> None:
        self._config = config
        self._remote = config.image_url is not None
        self._needed = needed
        self._probe = probe
        self._rules = rules
        self._root = os.path.normpath(config.image_root.absolute())
        self._asked: dict[Place, Future[MediaRef]] = {}
        """Those that a thread looks at, or has looked at, until they are needed."""

    def of(self, row: Row) -> tuple[MediaRef, ...]:
        """Give the images of a row.

        Raises:
            RowFault: it has none, or one that cannot be used.
        """
        media: list[MediaRef] = []
        for image in self._named(row):
            try:
                media.append(self.probed(image))
            except NoSuchImage as error:
                raise RowFault("missing_image", error.message) from error
            except ImageElsewhere as error:
                raise RowFault("image_outside", error.message) from error
            except DataError as error:
                raise RowFault("unreadable_image", error.message) from error
            self._rules.check(media[-1])
        if not media:
            columns = ", ".join(self._config.image_columns)
            raise RowFault("missing_image", f"no image in {columns}")
        return tuple(media)

    def there(self, row: Row) -> tuple[tuple[MediaRef, ...], tuple[str, ...]]:
        """Give the images of a row that does without them, all or none, and where they would be.

        Nothing is fetched for it.
        """
        media: tuple[MediaRef, ...] = ()
        with suppress(RowFault):
            images = list(self._named(row))
            if not self._remote and all(
                may_be_there(self._root, image) for image in images if isinstance(image, str)
            ):
                with suppress(RowFault, DataError):
                    media = self.of(row)
            return media, tuple(dict.fromkeys(map(self._spelled, images)))
        return (), ()

    def spelled(self, row: Row) -> list[str]:
        """Give where a row's images would be, up to the first that can be none.

        Each place is spelled in one way; nothing is looked for.
        """
        places: list[str] = []
        with suppress(RowFault):
            places += map(self._spelled, self._named(row))
        return places

    def sized(self, row: Row) -> Iterator[tuple[str | Place, int | None]]:
        """Give the images of a row that may be there, each with its size where it is a file.

        Those at URLs are none where samples do without images.
        """
        root = self._config.image_root
        with suppress(RowFault):
            for image in self._named(row) if self._needed or not self._remote else ():
                if self._remote or not isinstance(image, str):
                    yield image, None
                    continue
                with suppress(RowFault, OSError, ValueError):
                    path = root / image if image.isascii() else find_image(root, image)
                    yield image, path.stat().st_size

    def probed(self, image: str | Place) -> MediaRef:
        """Check, hash and measure one of a row's images.

        Raises:
            RowFault: its name leads out of the root, or to no file.
            DataError: it cannot be used.
        """
        place = self._place(image)
        asked = self._asked.pop(place, None)
        return self._probe(place) if asked is None else asked.result()

    def ahead(
        self, rows: Generator[Row, None, None], most: int | None = None
    ) -> Generator[Row, None, None]:
        """Give rows as they come; of those that follow images at URLs are being looked at.

        Args:
            rows: of the dataset; they are closed when this is.
            most: how many are needed; None: all.
        """
        with closing(rows):
            yield from self._following(rows, most) if self._remote and self._needed else rows

    def _following(self, rows: Iterable[Row], most: int | None) -> Generator[Row, None, None]:
        waiting: deque[Row] = deque()
        ahead = AHEAD if most is None else min(AHEAD, most - 1)
        threads = DaemonThreads(THREADS, "images at URLs")
        try:
            for row in rows:
                self._begin(row, threads)
                waiting.append(row)
                if len(waiting) > ahead:
                    yield waiting.popleft()
            yield from waiting
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            self._asked.clear()

    def _begin(self, row: Row, threads: DaemonThreads) -> None:
        with suppress(RowFault):  # which is told when its turn comes
            for place in map(self._place, self._named(row)):
                if isinstance(place, UrlPlace) and place not in self._asked:
                    self._asked[place] = threads.submit(self._probe, place)

    def _place(self, image: str | Place) -> Place:
        """Give where an image is.

        Raises:
            RowFault: a name leads out of the root, or to no file.
        """
        root = self._config.image_url
        if not isinstance(image, str):
            return image
        if root is None:
            return FilePlace(path=str(find_image(self._config.image_root, image)))
        try:
            return UrlPlace(url=below(root, image))
        except ValueError as error:
            raise RowFault("image_outside", f"image {error}") from error

    def _spelled(self, image: str | Place) -> str:
        """Spell where an image is in one way."""
        if not isinstance(image, str):
            return image.name
        if self._config.image_url is not None:
            with suppress(ValueError):
                return below(self._config.image_url, image)
        return place_below(self._root, image)

    def _named(self, row: Row) -> Iterator[str | Place]:
        """Give a row's images: their names with the suffix, or where their bytes stand.

        Raises:
            RowFault: a cell holds what is no name; those before it have been given.
        """
        for column in self._config.image_columns:
            cell = row.cells.get(column)
            if cell == HALF_A_CHARACTER:
                raise RowFault("missing_image", f"'{column}' holds {HALF_A_CHARACTER.reason}")
            if holds_written_list(cell, ListForm()):
                several = "several images stand in as many columns, or in a list of JSON or Parquet"
                raise RowFault("bad_cell", f"'{column}' holds a list written as text; {several}")
            for member in cell if isinstance(cell, list) else [cell]:
                if isinstance(member, Place):
                    yield member
                else:
                    for name in texts_of(member, column):
                        yield name + self._config.image_suffix
