"""A dataset → how its splits fall, or how splits that it has not yet would.

Each split is read as a run reads it, but whole, whatever ``sample:`` and ``limit:`` say. No answer
is shown, so that this is no look.
"""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.config.load import find_dataset
from harness.config.rows_wanted import parse_splits
from harness.dataset.both_sides import BothSides
from harness.dataset.converting import splits_line, yaml_text
from harness.dataset.samples import NothingUsableError
from harness.dataset.sources.seen_files import SeenFiles
from harness.errors import DataError
from harness.pipeline.asking.plan_samples import samples_of
from harness.pipeline.looking.data_check import images_told, lenient_of
from harness.pipeline.reading.run_list import results_folder
from harness.report.named_file import refuse_other
from harness.store.looks import LooksFile
from harness.units import clusters_of, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.dataset.both_sides import Twin
    from harness.dataset.known_texts import PackedTexts
    from harness.pipeline.looking.data_check import Progress
    from harness.records import Chosen, DatasetConfig, Dropped, Json, Splits

USUAL = "dev=0.5,test=0.5"
"""What is shown of a dataset without splits where nothing else is asked for; test is sealed."""
_IDS_MARK = "id,split\n"
"""How each list of ids begins."""
_ACROSS = "image_across_splits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A split, and what is in it."""

    name: str
    declared: float
    """Its share of all units, as asked for."""
    sealed: bool
    rows: int
    samples: int
    """Rows that are no sample have a fault; ``harness data check --split`` says which."""
    units: int
    looks: int | None
    """At a sealed split; None: it is not sealed."""
    tried: int | None
    """Different prompts, on a split that is not sealed; None: it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSplit:
    """How the splits of a dataset fall."""

    dataset: str
    description: Path
    """The file that declares them."""
    by: str | None
    """The column of clusters that are kept together; None: each id stands for itself."""
    column: str | None
    """That names the split of each row; None: hashes say it."""
    parts: tuple[Part, ...]
    paste: tuple[str, ...]
    """Lines of YAML that declare splits which are only proposed; none of those declared."""
    replaces: bool
    """Whether the dataset declares others."""
    moves: bool
    """Whether samples are in other splits then."""
    nowhere: tuple[Dropped, ...]
    """Rows that are in no split, for they have no id, or a cell that their split hangs on."""
    same_image: tuple[Dropped, ...]
    """Rows whose image stands in an earlier split, too, under another name."""
    ending: bool
    """Whether these would end a run: ``clean:`` does not list their fault."""
    alike: tuple[Twin, ...] | None
    """Samples with an image that looks like one of an earlier split; None: nobody looked."""
    same_id: tuple[Twin, ...]
    notes: tuple[str, ...]
    ids: tuple[PackedTexts, ...]
    """Of the samples of each split."""

    def shares(self) -> list[float]:
        """Give each split's share of all samples."""
        total = sum(part.samples for part in self.parts) or 1
        return [part.samples / total for part in self.parts]

    def json(self) -> Json:
        """Give all but the ids."""
        return {
            "dataset": self.dataset,
            "by": self.by,
            "column": self.column,
            "declared": not self.paste,
            "yaml": list(self.paste),
            "splits": [
                {**asdict(part), "share": share}
                for part, share in zip(self.parts, self.shares(), strict=True)
            ],
            "in_no_split": [asdict(row) for row in self.nowhere],
            "on_both_sides": {
                "same_image": [asdict(row) for row in self.same_image],
                "same_image_ends_a_run": self.ending,
                "looks_alike": None if self.alike is None else [asdict(t) for t in self.alike],
                "same_id": [asdict(twin) for twin in self.same_id],
            },
            "notes": list(self.notes),
        }


def split_data(
    dataset: str,
    progress: Progress,
    *,
    splits: str | None = None,
    sealed: Sequence[str] = (),
    by: str | None = None,
    looking: bool = True,
    out: Path | None = None,
) -> DataSplit:
    """Divide a dataset as its description says, or as is asked, and say what is where.

    Args:
        dataset: its name under ``datasets/``, or a path ending in .yaml.
        progress: told how many images have been looked at.
        splits: ``dev=0.5,test=0.5``, in the place of those that it declares.
        sealed: which of these are sealed.
        by: a column whose equal values stay together, in the place of its ``cluster``.
        looking: whether pictures that look alike on both sides are searched for.
        out: the folder of results that counts looks; default: the project's.

    Raises:
        ConfigErrors: there is no such dataset, its description is wrong, or what is asked for is
            no way to divide one.
        DataError: its file cannot be read, or nothing of it can be used.
    """
    written = find_dataset(dataset, Path())
    config = _divided(written, splits, sealed, by)
    whole = replace(config.choosing, sample=None, limit=None)
    read = lenient_of(replace(config, choosing=whole))
    sides = BothSides(looking=looking)
    found: list[_Read] = []
    seen = SeenFiles()
    chosen: list[Chosen] = []
    for name in _splits(config).shares:
        progress.stage(f"reading {name} of {config.name}")
        with images_told(progress) as (probe, hashes):
            try:
                loaded = samples_of(read, probe, split=name, look=hashes.look, seen=seen)
                samples, faults, notes = loaded.samples, loaded.dropped, loaded.notes
            except NothingUsableError as error:
                samples, faults, notes = (), error.dropped, ()
                chosen = [step for step in error.chosen if step.step == "where"]
            ids = sides.add(name, samples, hashes.look)
        units = units_of(clusters_of(samples), np.ones(len(samples), np.bool_)).units
        found.append(_Read(name=name, ids=ids, units=units, dropped=faults, notes=notes))
    if not any(len(each.ids) for each in found):
        every = {row.row: row for each in found for row in each.dropped}
        raise NothingUsableError(config, list(every.values()), chosen)
    everywhere = set.intersection(*(set(each.dropped) for each in found))
    nowhere = [row for row in found[0].dropped if row in everywhere]
    looks = LooksFile(results_folder(out), config.name, _splits(config).shares)
    return DataSplit(
        dataset=config.name,
        description=config.where.path,
        by=config.cluster_column,
        column=_splits(config).column,
        parts=tuple(_part(each, _splits(config), nowhere, looks) for each in found),
        paste=() if config is written else tuple(_lines(config, written)),
        replaces=config is not written and written.choosing.splits is not None,
        moves=_moves(config, written),
        nowhere=tuple(nowhere),
        same_image=tuple(r for each in found for r in each.dropped if r.reason == _ACROSS),
        ending=_ACROSS not in config.clean,
        alike=tuple(sides.alike) if looking else None,
        same_id=tuple(sides.same_id),
        notes=tuple(_notes(found)),
        ids=tuple(each.ids for each in found),
    )


def write_ids(divided: DataSplit, folder: Path) -> Path:
    """Write which sample is in which split, for other tools: ``<dataset>.splits.csv``.

    Ids stand there letter by letter, with no guard against spreadsheets: they are to be compared.

    Raises:
        HarnessError: it cannot be written, or something else stands there.
    """
    path = folder / f"{divided.dataset}.splits.csv"
    refuse_other(path, _IDS_MARK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            file.write(_IDS_MARK)
            for part, ids in zip(divided.parts, divided.ids, strict=True):
                writer.writerows((ids[place], part.name) for place in range(len(ids)))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}") from error
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was found in a split."""

    name: str
    ids: PackedTexts
    units: int
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...]


def _splits(config: DatasetConfig) -> Splits:
    splits = config.choosing.splits
    assert splits is not None
    return splits


def _divided(
    config: DatasetConfig, asked: str | None, sealed: Sequence[str], by: str | None
) -> DatasetConfig:
    """Give a description with the splits that are meant; the same one where it declares them."""
    declared = config.choosing.splits
    if declared and not (asked or sealed or by):
        return config
    column = declared.column if declared and not (asked or by) else None
    if asked or declared is None:
        splits = parse_splits(asked or USUAL, sealed if asked or sealed else ["test"])
    else:
        splits = parse_splits(_written(declared), sealed) if sealed else declared
    return replace(
        config,
        choosing=replace(config.choosing, splits=replace(splits, column=column)),
        cluster_column=by or config.cluster_column,
    )


def _moves(config: DatasetConfig, before: DatasetConfig) -> bool:
    """Tell whether samples change sides; a seal moves none."""
    declared = before.choosing.splits
    if declared is None:
        return False
    proposed = _splits(config)
    same = list(declared.shares.items()) == list(proposed.shares.items())
    return not (
        same
        and declared.column == proposed.column
        and config.cluster_column == before.cluster_column
    )


def _written(splits: Splits) -> str:
    return ",".join(f"{name}={share!r}" for name, share in splits.shares.items())


def _part(read: _Read, splits: Splits, nowhere: Sequence[Dropped], looks: LooksFile) -> Part:
    sealed = read.name in splits.sealed
    return Part(
        name=read.name,
        declared=splits.shares[read.name],
        sealed=sealed,
        rows=len(read.ids) + len(read.dropped) - len(nowhere),
        samples=len(read.ids),
        units=read.units,
        looks=looks.looks(read.name) if sealed else None,
        tried=None if sealed else looks.tried(read.name),
    )


def _lines(config: DatasetConfig, before: DatasetConfig) -> Iterator[str]:
    """Write what is to be put into the description."""
    yield splits_line(_splits(config))
    if config.cluster_column and config.cluster_column != before.cluster_column:
        yield "columns:"
        yield f"  cluster: {yaml_text(config.cluster_column)}  # beside those that stand there"


def _notes(found: Sequence[_Read]) -> Iterator[str]:
    """Give what is said of all splits once, and what is said of one with its name."""
    for note in dict.fromkeys(note for each in found for note in each.notes):
        of = [each.name for each in found if note in each.notes]
        yield note if len(of) == len(found) else f"{', '.join(of)}: {note}"
