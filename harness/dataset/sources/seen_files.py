"""Files that are read, some of them more than once → which of them changed meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class SeenFiles:
    """Knows in which state each file was when its reading first began."""

    def __init__(self) -> None:
        self._states: dict[Path, tuple[int, ...]] = {}

    def see(self, path: Path) -> None:
        """Note a file that is going to be read; of one that is known nothing changes."""
        if path not in self._states:
            self._states[path] = _state(path)

    def changed(self) -> Path | None:
        """Give the first file that is not as it was."""
        return next((path for path, state in self._states.items() if _state(path) != state), None)


def _state(path: Path) -> tuple[int, ...]:
    """Give what changes with a file; nothing where there is none."""
    try:
        facts = path.stat()
    except OSError:
        return ()
    return facts.st_size, facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns
