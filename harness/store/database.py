"""A store's file → an open SQLite database of the present schema, or why there is none."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from harness.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA_VERSION = 3
BUSY_SECONDS = 30.0
"""How long to wait for another process that is writing."""

_MIGRATIONS = (
    """
CREATE TABLE completions (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL
) WITHOUT ROWID;
""",
    # The key alone in an index, so that a plan of a million keys is looked up without the texts.
    """
ALTER TABLE completions RENAME TO first;
CREATE TABLE completions (
    key TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    finish_reason TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    seconds REAL NOT NULL,
    record TEXT NOT NULL
);
INSERT INTO completions SELECT *, '{}' FROM first;
DROP TABLE first;
CREATE TABLE parts (sha256 TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE failures (
    key TEXT PRIMARY KEY, reason TEXT NOT NULL, times INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
""",
    # Of completions that were there before, nobody knows when and by what they were made.
    """
ALTER TABLE completions ADD COLUMN made_at TEXT;
ALTER TABLE completions ADD COLUMN made_by TEXT;
""",
)
"""From each schema version to the next, the first from nothing."""

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class Damaged(StoreError):
    """The store could not be read; it was moved aside."""


def open_database(path: Path) -> sqlite3.Connection:
    """Open the file, made with its folder where it is not there, and bring it up to date.

    Raises:
        Damaged: the file is no store or is damaged; it is moved aside.
        StoreError: the store is from a newer version, or cannot be written.
    """
    db: sqlite3.Connection | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # One thread at a time uses it, not always the one that opened it: in a notebook, whose loop
        # runs, another one generates while the first one waits.
        db = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        _check(db, path)
        _use_wal(db)
        db.execute("PRAGMA synchronous = NORMAL")
        _migrate(db)
        _check_tables(db, path)
    except BaseException as error:
        if db is not None:
            db.close()
        if isinstance(error, sqlite3.DatabaseError) and _is_damage(error):
            raise _moved_aside(path, str(error)) from error
        if isinstance(error, (sqlite3.Error, OSError)):
            raise StoreError(
                f"the completion store cannot be opened: {path} ({error})",
                hint="is its folder there and yours to write? --out names another",
            ) from error
        raise
    return db


def _check(db: sqlite3.Connection, path: Path) -> None:
    """Look the file over: damage found now costs less than damage found in a run."""
    version = _version(db)
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{path} was written by a newer version (schema {version})",
            hint="upgrade prompt-harness, or name another folder with --out",
        )
    (result,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if result != "ok":
        db.close()
        raise _moved_aside(path, result)


def _check_tables(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that says it is of this schema and has not its tables."""
    with closing(sqlite3.connect(":memory:")) as pattern:
        for migration in _MIGRATIONS:
            pattern.executescript(migration)
        for (table,) in pattern.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            lacking = _columns(pattern, table) - _columns(db, table)
            if lacking:
                raise StoreError(
                    f"{path} is no completion store: its table '{table}' lacks "
                    f"{', '.join(sorted(lacking))}",
                    hint="name another folder with --out, or move the file away",
                )


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")}


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _moved_aside(path: Path, fault: str) -> Damaged:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
    return Damaged(
        f"the completion store {path} is damaged ({fault}); it was moved to {aside.name}",
        hint=f"'harness cache import {path.parent}' makes it anew from the folders of "
        "finished runs; without it the next run asks for everything again",
    )


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, which SQLite does not wait for by itself.

    When two processes open a new file at once, one is told that it is locked, at once.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _migrate(db: sqlite3.Connection) -> None:
    if _version(db) == SCHEMA_VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    # Another process may have done it since the version was read.
    for number in range(_version(db), SCHEMA_VERSION):
        for statement in _MIGRATIONS[number].split(";"):
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return int(version)
