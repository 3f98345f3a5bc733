"""Small pictures of every kind, and the bytes of their files."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

GRADIENT = np.arange(256, dtype=np.uint8).reshape(16, 16)


def picture(mode: str = "RGB") -> Image.Image:
    """A picture of 16 × 16 pixels in which every value stands once."""
    grey = Image.fromarray(GRADIENT)
    return grey if mode == "L" else grey.convert(mode)


def png_chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def grey_tiff(values: np.ndarray, bits: int, **tags: int) -> bytes:
    """A TIFF of grey samples as cameras write them, put together by hand: Pillow writes few kinds.

    Args:
        values: whole numbers or floats, as they are to stand in the file.
        bits: of a sample; 12 packs two samples into three bytes.
        tags: ``photometric`` (0: white is zero) and ``sample_format`` (2: signed, 3: float).
    """
    content = values.tobytes()
    if bits == 12:
        pairs = values.reshape(-1, 2).astype(np.uint32)
        packed = pairs[:, 0] << 12 | pairs[:, 1]
        content = b"".join(int(pair).to_bytes(3, "big") for pair in packed)
    height, width = values.shape
    fields = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: tags.get("photometric", 1),
        273: 8,
        277: 1,
        278: height,
        279: len(content),
        339: tags.get("sample_format", 1),
    }
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    end = struct.pack("<H", len(fields)) + table + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(content)) + content + end
