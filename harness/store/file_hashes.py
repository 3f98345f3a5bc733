"""Files → their sha256, each read once as long as the file system says that it has not changed.

A photo or a checkpoint is asked about by every run and changes hardly ever. A file is the same if
its size, its inode and its times of change are, the one that no program can set included. What has
changed within the last two seconds is not remembered: it may do so again within one tick.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from harness.fingerprint import sha256_file

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_SETTLED_NS = 2_000_000_000
_SCHEMA = "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, seen TEXT, sha256 TEXT)"


class FileHashes:
    """Remembers hashes in a SQLite file; a context manager that keeps what is new.

    It only saves time: where its file cannot be read or written, files are hashed again.

    Args:
        path: the SQLite file; made with its folder when there is something to keep, but a block
            that fails makes no folder: what is refused leaves no trace.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new: list[tuple[str, str, str]] = []
        self._known: dict[str, tuple[str, str]] = {}

    def __enter__(self) -> FileHashes:
        if self._path.is_file():
            with suppress(sqlite3.Error):
                db = sqlite3.connect(self._path)
                try:
                    rows = db.execute("SELECT path, seen, sha256 FROM files")
                    self._known = {path: (seen, digest) for path, seen, digest in rows}
                finally:
                    db.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        refused = isinstance(error, Exception)  # a Ctrl-C is not: hours may have been spent
        if not self._new or (refused and not self._path.parent.is_dir()):
            return
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path)
            try:
                with db:
                    db.execute(_SCHEMA)
                    db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", self._new)
            finally:
                db.close()

    def sha256(self, path: Path) -> str:
        """Hash a file's bytes, or remember their hash.

        Raises:
            OSError: the file cannot be read.
        """
        name = str(path.absolute())
        facts = path.stat()
        seen = f"{facts.st_size} {facts.st_ino} {facts.st_mtime_ns} {facts.st_ctime_ns}"
        known = self._known.get(name)
        if known is not None and known[0] == seen:
            return known[1]
        digest = sha256_file(path)
        if time.time_ns() - max(facts.st_mtime_ns, facts.st_ctime_ns) > _SETTLED_NS:
            self._new.append((name, seen, digest))
        return digest
