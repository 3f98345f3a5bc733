"""What a dataset says of its rows → whether its format has that, and the columns that it means.

A format that has columns of its own, such as COCO's captions, is read by these unless others are
named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.schema import ADDED, OPTIONS, ReferencesFile
from harness.config.urls import FROM_URLS, check_url, url_of
from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.config.problems import Problems
    from harness.config.schema import DatasetFile
    from harness.yaml_source import YamlSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns without which there is no sample."""

    id: str
    image: tuple[str, ...]
    references: ReferencesFile


OWN: Mapping[str, Columns] = {
    "coco": Columns(id="id", image=("file_name",), references=ReferencesFile(columns=["captions"])),
    "folder": Columns(id="id", image=("image",), references=ReferencesFile(columns=["references"])),
    "webdataset": Columns(
        id="__key__", image=("image",), references=ReferencesFile(columns=["txt"])
    ),
}
"""Format → the columns that it has by itself."""
WITHOUT_ROOT = frozenset({"folder", "webdataset"})
"""Formats that say themselves where images are."""
_EXAMPLES = {"id": "id", "image": "photo", "references": "[title]"}


def check_options(file: DatasetFile, source: YamlSource, problems: Problems) -> None:
    """Refuse what the format does not have, and a pattern of ``title_from`` that is none."""
    kind = file.source.format
    if kind in WITHOUT_ROOT and "images" in file.model_fields_set:
        where, hint = source.where(("images",)), "leave it out: source.path says where they are"
        problems.add([ConfigError(f"'images' is not for {kind}", where=where, hint=hint)])
    places = {("source", "path"): file.source.path, ("images", "root"): file.images.root}
    for place, written in places.items():
        check_url(written, place, source, problems, remote=file.remote)
    if url_of(file.source.path) and kind not in FROM_URLS:
        where, hint = source.where(("source", "path")), f"formats at URLs: {', '.join(FROM_URLS)}"
        problems.add(
            [ConfigError(f"{kind} is read from this machine alone", where=where, hint=hint)]
        )
    if fault := _title_fault(file.source.title_from):
        where = source.where(("source", "title_from"))
        problems.add([ConfigError(f"'source.title_from': {fault}", where=where)])
    allowed = OPTIONS.get(kind, ADDED)
    for key in file.source.model_fields_set - {"format", "path", *allowed}:
        have = [name for name, keys in OPTIONS.items() if key in keys]
        error = ConfigError(
            f"'source.{key}' is for {_listed(have)}, and the format is {kind}",
            where=source.where(("source", key)),
            hint=f"{kind} takes {_listed(['path', *allowed])}",
        )
        problems.add([error])


def data_path(file: DatasetFile, folder: Path) -> Path:
    """Give where the data are: beside the file; of data elsewhere what they are called there."""
    if file.source.revision is not None:
        return Path(file.source.path)
    url = url_of(file.source.path)
    return folder / file.source.path if url is None else Path(url.rpartition("/")[2])


def image_root(file: DatasetFile, folder: Path) -> Path:
    """Give the folder of images, which is not used where they are at a URL."""
    written = file.source.path if file.source.format == "folder" else file.images.root
    return folder / ("." if url_of(written) else written)


def columns_of(file: DatasetFile, source: YamlSource, problems: Problems) -> Columns | None:
    """Give the columns that are named, and for the others those that the format has by itself.

    Returns:
        None where one is missing.
    """
    own = OWN.get(file.source.format)
    if own is not None and file.source.title_from is not None:
        own = replace(own, references=ReferencesFile(columns=["title"]))
    if file.columns is None:
        if own is None:
            every = ", ".join(f"{key}: {example}" for key, example in _EXAMPLES.items())
            place, hint = source.where(("columns",)), f"for example {{{every}}}"
            problems.add([ConfigError("'columns' is missing", where=place, hint=hint)])
        return own
    image = file.columns.image
    named: dict[str, Any] = {
        "id": file.columns.id,
        "image": (image,) if isinstance(image, str) else image and tuple(image),
        "references": file.columns.references,
    }
    given = {key: column for key, column in named.items() if column is not None}
    if own is not None:
        return replace(own, **given)
    for key in named.keys() - given.keys():
        place, hint = source.where(("columns", key)), f"for example {key}: {_EXAMPLES[key]}"
        problems.add([ConfigError(f"'columns.{key}' is missing", where=place, hint=hint)])
    return Columns(**given) if len(given) == len(named) else None


def _title_fault(title_from: str | None) -> str | None:
    """Say what is wrong with a pattern by which columns are taken from names."""
    if title_from is None or title_from == "name":
        return None
    from harness.answer_form import pattern_fault  # loads a checker of schemas: few need it
    from harness.bounded_schema import pattern

    if fault := pattern_fault(title_from):
        return fault
    groups = pattern(title_from).groupindex
    if not groups:
        return "no group of it has a name; write (?P<title>…) around what is meant"
    taken = [group for group in groups if group in _EXAMPLES]
    return f"a group is named '{taken[0]}', as a column of its own is" if taken else None


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
