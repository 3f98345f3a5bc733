"""A decoded PNG or JPEG → whether pixels are missing that its header promises.

Pillow leaves them black in a PNG whose compressed rows end too early, and libjpeg makes them grey
in a JPEG that has its mark of the end too early. Both take that for a picture. A look at the last
pixels tells whether it may be so; only then is more done.
"""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFile import ImageFile

_BLOCK = 8
"""The side of a block of JPEG, in pixels."""
_GREY = (127, 128)
"""What libjpeg makes of a block without data; in CMYK the one of these that Adobe's way gives."""
_MORE = bytes(range(1, 128)) * 2
"""Put before the end of a JPEG: what lacks data takes it for them."""
_END = b"\xff\xd9"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Colour type of a PNG → samples of a pixel."""
_HEADER = 24
"""Where a PNG says how many bits a sample has; its colour type and its passes stand behind it."""
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""Of an interlaced PNG: the first column and row of each, and the steps to the next."""
_PIECE = 1 << 20
"""Bytes that are unpacked at a time."""


def lacks_pixels(image: ImageFile, content: bytes) -> bool:
    """Tell whether pixels are missing of an image.

    Args:
        image: with its pixels as Pillow decoded them.
        content: the bytes of its file.
    """
    if image.format == "PNG":
        return _png_lacks_rows(image, content)
    return image.format == "JPEG" and _jpeg_lacks_blocks(image, content)


def _png_lacks_rows(image: ImageFile, content: bytes) -> bool:
    width, height = image.size
    interlaced = content[_HEADER + 4] == 1  # its last row is not the one that stands last
    if not interlaced and image.crop((0, height - 1, width, height)).getbbox():
        return False
    bits, channels = content[_HEADER], _CHANNELS[content[_HEADER + 1]]
    passes = _adam7(width, height) if interlaced else [(width, height)]
    wanted = sum(high * (1 + (wide * bits * channels + 7) // 8) for wide, high in passes if wide)
    unpacking = zlib.decompressobj()
    there = 0
    for part in _png_pixels(content):
        rest = part
        while rest and there < wanted:
            there += len(unpacking.decompress(rest, _PIECE))
            rest = unpacking.unconsumed_tail
    return there < wanted


def _adam7(width: int, height: int) -> Iterator[tuple[int, int]]:
    """Give the width and height of each pass of an interlaced PNG."""
    for left, top, across, down in _PASSES:
        yield -(-max(0, width - left) // across), -(-max(0, height - top) // down)


def _png_pixels(content: bytes) -> Iterator[bytes]:
    """Give the compressed pixels of a PNG, chunk by chunk."""
    place = 8
    while place + 8 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        if content[place + 4 : place + 8] == b"IDAT":
            yield content[place + 8 : place + 8 + length]
        place += 12 + length


def _jpeg_lacks_blocks(image: ImageFile, content: bytes) -> bool:
    width, height = image.size
    left, top = ((side - 1) // _BLOCK * _BLOCK for side in (width, height))
    colours = image.crop((left, top, width, height)).getcolors(1)
    if colours is None or not all(level in _GREY for level in _levels(colours[0][1])):
        return False
    from PIL import ImageChops
    from PIL.JpegImagePlugin import JpegImageFile

    end = content.rfind(_END)
    longer = JpegImageFile(BytesIO(content[:end] + _MORE + content[end:]))
    return ImageChops.difference(image, longer).getbbox() is not None


def _levels(colour: float | tuple[int, ...]) -> tuple[float, ...]:
    return colour if isinstance(colour, tuple) else (colour,)
