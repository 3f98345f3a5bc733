"""Images of samples → small pictures, kept beside a run's page so that a copied run has them."""

from __future__ import annotations

import base64
import io
import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DataError, StoreError
from harness.media import load_here

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records import MediaRef

FOLDER = "report_files/thumbs"
"""Beside ``report.html``; a file is named by its image's sha256, and never written again."""
OLD_FOLDER = "thumbs"
"""Where runs of before have them; a copied one may have no others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large small pictures are made."""

    longest_side: int
    """Pixels."""
    quality: int
    """Of WebP, 0 to 100."""


SIZES = (
    (2_000, Size(longest_side=400, quality=80)),
    (6_000, Size(longest_side=240, quality=70)),
    (None, Size(longest_side=160, quality=55)),
)
"""Up to how many images which size: some 15 kB, 6 kB and 3 kB of a photo, so that the pictures of a
page take 40 MB at most."""


def size_for(images: int) -> Size:
    """Say how large the small pictures of so many images are made."""
    return next(size for most, size in SIZES if most is None or images <= most)


MOST_BYTES = 256 * 1024
"""A picture of this size is about a tenth of that at most; what is larger is none of ours."""
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
            made = small_webp(ref, self._size.longest_side, self._size.quality)
        if made is not None:
            _write(path, made)
        return made


def small_webp(ref: MediaRef, longest_side: int, quality: int = 80) -> bytes | None:
    """Make a small picture of an image, the whole of it.

    Args:
        ref: of the image.
        longest_side: pixels; a smaller image stays as it is.
        quality: of WebP, 0 to 100.

    Returns:
        None where it is not on this machine, or cannot be read.
    """
    try:
        picture = load_here(ref)
    except DataError:
        return None  # this machine does not have the image, or it is damaged
    if picture is None:
        return None  # a page is made without the network, and a run may come from a stranger
    picture.thumbnail((longest_side, longest_side))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality)
    return buffer.getvalue()


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
