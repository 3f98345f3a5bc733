"""A dataset → what of it is used and what is left out and why, before any run.

It is read as a run reads it, by the same rules. Rows with a fault that would end a run, because
``clean:`` does not list it, are told apart; here they end nothing.
"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from harness.config.load import find_dataset
from harness.dataset.row_fault import UNUSABLE
from harness.dataset.sources.table import WITHOUT_LINES
from harness.dataset.splits import sealed_note
from harness.dataset.suspicious import suspicions
from harness.pipeline.asking.plan_samples import samples_of
from harness.pipeline.reading.run_list import results_folder
from harness.report.dropped_rows import DROPPED_MARK, dropped_csv
from harness.report.named_file import refuse_other, write_named
from harness.store.file_hashes import HASHES_FILE, FileHashes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.dataset.samples import LoadedDataset
    from harness.dataset.suspicious import Suspicion
    from harness.records import Chosen, DatasetConfig, Dropped, Json, MediaRef, Mended, Place

SHOWN = 3
"""Rows that are shown of each reason."""


class Progress(Protocol):
    """Is told how far a check has come."""

    def stage(self, text: str) -> None:
        """Say what begins."""

    def so_far(self, text: str) -> None:
        """Say how much of it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Rows that are left out for one reason."""

    reason: str
    rows: int
    examples: tuple[Dropped, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChecked:
    """What of a dataset is used."""

    dataset: str
    counted: Literal["line", "row"]
    """What the number of a row counts."""
    kept: int
    """Samples."""
    dropped: tuple[Dropped, ...]
    """Rows that a run leaves out."""
    ending: tuple[Dropped, ...]
    """Rows that would end a run: ``clean:`` does not list their fault."""
    chosen: tuple[Chosen, ...]
    """What each step of choosing kept of the rows; the others are not looked at."""
    mended: tuple[Mended, ...]
    sealed: str | None
    """What is to be known of reading about a sealed split; None: it is not sealed."""
    notes: tuple[str, ...]
    suspicious: tuple[Suspicion, ...]

    @property
    def rows(self) -> int:
        """All that were looked at."""
        return self.kept + len(self.dropped) + len(self.ending)

    def drops_more_than(self, most: str) -> bool:
        """Tell whether more rows are left out than a number, or a share of all such as ``5%``."""
        share = most.endswith("%")
        allowed = self.rows * float(most[:-1]) / 100 if share else float(most)
        return len(self.dropped) > allowed

    def reasons(self, rows: Sequence[Dropped]) -> Iterator[Reason]:
        """Put rows together by their reason, the most frequent first."""
        for reason, count in Counter(row.reason for row in rows).most_common():
            examples = [row for row in rows if row.reason == reason][:SHOWN]
            yield Reason(reason=reason, rows=count, examples=tuple(examples))

    def csv(self) -> str:
        """Write every row that is not used, and why, as ``dropped.csv`` of a run does."""
        every = sorted((*self.dropped, *self.ending), key=lambda row: row.row or 0)
        return dropped_csv(every)

    def json(self) -> Json:
        """Give all but the single rows, of which there are examples."""
        return {
            "dataset": self.dataset,
            "rows": self.rows,
            "kept": self.kept,
            "dropped": [asdict(reason) for reason in self.reasons(self.dropped)],
            "ending": [asdict(reason) for reason in self.reasons(self.ending)],
            "chosen": [asdict(each) for each in self.chosen],
            "mended": [asdict(each) for each in self.mended],
            "notes": [*filter(None, [self.sealed]), *self.notes],
            "suspicious": [asdict(each) for each in self.suspicious],
        }


def check_data(
    dataset: str, progress: Progress, *, split: str | None = None, to: Path | None = None
) -> DataChecked:
    """Read a whole dataset, its images too, and say what of it is used.

    Args:
        dataset: its name under ``datasets/``, or a path ending in .yaml.
        progress: told how many images have been looked at.
        split: of the dataset; default: its first, where it has some.
        to: the file of rows that are not used; written at the end.

    Raises:
        ConfigErrors: there is no such dataset, or its description is wrong.
        DataError: its file cannot be read, or nothing of it can be used.
        HarnessError: the file cannot be written, or something else stands there.
    """
    if to is not None:
        refuse_other(to, DROPPED_MARK)  # before all is read
    return checked_data(*read_data(dataset, progress, split=split))


def read_data(
    dataset: str,
    progress: Progress,
    *,
    split: str | None = None,
) -> tuple[DatasetConfig, LoadedDataset]:
    """Read a whole dataset; rows whose fault would end a run are left out, too.

    What is found out about images is remembered for runs, beside their results.

    Args:
        dataset: its name under ``datasets/``, or a path ending in .yaml.
        progress: told how many images have been looked at.
        split: of the dataset; default: its first, where it has some.

    Raises:
        ConfigErrors: there is no such dataset, or its description is wrong.
        DataError: its file cannot be read, or nothing of it can be used.
    """
    config = find_dataset(dataset, Path())
    progress.stage(f"reading {config.name}")
    with images_told(progress) as (probe, hashes):
        loaded = samples_of(lenient_of(config), probe, split=split, look=hashes.look)
        return config, replace(loaded, notes=(*loaded.notes, *hashes.notes()))


def lenient_of(config: DatasetConfig) -> DatasetConfig:
    """Have rows whose fault would end a run left out, too."""
    return replace(config, clean=tuple(dict.fromkeys((*config.clean, *UNUSABLE))))


@contextmanager
def images_told(
    progress: Progress,
) -> Iterator[tuple[Callable[[Place], MediaRef], FileHashes]]:
    """Give what probes images, and what remembers them and their looks for runs.

    Args:
        progress: told how many images have been looked at.
    """
    begun = done = 0
    lock = threading.Lock()  # those at URLs are looked at by several threads

    with FileHashes(results_folder() / HASHES_FILE) as hashes:

        def count(begins: int, ends: int) -> None:
            nonlocal begun, done
            with lock:
                begun, done = begun + begins, done + ends
                waiting = begun - done
                progress.so_far(f"{done:,} images" + (f", {waiting:,} under way" * (waiting > 1)))

        def probe(place: Place) -> MediaRef:
            count(1, 0)
            try:
                return hashes.probe(place)
            finally:
                count(0, 1)

        yield probe, hashes


def checked_data(config: DatasetConfig, loaded: LoadedDataset) -> DataChecked:
    """Say what of a dataset is used, and what looks wrong of it."""
    return DataChecked(
        dataset=config.name,
        counted="row" if config.format in WITHOUT_LINES else "line",
        kept=len(loaded.samples),
        dropped=tuple(row for row in loaded.dropped if row.reason in config.clean),
        ending=tuple(row for row in loaded.dropped if row.reason not in config.clean),
        chosen=loaded.chosen,
        mended=loaded.mended,
        sealed=sealed_note(config, loaded.split),
        notes=loaded.notes,
        suspicious=suspicions(loaded.samples),
    )


def write_csv(checked: DataChecked, path: Path) -> None:
    """Write the rows that are not used to a file.

    Raises:
        HarnessError: it cannot be written, or something else stands there.
    """
    write_named(path, checked.csv(), DROPPED_MARK)
