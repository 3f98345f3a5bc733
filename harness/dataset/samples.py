"""Dataset description + rows → cleaned, ordered samples, and the account of what was dropped."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import media
from harness.counted import counted
from harness.dataset.choosing_rows import Chooser, chosen_text
from harness.dataset.row_fault import RowFault
from harness.dataset.row_reader import RowReader
from harness.dataset.sources.table import read_rows
from harness.dataset.splits import refuse_sealed, split_named
from harness.errors import DataError
from harness.packed import Packing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from harness.dataset.sources.seen_files import SeenFiles
    from harness.dataset.sources.table import Row
    from harness.records import Chosen, DatasetConfig, Dropped, MediaRef, Mended, Place, Sample


class NothingUsableError(DataError):
    """No row of a dataset, or of a split, can be a sample.

    Args:
        config: of the dataset.
        dropped: its rows, each with its fault.
        chosen: what each step of choosing kept.
        notes: on what no row has.
    """

    def __init__(
        self,
        config: DatasetConfig,
        dropped: Sequence[Dropped],
        chosen: Sequence[Chosen],
        notes: Sequence[str] = (),
    ) -> None:
        account = "; ".join(filter(None, (_account(dropped), chosen_text(chosen))))
        hint = "the source file has no rows"
        if dropped:
            hint = dropped[0].detail
        elif emptied := next((step.step for step in chosen if step.of and not step.kept), None):
            hint = _EMPTIED[emptied]
            if told := [note for note in notes if note.startswith(f"{emptied}: ")]:
                hint = f"{hint} {'; '.join(told)}"
        message = f"dataset '{config.name}' has no usable sample ({account})"
        super().__init__(message, where=config.where, hint=hint)
        self.dropped = tuple(dropped)
        self.chosen = tuple(chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDataset:
    """The samples of a dataset in the order of its rows, and the rows that became none."""

    samples: Sequence[Sample]
    """Packed, where there are many."""
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...] = ()
    """What was taken for something else than it is in the file, a sentence each, with its count."""
    mended: tuple[Mended, ...] = ()
    """What each step of ``mend:`` changed in the references."""
    chosen: tuple[Chosen, ...] = ()
    """What each step of choosing kept; none where all rows are used."""
    split: str | None = None
    """Which one they are; None: the dataset has none."""


def load_samples(
    config: DatasetConfig,
    *,
    split: str | None = None,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    images: bool = True,
    unsealed: bool = False,
    probe: Callable[[Place], MediaRef] = media.probe,
    look: Callable[[MediaRef], str] = media.look,
    unsuitable: Callable[[MediaRef], str | None] | None = None,
    seen: SeenFiles | None = None,
) -> LoadedDataset:
    """Read a dataset's samples; its images are checked and hashed, not kept.

    Args:
        config: the dataset's description.
        split: one of its splits; default: the first, where it has some.
        limit: stop after so many samples; rows behind them are not looked at.
        ids: take only these, in this order; each must be usable. What the dataset chooses of its
            rows does not matter then.
        images: whether the samples need them; else those that are there are looked at, no other
            is missed, and samples say where their images would be.
        unsealed: refuse ids that lie in a sealed split.
        probe: checks, hashes and measures an image.
        look: gives the look of an image; asked where ``clean`` lists ``near_duplicate_image``.
        unsuitable: says why an image cannot be shown to a model; None: all can.
        seen: of an earlier reading whose samples these must agree with.

    Raises:
        DataError: the file cannot be read, a column is missing, an id that was asked for is not
            there or sealed, a row has a fault that ``clean`` does not list, nothing is left, the
            file changed while it was read, or there is no such split.
    """
    split = split_named(config, split)
    reader = RowReader(
        config, images=images, probe=probe, look=look, unsuitable=unsuitable, seen=seen
    )
    made = Packing()
    dropped: dict[int, Dropped] = {}

    def drop(row: Row, fault: RowFault) -> None:
        if ids is not None or fault.reason not in config.clean:
            raise reader.refused(row, fault, asked=ids is not None) from fault
        dropped.setdefault(row.number, reader.dropped(row, fault))

    with reader.file.steady():
        chooser = Chooser(reader, split, limit, drop) if ids is None else None
        named = _named(reader, ids or (), limit, unsealed=unsealed)
        with closing(chooser.rows(made) if chooser else named) as rows:
            for row in rows:
                try:
                    made.append(row.number, reader.sample(row))
                except RowFault as fault:
                    drop(row, fault)
    chosen = chooser.account(len(made)) if chooser else ()
    every = [dropped[row] for row in sorted(dropped)]
    if not made:
        raise NothingUsableError(config, every, chosen, tuple(chooser.notes()) if chooser else ())
    return LoadedDataset(
        # What was drawn in a faulty row's place comes last; ids stand as they were asked for.
        samples=made.in_order_of_rows() if chooser else made.in_order(),
        dropped=tuple(every),
        notes=(*reader.notes.sentences(), *(chooser.notes() if chooser else ())),
        mended=reader.mending.account(),
        chosen=chosen,
        split=split,
    )


def _named(
    reader: RowReader, ids: Sequence[str], limit: int | None, *, unsealed: bool
) -> Generator[Row, None, None]:
    """Give the rows of these ids, whether or not the dataset would choose them."""
    with closing(read_rows(reader.file, reader.columns, reader.config.image_columns)) as every:
        rows = reader.choose(every, ids)
    splits = reader.config.choosing.splits
    if unsealed and splits and splits.sealed:
        refuse_sealed(reader, splits, rows)
    with closing(reader.images.ahead(row for row in rows[:limit])) as following:
        yield from following


_EMPTIED = {
    "where": "'where' keeps no row: are its values spelt as in the file?",
    "split": "all units are in other splits: so few are not divided by chance as the shares say",
}
"""Step of choosing → what to do where it keeps nothing."""


def _account(dropped: Sequence[Dropped]) -> str:
    """Count dropped rows by reason: ``5 rows left out: 3 missing_image, 2 duplicate_image``."""
    counts = Counter(row.reason for row in dropped)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"{counted(len(dropped), 'row')} left out: {reasons}" if dropped else "no row"
