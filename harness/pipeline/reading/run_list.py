"""Run folders from outside: which there are, what one is, and its files line by line.

Nothing is scored or compared here, and the completion store is not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.load import project_root
from harness.errors import StoreError
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import RunRecord, RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A run in a list of runs."""

    id: str
    folder: str
    suite: str | None
    systems: tuple[str, ...]
    samples: int | None
    state: str
    """finished, unfinished, or damaged: a file of the run cannot be read."""
    unscored: int | None
    """Samples without a score, over all systems; None where the run is not finished."""
    created: str | None


def results_folder(out: Path | None = None) -> Path:
    """Give the results folder that a user means: the one named, or that of the project."""
    return out or project_root(Path()) / "results"


def run_folders(path: Path) -> list[RunFolder]:
    """Find the runs in a run's own folder, a suite's or a results folder, the newest first.

    Raises:
        StoreError: there is no such folder.
    """
    if not path.is_dir():
        raise StoreError(f"there is no folder {path}", hint="runs are under results/<suite>/")
    folders = [place.parent for pattern in _LEVELS for place in path.glob(pattern)]
    return [RunFolder(folder) for folder in sorted(folders, key=_age, reverse=True)]


_LEVELS = ("run.json", "*/run.json", "*/*/run.json")


def list_runs(path: Path) -> list[RunRow]:
    """Describe every run under a folder in a row, the newest first.

    Raises:
        StoreError: there is no such folder.
    """
    return [_row(folder) for folder in run_folders(path)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDescription:
    """What one run is."""

    folder: str
    run: RunRecord
    summary: RunSummary | None
    """None where the run did not finish."""
    files: Mapping[str, int]
    """Each file of the folder → its bytes."""


def describe(folder: RunFolder) -> RunDescription:
    """Say what one run is.

    Raises:
        StoreError: a file of the run is damaged.
    """
    return RunDescription(
        folder=str(folder.path),
        run=folder.run(),
        summary=folder.summary() if folder.complete else None,
        files={
            path.relative_to(folder.path).as_posix(): path.stat().st_size
            for path in sorted(folder.path.rglob("*"))
            if path.is_file()
        },
    )


def _row(folder: RunFolder) -> RunRow:
    try:
        run = folder.run()
        summary = folder.summary() if folder.complete else None
        return RunRow(
            id=folder.path.name,
            folder=str(folder.path),
            suite=run.suite,
            systems=tuple(system.name for system in run.systems),
            samples=run.dataset.samples,
            state="finished" if summary else "unfinished",
            unscored=sum(system.unscored for system in summary.systems) if summary else None,
            created=run.created,
        )
    except StoreError:
        return RunRow(
            id=folder.path.name,
            folder=str(folder.path),
            suite=None,
            systems=(),
            samples=None,
            state="damaged",
            unscored=None,
            created=None,
        )


def _age(folder: Path) -> tuple[str, str]:
    """Sort by a run's name, which begins with its time; the same name twice by its suite."""
    return folder.resolve().name, str(folder)
