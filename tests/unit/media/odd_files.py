"""Files of every kind that is read, and of none; what is read of them is the tests' to say."""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, grey_tiff, picture, png_chunk

from harness.media.formats import FORMATS

PNG = encoded(picture("RGB"), "PNG")
EXIF = Image.Exif()
EXIF[0x0112] = 6
WHOLE = {
    **{form: encoded(picture("RGB"), form) for form in FORMATS if form != "GIF"},
    "GIF": encoded(picture("P"), "GIF"),
    "JPEG turned": encoded(picture("RGB"), "JPEG", exif=EXIF),
    "JPEG progressive": encoded(picture("RGB"), "JPEG", progressive=True),
    "PNG of 16 bits": encoded(picture("I;16"), "PNG"),
    "PNG animated": encoded(picture("L"), "PNG", save_all=True, append_images=[picture("L")]),
    "TIFF packed": encoded(picture("RGB"), "TIFF", compression="tiff_deflate"),
    "TIFF of floats": encoded(picture("F"), "TIFF"),
    "TIFF of 12 bits": grey_tiff(np.arange(256, dtype=np.uint16).reshape(16, 16), 12),
    "MPO": encoded(picture("RGB"), "MPO", save_all=True, append_images=[picture("L")]),
    "PPM of letters": b"P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12\n",
}


def png(*chunks, size=(16, 16)):
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * (size[0] + 1) * min(size[1], 100))
    between = b"".join(png_chunk(kind, content) for kind, content in chunks)
    body = png_chunk(b"IHDR", header) + between + png_chunk(b"IDAT", pixels)
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


ZEROS = zlib.compress(bytes(100_000_000), 9)
BOMBS = {
    "text": png((b"zTXt", b"note\0\0" + ZEROS)),
    "international text": png((b"iTXt", b"note\0\1\0\0\0" + ZEROS)),
    "many texts": png(*[(b"zTXt", b"n\0\0" + zlib.compress(bytes(900_000)))] * 100),
    "profile": png((b"iCCP", b"profile\0\0" + ZEROS)),
    "pixels": png(size=(60_000, 60_000)),
    "side": png(size=(2**31 - 1, 1)),
    "gif": b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0" + bytes(6) + b";",
    "bmp": b"BM" + struct.pack("<IHHIIiiHH", 9, 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24),
    "netpbm": b"P6 99999 99999 255\n",
    "floats": b"Pf 99999 99999 -1.0\n",
}
STRANGERS = {
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n",
    "EPS with a preview": b"\xc5\xd0\xd3\xc6" + bytes(26),
    "WMF": b"\xd7\xcd\xc6\x9a\x00\x00" + struct.pack("<hhhhH", 0, 0, 9, 9, 72) + bytes(20),
    "EMF": b"\x01\x00\x00\x00" + bytes(36) + b" EMF" + bytes(60),
    "XBM": b"#define x_width 9999999999999999999\n#define x_height 1\n",
    "SGI": struct.pack(">hBBHHHH", 474, 1, 1, 3, 9, 9, 9) + bytes(500),
    "BLP": b"BLP2" + bytes(64),
    "PSD": b"8BPS\0\1" + bytes(40),
    "FITS": b"SIMPLE  =" + b" " * 80,
    "ICO": b"\0\0\1\0\1\0" + bytes(40),
    "MPEG": b"\0\0\1\xb3" + bytes(40),
    "JPEG 2000": b"\xff\x4f\xff\x51" + bytes(40),
    "HTML": b"<!doctype html><title>404</title>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "nothing": b"",
    "one byte": b"\xff",
    "netpbm without numbers": b"P6 x y z\n",
    "netpbm of no levels": b"P5 2 2 0\n1234",
    "netpbm of no size": b"P5 0 0 255\n",
    "netpbm of letters": b"P2 2 2 255\n1 2 three 4\n",
    "netpbm of long numbers": b"P2 2 2 255\n" + b"1" * 1000,
    "avif without an image": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(8),
    "webp without an image": b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0" + bytes(14),
    "tiff of an endless chain": b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
    "tiff of LAB": encoded(picture("RGB").convert("RGB"), "TIFF").replace(
        struct.pack("<HHII", 262, 3, 1, 2), struct.pack("<HHII", 262, 3, 1, 8)
    ),
    "jpeg of no size": b"\xff\xd8\xff\xc0\x00\x0b\x08\0\0\0\0\x01\x01\x11\x00\xff\xd9",
    "png with a broken turn": encoded(picture("L"), "PNG", exif=b"Exif\0\0MM\0*\xff\xff"),
}
