"""Bytes of images at URLs, kept on the disk by their hash, so that none is fetched twice.

In the folder that ``HARNESS_CACHE`` names, by default ``~/.cache/prompt-harness``, and bounded:
what was used longest ago goes first. Where it cannot be written, images are fetched each time.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

from harness.fingerprint import sha256_bytes

MOST_BYTES = 4 * 1024 * 1024 * 1024
"""Kept on the disk, about: programs that fetch at the same time do not know of each other's."""
_SHA256 = re.compile("[0-9a-f]{64}")


@cache
def kept_images() -> KeptBytes:
    """Give the folder that all of this user's programs share."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = os.environ.get("HARNESS_CACHE") or Path(home) / "prompt-harness"
    return KeptBytes(Path(cache) / "images", MOST_BYTES)


class KeptBytes:
    """Files named by the hash of their bytes; safe to use from any thread.

    Args:
        folder: made when there is something to keep.
        most: bytes that are kept.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()
        self._held: int | None = None
        """Bytes that the folder holds; None until something is kept."""

    def get(self, sha256: str) -> bytes | None:
        """Give what is kept under a hash, if it still is what it was."""
        if not _SHA256.fullmatch(sha256):
            return None
        path = self._path(sha256)
        with suppress(OSError):
            content = path.read_bytes()
            if sha256_bytes(content) == sha256:
                os.utime(path)
                return content
            path.unlink()
        return None

    def put(self, sha256: str, content: bytes) -> None:
        """Keep bytes under their hash."""
        path = self._path(sha256)
        with self._lock, suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                return
            descriptor, waiting = tempfile.mkstemp(dir=path.parent, prefix=".")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                Path(waiting).replace(path)
            except OSError:
                Path(waiting).unlink(missing_ok=True)
                raise
            held = self._size() if self._held is None else self._held + len(content)
            self._held = held if held <= self._most else self._cut()

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def _size(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _cut(self) -> int:
        """Forget what was used longest ago, a tenth more than need be."""
        files = sorted(self._files())
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held <= self._most * 0.9:
                break
            with suppress(OSError):
                path.unlink()
                held -= size
        return held

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob("??/*"):
            with suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        return found
