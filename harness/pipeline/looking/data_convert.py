"""A dataset → a folder with its samples: a table, the images, and a description that reads back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.load import find_dataset, load_dataset
from harness.counted import counted
from harness.dataset.converting import IMAGES, copy_images, write_dataset
from harness.dataset.samples import NothingUsableError, load_samples
from harness.dataset.sources.seen_files import SeenFiles
from harness.errors import DataError
from harness.fingerprint import canonical_json
from harness.pipeline.asking.plan_samples import samples_of
from harness.pipeline.looking.data_check import images_told
from harness.pipeline.looking.unfinished import unfinished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.dataset.converting import Parts, TableFormat
    from harness.dataset.samples import LoadedDataset
    from harness.pipeline.looking.data_check import Progress
    from harness.records import DatasetConfig, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was written."""

    description: Path
    samples: int
    splits: dict[str, int]
    """How many samples of each; empty where the dataset has no splits."""
    images: int
    table: TableFormat
    left_out: int
    """Rows."""


def convert_data(dataset: str, folder: Path, progress: Progress) -> Converted:
    """Write the samples of a dataset, and read them again to see that they are the same.

    Of each split are written those that a run on it uses; a column says in which each is.

    The folder is there when it is whole, and not before. Parquet cannot hold every metadata as it
    is, such as a field that is a text here and a list there; then JSON lines are written.

    Args:
        dataset: its name under ``datasets/``, or a path ending in .yaml.
        folder: where to; it may not be there, or must be empty.
        progress: told how far it is.

    Raises:
        ConfigErrors: there is no such dataset, or its description is wrong.
        DataError: it cannot be read as a run reads it, or the folder holds something already or
            cannot be written.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise DataError(f"{folder} is there already", hint="nothing is overwritten: name another")
    config = find_dataset(dataset, Path())
    parts, left_out = _read(config, progress)
    progress.stage(f"writing {folder}")
    try:
        with unfinished(folder.resolve()) as waiting:
            names = copy_images(
                chain.from_iterable(parts.values()),
                waiting / IMAGES,
                lambda done: progress.so_far(f"{done:,} images"),
            )
            table, description = _written(parts, config, waiting, names)
    except OSError as error:
        raise DataError(f"{folder} cannot be written: {error.strerror}") from error
    return Converted(
        description=folder / description.name,
        samples=sum(map(len, parts.values())),
        splits={name: len(samples) for name, samples in parts.items() if name},
        images=len(names),
        table=table,
        left_out=left_out,
    )


def _read(config: DatasetConfig, progress: Progress) -> tuple[Parts, int]:
    """Give the samples that runs use, and how many rows have faults for which they leave them out.

    Raises:
        DataError: they cannot be read, or there are none.
    """
    faulty: set[int | None] = set()
    seen = SeenFiles()
    with images_told(progress) as (probe, hashes):

        def read(split: str | None) -> LoadedDataset:
            progress.stage(
                f"reading {split} of {config.name}" if split else f"reading {config.name}"
            )
            return samples_of(config, probe, split=split, look=hashes.look, seen=seen)

        parts = _parts(config, read, faulty)
    return parts, len(faulty)


def _parts(
    config: DatasetConfig, read: Callable[[str | None], LoadedDataset], faulty: set[int | None]
) -> Parts:
    """Read each split that has samples.

    Args:
        config: says which there are.
        read: reads one.
        faulty: takes the rows that were left out for a fault.

    Raises:
        DataError: one cannot be read, or none has a sample.
    """
    splits = config.choosing.splits
    parts: dict[str | None, Sequence[Sample]] = {}
    none: NothingUsableError | None = None
    for name in splits.shares if splits else (None,):
        try:
            loaded = read(name)
            parts[name] = loaded.samples
            faulty.update(row.row for row in loaded.dropped)
        except NothingUsableError as error:
            none = error
            faulty.update(row.row for row in error.dropped)
    if none and not parts:
        raise none
    return parts


def _written(
    parts: Parts, config: DatasetConfig, folder: Path, names: dict[str, str]
) -> tuple[TableFormat, Path]:
    """Write the table in the first format from which the same samples are read.

    Raises:
        DataError: there is none.
    """
    count = sum(map(len, parts.values()))
    told = f"Written by 'harness data convert' from {config.name}: {counted(count, 'sample')}."
    fault = ""
    formats: tuple[TableFormat, ...] = ("parquet", "jsonl")
    for table in formats:
        try:
            path = write_dataset(parts, config, folder, names, table=table, told=told)
            fault = _difference(parts, _read_again(path))
        except (ValueError, DataError) as error:
            fault = str(error)
        if not fault:
            return table, path
        (folder / f"samples.{table}").unlink(missing_ok=True)
    raise DataError(f"dataset '{config.name}' cannot be written so that it reads back: {fault}")


def _read_again(path: Path) -> Parts:
    config = load_dataset(path)
    return _parts(config, lambda split: load_samples(config, split=split), set())


def _difference(before: Parts, after: Parts) -> str:
    """Name the first sample that is not the same, or in another split; empty where all are."""
    for split in {**before, **after}:
        one, other = before.get(split, ()), after.get(split, ())
        of = f" of the split '{split}'" if split else ""
        if len(one) != len(other):
            return f"{counted(len(one), 'sample')}{of} became {len(other):,}"
        for a, b in zip(one, other, strict=True):
            if _said(a) != _said(b):
                return f"sample '{a.id}'{of} is another"
    return ""


def _said(sample: Sample) -> str:
    """Write all that a sample says, but where its images are."""
    return canonical_json(
        [
            sample.id,
            sample.references,
            sample.cluster,
            sample.metadata,
            [ref.sha256 for ref in sample.media],
        ]
    )
