"""A member of a zip or tar archive → its bytes; what stands where in the last few is kept.

A zip archive and a plain tar are read only where the member stands. Of a packed tar all that stands
before it is unpacked anew for each member, so a large one is better unpacked beforehand.
"""

from __future__ import annotations

import tarfile
import zipfile
from functools import lru_cache
from io import BufferedReader
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
        if file.read(4) in _ZIP:  # a tar begins with a name, which may be PK1.jpg
            archive = _zip(path, version)
            if member not in archive.NameToInfo:
                return None
            with archive.open(member) as unpacked:
                return unpacked.read(most)
        packed, members = _tar(path, version)
        if member not in members:
            return None
        begin, size = members[member]
        if packed:
            with tarfile.open(path) as tar:
                return _read(tar.fileobj, begin, min(size, most))
        return _read(file, begin, min(size, most))


def _read(stream: Any, begin: int, size: int) -> bytes:
    stream.seek(begin)
    content: bytes = stream.read(size)
    return content


@lru_cache(_KEPT)
def _zip(path: Path, _: _Version) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


@lru_cache(_KEPT)
def _tar(path: Path, _: _Version) -> tuple[bool, dict[str, tuple[int, int]]]:
    """Say whether a tar is packed, and where each of its files begins, unpacked, and its length.

    Links lead nowhere here.
    """
    with tarfile.open(path) as tar:
        members = {
            member.name: (member.offset_data, member.size)
            for member in tar
            if member.isreg() and not member.issparse()
        }
        return not isinstance(tar.fileobj, BufferedReader), members
