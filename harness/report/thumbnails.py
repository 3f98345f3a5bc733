"""Images of samples → small pictures, kept in the run's folder so that a copied run has them."""

from __future__ import annotations

import base64
import io
import os
import re
from typing import TYPE_CHECKING

from harness.errors import DataError, StoreError
from harness.media import load_here

if TYPE_CHECKING:
    from pathlib import Path

    from harness.records import MediaRef

FOLDER = "thumbs"
"""Beside ``report.html``; a file is named by its image's sha256, and never written again."""
LONGEST_SIDE = 160
"""Pixels."""
MOST_BYTES = 256 * 1024
"""A picture of this size is about a tenth of that at most; what is larger is none of ours."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Thumbnails:
    """The small pictures of a run.

    Args:
        run: the run's folder. It may come from a stranger: nothing but pictures is read from it,
            and nothing outside of it is read by a name that stands in it.
    """

    def __init__(self, run: Path) -> None:
        self._folder = run / FOLDER

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
        if (made := small_webp(ref, LONGEST_SIDE)) is not None:
            _write(path, made)
        return made


def small_webp(ref: MediaRef, longest_side: int) -> bytes | None:
    """Make a small picture of an image, the whole of it.

    Args:
        ref: of the image.
        longest_side: pixels, at most.

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
    picture.save(buffer, "WEBP", quality=80)
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
    # Two reports of one run may be written at once: each has a file of its own until it is whole.
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(exist_ok=True)
        waiting.write_bytes(content)
        waiting.replace(path)
    except OSError as error:
        raise StoreError(f"cannot be written: {path} ({error})", hint="make room") from error
