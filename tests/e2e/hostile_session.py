"""Runs a suite as a person does from Python, while some of its images change.

Usage: hostile_session.py SUITE DATASET
"""

from __future__ import annotations

import sys
from pathlib import Path

import harness

sys.path.insert(0, str(Path(__file__).parent))
from hostile_images import change


class Changing:
    """Follows a run; when it has looked at its samples, some of them change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stages = 0

    def stage(self, text: str, log: Path | None = None) -> None:
        del text, log
        self._stages += 1
        if self._stages == 2:
            change(self._folder)

    def advance(self, done: int, total: int) -> None:
        pass


if __name__ == "__main__":
    harness.evaluate(sys.argv[1], progress=Changing(Path(sys.argv[2])))
