"""A folder of images → rows: one an image, with what stands in files beside it or in its name.

Columns: ``id`` (the path below the folder without suffix), ``image``, ``references`` (the lines of
``x.txt`` beside ``x.jpg``), the fields of the object in ``x.json``, and what ``title_from`` takes
from the name. The order is that of names, numbers in them by their value, on every machine.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.dataset.sources.json_text import BadJson, json_cell
from harness.dataset.sources.natural_order import composed, natural
from harness.dataset.sources.odd_files import shown, told
from harness.dataset.sources.table import Row, Unreadable, check_columns
from harness.media import what_stands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from harness.dataset.sources.table import Cell, TableFile

SUFFIXES = frozenset(
    ".jpg .jpeg .jpe .jfif .mpo .png .webp .gif .bmp .tif .tiff .avif "
    ".pbm .pgm .ppm .pnm .pfm".split()
)
"""What the names of images end in; what they are is told by their first bytes."""
MAX_BESIDE = 16 * 1024 * 1024
"""Bytes of a file beside an image."""
_OWN = ("id", "image", "references")
_LINE_END = re.compile("\r\n|\r|\n")
_BETWEEN_WORDS = re.compile("[-_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What stands in a folder, each by its path below it."""

    images: list[str] = field(default_factory=list)
    untaken: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What is called like an image and can be none: the fault of its row."""
    texts: dict[str, str] = field(default_factory=dict)
    """Path without suffix → the .txt."""
    objects: dict[str, str] = field(default_factory=dict)
    """Path without suffix → the .json."""
    hidden: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a row for each image below a folder; see ``table.read_rows``.

    Raises:
        DataError: a column is in no file beside an image, and none of the format's own.
    """
    found = _found(file.path)
    _account(file, found)
    name_cells, from_name = _title_from(file.title_from)
    folder = os.path.realpath(file.path)
    beside = partial(_beside, folder, found, {*_OWN, *from_name} - {"references"})
    asked = [*columns, *optional]
    _check_fields(file, found, beside, [*_OWN, *from_name], columns)
    clashes: Counter[str] = Counter()
    for number, image in enumerate(sorted((*found.images, *found.untaken), key=_place), start=1):
        if fault := found.untaken.get(image):
            name = {"id": shown(composed(_stem(image)))}
            yield Row(number=number, cells={c: name.get(c) for c in asked}, fault=fault)
            continue
        own: dict[str, Cell] = {"id": composed(_stem(image)), "image": image}
        cells = {**beside(image, asked, clashes), **own, **name_cells(composed(_stem(image)))}
        yield Row(number=number, cells={c: cells.get(c) for c in asked})
    for key, count in clashes.items():
        files = "1 .json file is" if count == 1 else f"{count:,} .json files are"
        file.say(f"the field '{key}' of {files} not read: the image's name gives it")


def _found(folder: Path) -> _Found:
    """Look through a folder and those in it, but for hidden ones; links to folders are odd."""
    found = _Found()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with os.scandir(folder / below) as entries:
            for entry in entries:
                path = f"{below}{entry.name}"
                if entry.name.startswith("."):
                    found.hidden.append(path)
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{path}/")
                else:
                    _sort_in(found, path, entry)
    found.images.sort(key=_place)
    stems = {_stem(image) for image in found.images}
    for beside in (found.texts, found.objects):
        for stem in beside.keys() - stems:
            found.odd.append(beside.pop(stem))
    return found


def _sort_in(found: _Found, path: str, entry: os.DirEntry[str]) -> None:
    suffix = PurePosixPath(path).suffix.lower()
    is_file = _is_file(entry)
    if suffix in SUFFIXES and not is_file:
        odd = what_stands(Path(entry.path)) or "nothing"
        found.untaken[path] = (
            "missing_image",
            f"no such image: {shown(path)} ({odd} stands there)",
        )
    elif suffix in SUFFIXES and not _is_text(path):
        found.untaken[path] = ("unreadable_image", f"its name is not UTF-8: {shown(path)}")
    elif not is_file or not _is_text(path):
        found.odd.append(path)
    elif suffix in SUFFIXES:
        found.images.append(path)
    elif suffix == ".txt":
        found.texts[_stem(path)] = path
    elif suffix == ".json":
        found.objects[_stem(path)] = path
    else:
        found.odd.append(path)


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # links that lead to each other
        return False


def _account(file: TableFile, found: _Found) -> None:
    if found.hidden:
        hidden = sorted(found.hidden, key=_place)
        file.say(told(hidden, "hidden file or folder", "hidden files or folders"))
    if found.odd:
        odd = "neither an image nor a .txt or .json beside one"
        one, many = f"file that is {odd}", f"files that are {odd}"
        file.say(told(sorted(found.odd, key=_place), one, many))


def _check_fields(
    file: TableFile,
    found: _Found,
    beside: Callable[[str, Sequence[str], Counter[str]], Mapping[str, Cell]],
    own: Sequence[str],
    columns: Sequence[str],
) -> None:
    """Read until every column has been seen: a wrong name must not pass for a missing value."""
    if not found.images:
        return
    seen = dict.fromkeys(own)
    for image in found.images:
        if all(column in seen for column in columns):
            return
        if _stem(image) in found.objects:
            seen.update(dict.fromkeys(beside(image, (), Counter())))
    check_columns(file, list(seen), columns)


def _beside(
    folder: str,
    found: _Found,
    taken: set[str],
    image: str,
    asked: Sequence[str],
    clashes: Counter[str],
) -> dict[str, Cell]:
    """Give what the files beside an image hold.

    Args:
        folder: as it is, with no link in its path.
        found: what stands in it.
        taken: fields that are given by the image's name.
        image: its path below the folder.
        asked: what is to be given; of a file that cannot be read, why it cannot.
        clashes: counts fields that are taken.
    """
    cells: dict[str, Cell] = {}
    if name := found.objects.get(_stem(image)):
        try:
            fields = json_cell(_text(folder, name))
            if not isinstance(fields, dict):
                raise BadJson("no JSON object")
        except ValueError as error:  # BadJson is one
            return dict.fromkeys(asked, Unreadable(f"nothing that can be read ({name}: {error})"))
        clashes.update(key for key in fields if key in taken)
        cells.update(fields)
    if name := found.texts.get(_stem(image)):
        try:
            lines: list[Cell] = [*_LINE_END.split(_text(folder, name))]
            both = "references" in cells
            cells["references"] = Unreadable(f"those of a .json and of {name}") if both else lines
        except ValueError as error:
            cells["references"] = Unreadable(f"nothing that can be read ({name}: {error})")
    return cells


def _text(folder: str, name: str) -> str:
    """Read a file beside an image.

    Raises:
        ValueError: it cannot be read; says why.
    """
    path = os.path.realpath(os.path.join(folder, name))  # noqa: PTH118 - once for every image
    if not path.startswith(f"{folder}{os.sep}"):
        raise ValueError(f"it lies outside {folder}")
    try:
        with Path(path).open("rb") as opened:
            content = opened.read(MAX_BESIDE + 1)
    except OSError as error:
        raise ValueError(str(error.strerror or error)) from error
    if len(content) > MAX_BESIDE:
        raise ValueError(f"it has more than {MAX_BESIDE:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 ({error.reason}, at byte {error.start:,})") from error


def _title_from(how: str | None) -> tuple[Callable[[str], dict[str, Cell]], tuple[str, ...]]:
    """Give what takes columns from an image's id, and their names."""
    if how is None:
        return lambda _: {}, ()
    if how == "name":
        return lambda path: {"title": _words(path.rpartition("/")[2])}, ("title",)
    from harness.bounded_schema import CHECK_SECONDS, pattern  # loads a checker of schemas

    compiled = pattern(how)
    groups = tuple(compiled.groupindex)

    def matched(path: str) -> dict[str, Cell]:
        try:
            match = compiled.fullmatch(path, timeout=CHECK_SECONDS)
        except TimeoutError:
            return dict.fromkeys(groups, Unreadable("a name that takes too long to be matched"))
        cells: dict[str, Cell] = dict.fromkeys(groups) if match is None else match.groupdict()
        title = cells.get("title")
        return {**cells, "title": _words(title)} if isinstance(title, str) else cells

    return matched, groups


def _words(name: str) -> str:
    return " ".join(_BETWEEN_WORDS.split(name)).strip()


def _stem(path: str) -> str:
    return path[: len(path) - len(PurePosixPath(path).suffix)]


def _place(path: str) -> tuple[list[list[str | int]], str]:
    """Give what a file is ordered by."""
    return natural(_stem(path)), path


def _is_text(path: str) -> bool:
    return all(not 0xD800 <= ord(letter) < 0xE000 for letter in path)
