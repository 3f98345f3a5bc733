"""A size → the bytes of a uniform grey picture, the same on every machine.

A PNG whose pixels all are the first colour of a palette of one, mid-grey, a bit each; its pixels
stand in it uncompressed, since libraries of compression differ in what they write. So a content
hash follows from the size alone, and nothing is written anywhere.
"""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache

from harness.errors import DataError
from harness.fingerprint import sha256_bytes
from harness.media.formats import MAX_PIXELS
from harness.records import GreyPlace, MediaRef

GREY = 128
"""Of 255, in red, green and blue."""
_KEPT = 4_096
_STORED = 65_535
"""Bytes of a block of deflate that is not compressed."""


@lru_cache(maxsize=_KEPT)
def grey(width: int, height: int) -> MediaRef:
    """Give a grey picture of a size in pixels.

    Raises:
        DataError: it would have no pixels, or too many.
    """
    content = grey_bytes(width, height)
    return MediaRef(
        place=GreyPlace(width=width, height=height),
        sha256=sha256_bytes(content),
        width=width,
        height=height,
    )


def grey_bytes(width: int, height: int) -> bytes:
    """Write a grey picture of a size in pixels as a PNG.

    Raises:
        DataError: it would have no pixels, or too many.
    """
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise DataError(f"no picture can have {width}×{height} pixels here")
    lines = bytes(height * (1 + (width + 7) // 8))  # each: no filter, then a bit for each pixel
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)),
            _chunk(b"PLTE", bytes((GREY, GREY, GREY))),
            _chunk(b"IDAT", _stored(lines)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def _stored(content: bytes) -> bytes:
    """Write a zlib stream whose blocks are not compressed (RFC 1950, RFC 1951 §3.2.4)."""
    pieces = [b"\x78\x01"]
    for start in range(0, len(content), _STORED):
        block = content[start : start + _STORED]
        last = start + _STORED >= len(content)
        pieces += [struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF), block]
    return b"".join((*pieces, struct.pack(">I", zlib.adler32(content))))
