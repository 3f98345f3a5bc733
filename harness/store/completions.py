"""Completions by key in SQLite: committed in small groups, shared by processes, never rewritten."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.errors import StoreError
from harness.fingerprint import canonical_json
from harness.records import Completion
from harness.store.claims import Owner
from harness.store.database import open_database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from harness.ingredients import Ingredients
    from harness.records import Json

GROUP_SIZE = 64
GROUP_SECONDS = 1.0
_AT_ONCE = 500
"""Keys in one query."""
_KEPT_PARTS = 10_000
"""Parts known to be in the file; of more it is asked again, so that memory stays flat."""

_FIELDS = (
    "key", "text", "finish_reason", "prompt_tokens", "completion_tokens", "cached_tokens",
    "seconds", "made_at", "made_by",
)  # fmt: skip
"""Of Completion, each in a column of its own name."""
_COLUMNS = ", ".join(_FIELDS)


class Entry(NamedTuple):
    """A completion with the record of what it depends on."""

    completion: Completion
    record: Mapping[str, Json]


class CompletionStore:
    """The completions of every run, by key; a context manager that commits what is left.

    A failed request is kept as a failure, with its reason, and never served as an answer: the next
    run asks again. A key that two processes finish is kept once, the first one's text standing.

    Args:
        path: the SQLite file, made with its folder where it is not there.

    Raises:
        Damaged: the file is no store or is damaged; it is moved aside.
        StoreError: the store is from a newer version, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = Owner(path.with_name(f"{path.name}-owners"))
        self._group: list[tuple[Completion, Ingredients]] = []
        self._group_began = 0.0
        self._kept_parts: set[str] = set()
        self._db = open_database(path)

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
        return {key: entry.completion for key, entry in self.entries(keys).items()}

    def entries(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Give the completions that are there with their records, by key."""
        entries: dict[str, Entry] = {}
        for batch in _groups(dict.fromkeys(keys), _AT_ONCE):
            query = f"SELECT {_COLUMNS}, record FROM completions WHERE key IN ({_marks(batch)})"
            for row in self._read(query, batch):
                entries[row[0]] = _entry(row, self.path)
        return entries

    def adopt(self, former: Mapping[str, str]) -> int:
        """Keep completions under the keys that they have now: key → the key that they had before.

        What is there under its present key already stays as it is.

        Returns:
            How many were taken over.

        Raises:
            StoreError: the store cannot be written.
        """
        lacking = self.missing(former)
        before = self.entries(former[key] for key in lacking)
        entries = [
            Entry(replace(entry.completion, key=key), entry.record)
            for key in lacking
            if (entry := before.get(former[key]))
        ]
        return self.add_entries(entries, {}) if entries else 0

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Give the keys that have no completion, each once, in their order."""
        missing: list[str] = []
        for batch in _groups(dict.fromkeys(keys), _AT_ONCE):
            query = f"SELECT key FROM completions WHERE key IN ({_marks(batch)})"
            stored = {key for (key,) in self._read(query, batch)}
            stored.update(c.key for c, _ in self._group if c.error is None)
            missing += [key for key in batch if key not in stored]
        return missing

    def failures(self, keys: Iterable[str]) -> dict[str, str]:
        """Give the reason of each key whose request failed when it was asked last."""
        reasons: dict[str, str] = {}
        for batch in _groups(dict.fromkeys(keys), _AT_ONCE):
            query = f"SELECT key, reason FROM failures WHERE key IN ({_marks(batch)})"
            reasons.update(self._read(query, batch))
        return reasons

    def parts(self, digests: Iterable[str]) -> dict[str, str]:
        """Give the parts of records that are there: sha256 → canonical JSON."""
        parts: dict[str, str] = {}
        for batch in _groups(dict.fromkeys(digests), _AT_ONCE):
            query = f"SELECT sha256, json FROM parts WHERE sha256 IN ({_marks(batch)})"
            parts.update(self._read(query, batch))
        for text in parts.values():
            _stored_json(text, self.path)
        return parts

    def claim(self, keys: Sequence[str]) -> tuple[list[str], list[str]]:
        """Divide keys into those that this process is to ask for and those that another one asks.

        What has a completion is in neither. A claim ends with its completion, its failure or its
        process.

        Raises:
            StoreError: the store cannot be written.
        """
        with self._writing("claims cannot be written"):
            wanted = self.missing(keys)
            if not self._owner.can_claim:
                return wanted, []
            self._owner.appear()
            query = f"SELECT key, owner FROM claims WHERE key IN ({_marks(wanted)})"
            owners = dict(self._db.execute(query, wanted)) if wanted else {}
            living = {name for name in set(owners.values()) if self._owner.lives(name)}
            living.discard(self._owner.name)
            own_keys = [key for key in wanted if owners.get(key) not in living]
            self._db.executemany(
                "INSERT OR REPLACE INTO claims (key, owner) VALUES (?, ?)",
                [(key, self._owner.name) for key in own_keys],
            )
        return own_keys, [key for key in wanted if owners.get(key) in living]

    def add(self, completion: Completion, ingredients: Ingredients) -> None:
        """Keep a completion or a failure: on disk with 63 more, or when ``flush_if_due`` says."""
        if not self._group:
            self._group_began = time.monotonic()
        self._group.append((completion, ingredients))
        if len(self._group) >= GROUP_SIZE:
            self.flush()

    def flush_if_due(self) -> None:
        """Commit what has waited for a second; to be called now and then."""
        if self._group and time.monotonic() - self._group_began >= GROUP_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Commit what is waiting.

        Raises:
            StoreError: the disk is full or the file cannot be written; what waits is kept in
                memory, so that a later flush may still save it.
        """
        if not self._group:
            return
        good = [(c, i) for c, i in self._group if c.error is None]
        parts: dict[str, str] = {}
        for _, ingredients in good:
            parts |= ingredients.parts
        new = parts.keys() - self._kept_parts
        with self._writing(f"{len(self._group)} completions cannot be written"):
            self._insert(
                ((c, i.record) for c, i in good), {digest: parts[digest] for digest in new}
            )
            self._db.executemany(
                "INSERT INTO failures (key, reason, times) VALUES (?, ?, 1) ON CONFLICT (key) "
                "DO UPDATE SET reason = excluded.reason, times = times + 1",
                [(c.key, _text(c.error)) for c, _ in self._group if c.error is not None],
            )
            self._db.executemany("DELETE FROM failures WHERE key = ?", [(c.key,) for c, _ in good])
            self._db.executemany(
                "DELETE FROM claims WHERE key = ?", [(c.key,) for c, _ in self._group]
            )
        if len(self._kept_parts) > _KEPT_PARTS:  # every prompt its own messages
            self._kept_parts.clear()
        self._kept_parts |= new
        self._group = []

    def add_entries(self, entries: Iterable[Entry], parts: Mapping[str, str]) -> int:
        """Keep completions that were made elsewhere; those that are there stay as they are.

        Returns:
            How many were new.

        Raises:
            StoreError: the store cannot be written.
        """
        before = self._db.total_changes
        with self._writing("the completions cannot be written"):
            self._insert(entries, {})
            added = self._db.total_changes - before
            self._insert((), parts)
            self._db.execute(
                "DELETE FROM failures WHERE EXISTS "
                "(SELECT 1 FROM completions WHERE completions.key = failures.key)"
            )
        return added

    def all_entries(self) -> Iterator[Entry]:
        """Give every completion with its record, in the order of their coming."""
        for row in self._read(f"SELECT {_COLUMNS}, record FROM completions ORDER BY rowid"):
            yield _entry(row, self.path)

    def all_failures(self) -> Iterator[tuple[str, str, int]]:
        """Give the key, the last reason and the number of every failure."""
        yield from self._read("SELECT key, reason, times FROM failures ORDER BY reason, key")

    def forget_failures(self) -> int:
        """Forget why requests failed; they are asked again anyway.

        Returns:
            How many there were.
        """
        with self._writing("failures cannot be removed"):
            return self._db.execute("DELETE FROM failures").rowcount

    def remove(self, keys: Iterable[str]) -> int:
        """Forget completions, and the parts that only they had; the file shrinks.

        Returns:
            How many there were.
        """
        before = self._db.total_changes
        with self._writing("completions cannot be removed"):
            self._db.executemany("DELETE FROM completions WHERE key = ?", ((key,) for key in keys))
            removed = self._db.total_changes - before
            used = {
                value
                for (record,) in self._read("SELECT DISTINCT record FROM completions")
                for value in _stored_json(record, self.path).values()
                if isinstance(value, str)
            }
            every = [digest for (digest,) in self._db.execute("SELECT sha256 FROM parts")]
            self._db.executemany(
                "DELETE FROM parts WHERE sha256 = ?", [(d,) for d in every if d not in used]
            )
        with suppress(sqlite3.Error):  # another process reads, or the disk is full: later, then
            self._db.execute("VACUUM")
        return removed

    def close(self) -> None:
        """Commit what is waiting, give up what is claimed, and close the file."""
        try:
            self.flush()
        finally:
            self._owner.leave()
            self._db.close()

    def _insert(
        self, entries: Iterable[tuple[Completion, Mapping[str, Json]]], parts: Mapping[str, str]
    ) -> None:
        self._db.executemany(
            f"INSERT OR IGNORE INTO completions ({_COLUMNS}, record) VALUES ({_marks(_FIELDS)}, ?)",
            ((*map(_column, _values(c)), canonical_json(record)) for c, record in entries),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO parts (sha256, json) VALUES (?, ?)",
            [(digest, _text(text)) for digest, text in parts.items()],
        )

    def _read(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """Give the rows of a query.

        Raises:
            StoreError: the store cannot be read.
        """
        try:
            yield from self._db.execute(query, values)
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the completion store cannot be read: {self.path} ({error})"
            ) from error

    @contextmanager
    def _writing(self, fault: str) -> Iterator[None]:
        """Make what is done inside one transaction."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"{fault}: {self.path} ({error})",
                hint="make room or give the right to write, and run again; what was committed "
                "before is kept",
            ) from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


def _groups(keys: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    rest = iter(keys)
    while batch := tuple(islice(rest, size)):
        yield batch


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _text(text: str | None) -> str:
    return (text or "").encode("utf-8", "replace").decode()


def _values(completion: Completion) -> Iterator[Any]:
    return (getattr(completion, name) for name in _FIELDS)


def _column(value: Any) -> Any:
    return _text(value) if isinstance(value, str) else value


def _entry(row: Sequence[Any], path: Path) -> Entry:
    *values, record = row
    completion = Completion(**dict(zip(_FIELDS, values, strict=True)))
    return Entry(completion, _stored_json(record, path))


def _stored_json(text: str, path: Path) -> Any:
    """Read JSON that stands in a store; ``path`` is named in errors.

    Raises:
        StoreError: it is none: another program wrote there.
    """
    try:
        return json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreError(
            f"the completion store {path} holds a record that is no JSON ({error})",
            hint="move the file away; 'harness cache import' makes it anew from the folders of "
            "runs",
        ) from error
