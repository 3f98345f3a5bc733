"""Sends what a process and its children write to stdout and stderr into a log file, for a while.

It works on the file descriptors 1 and 2, so that C libraries, child processes, ``warnings`` and
``logging`` are caught alike. Whoever wants to write to the terminal meanwhile, like a progress
bar, makes its own duplicate of the descriptor beforehand: ``os.fdopen(os.dup(2), "w")``.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STDOUT, STDERR = 1, 2


class OutputToFile:
    """File descriptors 1 and 2, redirected to the end of ``path`` from start() to stop()."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saved: dict[int, int | None] = {}
        """Descriptor → a copy of what it was; None where it was closed."""

    def start(self) -> None:
        """Redirect, making the file's folder where it is missing; again does nothing.

        Raises:
            OSError: the file cannot be opened; then nothing is redirected.
        """
        if self._saved:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _flush()
        saved = {target: _copy(target) for target in (STDOUT, STDERR)}
        try:
            log = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError:
            _close_all(saved)
            raise
        self._saved = saved
        for target in saved:
            if log == target:  # the lowest number that is free: a closed one's
                os.set_inheritable(log, True)
            else:
                os.dup2(log, target)
        if log not in saved:
            os.close(log)

    def stop(self) -> None:
        """Give both descriptors back what they were; again does nothing."""
        saved, self._saved = self._saved, {}
        if saved:
            _flush()
        for target, copy in saved.items():
            if copy is None:
                os.close(target)
            else:
                os.dup2(copy, target)
        _close_all(saved)


def _copy(descriptor: int) -> int | None:
    """Duplicate a descriptor; None where it is closed."""
    try:
        return os.dup(descriptor)
    except OSError:
        return None


def _close_all(saved: dict[int, int | None]) -> None:
    for copy in saved.values():
        if copy is not None:
            os.close(copy)


def _flush() -> None:
    """Let Python's own buffers go where they were meant to go, as far as that takes them."""
    for stream in (sys.stdout, sys.stderr):
        # Both are None in a process without a console.
        if stream is not None and not stream.closed:
            with suppress(OSError):  # a full disk, a reader that is gone
                stream.flush()
