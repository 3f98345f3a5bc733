"""A member of a zip or tar archive → its bytes; what stands where in the last few is kept.

A zip archive and a plain tar are read only where the member stands. Of a packed tar all that stands
before it is unpacked anew for each member, so a large one is better unpacked beforehand.
"""

from __future__ import annotations

import tarfile
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_KEPT = 32
"""Archives whose contents are remembered."""

_ZIP = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")
"""How a zip archive begins: with a member, empty, or as a part of several."""

_Version = tuple[int, int]
"""An archive's time of change and size; with them goes what is remembered of it."""


def read_member(path: Path, member: str, most: int) -> bytes | None:
    """Give the bytes of a member, or None where the archive has no such file.

    Args:
        path: of the archive.
        member: its name in the archive.
        most: bytes that are read at most, whatever the archive says of its size.

    Raises:
        Exception: the archive is missing or broken.
    """
    facts = path.stat()
    version = (facts.st_mtime_ns, facts.st_size)
    with path.open("rb") as file:
        zipped = file.read(4) in _ZIP  # a tar begins with a name, which may be PK1.jpg
    if zipped:
        archive = _zip(path, version)
        if member not in archive.NameToInfo:
            return None
        with archive.open(member) as unpacked:
            return unpacked.read(most)
    place = _tar_members(path, version).get(member)
    if place is None:
        return None
    begin, size = place
    with tarfile.open(path) as tar:
        stream: Any = tar.fileobj  # unpacked, where the archive is packed
        stream.seek(begin)
        content: bytes = stream.read(min(size, most))
    return content


@lru_cache(_KEPT)
def _zip(path: Path, _: _Version) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


@lru_cache(_KEPT)
def _tar_members(path: Path, _: _Version) -> dict[str, tuple[int, int]]:
    """Say where each file of a tar begins and how long it is; links lead nowhere here."""
    with tarfile.open(path) as tar:
        return {
            member.name: (member.offset_data, member.size)
            for member in tar
            if member.isreg() and not member.issparse()
        }
