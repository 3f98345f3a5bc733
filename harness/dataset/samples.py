"""Dataset description + rows → cleaned, ordered samples, and the account of what was dropped."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import media
from harness.dataset.row_fault import RowFault
from harness.dataset.row_reader import RowReader
from harness.dataset.sources.table import read_rows
from harness.errors import DataError
from harness.fingerprint import sha256_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from harness.dataset.sources.table import Row
    from harness.records import DatasetConfig, Dropped, MediaRef, Mended, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDataset:
    """The samples of a dataset in the order of its rows, and the rows that became none."""

    samples: tuple[Sample, ...]
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...] = ()
    """What was taken for something else than it is in the file, a sentence each, with its count."""
    mended: tuple[Mended, ...] = ()
    """What each step of ``mend:`` changed in the references."""


def load_samples(
    config: DatasetConfig,
    *,
    limit: int | None = None,
    ids: Sequence[str] | None = None,
    images: bool = True,
    hash_file: Callable[[Path], str] = sha256_file,
    look: Callable[[MediaRef], str] = media.look,
) -> LoadedDataset:
    """Read a dataset's samples; its images are checked and hashed, not kept.

    Args:
        config: the dataset's description.
        limit: stop after so many samples; rows behind them are not looked at.
        ids: take only these, in this order; each must be usable.
        images: whether the samples need them; else those that are there are looked at, no other
            is missed, and samples say where their images would be.
        hash_file: hashes an image file's bytes.
        look: gives the look of an image; asked where ``clean`` lists ``near_duplicate_image``.

    Raises:
        DataError: the file cannot be read, a column is missing, an id that was asked for is not
            there, a row has a fault that ``clean`` does not list, or nothing is left.
    """
    reader = RowReader(config, images=images, hash_file=hash_file, look=look)
    samples: list[Sample] = []
    dropped: list[Dropped] = []
    with closing(read_rows(reader.file, reader.columns, config.image_columns)) as every:
        rows: Iterable[Row] = every if ids is None else reader.choose(every, ids)
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
        samples=tuple(samples),
        dropped=tuple(dropped),
        notes=reader.notes.sentences(),
        mended=reader.mending.account(),
    )


def _account(dropped: Sequence[Dropped]) -> str:
    """Count dropped rows by reason: ``5 rows left out: 3 missing_image, 2 duplicate_image``."""
    counts = Counter(row.reason for row in dropped)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    return f"{len(dropped)} rows left out: {reasons}" if dropped else "no row"
