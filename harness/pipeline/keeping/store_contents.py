"""What the completion store holds, and what of it no run needs any more.

A completion is needed when a run's ``completions.jsonl`` has its key. Of a run without that file,
or with damaged lines in it, the keys are not known: such a run holds back every completion of its
models and decodings, so that nothing that was paid for is lost by guessing. Where a later run of
the suite asked the same and finished, the unfinished one holds back nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.engines.hub import is_commit
from harness.errors import StoreError
from harness.fingerprint import canonical_json, sha256_file, sha256_json
from harness.pipeline.asking.identities import plain_numbers
from harness.pipeline.reading.run_list import run_folders
from harness.store.completions import CompletionStore
from harness.store.database import SCHEMA_VERSION
from harness.store.run_folder import COMPLETIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.records import Json
    from harness.store.completions import Entry
    from harness.store.run_folder import RunFolder

_ROW_BYTES = 160
"""Of a row in the store besides its text and its record: the key, twice, and counts."""
_NOT_KEPT = "(not kept)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The completions of one model with one decoding."""

    engine: str
    checkpoint: str
    """Hub id, with its revision if it has one, or the first digits of the files' hash; empty for
    an engine without one."""
    decoding: Mapping[str, Json]
    completions: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a store holds."""

    path: Path
    bytes: int
    """On disk, with the files that SQLite keeps beside it."""
    schema: int
    completions: int
    groups: tuple[Group, ...]
    """The largest first."""
    failures: int
    reasons: Mapping[str, int]
    """Reason → requests that failed with it, the most frequent first."""


class Known(NamedTuple):
    """Where a completion stands, without its text."""

    key: str
    model: str | None
    """The hash of the record's part; None where no record was kept."""
    decoding: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unneeded:
    """What of a store no run under its results folder refers to."""

    results: Path
    stored: int
    """Completions in the store."""
    completions: tuple[Known, ...]
    groups: tuple[Group, ...]
    """The same, by model and decoding."""
    bytes: int
    """About what they take on disk."""
    failures: int
    runs: int
    """Run folders that were looked at."""
    held: Mapping[str, int]
    """Run folder whose completions are not known → unreferenced completions kept for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was removed."""

    completions: int
    failures: int
    bytes: int
    """By which the store is smaller on disk."""


def contents(path: Path) -> Contents | None:
    """Read through a store; None where there is none, and none is made.

    Raises:
        StoreError: it cannot be opened.
    """
    if not path.is_file():
        return None
    size = disk_bytes(path)
    tally = _Tally()
    with CompletionStore(path) as store:
        for entry in store.all_entries():
            tally.add(entry)
        reasons = Counter(reason for _, reason, _ in store.all_failures())
        groups = tally.groups(store)
    return Contents(
        path=path,
        bytes=size,
        schema=SCHEMA_VERSION,
        completions=sum(group.completions for group in groups),
        groups=groups,
        failures=reasons.total(),
        reasons=dict(reasons.most_common()),
    )


def unneeded(path: Path) -> Unneeded | None:
    """Find what no run in the store's folder refers to; None where there is no store.

    Raises:
        StoreError: the store cannot be opened, or a run cannot be read.
    """
    if not path.is_file():
        return None
    needs = _Needs(path.parent)
    tally = _Tally()
    completions: list[Known] = []
    held: Counter[str] = Counter()
    stored = size = 0
    with CompletionStore(path) as store:
        for entry in store.all_entries():
            stored += 1
            known = _known(entry)
            if known.key in needs.keys:
                continue
            if holder := needs.holder(known):
                held[str(holder)] += 1
                continue
            completions.append(known)
            tally.add(entry)
            text = entry.completion.text + canonical_json(entry.record)
            size += _ROW_BYTES + len(text.encode())
        failures = 0 if needs.unsure else sum(1 for _ in store.all_failures())
        groups = tally.groups(store)
    return Unneeded(
        results=path.parent,
        stored=stored,
        completions=tuple(completions),
        groups=groups,
        bytes=size,
        failures=failures,
        runs=needs.runs,
        held=dict(held),
    )


def prune(path: Path, unreferenced: Unneeded) -> Pruned:
    """Remove what was found, less what a run that came since then needs, and all failures.

    Raises:
        StoreError: the store cannot be written, or a run cannot be read.
    """
    before = disk_bytes(path)
    with CompletionStore(path) as store:
        needs = _Needs(path.parent)
        keys = [
            known.key
            for known in unreferenced.completions
            if known.key not in needs.keys and not needs.holder(known)
        ]
        # A run that is going on still wants to know why its requests failed.
        failures = 0 if needs.unsure else store.forget_failures()
        completions = store.remove(keys)
    return Pruned(
        completions=completions, failures=failures, bytes=max(before - disk_bytes(path), 0)
    )


def disk_bytes(path: Path) -> int:
    """Give the size of a store on disk, with the files that SQLite keeps beside it."""
    files = (path.with_name(path.name + ending) for ending in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.is_file())


@dataclass(slots=True)
class _Tally:
    """Counts completions by model and decoding; holds no completion."""

    counts: dict[tuple[str | None, str | None], Counter[str]] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        made, known = entry.completion, _known(entry)
        counts = self.counts.setdefault((known.model, known.decoding), Counter())
        counts["completions"] += 1
        for name in _TOKENS:
            counts[name] += getattr(made, name)

    def groups(self, store: CompletionStore) -> tuple[Group, ...]:
        """Name what was counted; models that differ in their arguments alone are put together."""
        parts = store.parts(digest for pair in self.counts for digest in pair if digest)
        named: dict[tuple[str, str, str], Counter[str]] = {}
        for (model, decoding), counts in self.counts.items():
            engine, checkpoint = _model_name(parts.get(model or ""))
            label = (engine, checkpoint, parts.get(decoding or "", "{}"))
            named.setdefault(label, Counter()).update(counts)
        groups = [
            Group(
                engine=engine,
                checkpoint=checkpoint,
                decoding=json.loads(decoding),
                **{name: counts[name] for name in ("completions", *_TOKENS)},
            )
            for (engine, checkpoint, decoding), counts in named.items()
        ]
        return tuple(sorted(groups, key=lambda group: -group.completions))


_TOKENS = ("prompt_tokens", "cached_tokens", "completion_tokens")


class _Needs:
    """Which completions the runs under a results folder refer to, or may."""

    def __init__(self, results: Path) -> None:
        self.keys: set[str] = set()
        self.unsure: list[Path] = []
        """Runs whose completions are not all known."""
        self._held: dict[tuple[str, str], Path] = {}
        """Model and decoding, by their hashes → a run that may need any of their completions."""
        self._held_all: Path | None = None
        folders = run_folders(results)
        self.runs = len(folders)
        for folder in folders:
            if not self._read_keys(folder) and not _taken_up(folder, folders):
                self.unsure.append(folder.path)
                self._hold(folder)

    def holder(self, known: Known) -> Path | None:
        """Give a run of unknown completions that may need this one."""
        if known.model is None or known.decoding is None:
            # It may be anybody's: no record was kept.
            return self.unsure[0] if self.unsure else None
        return self._held_all or self._held.get((known.model, known.decoding))

    def _read_keys(self, folder: RunFolder) -> bool:
        """Take a run's keys in; tell whether these are all."""
        if not (folder.path / COMPLETIONS).is_file():
            return False
        whole = True
        for line in folder.completion_lines():
            if line.value is None:
                whole = False
            else:
                self.keys.add(line.value.completion.key)
        return whole

    def _hold(self, folder: RunFolder) -> None:
        try:
            run = folder.run()
            for system in run.systems:
                identity = run.models[system.model].identity
                pair = (
                    sha256_json(plain_numbers(identity)),
                    sha256_json(plain_numbers(system.decoding.params)),
                )
                self._held.setdefault(pair, folder.path)
        except (StoreError, KeyError):
            self._held_all = folder.path


def _taken_up(folder: RunFolder, folders: Sequence[RunFolder]) -> bool:
    """Tell whether a later run of the suite asked the same of the same samples, and finished."""
    asked = _asked(folder)
    return asked is not None and any(
        later.complete and _asked(later) == asked
        for later in folders
        if later.path.parent == folder.path.parent and later.path.name > folder.path.name
    )


def _asked(folder: RunFolder) -> dict[str, Any] | None:
    """Give all that a run's completions follow from; None where it cannot be read."""
    try:
        run = folder.run()
        return {
            "systems": run.systems,
            "models": {name: model.identity for name, model in run.models.items()},
            "variants": run.variants,
            "repeats": run.repeats,
            "samples": sha256_file(folder.path / "samples.jsonl"),
        }
    except (StoreError, OSError):
        return None


def _known(entry: Entry) -> Known:
    model, decoding = (entry.record.get(name) for name in ("model", "decoding"))
    # Few hashes among many completions: each is kept in memory once.
    return Known(entry.completion.key, model and intern(model), decoding and intern(decoding))


def _model_name(part: str | None) -> tuple[str, str]:
    """Name a model's engine and checkpoint from the part of its records."""
    if part is None:
        return _NOT_KEPT, _NOT_KEPT
    model = json.loads(part)
    checkpoint = model.get("checkpoint") or {}
    if name := checkpoint.get("id"):
        revision = checkpoint.get("revision")
        shown = revision and (revision[:12] if is_commit(revision) else revision)
        return str(model.get("engine")), f"{name}@{shown}" if shown else str(name)
    files = checkpoint.get("files")
    return str(model.get("engine")), f"files {files[:12]}" if files else ""
