"""A file at a URL → its bytes, and what tells its states apart: asked again where it may help.

A file system that has not answered for a while is not waited for by every one of ten thousand
images: what is asked of it then fails at once, and now and then one is tried.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import IO, TYPE_CHECKING, TypeVar
from urllib.parse import quote, unquote, urlsplit

from harness.media.file_systems import THREADS, Passing, TooSlow, file_system
from harness.records import UrlPlace

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["THREADS", "below", "facts_of", "open_url", "read_url"]

WAITS = (0.5, 2.0)
"""Seconds before the second and the third try."""
IN_A_ROW = 20
"""Files that could not be had, one after the other: then nothing is waited for."""
AGAIN_SECONDS = 10.0
"""After which one is tried all the same."""

Got = TypeVar("Got")


class _Silence:
    """Which file systems do not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_a_row: defaultdict[str, int] = defaultdict(int)
        self._tried: dict[str, float] = {}

    def check(self, place: str) -> None:
        """Refuse to ask where nobody answers.

        Raises:
            Passing: so it is.
        """
        with self._lock:
            count = self._in_a_row[place]
            if count >= IN_A_ROW and time.monotonic() - self._tried[place] < AGAIN_SECONDS:
                raise Passing(f"there was no answer to the last {count} requests")
            self._tried[place] = time.monotonic()

    def note(self, place: str, *, answered: bool) -> None:
        with self._lock:
            self._in_a_row[place] = 0 if answered else self._in_a_row[place] + 1


_SILENCE = _Silence()


def facts_of(url: str) -> str | None:
    """Say which state of a file stands at a URL; None where that is not known.

    Raises:
        FileNotFoundError: there is none.
        Exception: it cannot be had.
    """
    files, path = file_system(url)
    found = _tried(url, lambda: files.facts(path))
    return None if found.state is None else f"{found.size} {found.state}"


def read_url(url: str, most: int) -> bytes | None:
    """Give the bytes at a URL, no more than so many; None where nothing stands there.

    Raises:
        Exception: it cannot be had.
    """
    files, path = file_system(url)
    try:
        return _tried(url, lambda: files.read(path, most))
    except FileNotFoundError:
        return None


def open_url(url: str) -> IO[bytes]:
    """Open the file at a URL; it can be sought in.

    Raises:
        FileNotFoundError: there is none.
        Exception: it cannot be had.
    """
    files, path = file_system(url)
    return _tried(url, lambda: files.open(path))


def below(root: str, name: str) -> str:
    """Give the URL of a file below a root.

    Args:
        root: without a slash at its end.
        name: a path below it as it is called there; or a whole URL, as it is written.

    Raises:
        ValueError: it leads out of the root, or is a URL with more than a path.
    """
    shown = UrlPlace(url=name).name if "://" in name else name  # without a password
    outside = ValueError(f"'{shown}' lies outside {root}")
    if "://" in name:
        parts = urlsplit(name)
        if not name.startswith(f"{root}/") or any(
            unquote(step) in (".", "..") for step in parts.path.split("/")
        ):
            raise outside
        if root.startswith("http") and (parts.query or parts.fragment):
            raise ValueError(f"'{shown}' is a URL with more than a path")
        return name
    steps: list[str] = []
    for step in name.split("/"):
        if step == "..":
            if not steps:
                raise outside
            steps.pop()
        elif step != ".":
            steps.append(step)
    if name.startswith("/"):
        raise outside
    if root.startswith("http"):
        steps = [quote(step, safe="") for step in steps]
    return f"{root}/{'/'.join(steps)}"


def _tried(url: str, ask: Callable[[], Got]) -> Got:
    place = "/".join(url.split("/", 3)[:3])
    _SILENCE.check(place)
    for wait in (*WAITS, None):
        try:
            got = ask()
        except Passing as error:
            if wait is None or isinstance(error, TooSlow):
                _SILENCE.note(place, answered=False)
                raise
            time.sleep(wait)
        except FileNotFoundError:
            _SILENCE.note(place, answered=True)
            raise
        else:
            _SILENCE.note(place, answered=True)
            return got
    raise AssertionError  # the last try has returned or raised
