"""A place → what tells that the same bytes still stand there, without reading them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.records import CellPlace, FilePlace, MemberPlace

if TYPE_CHECKING:
    from harness.records import Place

_SETTLED_NS = 2_000_000_000


def version(place: Place) -> str | None:
    """Say which state of a place this is; None where that cannot be told.

    A file is the same if its size, its inode and its times of change are, the one that no program
    can set included. What has changed within the last two seconds may do so again within one tick.

    Raises:
        OSError: it cannot be looked at.
    """
    match place:
        case FilePlace():
            return file_version(Path(place.path))
        case MemberPlace():
            return file_version(Path(place.archive))
        case CellPlace():
            return file_version(Path(place.table))
    return None


def file_version(path: Path) -> str | None:
    """Say which state of a file this is; None where it has just changed.

    Raises:
        OSError: it cannot be looked at.
    """
    facts = path.stat()
    if time.time_ns() - max(facts.st_mtime_ns, facts.st_ctime_ns) <= _SETTLED_NS:
        return None
    return f"{facts.st_size} {facts.st_ino} {facts.st_mtime_ns} {facts.st_ctime_ns}"
