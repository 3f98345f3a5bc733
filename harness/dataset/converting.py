"""Samples → a dataset of its own: a table, the images copied byte for byte, and its description.

Every image is copied once and named by the id of the first sample that shows it, in letters that
every file system takes. What the description says reads back to the same samples.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from harness import media
from harness.media.formats import open_header
from harness.records import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from harness.records import DatasetConfig, Splits

TableFormat = Literal["parquet", "jsonl"]
Parts = Mapping[str | None, Sequence[Sample]]
"""The samples of each split that has some; under None those of a dataset without splits."""

IMAGES = "images"
"""The folder of the images, beside the description."""
_TABLE = "samples"
_SAFE = re.compile(r"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[A-Za-z0-9][A-Za-z0-9_-]{0,79}", re.I)
"""An id that may be a file's name as it stands, on any file system."""
_PLAIN = re.compile(r"(?!(?:yes|no|on|off|true|false|null)$)[A-Za-z][\w-]*", re.I | re.A)
"""A text that is one in YAML without quotation marks, too."""
_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif"}
"""Of formats whose suffix is not their name."""
_ROWS = 10_000
"""Of the table that are written together."""


def copy_images(
    samples: Iterable[Sample], folder: Path, told: Callable[[int], None]
) -> dict[str, str]:
    """Copy every image of samples into a folder.

    Args:
        samples: whose images are meant.
        folder: made here.
        told: told how many there are already.

    Returns:
        Hash of an image → the name of its file.

    Raises:
        DataError: an image has gone, or has changed since it was looked at.
        OSError: a file cannot be written.
    """
    folder.mkdir()
    names: dict[str, str] = {}
    taken: set[str] = set()
    for sample in samples:
        for number, ref in enumerate(sample.media, 1):
            if ref.sha256 in names:
                continue
            content = media.open(ref)
            stem = _stem(sample.id, number, taken)
            taken.add(stem.casefold())
            names[ref.sha256] = stem + _suffix(content, ref.name)
            (folder / names[ref.sha256]).write_bytes(content)
            told(len(names))
    return names


def write_dataset(
    parts: Parts,
    config: DatasetConfig,
    folder: Path,
    names: dict[str, str],
    *,
    table: TableFormat,
    told: str,
) -> Path:
    """Write a table of samples and its description into a folder that has the images.

    Args:
        parts: the samples of each split, at least one in all.
        config: the description of the dataset that they are of.
        folder: where to.
        names: of the files of the images, as ``copy_images`` gives them.
        table: its format.
        told: where the samples are from, a comment in the description.

    Returns:
        The path of the description.

    Raises:
        ValueError: the table cannot hold the metadata.
        OSError: a file cannot be written.
    """
    taken = set(config.metadata_columns)
    kinds = ["id", "image", "references"]
    if any(sample.cluster is not None for samples in parts.values() for sample in samples):
        kinds.append("cluster")
    if config.choosing.splits:
        kinds.append("split")
    own = {kind: _free(kind, taken) for kind in kinds}
    write = _write_parquet if table == "parquet" else _write_lines
    write(folder / f"{_TABLE}.{table}", _records(parts, own, names))
    description = folder / f"{config.name}.yaml"
    lines = _description(config, own, table, told)
    description.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return description


def _records(parts: Parts, own: dict[str, str], names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Give the cells of each sample by their columns."""
    for split, samples in parts.items():
        for sample in samples:
            values = {
                "id": sample.id,
                "image": [names[ref.sha256] for ref in sample.media],
                "references": list(sample.references),
                "cluster": sample.cluster,
                "split": split,
            }
            yield {**{own[kind]: values[kind] for kind in own}, **sample.metadata}


def _write_parquet(path: Path, given: Iterable[dict[str, Any]]) -> None:
    import pyarrow
    import pyarrow.parquet

    records = list(given)
    try:
        columns = {name: pyarrow.array([r[name] for r in records]) for name in records[0]}
        pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=_ROWS)
    except (pyarrow.ArrowException, TypeError, OverflowError) as error:
        raise ValueError(str(error).partition("\n")[0]) from error


def _write_lines(path: Path, records: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(f"{json.dumps(record, ensure_ascii=False)}\n")


def _description(
    config: DatasetConfig, own: dict[str, str], table: TableFormat, told: str
) -> Iterator[str]:
    yield f"# {_printable(told)}"
    if config.mend:
        yield f"# Its references were mended already: {', '.join(config.mend)}."
    if config.description:
        yield f"description: {_quoted(config.description)}"
    yield f"source: {{format: {table}, path: {_TABLE}.{table}}}"
    yield "columns:"
    yield f"  id: {own['id']}"
    yield f"  image: {own['image']}"
    yield f"  references: [{own['references']}]"
    if config.metadata_columns:
        yield f"  metadata: [{', '.join(map(_quoted, config.metadata_columns))}]"
    if "cluster" in own:
        yield f"  cluster: {own['cluster']}"
    yield f"images: {{root: {IMAGES}}}"
    if config.choosing.splits:
        yield splits_line(replace(config.choosing.splits, column=own["split"]))
    yield "clean: []  # what had a fault is not here any more"


def splits_line(splits: Splits) -> str:
    """Write how a dataset is divided, as a line of its description."""
    written = [f"{yaml_text(name)}: {share}" for name, share in splits.shares.items()]
    if splits.sealed:
        written.append(f"sealed: [{', '.join(map(yaml_text, splits.sealed))}]")
    if splits.column:
        written.append(f"column: {yaml_text(splits.column)}")
    return f"splits: {{{', '.join(written)}}}"


def yaml_text(text: str) -> str:
    """Write a text as YAML, without quotation marks where it needs none."""
    return text if _PLAIN.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """Write a text as YAML; JSON is that, but for what YAML wants escaped too."""
    return _printable(json.dumps(text, ensure_ascii=False))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in text)


def _free(name: str, taken: Collection[str]) -> str:
    """Give a name that no column of metadata has."""
    while name in taken:
        name += "_"
    return name


def _stem(sample_id: str, number: int, taken: Collection[str]) -> str:
    """Name an image by its sample; a hash is added where the id alone will not do."""
    digest = hashlib.sha256(sample_id.encode(errors="surrogatepass")).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9]+", "-", sample_id)[:40].strip("-") or "sample"
    after = f"-{number}" if number > 1 else ""
    stem = (sample_id if _SAFE.fullmatch(sample_id) else f"{plain}-{digest[:8]}") + after
    length = 8
    while stem.casefold() in taken:  # ids that differ in their case alone, or by such a number
        length += 4
        stem = f"{plain}-{digest[:length]}{after}"
    return stem


def _suffix(content: bytes, name: str) -> str:
    kind = open_header(BytesIO(content), name).format or ""
    return _SUFFIXES.get(kind, f".{kind.lower()}")
