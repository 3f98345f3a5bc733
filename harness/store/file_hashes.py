"""Files → their sha256, each read once as long as the file system says that it has not changed.

Beside them what is known of images that stand elsewhere (in tables, archives, at URLs), and the
looks of all images (``harness.media.look``), by the hash of their bytes.

A photo or a checkpoint is asked about by every run and changes hardly ever. What tells that it is
still the same is ``harness.media.version``'s to say.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import suppress
from dataclasses import asdict
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any

from harness import media
from harness.counted import counted
from harness.fingerprint import sha256_file, sha256_json
from harness.records import FilePlace, MediaRef, UrlPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from harness.records import Place

HASHES_FILE = "file_hashes.sqlite"
"""Among the results of a project."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, seen TEXT, sha256 TEXT)"
_IMAGES = (
    "CREATE TABLE IF NOT EXISTS measured_images (place TEXT PRIMARY KEY, seen TEXT, "
    "sha256 TEXT, width INT, height INT, pixels INT, several_frames INT)"
)
_LOOKS = "CREATE TABLE IF NOT EXISTS looks (image TEXT PRIMARY KEY, look TEXT)"
_MOST_HELD = 50_000
"""Files whose hashes of before are held: 0.4 kB each. Of more, each is looked up."""
_IN_MEMORY = 4_000_000
"""Letters of what waits."""
_KEPT_AT_ONCE = 1_000
"""Rows that are written together: each took as long as reading its picture."""


class FileHashes:
    """Remembers hashes in a SQLite file; a context manager that keeps what is new.

    It only saves time: where its file cannot be read or written, files are hashed again.

    Args:
        path: the SQLite file; made with its folder when there is something to keep, but a block
            that fails makes no folder: what is refused leaves no trace.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fetched_anew = 0
        """Images of servers that say nothing of their state."""
        self._new = _Waiting()
        self._known: dict[str, tuple[str, str]] | None = {}
        """None: there are too many files to hold, and each is looked up."""
        self._new_images = _Waiting()
        self._before: sqlite3.Connection | None = None
        """To what was known before; opened when it is first asked for."""
        self._lock = threading.Lock()
        """Images at URLs are looked at by several threads."""
        self._new_looks = _Waiting()
        self._looks: dict[str, str] | None = None
        """None until one is asked for: few runs compare pictures."""

    def __enter__(self) -> FileHashes:
        if self._path.is_file():
            with suppress(sqlite3.Error):
                db = sqlite3.connect(self._path)
                try:
                    asked = "SELECT path, seen, sha256 FROM files LIMIT ?"
                    rows = db.execute(asked, (_MOST_HELD + 1,)).fetchall()
                    held = {path: (seen, digest) for path, seen, digest in rows}
                    self._known = held if len(held) <= _MOST_HELD else None
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
        if self._before is not None:
            self._before.close()
            self._before = None
        if not (refused and not self._path.parent.is_dir()):
            self._keep_images()
            self._keep_looks()
            self._keep_files()
        for rows in (self._new, self._new_images, self._new_looks):
            rows.clear()

    def sha256(self, path: Path) -> str:
        """Hash a file's bytes, or remember their hash.

        Raises:
            OSError: the file cannot be read.
        """
        name = str(path.absolute())
        seen = media.file_version(path)
        if self._known is not None:
            known = self._known.get(name)
        else:
            known = self._asked("SELECT seen, sha256 FROM files WHERE path = ?", (name,))
        if known is not None and known[0] == seen:
            return known[1]
        digest = sha256_file(path)
        if seen is not None:
            self._new.append((name, seen, digest))
            if self._is_due(self._new):
                self._keep_files()
        return digest

    def probe(self, place: Place) -> MediaRef:
        """Check, hash and measure an image (``harness.media.probe``), or remember what it is.

        Raises:
            DataError: it is missing, or no image that is read here.
        """
        if isinstance(place, FilePlace):
            return media.probe(place, self.sha256)
        name = sha256_json(asdict(place))  # a URL itself is nobody's business
        seen = None
        with suppress(OSError):  # what is missing is told by who reads it
            seen = media.version(place)
        if seen is not None and (known := self._known_image(name, seen)):
            digest, width, height, pixels, several = known
            return MediaRef(
                place=place,
                sha256=digest,
                width=width,
                height=height,
                pixels=pixels,
                several_frames=bool(several),
            )
        ref = media.probe(place)
        if seen is None and isinstance(place, UrlPlace):
            with self._lock:
                self.fetched_anew += 1
        if seen is not None:
            with self._lock:
                measured = (ref.width, ref.height, ref.pixels, ref.several_frames)
                self._new_images.append((name, seen, ref.sha256, *measured))
                if self._is_due(self._new_images):
                    self._keep_images()
        return ref

    def notes(self) -> tuple[str, ...]:
        """Say how many images are fetched each time."""
        if not self.fetched_anew:
            return ()
        are = "is" if self.fetched_anew == 1 else "are"
        return (
            f"{counted(self.fetched_anew, 'image')} {are} fetched each time: the server names "
            "neither their ETag nor when they changed",
        )

    def look(self, ref: MediaRef) -> str:
        """Give the look of an image, or remember it; empty for one of a single colour.

        Raises:
            DataError: it has gone, or cannot be decoded.
        """
        if self._looks is None:
            self._looks = self._remembered_looks()
        name = f"{ref.sha256} {ref.pixels} {media.LOOK_RULES}"
        if (known := self._looks.get(name)) is not None:
            return known
        made = self._looks[name] = media.look(ref)
        self._new_looks.append((name, made))
        if self._is_due(self._new_looks):
            self._keep_looks()
        return made

    def _known_image(self, name: str, seen: str) -> tuple[str, int, int, int, int] | None:
        found: tuple[str, int, int, int, int] | None
        with self._lock:
            found = self._asked(
                "SELECT sha256, width, height, pixels, several_frames "
                "FROM measured_images WHERE place = ? AND seen = ?",
                (name, seen),
            )
        return found

    def _asked(self, question: str, values: tuple[str, ...]) -> Any:
        """Give the first row that answers a question about what was known before."""
        with suppress(sqlite3.Error):
            if self._before is None and self._path.is_file():
                self._before = sqlite3.connect(self._path, check_same_thread=False)
            if self._before is not None:
                return self._before.execute(question, values).fetchone()
        return None

    def _is_due(self, rows: _Waiting) -> bool:
        return len(rows) >= _KEPT_AT_ONCE and self._path.parent.is_dir()

    def _keep_files(self) -> None:
        self._keep(_SCHEMA, "INSERT OR REPLACE INTO files VALUES (?, ?, ?)", self._new)

    def _keep_images(self) -> None:
        insert = "INSERT OR REPLACE INTO measured_images VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._keep(_IMAGES, insert, self._new_images)

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

    def _keep(self, schema: str, insert: str, rows: _Waiting) -> None:
        """Write down what was made since; where that cannot be, it is made again another time."""
        if not len(rows):
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


class _Waiting:
    """Rows that wait for being written down; many of them wait on disk."""

    def __init__(self) -> None:
        self._lines: SpooledTemporaryFile[str] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[list[str | int]]:
        if self._lines is None:
            return iter(())
        self._lines.seek(0)
        return map(json.loads, self._lines)

    def append(self, row: Sequence[str | int]) -> None:
        """Add a row."""
        if self._lines is None:
            self._lines = SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115
        self._lines.write(f"{json.dumps(row)}\n")
        self._count += 1

    def clear(self) -> None:
        """Forget them all."""
        if self._lines is not None:
            self._lines.close()
        self._lines, self._count = None, 0
