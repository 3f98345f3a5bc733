"""A place → what tells that the same bytes still stand there, without reading them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import DataError, NoSuchImage
from harness.media.border import refusing
from harness.media.remote import facts_of
from harness.records import CellPlace, FilePlace, MemberPlace, UrlPlace

if TYPE_CHECKING:
    from harness.records import Place

_SETTLED_NS = 2_000_000_000


def version(place: Place) -> str | None:
    """Say which state of a place this is; None where that cannot be told.

    A file is the same if its size, its inode and its times of change are, the one that no program
    can set included. What has changed within the last two seconds may do so again within one tick.

    Raises:
        OSError: it cannot be looked at.
        NoSuchImage: nothing stands at a URL.
        DataError: a URL cannot be asked.
    """
    match place:
        case FilePlace():
            return file_version(Path(place.path))
        case MemberPlace():
            return file_version(Path(place.archive))
        case CellPlace():
            return file_version(Path(place.table))
        case UrlPlace():
            return _url_version(place)
    return None


def _url_version(place: UrlPlace) -> str | None:
    try:
        with refusing("image cannot be read", place.name):
            return facts_of(place.url)
    except DataError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise NoSuchImage(f"no such image: {place.name}") from error
        raise


def file_version(path: Path) -> str | None:
    """Say which state of a file this is; None where it has just changed.

    Raises:
        OSError: it cannot be looked at.
    """
    facts = path.stat()
    if time.time_ns() - max(facts.st_mtime_ns, facts.st_ctime_ns) <= _SETTLED_NS:
        return None
    return f"{facts.st_size} {facts.st_ino} {facts.st_mtime_ns} {facts.st_ctime_ns}"
