"""COCO's caption files → rows: one an image, with its captions in the order of annotation ids.

The columns are what the file says of an image (``id``, ``file_name``, ``width`` …), and
``captions``. The file is read whole, since an image's captions may stand anywhere in it.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.dataset.sources.json_text import BadJson, json_cell
from harness.dataset.sources.table import Number, Row, check_columns
from harness.dataset.sources.text_lines import check_start
from harness.nearest import nearest
from harness.records import Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.dataset.sources.table import Cell, TableFile

MAX_BYTES = 1024 * 1024 * 1024
"""Of a file; that of COCO's training images has 92 MB, and takes six times as much memory."""
_CAPTIONS = "captions"


def rows(file: TableFile, columns: Sequence[str], optional: Sequence[str]) -> Iterator[Row]:
    """Give a file's rows, one an image; see ``table.read_rows``.

    Raises:
        DataError: the file is too large, or is no JSON as COCO's caption files are.
    """
    images, captions = _read(file)
    known = dict.fromkeys(key for image in images for key in image)
    hint = None if images else "it lists no images"
    check_columns(file, [*(key for key in known if key != _CAPTIONS), _CAPTIONS], columns, hint)
    for number, image in enumerate(images, start=1):
        given: Mapping[str, Cell] = {**image, _CAPTIONS: [*captions.get(_key(image.get("id")), ())]}
        yield Row(number=number, cells={c: given.get(c) for c in (*columns, *optional)})


def _read(file: TableFile) -> tuple[list[dict[str, Cell]], dict[str, list[Cell]]]:
    """Give the images, and the captions by the key of their image."""
    whole = _parsed(file)
    images = _objects(file, whole, "images")
    annotations = _objects(file, whole, "annotations")
    for place, annotation in enumerate(annotations, start=1):
        if "caption" not in annotation:
            raise file.error(
                f"annotation {place} has no 'caption', but {', '.join(annotation) or 'nothing'}",
                hint="captions stand in the file that COCO calls captions_….json",
            )
    _tell_odd(file, annotations)
    if all(isinstance(a.get("id"), Number) for a in annotations):
        annotations.sort(key=_number)
    captions: dict[str, list[Cell]] = defaultdict(list)
    for annotation in annotations:
        captions[_key(annotation.get("image_id"))].append(annotation["caption"])
    listed = {_key(image.get("id")) for image in images}
    if stray := [a for a in annotations if _key(a.get("image_id")) not in listed]:
        many = "1 annotation is" if len(stray) == 1 else f"{len(stray):,} annotations are"
        first = _key(stray[0].get("image_id"))
        file.say(f"{many} of an image that it does not list (the first: image_id {first})")
    return images, captions


def _tell_odd(file: TableFile, annotations: Sequence[Mapping[str, Cell]]) -> None:
    """Say which captions are none, and which ids name several annotations."""
    said = {_key(a.get("image_id")) for a in annotations if not _is_blank(a["caption"])}
    blank = [a for a in annotations if _is_blank(a["caption"]) and _key(a.get("image_id")) in said]
    if blank:
        many = "1 blank caption is" if len(blank) == 1 else f"{len(blank):,} blank captions are"
        first = _key(blank[0].get("image_id"))
        file.say(f"{many} left out of images that have others (the first: image_id {first})")
    ids = Counter(_key(a["id"]) for a in annotations if "id" in a)
    if twice := [name for name, count in ids.items() if count > 1]:
        many = "1 id names" if len(twice) == 1 else f"{len(twice):,} ids name"
        file.say(f"{many} several annotations, and all are taken (the first: id {twice[0]})")


def _is_blank(caption: Cell) -> bool:
    return caption is None or (isinstance(caption, str) and not caption.strip())


def _parsed(file: TableFile) -> Cell:
    with file.open() as opened:
        size = opened.seek(0, os.SEEK_END)
        opened.seek(0)
        check_start(file, opened)
        content = opened.read() if size <= MAX_BYTES else b""
    if size > MAX_BYTES:
        raise file.error(
            f"a file of {size:,} bytes, and it must be read whole: {MAX_BYTES:,} at most",
            hint="write its rows as JSON lines, {id, image, captions} a line, and read them as "
            "jsonl",
        )
    try:
        return json_cell(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise file.error(f"is not UTF-8 ({error.reason}, at byte {error.start:,})") from error
    except BadJson as error:
        line = f"line {error.line}: " if error.line and file.url else ""
        told = file.error(f"{line}{error}")
        if file.url is None:
            told.where = Where(path=file.path, line=error.line)
        raise told from error


def _objects(file: TableFile, whole: Cell, key: str) -> list[dict[str, Cell]]:
    """Give one of the lists of the file."""
    if not isinstance(whole, dict):
        raise file.error(
            "is no JSON object with 'images' and 'annotations'",
            hint="one object a line is jsonl; a list of objects can be written so",
        )
    if key not in whole:
        raise file.error(f"has no '{key}'", hint=nearest(key, whole))
    members = whole[key]
    if not isinstance(members, list):
        raise file.error(f"its '{key}' is no list")
    objects = [member for member in members if isinstance(member, dict)]
    if len(objects) < len(members):
        place = next(i for i, m in enumerate(members, start=1) if not isinstance(m, dict))
        raise file.error(f"number {place} of its '{key}' is no object")
    return objects


def _key(cell: Cell) -> str:
    """Give what images and annotations know each other by."""
    return cell.text if isinstance(cell, Number) else str(cell)


def _number(annotation: Mapping[str, Cell]) -> float:
    written = annotation["id"]
    return written.value if isinstance(written, Number) else 0
