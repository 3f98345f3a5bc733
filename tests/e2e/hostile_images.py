"""Hostile and odd images, each with what has to become of it; made here, byte by byte.

What a picture shows is told by the colours of its four corners, from the top left: ``RGBY`` is red,
green, blue, yellow; ``W`` white, ``K`` black, ``-`` any.
"""

from __future__ import annotations

import io
import json
import os
import struct
import sys
import zipfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1] / "unit/media"))
from drawn_images import encoded, grey_tiff, png_chunk
from odd_files import BOMBS, STRANGERS, png

if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """It is asked about."""

    size: tuple[int, int] = (40, 30)
    """As it is seen."""
    corners: str = "RGBY"
    rules: int = 1
    several_frames: bool = False


@dataclass(frozen=True, kw_only=True)
class Unsuitable:
    """It is kept, but for models that refuse its size; the demo's is one."""

    size: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Its row becomes no sample."""

    words: str = "not a readable image"
    reason: str = "unreadable_image"


@dataclass(frozen=True)
class Fails:
    """It looks whole; its requests fail, and count as unscored."""

    words: str = "image cannot be decoded"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One image."""

    made: bytes | Make
    """The file's bytes, or what puts something at a path."""
    becomes: Kept | Unsuitable | LeftOut | Fails
    name: str | None = None
    """What the row calls it; default: the case's name with ``.jpg``."""


COLOURS = {"R": (230, 20, 20), "G": (20, 200, 20), "B": (20, 20, 230), "Y": (230, 220, 20)}


def flag(size: tuple[int, int] = (40, 30), order: str = "RGBY") -> Image.Image:
    """Draw a picture with a colour in each quarter."""
    width, height = size
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for i, letter in enumerate(order):
        x, y = (i % 2) * (width // 2), (i // 2) * (height // 2)
        draw.rectangle((x, y, x + width // 2, y + height // 2), COLOURS[letter])
    return image


def noise(**options: object) -> bytes:
    """A photo of which every part of the file counts."""
    return encoded(Image.effect_noise((200, 150), 80).convert("RGB"), "JPEG", **options)


def turned(turn: int, form: str = "JPEG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    return encoded(flag(), form, exif=exif)


def with_segment(marker: int, content: bytes) -> bytes:
    """Put a segment right behind the beginning of a JPEG."""
    photo = encoded(flag(), "JPEG")
    return photo[:2] + struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content + photo[2:]


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """Put a chunk behind the header of a PNG."""
    image = encoded(flag(), "PNG")
    return image[:33] + png_chunk(kind, content) + image[33:]


def moving(form: str, count: int = 3) -> bytes:
    frames = [flag(order="BBBB") for _ in range(count - 1)]
    return encoded(flag(), form, save_all=True, append_images=frames)


def gif_of(frames: int) -> bytes:
    """A GIF of many frames, put together by hand: Pillow takes its time to write so many."""
    first = encoded(flag((8, 8)).quantize(4), "GIF")
    image = first[first.index(b",") : -1]
    return first[:-1] + image * (frames - 1) + b";"


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("evil.sh", "rm -rf /")
    return archive.getvalue()


def big_exif(pairs: int) -> bytes:
    """EXIF with a thumbnail that says to have as many bytes as there are."""
    ifd0 = struct.pack("<HHHIII", 1, 0x0112, 3, 1, 1, 26)
    ifd1 = struct.pack("<HHHIIHHIII", 2, 0x0201, 4, 1, 44, 0x0202, 4, 1, pairs, 0)
    return b"Exif\0\0II*\0\x08\0\0\0" + ifd0 + ifd1


def tiled_tiff(side: int) -> bytes:
    """The header of a TIFF of tiles that are not there."""
    fields = {256: side, 257: side, 258: 8, 259: 1, 262: 1, 277: 1, 322: 256, 323: 256}
    fields |= {324: 8, 325: 65536}
    table = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields.items())
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + table + bytes(4)


def in_a_circle() -> bytes:
    """A TIFF whose first page says that the next one is itself."""
    page = bytearray(encoded(flag(), "TIFF"))
    at = struct.unpack_from("<I", page, 4)[0]
    count = struct.unpack_from("<H", page, at)[0]
    struct.pack_into("<I", page, at + 2 + 12 * count, at)
    return bytes(page)


def inflating() -> bytes:
    """A PNG of 16 × 16 pixels whose compressed pixels come to 100 MB."""
    header = struct.pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000_000), 9)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def webp_saying(side: int) -> bytes:
    """A WebP whose canvas is said to be larger than its picture."""
    exif = Image.Exif()
    exif[0x0112] = 1
    content = bytearray(encoded(flag(), "WEBP", exif=exif, lossless=True))
    at = content.index(b"VP8X") + 12
    content[at : at + 6] = (side - 1).to_bytes(3, "little") * 2
    return bytes(content)


def damaged(content: bytes, place: float) -> bytes:
    """Turn a byte over."""
    broken = bytearray(content)
    broken[int(len(broken) * place)] ^= 0xFF
    return bytes(broken)


def link_to(target: str) -> Make:
    return lambda path: path.symlink_to(target)


def secret(path: Path) -> None:
    path.write_bytes(encoded(flag(), "PNG"))
    path.chmod(0)


def sixteen_bits() -> bytes:
    """A PNG of 16 bits a channel in colour."""
    values = np.asarray(flag()).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = struct.pack(">IIBBBBB", 40, 30, 16, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


def halves(kind: str) -> np.ndarray:
    """Black on the left, white on the right."""
    values = np.zeros((30, 40), kind)
    values[:, 20:] = np.iinfo(kind).max if kind != "<f4" else 1
    return values


def clear(mode: str) -> Image.Image:
    """White where it is transparent, which is the right half; red or grey elsewhere."""
    image = Image.new("RGBA", (40, 30), (*COLOURS["R"], 255))
    image.paste((0, 0, 0, 0), (20, 0, 40, 30))
    return image if mode == "RGBA" else image.convert(mode)


def clear_palette() -> bytes:
    image = Image.new("P", (40, 30), 0)
    image.putpalette([*COLOURS["R"], 0, 0, 0])
    image.paste(1, (20, 0, 40, 30))
    return encoded(image, "PNG", transparency=1)


JPEG = encoded(flag(), "JPEG")
PHOTO, PROGRESSIVE = noise(), noise(progressive=True)
CUTS = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.95)
TURNS = {1: "RGBY", 2: "GRYB", 3: "YBGR", 4: "BYRG", 5: "RBGY", 6: "BRYG", 7: "YGBR", 8: "GYRB"}
NAMES = {
    "a line break": "a\nb.jpg",
    "quotes": "a'\"`$(id).jpg",
    "right to left": "a\u202egpj.exe.jpg",
    "an escape": "a\x1b[31mb.jpg",
    "blank space at its ends": " a .jpg",
    "a dash first": "--help.jpg",
    "percent": "100%25.jpg",
    "a backslash": "a\\b.jpg",
    "stars": "*.[jp]g?.jpg",
    "an emoji": "🍲.jpg",
}
FILES = {
    **{f"cut at {share:.0%}": (PHOTO[: int(len(PHOTO) * share)], LeftOut()) for share in CUTS},
    **{
        f"progressive cut at {share:.0%}": (
            PROGRESSIVE[: int(len(PROGRESSIVE) * share)],
            LeftOut(),
        )
        for share in CUTS
    },
    **{
        f"turned {turn}": (
            turned(turn),
            Kept(size=(40, 30) if turn < 5 else (30, 40), corners=seen),
        )
        for turn, seen in TURNS.items()
    },
    **{f"bomb, {kind}": (content, LeftOut(words="")) for kind, content in BOMBS.items()},
    **{kind: (content, LeftOut(words="")) for kind, content in STRANGERS.items()},
    "text": (b"This is no picture. " * 500, LeftOut()),
    "a PNG": (encoded(flag(), "PNG"), Kept()),
    "a JPEG without its end": (JPEG[:-2], LeftOut()),
    "a JPEG with an end too early": (PHOTO[:2000] + b"\xff\xd9", Fails("pixels are missing")),
    "with garbage behind it": (JPEG + os.urandom(300), Kept()),
    "with an archive behind it": (JPEG + zipped(), Kept()),
    "with a PDF behind it": (encoded(flag(), "PNG") + b"%PDF-1.7\n%%EOF\n", Kept()),
    "behind a PDF": (b"%PDF-1.7\n" + JPEG, LeftOut()),
    "with a script behind it": (encoded(flag(), "GIF") + b"/*alert(1)*/", Kept()),
    "progressive": (encoded(flag(), "JPEG", progressive=True), Kept()),
    "cmyk": (encoded(flag().convert("CMYK"), "JPEG"), Kept()),
    "cmyk tiff": (encoded(flag().convert("CMYK"), "TIFF"), Kept()),
    "of 16 bits in colour": (sixteen_bits(), Kept()),
    "of 16 bits": (encoded(Image.fromarray(halves("<u2")), "PNG"), Kept(corners="KWKW", rules=2)),
    "a tiff of 16 bits": (grey_tiff(halves("<u2"), 16), Kept(corners="KWKW", rules=2)),
    "a tiff of floats": (
        grey_tiff(halves("<f4"), 32, sample_format=3),
        Kept(corners="KWKW", rules=2),
    ),
    "a tiff where white is zero": (
        grey_tiff(halves("<u2"), 16, photometric=0),
        Kept(corners="WKWK", rules=2),
    ),
    "of one bit": (
        encoded(Image.fromarray(halves("u1")).convert("1"), "PNG"),
        Kept(corners="KWKW"),
    ),
    "grey": (encoded(Image.fromarray(halves("u1")), "JPEG"), Kept(corners="KWKW")),
    "grey with transparency": (encoded(clear("LA"), "PNG"), Kept(corners="-W-W")),
    "with transparency": (encoded(clear("RGBA"), "PNG"), Kept(corners="RWRW")),
    "a webp with transparency": (
        encoded(clear("RGBA"), "WEBP", lossless=True),
        Kept(corners="RWRW"),
    ),
    "a palette with transparency": (clear_palette(), Kept(corners="RWRW")),
    **{
        f"moving {form}": (moving(form), Kept(several_frames=True))
        for form in ("GIF", "PNG", "WEBP", "TIFF", "AVIF")
    },
    "ten thousand frames": (gif_of(10_000), Kept(size=(8, 8), several_frames=True)),
    "a page that follows itself": (in_a_circle(), Kept()),
    "of one pixel": (encoded(flag().crop((0, 0, 1, 1)), "PNG"), Kept(size=(1, 1), corners="RRRR")),
    "1 to 200": (encoded(Image.new("RGB", (1, 200)), "PNG"), Kept(size=(1, 200), corners="KKKK")),
    "1 to 201": (encoded(Image.new("RGB", (1, 201)), "PNG"), Unsuitable(size=(1, 201))),
    "1 to 20,000": (encoded(Image.new("RGB", (1, 20_000)), "PNG"), Unsuitable(size=(1, 20_000))),
    "20,000 to 1": (encoded(Image.new("RGB", (20_000, 1)), "JPEG"), Unsuitable(size=(20_000, 1))),
    "a turn that is none": (turned(9), Kept()),
    "a PNG that is turned": (turned(6, "PNG"), Kept(size=(30, 40), corners=TURNS[6])),
    "turned by its XMP": (
        with_segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation="6"/>'),
        Kept(size=(30, 40), corners=TURNS[6]),
    ),
    "XMP that is junk": (
        with_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<!DOCTYPE a [<!ENTITY b '&b;'>]>&b;"),
        Kept(),
    ),
    "EXIF that is junk": (with_segment(0xE1, b"Exif\0\0 no tags at all"), Kept()),
    "EXIF without end": (
        with_segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\x08\0\0\0"),
        Kept(),
    ),
    "EXIF with a huge thumbnail": (with_segment(0xE1, big_exif(2**32 - 1)), Kept()),
    "a colour profile that is junk": (
        with_segment(0xE2, b"ICC_PROFILE\0\x01\x01" + b"junk" * 50),
        Kept(),
    ),
    "a PNG's profile that is junk": (with_chunk(b"iCCP", b"name\0\0 not compressed"), Kept()),
    "a comment of 60 KB": (with_segment(0xFE, b"<script>" * 8_000), Kept()),
    "pixels that inflate": (inflating(), Kept(size=(16, 16), corners="KKKK")),
    "fewer pixels than it says": (png(size=(3000, 3000)), Fails("pixels are missing")),
    "a webp that says too much": (webp_saying(16_384), LeftOut(words="")),
    "a tiff of huge tiles": (tiled_tiff(70_000), LeftOut(words="70000×70000 pixels")),
    "a tiff of tiles that are not there": (tiled_tiff(256), LeftOut()),
    "an avif that is damaged": (damaged(encoded(flag((200, 150)), "AVIF"), 0.9), Fails()),
    "a PNG that is damaged": (damaged(encoded(flag((200, 150)), "PNG"), 0.5), Fails()),
}
MISSING = LeftOut(words="no such image", reason="missing_image")
OUTSIDE = LeftOut(words="lies outside", reason="image_outside")
PLACES = {
    "a link to itself": (link_to("a link to itself.jpg"), replace(MISSING, words="")),
    "a link to nothing": (link_to("nowhere"), MISSING),
    "a link that leads out": (link_to(str(Path(__file__))), OUTSIDE),
    "a device": (link_to("/dev/zero"), OUTSIDE),
    "a folder": (Path.mkdir, MISSING),
    "a pipe": (os.mkfifo, MISSING),
    "a secret": (secret, LeftOut() if os.geteuid() else Kept()),
}
NOWHERE = {
    "NUL": ("a\0b.jpg", "can be no file's name"),
    "too much": ("a" * 300 + ".jpg", ""),
    "half a character": ("a\ud800.jpg", "half a character"),
}
CHANGING = {"overwritten since": "image has changed since", "removed since": "no such image"}
"""Cases that ``change`` changes when they have been looked at → what is said then."""
CASES = {
    **{name: Case(made=made, becomes=becomes) for name, (made, becomes) in FILES.items()},
    **{name: Case(made=made, becomes=becomes) for name, (made, becomes) in PLACES.items()},
    **{f"a name with {what}": Case(made=JPEG, becomes=Kept(), name=n) for what, n in NAMES.items()},
    **{
        f"a name with {what}": Case(
            made=lambda _: None, becomes=LeftOut(words=words, reason="missing_image"), name=name
        )
        for what, (name, words) in NOWHERE.items()
    },
    **{
        name: Case(made=encoded(flag((44 + i, 30)), "BMP"), becomes=Kept(size=(44 + i, 30)))
        for i, name in enumerate(CHANGING)
    },
}


def place(name: str, folder: Path) -> Path:
    """Put a case's image into a folder; give its path there."""
    case = CASES[name]
    path = folder / (case.name or f"{name}.jpg")
    if isinstance(case.made, bytes):
        path.write_bytes(case.made)
    else:
        case.made(path)
    return path


def dataset(folder: Path) -> None:
    """Write all cases as a dataset; a case's name is its sample's id."""
    (folder / "images").mkdir(parents=True)
    rows = []
    for name, case in CASES.items():
        place(name, folder / "images")
        image = case.name or f"{name}.jpg"
        rows.append({"id": name, "image": image, "title": f"Dish {len(rows)} with rice"})
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def change(folder: Path) -> None:
    """Do to the images of a dataset what may happen while a run goes on."""
    (folder / "images/overwritten since.jpg").write_bytes(JPEG)
    (folder / "images/removed since.jpg").unlink()
