"""Sends what a process and its children write to stdout and stderr into a log file, for a while.

It works on the file descriptors 1 and 2, so that C libraries, child processes, ``warnings`` and
``logging`` are caught alike. Whoever wants to write to the terminal meanwhile, like a progress
bar, makes its own duplicate of the descriptor beforehand: ``os.fdopen(os.dup(2), "w")``.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STDOUT, STDERR = 1, 2


class OutputToFile:
    """File descriptors 1 and 2, redirected to the end of ``path`` from start() to stop()."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: dict[int, int] = {}

    def start(self) -> None:
        """Redirect, making the file's folder where it is missing; again does nothing.

        Raises:
            OSError: the file cannot be opened; then nothing is redirected.
        """
        if self._saved:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        log = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            _flush()
            for target in (STDOUT, STDERR):
                self._saved[target] = os.dup(target)
                os.dup2(log, target)
        finally:
            os.close(log)

    def stop(self) -> None:
        """Give both descriptors back what they were; again does nothing."""
        _flush()
        for target, saved in self._saved.items():
            os.dup2(saved, target)
            os.close(saved)
        self._saved.clear()


def _flush() -> None:
    """Let Python's own buffers go where they were meant to go."""
    for stream in (sys.stdout, sys.stderr):
        # Both are None in a process without a console.
        if stream is not None and not stream.closed:
            stream.flush()
