"""Completions out of a store and into one: an export file, or the folders of runs.

An export is JSON lines. The first says what it is, the last that it is whole:

    {"format": "harness-completions", "version": 1, "created": "2026-07-01T12:00:00+00:00"}
    {"part": {"sha256": "…", "value": …}}
    {"completion": {"key", "text", "finish_reason", "prompt_tokens", "completion_tokens",
                    "cached_tokens", "seconds", "made_at", "made_by"}, "record": {…}}
    {"end": {"completions": 600, "parts": 5}}

``record`` is what a completion depends on, as ``Ingredients.record`` writes it; it names parts by
their sha256, and a part stands before the first completion that names it. Failures are not in it.

Importing never rewrites: a completion that is there stays as it is. What is damaged is counted,
with its place, and the rest goes on.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.engines.protocol import REPLAY
from harness.errors import StoreError
from harness.fingerprint import canonical_json, sha256_text
from harness.pipeline.reading.run_list import run_folders
from harness.records import Completion
from harness.store.completions import CompletionStore, Entry
from harness.store.line_files import read_lines
from harness.store.run_folder import COMPLETIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.records import Json
    from harness.store.run_folder import RunFolder

FORMAT = "harness-completions"
VERSION = 1
PLACES = 20
"""How many damaged places are named; all are counted."""
_AT_ONCE = 1_000
_KEY = re.compile(r"[0-9a-f]{64}")
_COUNTS = ("prompt_tokens", "completion_tokens", "cached_tokens")
_OPTIONAL = ("made_at", "made_by")
_FIELDS = ("key", "text", "finish_reason", *_COUNTS, "seconds", *_OPTIONAL)
_PARTS = ("messages", "model", "decoding")


class Exported(NamedTuple):
    """What an export file has."""

    completions: int
    parts: int


@dataclass(slots=True)
class Imported:
    """What importing gave."""

    new: int = 0
    known: int = 0
    """There already, and left as they are."""
    failures: int = 0
    """Skipped: requests without an answer."""
    predictions: int = 0
    """Skipped: texts that no model of ours gave, from ``harness score --predictions``."""
    unfinished: int = 0
    """Skipped: runs without completions."""
    damaged: int = 0
    """Skipped: what could not be read."""
    places: list[str] = field(default_factory=list)
    """The first of the damaged ones, as ``file:line: what is wrong``."""


def export_store(path: Path, target: Path) -> Exported:
    """Write every completion of a store, with its record and the parts, to one file.

    Args:
        path: the store.
        target: the file; it is there whole or not at all.

    Raises:
        StoreError: there is no store, or the file cannot be written, or something else than an
            export stands there.
    """
    if not path.is_file():
        raise StoreError(
            f"there is no completion store {path}",
            hint="a run makes it; --out names another results folder",
        )
    if target.resolve() == path.resolve():
        raise StoreError(f"{target} is the store itself", hint="name another file")
    if target.exists():
        _check_replaceable(target)
    counts = {"completions": 0, "parts": 0}
    waiting = target.with_name(f".{target.name}.{os.getpid()}")
    with CompletionStore(path) as store:
        try:
            with waiting.open("w", encoding="utf-8", newline="\n") as file:
                for line in _export_lines(store, counts):
                    file.write(f"{json.dumps(line, ensure_ascii=False)}\n")
                file.flush()
                os.fsync(file.fileno())
            waiting.replace(target)
        except OSError as error:
            raise StoreError(
                f"cannot be written: {target} ({error})", hint="name a file in a folder of yours"
            ) from error
        finally:
            waiting.unlink(missing_ok=True)
    return Exported(**counts)


def import_into(path: Path, sources: Sequence[Path]) -> Imported:
    """Put completions into a store, which is made where it is not there.

    Args:
        path: the store.
        sources: export files, and the folders of runs, of suites or of results.

    Raises:
        StoreError: a source is none of these, or the store cannot be written.
    """
    files: list[Path] = []
    folders: list[RunFolder] = []
    for source in sources:
        if source.is_file():
            _check_header(source)
            files.append(source)
            continue
        runs = run_folders(source)
        if not runs:
            raise StoreError(f"there is no run in {source}", hint="runs have a run.json")
        folders += reversed(runs)  # the oldest first, whose text stood in the store first
    with CompletionStore(path) as store:
        importer = _Importer(store)
        for file in files:
            importer.file(file)
        for folder in folders:
            importer.run(folder)
    return importer.result


def _export_lines(store: CompletionStore, counts: dict[str, int]) -> Iterator[dict[str, Json]]:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    yield {"format": FORMAT, "version": VERSION, "created": created}
    seen: set[str] = set()
    entries = store.all_entries()
    while batch := list(islice(entries, _AT_ONCE)):
        named = {digest for entry in batch for digest in _part_hashes(entry.record)} - seen
        seen |= named
        for digest, text in store.parts(sorted(named)).items():
            counts["parts"] += 1
            yield {"part": {"sha256": digest, "value": json.loads(text)}}
        for completion, record in batch:
            counts["completions"] += 1
            yield {
                "completion": {name: getattr(completion, name) for name in _FIELDS},
                "record": dict(record),
            }
    yield {"end": dict(counts)}


def _part_hashes(record: Mapping[str, Any]) -> list[str]:
    return [record[name] for name in _PARTS if name in record]


def _check_replaceable(target: Path) -> None:
    """Refuse to write over what is no export.

    Raises:
        StoreError: it is none.
    """
    first = next(read_lines(target), None) if target.is_file() else None
    if first is None or (first.value or {}).get("format") != FORMAT:
        raise StoreError(
            f"{target} is there and no export: it is not written over", hint="name another file"
        )


def _check_header(file: Path) -> None:
    first = next(read_lines(file), None)
    header = (first and first.value) or {}
    if header.get("format") != FORMAT:
        raise StoreError(
            f"{file} is no export of 'harness cache export'",
            hint="of a run, name the folder that holds its run.json",
        )
    if header.get("version") != VERSION:
        raise StoreError(
            f"{file} was written by another version (export format {header.get('version')})",
            hint=f"this one reads format {VERSION}",
        )


class _Importer:
    """Reads sources into a store, some lines at a time."""

    def __init__(self, store: CompletionStore) -> None:
        self.result = Imported()
        self._store = store
        self._entries: list[Entry] = []
        self._parts: dict[str, str] = {}

    def file(self, path: Path) -> None:
        """Take in an export file."""
        number, whole = 1, False
        for number, value, fault in islice(read_lines(path), 1, None):
            if value is None:
                self._damaged(path, number, fault)
            elif "part" in value:
                self._part(path, number, value["part"])
            elif "completion" in value:
                self._completion(path, number, value["completion"], value.get("record"))
            elif "end" in value:
                whole = True
            else:
                self._damaged(path, number, "neither a completion nor a part")
        if not whole:
            self._damaged(path, number, "the file ends too early")
        self._flush()

    def run(self, folder: RunFolder) -> None:
        """Take in the completions of a run."""
        path = folder.path / COMPLETIONS
        if not path.is_file():
            self.result.unfinished += 1
            return
        parts = folder.path / "ingredients.jsonl"
        for number, value, fault in read_lines(parts) if parts.is_file() else ():
            if value is None:
                self._damaged(parts, number, fault)
            else:
                self._part(parts, number, value)
        named = self._foreign(folder)
        foreign, unknown = named or set(), named is None
        for number, made, fault in folder.completion_lines():
            if made is None:
                self._damaged(path, number, fault)
            elif made.system in foreign or (unknown and not made.record):
                self.result.predictions += 1
            elif made.completion.error is not None:
                self.result.failures += 1
            else:
                fields = {name: getattr(made.completion, name) for name in _FIELDS}
                self._completion(path, number, fields, made.record or {})
        self._flush()

    def _foreign(self, folder: RunFolder) -> set[str] | None:
        """Name the systems whose texts were made elsewhere; None where that is not known."""
        try:
            run = folder.run()
        except StoreError as error:
            self._damaged(folder.path / "run.json", 1, error.message)
            return None
        replayed = {name for name, model in run.models.items() if model.engine == REPLAY}
        return {system.asked_as for system in run.systems if system.model in replayed}

    def _part(self, path: Path, number: int, part: Any) -> None:
        try:
            text = canonical_json(part["value"])
            if sha256_text(text) != part["sha256"]:
                self._damaged(path, number, "the part does not have its hash")
                return
        except (LookupError, TypeError, ValueError) as error:
            self._damaged(path, number, f"no part ({error})")
            return
        self._parts[part["sha256"]] = text
        self._flush_if_full()

    def _completion(self, path: Path, number: int, value: Any, record: Any) -> None:
        try:
            self._entries.append(_entry(value, record))
        except ValueError as error:
            self._damaged(path, number, str(error))
            return
        self._flush_if_full()

    def _damaged(self, path: Path, number: int, fault: str) -> None:
        self.result.damaged += 1
        if len(self.result.places) < PLACES:
            self.result.places.append(f"{path}:{number}: {fault}")

    def _flush_if_full(self) -> None:
        if max(len(self._entries), len(self._parts)) >= _AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        new = self._store.add_entries(self._entries, self._parts)
        self.result.new += new
        self.result.known += len(self._entries) - new
        self._entries, self._parts = [], {}


def _entry(value: Any, record: Any) -> Entry:
    """Check that a line holds a completion that the store can keep.

    Raises:
        ValueError: it does not.
    """
    if not isinstance(value, dict) or not isinstance(record, dict):
        raise ValueError("no completion with a record")  # noqa: TRY004 - a fault of the data
    made: dict[str, Any] = {name: value.get(name) for name in _FIELDS}
    for name, field_value in made.items():
        if name in _COUNTS:
            good = type(field_value) is int and 0 <= field_value < 2**63
        elif name == "seconds":
            good = isinstance(field_value, int | float) and math.isfinite(field_value)
        else:
            good = isinstance(field_value, str) or (field_value is None and name in _OPTIONAL)
        if not good:
            raise ValueError(f"'{name}' is missing or wrong")
    if not _KEY.fullmatch(made["key"]):
        raise ValueError("'key' is no sha256")
    if not all(isinstance(digest, str) for digest in _part_hashes(record)):
        raise ValueError("the record names no parts")
    # NaN and lone surrogates are no part of a record or a reason, and SQLite would not take them.
    (canonical_json(record) + made["finish_reason"]).encode()
    return Entry(Completion(**made), record)
