"""Which process asks for what: two runs that share a store ask a model once a key.

A claim is a row in the store with its owner's name. The owner is alive as long as it holds the lock
on a file of that name: the system frees it however the process ends, and no clock is asked. Where
there are no such locks (Windows) nothing is claimed, and two runs may ask the same.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import IO, TYPE_CHECKING

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pathlib import Path


class Owner:
    """This process, as the others see it.

    Args:
        folder: where the owners of a store have their files; made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.name = secrets.token_hex(8)
        self._folder = folder
        self._file: IO[bytes] | None = None

    @property
    def can_claim(self) -> bool:
        """Whether there are locks here."""
        return fcntl is not None

    def appear(self) -> None:
        """Let others see that this process lives; harmless when repeated.

        To be called while the store is locked for writing, so that nobody sees the file before its
        lock. The files of processes that were killed are removed.

        Raises:
            OSError: the file cannot be made.
        """
        if self._file is not None or fcntl is None:
            return
        while self._file is None:
            # Another process that leaves takes the folder with it, at any moment: `exist_ok` would
            # look for it a second time.
            with suppress(FileExistsError):
                self._folder.mkdir()
            with suppress(FileNotFoundError):
                self._file = (self._folder / self.name).open("wb")
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for path in self._folder.iterdir():
            self.lives(path.name)

    def lives(self, name: str) -> bool:
        """Tell whether an owner is alive; the file of a dead one is removed."""
        if name == self.name:
            return True
        path = self._folder / name
        try:
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def leave(self) -> None:
        """Let others see that this process is done."""
        if self._file is not None:
            (self._folder / self.name).unlink(missing_ok=True)
            self._file.close()
            self._file = None
            with suppress(OSError):  # another one's file is still there
                self._folder.rmdir()
