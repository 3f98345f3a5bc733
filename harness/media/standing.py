"""A path at which no file stands → what does, in a word or two."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def what_stands(path: Path) -> str | None:
    """Say what stands where an image should be; None where nothing does.

    Raises:
        OSError, ValueError: it cannot be told.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            return "a link to nothing" if error.errno != errno.ELOOP else "a link to itself"
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):  # of a folder above it
            return None
        raise
    return _KINDS.get(stat.S_IFMT(mode), "no file")
