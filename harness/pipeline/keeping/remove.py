"""Paths that a user names → runs that may be removed, and their end; the store is not touched."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.pipeline.reading.run_list import run_folders
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def removable(paths: Sequence[Path]) -> list[RunFolder]:
    """Check that each path is the folder of one run, and give each run once.

    Raises:
        StoreError: one is not; then none is to be removed.
    """
    by_path: dict[Path, RunFolder] = {}
    for path in paths:
        if not (path / "run.json").is_file():
            runs = run_folders(path) if path.is_dir() else []
            raise StoreError(
                f"{path} is not the folder of a run: it has no run.json",
                hint=f"name one run, such as {runs[0].path}"
                if runs
                else "'harness list runs' lists them",
            )
        if path.is_symlink():  # what it leads to may be kept elsewhere on purpose
            raise StoreError(
                f"{path} is a link, to {path.resolve()}; nothing is removed",
                hint="name the folder itself, or take the link away",
            )
        folder = RunFolder(path)
        try:
            folder.run()
        except StoreError as error:
            raise StoreError(f"{error.message}; nothing is removed", hint=error.hint) from error
        by_path.setdefault(path.resolve(), folder)
    return list(by_path.values())


def remove_run(folder: RunFolder) -> None:
    """Delete a run's folder. Stopped half-way it leaves an unfinished run, which can be removed.

    Raises:
        StoreError: something in it cannot be deleted.
    """
    place = folder.path.resolve()
    try:
        for child in place.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            elif child.name != "run.json":
                child.unlink()
        (place / "run.json").unlink()
        place.rmdir()
    except OSError as error:
        raise StoreError(f"{folder.path} cannot be removed whole: {error}") from error
