"""A dataset of Hugging Face's ``datasets`` → rows: one that was saved to disk, or one on the Hub.

It is read from its Arrow files as they lie, column by column: a picture is a place in them, a class
label its name. One on the Hub is known by its commit and by nothing else: what the cache holds of
that commit is read without asking the Hub, and what it holds of another is never taken for it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.counted import counted
from harness.dataset.sources.arrow_cells import cell_of, cells_of, picture_form
from harness.dataset.sources.table import Row, check_columns
from harness.errors import DataError
from harness.nearest import nearest
from harness.records import CellPlace, FilePlace, MemberPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.dataset.sources.table import Cell, TableFile

BATCH = 1024
"""Rows whose cells are held at a time."""
SECONDS = 5.0
"""How long the Hub may take to say at which commit a branch stands."""
_COMMIT = re.compile("[0-9a-f]{40}")
_IN_ARCHIVE = re.compile(r"zip://(?P<member>.+)::(?P<archive>/.+)", re.DOTALL)


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a split's rows; see ``table.read_rows``.

    Raises:
        DataError: there is no such dataset, commit, configuration, split or column, or it is kept
            in a way that is not read here.
    """
    data = _saved(file) if file.revision is None else _of_hub(file)
    check_columns(file, list(data.features), columns)
    wanted = [column for column in (*columns, *optional) if column in data.features]
    number = 0
    for batch, table, begin in _batches(file, [each["filename"] for each in data.cache_files]):
        given = {c: _cells(batch.column(c), data.features[c], table, c, begin) for c in wanted}
        for i in range(batch.num_rows):
            number += 1
            cells = {c: given[c][i] if c in given else None for c in (*columns, *optional)}
            yield Row(number=number, cells=cells)
    if number != data.num_rows:
        raise file.error(
            f"its files hold {counted(number, 'row')}, and {data.num_rows:,} of them are the split",
            hint="save it once more: a selection of rows is written out then",
        )


def _saved(file: TableFile) -> Any:
    """Open what ``save_to_disk`` wrote."""
    import datasets

    try:
        found = datasets.load_from_disk(str(file.path), keep_in_memory=False)
    except Exception as error:  # whatever a folder of something else makes it raise
        if _left_of_saved(file.path):
            raise file.error(
                f"is damaged: a dataset that save_to_disk wrote, of which a part is missing or "
                f"broken ({_words(error)})",
                hint="copy or save it once more, with state.json, dataset_info.json and all .arrow",
            ) from error
        raise file.error(
            f"is no dataset that save_to_disk wrote ({_words(error)})",
            hint="of a dataset on the Hub say the commit too, as 'revision:'; files of a dataset "
            "are read by their own format, as parquet",
        ) from error
    if isinstance(found, datasets.DatasetDict):
        return found[_split(file, list(found))]
    if file.split is not None and str(found.split) != file.split:
        raise DataError(
            f"{file.path} is one dataset without splits",
            where=file.named_at,
            hint="leave 'split' out",
        )
    return found


def _left_of_saved(folder: Path) -> bool:
    """Tell whether something of what save_to_disk writes stands there, in a split's folder too."""
    return any(
        next(folder.glob(f"{below}{name}"), None)
        for below in ("", "*/")
        for name in ("state.json", "dataset_info.json", "dataset_dict.json", "*.arrow")
    )


def _of_hub(file: TableFile) -> Any:
    """Open a split of a dataset on the Hub, from the cache where that has it."""
    import datasets
    from datasets.packaged_modules.cache.cache import Cache

    assert file.revision is not None
    name = file.path.as_posix()
    if not _COMMIT.fullmatch(file.revision):
        raise _no_commit(file, name, file.revision)
    builder: Any = _cached(file, name)
    if builder is None:
        reason = "the Hub cannot be reached"
        try:
            builder = datasets.load_dataset_builder(name, file.config, revision=file.revision)
            known = not isinstance(builder, Cache)  # without the Hub it takes what the cache has
            if known:
                builder.download_and_prepare()
        except Exception as error:  # noqa: BLE001 - of the network, the Hub, any reader of files
            known, reason = False, _words(error)
        if not known:
            raise _not_to_be_had(file, name, reason)
    return builder.as_dataset(split=_split(file, list(builder.info.splits or ())))


def _cached(file: TableFile, name: str) -> Any | None:
    """Find what was prepared of this commit and configuration; the Hub is not asked."""
    import json

    import datasets
    from datasets.naming import camelcase_to_snakecase
    from datasets.packaged_modules.cache.cache import Cache

    *owner, own = name.split("/")
    folder = Path(datasets.config.HF_DATASETS_CACHE).expanduser()
    folder /= "___".join([*owner, camelcase_to_snakecase(own)])
    for info in sorted(folder.glob(f"*/*/{file.revision}/dataset_info.json")):
        with suppress(OSError, ValueError):
            config = json.loads(info.read_text(encoding="utf-8"))["config_name"]
            if config == (file.config or "default"):
                version, commit = info.parts[-3:-1]
                builder = Cache(
                    repo_id=name, dataset_name=own, config_name=info.parts[-4], version=version,
                    hash=commit,
                )  # fmt: skip
                builder.download_and_prepare()
                return builder
    return None


def _split(file: TableFile, splits: list[str]) -> str:
    if file.split in splits:
        return str(file.split)
    missing = "its split must be said" if file.split is None else f"has no split '{file.split}'"
    hint = f"split: {' or '.join(splits)}" if file.split is None else nearest(file.split, splits)
    raise DataError(f"{file.path}: {missing}", where=file.named_at, hint=hint)


def _no_commit(file: TableFile, name: str, revision: str) -> DataError:
    """Say at which commit a branch or tag stands now, if the Hub does."""
    from huggingface_hub import HfApi

    hint = f"the commits stand at https://huggingface.co/datasets/{name}/commits/main"
    with suppress(Exception):  # there may be no network, and it is a hint
        commit = HfApi().dataset_info(name, revision=revision, timeout=SECONDS).sha
        hint = f"it stands at {commit} now: write 'revision: {commit}'"
    return DataError(
        f"revision '{revision}' is no commit (40 hexadecimal digits): what it names may change",
        where=file.named_at,
        hint=hint,
    )


def _not_to_be_had(file: TableFile, name: str, reason: str) -> DataError:
    import datasets

    config = f", {file.config}" if file.config else ""
    return DataError(
        f"no dataset '{name}' ({file.revision}{config}): the cache "
        f"{datasets.config.HF_DATASETS_CACHE} has none of this commit, and {reason}",
        where=file.named_at,
        hint="a first run where there is a network fetches it; the folder that HF_HOME names can "
        "be copied to another machine",
    )


def _batches(file: TableFile, tables: Sequence[str]) -> Iterator[tuple[Any, str, int]]:
    """Give parts of each Arrow file, with its path and the row of it at which the part begins."""
    import pyarrow

    for table in tables:
        begin = 0
        try:
            with (
                pyarrow.memory_map(table) as mapped,
                pyarrow.ipc.open_stream(mapped) as batches,
            ):
                for batch in batches:
                    for first in range(0, batch.num_rows, BATCH):
                        yield batch.slice(first, BATCH), table, begin + first
                    begin += batch.num_rows
        except pyarrow.ArrowException as error:
            raise file.error(f"{table} cannot be read as Arrow ({error})") from error


def _cells(column: Any, feature: Any, table: str, name: str, begin: int) -> list[Cell]:
    form = picture_form(column.type)
    if form is None:
        if not _holds_labels(feature):
            return cells_of(column)
        return [cell_of(_named(value, feature)) for value in column.to_pylist()]
    if form != "list":
        return _pictures(column, table, name, range(begin, begin + len(column)), None)
    cells: list[Cell] = []
    flat, first = column.flatten(), 0
    for row, count in enumerate(column.value_lengths().to_pylist(), start=begin):
        members = flat.slice(first, count or 0)
        cells.append(_pictures(members, table, name, [row] * len(members), range(len(members))))
        first += len(members)
    return cells


def _pictures(
    column: Any, table: str, name: str, rows: Sequence[int], items: Sequence[int] | None
) -> list[Cell]:
    """Give the places of pictures, of those that are files by themselves these files."""
    from pyarrow import types

    if not types.is_struct(column.type):
        there, paths = column.is_valid().to_pylist(), [None] * len(column)
    else:
        there = column.field("bytes").is_valid().to_pylist()
        named = "path" in {field.name for field in column.type}
        paths = column.field("path").to_pylist() if named else [None] * len(column)
        known = column.is_valid().to_pylist()
        there = [a and b for a, b in zip(there, known, strict=True)]
        paths = [path if b else None for path, b in zip(paths, known, strict=True)]
    return [
        CellPlace(table=table, column=name, row=row, item=items[i] if items else None)
        if there[i]
        else _file(paths[i])
        for i, row in enumerate(rows)
    ]


def _file(path: str | None) -> Cell:
    """Give a picture that the cache holds as a file; of any other path its text."""
    import datasets

    if path is None:
        return None
    packed = _IN_ARCHIVE.fullmatch(path)
    whole = Path(packed["archive"] if packed else path)
    cache = Path(datasets.config.HF_CACHE_HOME).expanduser().resolve()
    with suppress(OSError, ValueError):
        if whole.is_absolute() and whole.resolve().is_relative_to(cache):
            if packed:
                return MemberPlace(archive=str(whole), member=packed["member"])
            return FilePlace(path=str(whole))
    return path


def _holds_labels(feature: Any) -> bool:
    if isinstance(feature, dict):
        return any(map(_holds_labels, feature.values()))
    inner = getattr(feature, "feature", None)
    return hasattr(feature, "int2str") or (inner is not None and _holds_labels(inner))


def _named(value: Any, feature: Any) -> Any:
    """Put the names of classes for their numbers; -1 is none."""
    if value is None:
        return None
    if isinstance(feature, dict):
        return {key: _named(value[key], of) for key, of in feature.items()}
    if hasattr(feature, "int2str"):
        known = isinstance(value, int) and 0 <= value < len(feature.names)
        return feature.names[value] if known else None
    if (inner := getattr(feature, "feature", None)) is not None and isinstance(value, list):
        return [_named(member, inner) for member in value]
    return value


def _words(error: Exception) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= 200 else f"{said[:200]}…"
