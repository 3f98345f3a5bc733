"""A place → the bytes there, whatever kind it is of; checked against a MediaRef's hash."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.errors import DataError, NoSuchImage
from harness.fingerprint import sha256_bytes
from harness.media.archives import read_member
from harness.media.border import refusing
from harness.media.kept_bytes import kept_images
from harness.media.made import grey_bytes
from harness.media.remote import open_url, read_url
from harness.media.table_cells import read_cell
from harness.records import CellPlace, FilePlace, GreyPlace, MemberPlace, UrlPlace

if TYPE_CHECKING:
    from harness.records import MediaRef, Place

MAX_FILE_BYTES = 64 * 1024 * 1024
_MOST = MAX_FILE_BYTES + 1
"""Bytes that are read: one more says that there are too many."""


def open(ref: MediaRef) -> bytes:
    """Give the bytes of an image, those whose hash the MediaRef holds.

    What these bytes are used for needs no second look at the file.

    Raises:
        DataError: it has gone or cannot be read, or other bytes stand there now.
    """
    if isinstance(ref.place, UrlPlace) and (kept := kept_images().get(ref.sha256)) is not None:
        return kept
    content = read(ref.place)
    if sha256_bytes(content) != ref.sha256:
        # Its answer would stand under the old image's key.
        raise DataError(f"image has changed since the run began: {ref.name}")
    return content


def read(place: Place) -> bytes:
    """Give the bytes at a place, unchecked.

    Raises:
        NoSuchImage: there are none.
        DataError: they cannot be read, or they are too many.
    """
    with refusing("image cannot be read", place.name):
        content = _bytes_at(place)
    if content is None:
        raise NoSuchImage(f"no such image: {place.name}")
    if len(content) > MAX_FILE_BYTES:
        raise DataError(f"image of more than {MAX_FILE_BYTES:,} bytes: {place.name}")
    return content


def open_remote(url: str) -> IO[bytes]:
    """Open a file at a URL, to read it from its beginning or elsewhere.

    Raises:
        DataError: there is none, or it cannot be had.
    """
    name = UrlPlace(url=url).name
    try:
        with refusing("cannot be read", name):
            return open_url(url)
    except DataError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise DataError(f"no such file: {name}") from error
        raise


def _bytes_at(place: Place) -> bytes | None:
    match place:
        case FilePlace():
            path = Path(place.path)
            if not path.is_file():  # a pipe would be waited for
                return None
            with path.open("rb") as file:
                return file.read(_MOST)
        case MemberPlace():
            return read_member(Path(place.archive), place.member, _MOST)
        case CellPlace():
            return read_cell(Path(place.table), place.column, place.row, place.item)
        case GreyPlace():
            return grey_bytes(place.width, place.height)
        case UrlPlace():
            return read_url(place.url, _MOST)
