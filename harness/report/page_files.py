"""The page's parts that are the same for all runs → the folder beside a run's page.

They are made of ``page/src`` by ``make web``; nothing here needs node.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from harness.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDER = "report_files"
"""Beside ``report.html``."""
PARTS = ("page.js", "page.css", "LICENSES.txt")
_SAMPLES = re.compile(r"samples-(\d+)\.js")


def prepare(run: Path) -> None:
    """Make the folder in a run's folder.

    Raises:
        StoreError: it cannot be made, or leads elsewhere: a run may come from a stranger.
    """
    for folder in (run / FOLDER, run / FOLDER / "thumbs"):
        if folder.is_symlink():
            raise StoreError(f"{folder} is a link, and a report is written into folders alone")
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(f"{folder} cannot be made ({error.strerror})") from error


def write_parts(write: Callable[[str, str], None]) -> None:
    """Write what is the same for all runs.

    Args:
        write: writes a file of a name, whole.
    """
    for name in PARTS:
        part = files("harness.report") / "page" / "dist" / name
        write(name, part.read_text(encoding="utf-8"))


def remove_older(run: Path, chunks: int) -> None:
    """Remove files of samples that a report of before had and this one has not."""
    for path in (run / FOLDER).iterdir():
        found = _SAMPLES.fullmatch(path.name)
        if found and int(found[1]) >= chunks:
            path.unlink(missing_ok=True)
