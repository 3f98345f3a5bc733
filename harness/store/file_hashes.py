"""Files → their sha256, each read once as long as the file system says that it has not changed.

Beside them the looks of images (``harness.media.look``), by the hash of their bytes.

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
from harness.media import LOOK_RULES, look

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from harness.records import MediaRef

HASHES_FILE = "file_hashes.sqlite"
"""Among the results of a project."""

_SETTLED_NS = 2_000_000_000
_SCHEMA = "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, seen TEXT, sha256 TEXT)"
_LOOKS = "CREATE TABLE IF NOT EXISTS looks (image TEXT PRIMARY KEY, look TEXT)"
_KEPT_AT_ONCE = 1_000
"""Looks that are written together: each took as long as decoding its picture."""


class FileHashes:
    """Remembers hashes in a SQLite file; a context manager that keeps what is new.

    It only saves time: where its file cannot be read or written, files are hashed again.

    Args:
        path: the SQLite file; made with its folder when there is something to keep, but a block
            that fails makes no folder: what is refused leaves no trace.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new: list[tuple[str, ...]] = []
        self._known: dict[str, tuple[str, str]] = {}
        self._new_looks: list[tuple[str, ...]] = []
        self._looks: dict[str, str] | None = None
        """None until one is asked for: few runs compare pictures."""

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
        if refused and not self._path.parent.is_dir():
            return
        self._keep_looks()
        self._keep(_SCHEMA, "INSERT OR REPLACE INTO files VALUES (?, ?, ?)", self._new)

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

    def look(self, ref: MediaRef) -> str:
        """Give the look of an image, or remember it; empty for one of a single colour.

        Raises:
            DataError: it has gone, or cannot be decoded.
        """
        if self._looks is None:
            self._looks = self._remembered_looks()
        name = f"{ref.sha256} {ref.pixels} {LOOK_RULES}"
        if (known := self._looks.get(name)) is not None:
            return known
        made = self._looks[name] = look(ref)
        self._new_looks.append((name, made))
        if len(self._new_looks) >= _KEPT_AT_ONCE and self._path.parent.is_dir():
            self._keep_looks()
        return made

    def _remembered_looks(self) -> dict[str, str]:
        with suppress(sqlite3.Error):
            if self._path.is_file():
                db = sqlite3.connect(self._path)
                try:
                    return dict(db.execute("SELECT image, look FROM looks"))
                finally:
                    db.close()
        return {}

    def _keep_looks(self) -> None:
        self._keep(_LOOKS, "INSERT OR REPLACE INTO looks VALUES (?, ?)", self._new_looks)

    def _keep(self, schema: str, insert: str, rows: list[tuple[str, ...]]) -> None:
        """Write down what was made since; where that cannot be, it is made again another time."""
        if not rows:
            return
        with suppress(sqlite3.Error, OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self._path)
            try:
                with db:
                    db.execute(schema)
                    db.executemany(insert, rows)
                rows.clear()
            finally:
                db.close()
