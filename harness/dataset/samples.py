"""Dataset description + rows → cleaned, ordered samples, and the account of what was dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.dataset.tabular import read_table
from harness.errors import DataError
from harness.fingerprint import sha256_file
from harness.media import probe
from harness.records import Dropped, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from harness.records import DatasetConfig, MediaRef


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedDataset:
    """The samples of a dataset in the order of its rows, and the rows that became none."""

    samples: tuple[Sample, ...]
    dropped: tuple[Dropped, ...]


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
        limit: stop after so many samples.
        ids: take only these, in this order.
        images: whether the samples need them; without, image columns and files are not looked at.
        hash_file: hashes an image file's bytes.

    Raises:
        DataError: a file or column is missing, an id stands twice or is unknown, a row has a fault
            that ``clean`` does not list, or nothing is left.
    """
    rows = _read(config, images=images)
    id_of = _id_column(rows, config)
    if ids is not None:
        rows, id_of = _choose(rows, id_of, ids, config)
    samples: list[Sample] = []
    dropped: list[Dropped] = []
    seen: dict[str, str] = {}
    look = partial(_media, config=config, seen=seen, hash_file=hash_file) if images else None
    for sample_id, row in zip(id_of, rows.to_dict("records"), strict=True):
        if limit is not None and len(samples) >= limit:
            break
        found = _sample(sample_id, row, config, look)
        if isinstance(found, Sample):
            samples.append(found)
            continue
        if found.reason not in config.clean:
            raise DataError(
                f"sample '{sample_id}': {found.detail}",
                where=config.where,
                hint=f"add '{found.reason}' to 'clean:' to leave such rows out and count them",
            )
        dropped.append(found)
    if not samples:
        raise DataError(
            f"dataset '{config.name}' has no usable sample ({len(dropped)} dropped)",
            where=config.where,
            hint=dropped[0].detail if dropped else "the source file has no rows",
        )
    return LoadedDataset(samples=tuple(samples), dropped=tuple(dropped))


def _read(config: DatasetConfig, *, images: bool) -> pd.DataFrame:
    columns = [
        config.id_column,
        *(config.image_columns if images else ()),
        *config.reference_columns,
        *config.metadata_columns,
        *([config.cluster_column] if config.cluster_column else ()),
    ]
    rows = read_table(config.path, config.format, columns, where=config.where)
    return rows[list(dict.fromkeys(columns))]


def _id_column(rows: pd.DataFrame, config: DatasetConfig) -> list[str]:
    id_of = [str(value) for value in rows[config.id_column]]
    twice = [sample_id for sample_id, n in Counter(id_of).items() if n > 1]
    if twice:
        raise DataError(
            f"id '{twice[0]}' stands more than once in {config.path.name}",
            where=config.where,
            hint=f"{len(twice)} ids repeat; scores are kept by id, so each must be unique",
        )
    return id_of


def _choose(
    rows: pd.DataFrame, id_of: list[str], ids: Sequence[str], config: DatasetConfig
) -> tuple[pd.DataFrame, list[str]]:
    place = {sample_id: i for i, sample_id in enumerate(id_of)}
    unknown = [sample_id for sample_id in ids if sample_id not in place]
    if unknown:
        raise DataError(
            f"dataset '{config.name}' has no sample '{unknown[0]}'",
            where=config.where,
            hint=f"its ids look like: {', '.join(id_of[:5])}",
        )
    return rows.iloc[[place[sample_id] for sample_id in ids]], list(ids)


def _sample(
    sample_id: str,
    row: dict[Any, Any],
    config: DatasetConfig,
    look: Callable[[str, dict[Any, Any]], tuple[MediaRef, ...] | Dropped] | None,
) -> Sample | Dropped:
    references = _texts(row[column] for column in config.reference_columns)
    if not references:
        columns = ", ".join(config.reference_columns)
        return Dropped(id=sample_id, reason="missing_reference", detail=f"no text in {columns}")
    media = look(sample_id, row) if look else ()
    if isinstance(media, Dropped):
        return media
    return Sample(
        id=sample_id,
        media=media,
        cluster=str(row[config.cluster_column]) if config.cluster_column else None,
        references=tuple(references),
        metadata={column: _plain(row[column]) for column in config.metadata_columns},
    )


def _media(
    sample_id: str,
    row: dict[Any, Any],
    config: DatasetConfig,
    seen: dict[str, str],
    hash_file: Callable[[Path], str],
) -> tuple[MediaRef, ...] | Dropped:
    media: list[MediaRef] = []
    for name in _texts(row[column] for column in config.image_columns):
        path = _inside(config.image_root, name + config.image_suffix)
        if not path.is_file():
            return Dropped(id=sample_id, reason="missing_image", detail=f"no such image: {path}")
        try:
            media.append(probe(path, hash_file))
        except DataError as error:
            return Dropped(id=sample_id, reason="unreadable_image", detail=error.message)
    if not media:
        columns = ", ".join(config.image_columns)
        return Dropped(id=sample_id, reason="missing_image", detail=f"no image in {columns}")
    twin = seen.setdefault(media[0].sha256, sample_id)
    if twin != sample_id and "duplicate_image" in config.clean:
        return Dropped(
            id=sample_id, reason="duplicate_image", detail=f"the same image as sample '{twin}'"
        )
    return tuple(media)


def _inside(root: Path, name: str) -> Path:
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise DataError(f"image '{name}' lies outside {root}", hint="images stay in images.root")
    return path


def _texts(values: Any) -> list[str]:
    """Flatten cells that hold a text or a list of texts; blank ones and NaN are no text."""
    flat = [
        text
        for value in values
        for text in (value if isinstance(value, list | tuple) or _is_array(value) else [value])
    ]
    return [text for text in flat if isinstance(text, str) and text.strip()]


def _plain(value: Any) -> Any:
    """Turn what pandas gives into what JSON can hold; NaN becomes None."""
    if _is_array(value):
        return [_plain(item) for item in value.tolist()]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value


def _is_array(value: Any) -> bool:
    return hasattr(value, "tolist") and hasattr(value, "shape") and value.shape != ()
