"""Sends what a process and its children write to stdout and stderr into a log file, for a while.

It works on the file descriptors 1 and 2, so that C libraries, child processes, ``warnings`` and
``logging`` are caught alike. Whoever wants to write to the terminal meanwhile, like a progress
bar, makes its own duplicate of the descriptor beforehand: ``os.fdopen(os.dup(2), "w")``.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        saved: dict[int, int | None] = {}
        with _closed_ones_taken() as closed:
            log = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            for target in (STDOUT, STDERR):
                saved[target] = None if target in closed else os.dup(target)
        for target in saved:
            os.dup2(log, target)
        os.close(log)
        self._saved = saved

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
                os.close(copy)


@contextmanager
def _closed_ones_taken() -> Iterator[list[int]]:
    """Take the numbers of closed standard descriptors, which the next opened file would get."""
    closed = []
    while (lowest := os.open(os.devnull, os.O_RDONLY)) <= STDERR:
        closed.append(lowest)
    os.close(lowest)
    try:
        yield closed
    finally:
        for number in closed:
            os.close(number)


def _flush() -> None:
    """Let Python's own buffers go where they were meant to go, as far as that takes them."""
    for stream in (sys.stdout, sys.stderr):
        # Both are None in a process without a console.
        if stream is not None and not stream.closed:
            with suppress(OSError):  # a full disk, a reader that is gone
                stream.flush()
