"""A dataset's rows → those that are used: where, then the split, then sample, then limit.

Rows are read again for each step that needs to have seen all, and not held: of a step that draws,
only the ids that it has drawn. What each step left out is counted apart from rows with faults, and
of rows that are left out no other fault is looked for.
"""

from __future__ import annotations

import heapq
from contextlib import closing
from typing import TYPE_CHECKING

from harness.dataset.cells import json_of
from harness.dataset.conditions import Conditions, conditions_text
from harness.dataset.row_fault import RowFault
from harness.dataset.sources.table import TEXTS, read_rows
from harness.dataset.splits import Sides
from harness.fingerprint import keyed
from harness.records import Chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sized

    from harness.dataset.row_reader import RowReader
    from harness.dataset.sources.table import Row


class Chooser:
    """Chooses the rows of a dataset.

    Args:
        reader: makes samples of rows.
        split: which is used; None: the dataset has none.
        limit: no more samples than this, whatever the dataset says.
        fault: told of a row that cannot be chosen by what it holds; raises where that is the end.
    """

    def __init__(
        self,
        reader: RowReader,
        split: str | None,
        limit: int | None,
        fault: Callable[[Row, RowFault], None],
    ) -> None:
        self._reader = reader
        self._fault = fault
        self._choosing = reader.config.choosing
        self._conditions = Conditions(self._choosing.conditions)
        self._split = split
        splits = self._choosing.splits
        self._sides = Sides(reader, splits) if splits and split else None
        if self._sides and split:
            reader.images_elsewhere = self._sides.images_before(split)
        limits = [each for each in (limit, self._choosing.limit) if each is not None]
        self._limit = min(limits, default=None)
        self._counts = (0, 0, 0)
        """Rows that were read; of these, those that meet the conditions; of these, the split's."""
        self._whole = False
        """Whether all rows have been read."""

    def rows(self, made: Sized) -> Generator[Row, None, None]:
        """Give the rows that are used, in the order of the file.

        A drawn row that becomes no sample is replaced by the next that would have been drawn; then
        rows stand in the order of the file among their like alone.

        Args:
            made: the samples that have become of them so far.
        """
        drawn = self._choosing.sample
        if drawn is None:
            yield from self._up_to_limit(self._matching(), made)
            return
        tried = -1
        while len(made) < drawn.n and not self._enough(made):
            ids = self._smallest(drawn.n - len(made), drawn.seed, above=tried)
            if not ids:
                return
            yield from self._up_to_limit(self._named(ids, no_id=tried < 0), made)
            tried = max(ids.values())

    def account(self, samples: int) -> tuple[Chosen, ...]:
        """Say what each step kept.

        Args:
            samples: that have been made.
        """
        steps, drawn = [], self._choosing.sample
        read, met, left = self._counts
        if self._choosing.conditions:
            how = conditions_text(self._choosing.conditions)
            steps.append(Chosen(step="where", how=how, kept=met, of=read, whole=self._whole))
        if self._split:
            how = self._split
            steps.append(Chosen(step="split", how=how, kept=left, of=met, whole=self._whole))
        if drawn:
            kept = min(drawn.n, left)
            steps.append(Chosen(step="sample", how=f"seed {drawn.seed}", kept=kept, of=left))
        if self._choosing.limit is not None:
            how = f"the first {self._choosing.limit:,}"
            steps.append(Chosen(step="limit", how=how, kept=samples))
        return tuple(steps)

    def notes(self) -> Iterator[str]:
        """Say which values of ``where`` no row has, and how many splits an image decided."""
        if self._whole and (unseen := self._conditions.unseen()):
            told = f"where: no row has {', '.join(unseen)}"
            if self._reader.config.format in TEXTS and any(n.endswith(": null") for n in unseen):
                told += " (an empty cell is the empty text, '')"
            yield told
        if self._sides and (moved := self._sides.moved):
            units = "1 unit follows" if moved == 1 else f"{moved:,} units follow"
            yield f"splits: {units} another into its split, for they share an image"

    def _enough(self, made: Sized) -> bool:
        return self._limit is not None and len(made) >= self._limit

    def _up_to_limit(
        self, rows: Generator[Row, None, None], made: Sized
    ) -> Generator[Row, None, None]:
        needed = None if self._limit is None else self._limit - len(made)
        with closing(self._reader.images.ahead(rows, needed)) as following:
            while not self._enough(made):
                if (row := next(following, None)) is None:
                    return
                yield row

    def _matching(self) -> Generator[Row, None, None]:
        """Read the rows, and give those that meet the conditions."""
        counting = not self._whole
        read = met = left = 0
        with closing(self._all_rows()) as rows:
            for row in rows:
                read += 1
                # One of which it cannot be told has a fault, and is counted with those that have.
                told = self._tell(row)
                meets, is_in = told or (True, True)
                met, left = met + meets, left + (meets and is_in)
                if counting:
                    self._counts = (read, met, left)
                if told == (True, True):
                    yield row
        if counting:
            self._whole = True

    def _all_rows(self) -> Generator[Row, None, None]:
        reader = self._reader
        return read_rows(reader.file, reader.columns, reader.config.image_columns)

    def _tell(self, row: Row) -> tuple[bool, bool] | None:
        """Tell whether a row meets the conditions, and whether it is in the split.

        One without an id is in no split: it is given, to be told as a fault, as is one that has a
        fault from its format. None: this cannot be told, for a fault that was told.
        """
        try:
            meets = row.fault is not None or self._conditions.hold(
                lambda field: json_of(row.cells[field], field)
            )
            side = self._sides.of(row) if self._sides and meets else None
        except RowFault as fault:
            self._fault(row, fault)
            return None
        return meets, side in (None, self._split)

    def _named(self, ids: Collection[str], *, no_id: bool) -> Generator[Row, None, None]:
        """Give the rows that were drawn, and those without an id where these are to be told."""
        with closing(self._all_rows()) as rows:
            for row in rows:
                name = self._reader.id_of(row)
                if (name in ids or (no_id and not name)) and self._tell(row) == (True, True):
                    yield row

    def _smallest(self, count: int, seed: int, *, above: int) -> dict[str, int]:
        """Draw ids: those of the smallest hashes above one; each with its hash."""
        ids = (name for row in self._matching() if (name := self._reader.id_of(row)))
        return smallest(count, ((keyed(seed, name), name) for name in ids), above=above)


def smallest(count: int, hashed: Iterable[tuple[int, str]], *, above: int = -1) -> dict[str, int]:
    """Give the ids of the smallest hashes above one; so many at once are held, and no more."""
    heap: list[tuple[int, str]] = []
    held: set[str] = set()
    for hash_, name in hashed:
        if hash_ <= above or name in held:
            continue
        if len(heap) < count:
            heapq.heappush(heap, (-hash_, name))
        elif hash_ < -heap[0][0]:
            held.discard(heapq.heappushpop(heap, (-hash_, name))[1])
        else:
            continue
        held.add(name)
    return {name: -negative for negative, name in heap}


def chosen_text(chosen: Iterable[Chosen]) -> str:
    """Say what was chosen: ``chosen: 4,000 of 13,500 rows by where (…); 200 of 4,000 by sample``.

    Nothing where all rows are used.
    """
    said = [_step_text(step) for step in chosen]
    return f"chosen: {'; '.join(said)}" if said else ""


def _step_text(step: Chosen) -> str:
    if step.of is None:
        return f"{step.how} by {step.step}"
    of = f"{step.of:,}" if step.whole else f"the first {step.of:,}"
    return f"{step.kept:,} of {of} by {step.step} ({step.how})"
