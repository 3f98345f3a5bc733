"""Bytes of a file → an image that Pillow has opened, if its format is one that is read here.

Only the reader that the first bytes ask for is called: what is no such format is opened by nothing,
so a file named ``.png`` that is PostScript does not start Ghostscript.
"""

from __future__ import annotations

import math
import os
from functools import cache
from importlib import import_module
from typing import IO, TYPE_CHECKING

from harness.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.ImageFile import ImageFile

    _Reader = Callable[[IO[bytes], str], ImageFile]

FORMATS = {
    "JPEG": "JpegImagePlugin",
    "PNG": "PngImagePlugin",
    "WEBP": "WebPImagePlugin",
    "GIF": "GifImagePlugin",
    "BMP": "BmpImagePlugin",
    "TIFF": "TiffImagePlugin",
    "AVIF": "AvifImagePlugin",
    "PPM": "PpmImagePlugin",
}
"""Pillow's name of each format that is read, and its module of Pillow."""

MAX_PIXELS = 100_000_000

DEEP = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
"""Pillow's modes of more than eight bits a sample; all are grey."""
SHALLOW = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
"""Its modes of up to eight bits whose way to RGB is known; others, such as LAB, are refused."""

_PREFIX = 16
_TAIL = 64
_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
"""TIFF tags: where the pixels stand, and how many bytes they take."""


def open_header(file: IO[bytes], name: str) -> ImageFile:
    """Open an image, its pixels still unread.

    Args:
        file: at its beginning; it can be sought in, and stays open while the image is used.
        name: of the image's place.

    Raises:
        DataError: a format, a size or colours that are not read here.
        Exception: the header is broken; what is raised depends on the format.
    """
    opens = _reader(file.read(_PREFIX), name)
    file.seek(0)
    image = opens(file, "")
    width, height = image.size
    if width < 1 or height < 1:
        raise DataError(f"not a readable image: {name} (it has no pixels)")
    if width * height > MAX_PIXELS:
        raise DataError(f"image of {width}×{height} pixels, more than {MAX_PIXELS:,}: {name}")
    if image.mode not in DEEP | SHALLOW:
        raise DataError(f"not a readable image: {name} (its colours are {image.mode})")
    return image


def _reader(prefix: bytes, name: str) -> _Reader:
    """Choose what opens a file by its first bytes.

    Raises:
        DataError: nothing here does.
    """
    for opens, accepts in _readers():
        accepted = accepts is None or accepts(prefix)
        if isinstance(accepted, str):
            raise DataError(f"not a readable image: {name} ({accepted})")
        if accepted:
            return opens
    raise DataError(
        f"not a readable image: {name} (none of {', '.join(FORMATS)})", hint="convert it to PNG"
    )


@cache
def _readers() -> list[tuple[_Reader, Callable[[bytes], bool | str] | None]]:
    """Give what opens a file of each format, and what knows one by its first bytes."""
    from PIL import Image

    for module in FORMATS.values():
        import_module(f"PIL.{module}")  # it enters its format into Image.OPEN
    return [Image.OPEN[name] for name in FORMATS]


def has_several_frames(image: ImageFile) -> bool:
    """Say whether further frames or pages stand behind the first; afterwards it has no pixels.

    The second pictures in a phone's JPEG, its depth or a preview, are none.
    """
    if image.format in ("JPEG", "MPO"):
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # noqa: BLE001 - a second frame is there, and is broken
        return True


def ends_well(image: ImageFile, file: IO[bytes]) -> bool:
    """Say whether a file holds all that its header promises, as far as that is seen for nothing.

    A file that was cut short does not; nor do some whole ones, with something put after their end,
    so only decoding tells what is wrong with such a file.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    file.seek(0)
    head = file.read(_PREFIX)
    match image.format:
        case "JPEG" | "MPO":
            return tail.rstrip(b"\0").endswith(b"\xff\xd9")
        case "PNG":
            return tail.endswith(b"\0\0\0\0IEND\xaeB`\x82")
        case "GIF":
            return tail.endswith(b"\0;")  # the end of the pixels, then that of the file
        case "WEBP":
            return int.from_bytes(head[4:8], "little") + 8 <= size
        case "BMP":
            return 0 < int.from_bytes(head[2:6], "little") <= size
        case "TIFF":
            return _strips_end(image) <= size
        case "AVIF":
            return _boxes_end(file, size) == size
        case _:
            return False


def _strips_end(image: ImageFile) -> float:
    """Give where the pixels end of a TIFF; infinity where its tags do not say so."""
    tags = image.tag_v2  # type: ignore[attr-defined]  # of a TiffImageFile
    for begins, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
        if begins in tags and len(tags[begins]) == len(tags.get(sizes, ())):
            return max(map(sum, zip(tags[begins], tags[sizes], strict=True)))
    return math.inf


def _boxes_end(file: IO[bytes], size: int) -> int:
    """Walk over the boxes of an ISO media file; give where the last one ends."""
    place = 0
    while place < size:
        file.seek(place)
        head = file.read(_PREFIX)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - place  # it goes to the end
        if length < 8:
            return -1
        place += length
    return place
