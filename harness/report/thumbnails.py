"""Images of samples → small pictures, kept beside a run's page so that a copied run has them."""

from __future__ import annotations

import base64
import io
import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DataError, NoSuchImage, StoreError
from harness.media import load_here

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records import MediaRef

FOLDER = "report_files/thumbs"
"""Beside ``report.html``; a file is named by its image's sha256, and never written again."""
OLD_FOLDER = "thumbs"
"""Where runs of before have them; a copied one may have no others."""


MOST_BYTES = 256 * 1024
"""What is larger is none of ours."""
TOGETHER = 40_000_000
"""Bytes that all small pictures of a page may take."""
_FEWEST = 1_500
"""Bytes of one, however many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large small pictures are made."""

    longest_side: int
    """Pixels."""
    quality: int
    """Of WebP, 0 to 100."""
    most: int
    """Bytes; a picture that takes more is made smaller."""


def size_for(images: int) -> Size:
    """Say how large the small pictures of so many images are made."""
    side, quality = (400, 80) if images <= 2_000 else (240, 70) if images <= 6_000 else (160, 55)
    most = max(_FEWEST, min(MOST_BYTES, TOGETHER // max(1, images)))
    return Size(longest_side=side, quality=quality, most=most)


_SMALLEST = 48
"""Pixels of a side, under which nothing is seen."""
_NOT_HERE = "not on this machine"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Thumbnails:
    """The small pictures of a run.

    Args:
        run: the run's folder. It may come from a stranger: nothing but pictures is read from it,
            and nothing outside of it is read by a name that stands in it.
        size: how large they are made.
    """

    def __init__(self, run: Path, size: Size) -> None:
        self._folder = run / FOLDER
        self._old = run / OLD_FOLDER
        self._size = size

    def name(self, ref: MediaRef) -> str | None:
        """Give the file of an image's small picture in FOLDER; see ``webp``."""
        return None if self.webp(ref) is None else f"{ref.sha256}.webp"

    def webp(self, ref: MediaRef) -> bytes | None:
        """Give an image's small picture: the stored one, else one made of the image and stored.

        Returns:
            None where neither is on this machine, or the image cannot be read.

        Raises:
            StoreError: it cannot be stored.
        """
        if not _SHA256.fullmatch(ref.sha256):
            return None
        path = self._folder / f"{ref.sha256}.webp"
        if (stored := _stored(path)) is not None:
            return stored
        made = _stored(self._old / path.name)
        if made is None:
            size = self._size
            made = small_webp(ref, size.longest_side, size.quality, most=size.most)
        if made is not None:
            _write(path, made)
        return made


def small_webp(
    ref: MediaRef, longest_side: int, quality: int = 80, *, most: int | None = None
) -> bytes | None:
    """Make a small picture of an image, the whole of it.

    Args:
        ref: of the image.
        longest_side: pixels; a smaller image stays as it is.
        quality: of WebP, 0 to 100.
        most: bytes; a picture that takes more is made smaller yet.

    Returns:
        None where it is not on this machine, or cannot be read.
    """
    made = small_webp_or_why(ref, longest_side, quality, most=most)
    return made if isinstance(made, bytes) else None


def small_webp_or_why(
    ref: MediaRef, longest_side: int, quality: int = 80, *, most: int | None = None
) -> bytes | str:
    """Make a small picture of an image as ``small_webp`` does, or say why there is none."""
    try:
        picture = load_here(ref)
    except NoSuchImage:
        return _NOT_HERE
    except DataError as error:
        changed = "has changed" in error.message
        return "it has changed" if changed else "damaged: it cannot be decoded"
    if picture is None:
        return _NOT_HERE  # a page is made without the network; a run may come from a stranger
    side = longest_side
    while True:
        picture.thumbnail((side, side))
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality)
        if most is None or buffer.tell() <= most or side <= _SMALLEST:
            return buffer.getvalue()
        side = side * 4 // 5


def data_uri(webp: bytes) -> str:
    """Write a small picture as a page holds it."""
    return f"data:image/webp;base64,{base64.b64encode(webp).decode()}"


def _stored(path: Path) -> bytes | None:
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        return None
    # A link to another file of this machine, say, is not to come into a page that is passed on.
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    return content if is_webp and len(content) <= MOST_BYTES else None


def _write(path: Path, content: bytes) -> None:
    # Two reports, or two threads, may write it at once: each has its own file until it is whole.
    waiting = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        waiting.write_bytes(content)
        waiting.replace(path)
    except OSError as error:
        raise StoreError(f"cannot be written: {path} ({error})", hint="make room") from error
