"""Completions by key in SQLite: committed in small groups, shared by processes, never rewritten."""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.records import Completion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

SCHEMA_VERSION = 1
GROUP_SIZE = 64
GROUP_SECONDS = 1.0
BUSY_SECONDS = 30.0
"""How long to wait for another process that is writing."""

_SCHEMA = """
CREATE TABLE completions (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL
) WITHOUT ROWID
"""
_COLUMNS = "key, text, finish_reason, prompt_tokens, completion_tokens, cached_tokens, seconds"


class CompletionStore:
    """The completions of every run, by key; a context manager that commits what is left.

    Errors are not stored: a request that failed is asked again by the next run. A key that two
    processes finish is kept once, the first one's text standing.

    Args:
        path: the SQLite file, made with its folder where it is not there.

    Raises:
        StoreError: the file is no store, is from a newer version, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._group: list[Completion] = []
        self._group_began = 0.0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            self._use_wal()
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the completion store cannot be opened: {path} ({error})",
                hint="move the file aside to begin a new store, or name another with --out",
            ) from error

    def __enter__(self) -> CompletionStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, keys: Iterable[str]) -> dict[str, Completion]:
        """Give the completions that are there, by key."""
        found: dict[str, Completion] = {}
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM completions WHERE key IN ({marks})", part
            )
            for key, text, finish, prompt, made, cached, seconds in rows:
                found[key] = Completion(
                    key=key,
                    text=text,
                    finish_reason=finish,
                    prompt_tokens=prompt,
                    completion_tokens=made,
                    cached_tokens=cached,
                    seconds=seconds,
                )
        return found

    def add(self, completion: Completion) -> None:
        """Keep a completion; it is on disk after at most 64 more, or with the first after 1 s."""
        if completion.error is not None:
            return
        if not self._group:
            self._group_began = time.monotonic()
        self._group.append(completion)
        if len(self._group) >= GROUP_SIZE or time.monotonic() - self._group_began > GROUP_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit what is waiting.

        Raises:
            StoreError: the disk is full or the file cannot be written; what waits is kept in
                memory, so that a later flush may still save it.
        """
        rows = [
            (
                c.key,
                c.text.encode("utf-8", "replace").decode(),
                c.finish_reason,
                c.prompt_tokens,
                c.completion_tokens,
                c.cached_tokens,
                c.seconds,
            )
            for c in self._group
        ]
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                f"INSERT OR IGNORE INTO completions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise StoreError(
                f"{len(rows)} completions cannot be written to {self.path} ({error})",
                hint="free some disk space and run again; what was committed before is kept",
            ) from error
        self._group = []

    def close(self) -> None:
        """Commit what is waiting and close the file."""
        try:
            if self._group:
                self.flush()
        finally:
            self._db.close()

    def _use_wal(self) -> None:
        """Switch the file to write-ahead logging, which SQLite does not wait for by itself.

        When two processes open a new file at once, one is told that it is locked, at once.
        """
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} was written by a newer version (schema {version})",
                hint="upgrade prompt-harness, or name another folder with --out",
            )
        if version == 0:
            self._db.execute("BEGIN IMMEDIATE")
            # Another process may have made the table since the version was read.
            if self._db.execute("PRAGMA user_version").fetchone() == (0,):
                self._db.execute(_SCHEMA)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._db.execute("COMMIT")
