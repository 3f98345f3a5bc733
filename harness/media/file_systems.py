"""A URL → the file system that it is in, and what is known of a file that has not been read.

``http(s)`` is asked by httpx2: fsspec's own client turns every failure, a busy server's too, into a
file that is not there. ``s3`` and ``gs`` are pyarrow's, which is here anyway and needs no further
package; all else is what fsspec finds installed.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
import weakref
from functools import cache
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol

from harness.errors import DataError, ImageElsewhere
from harness.records import UrlPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS = 30.0
"""How long a server may take to send the next bytes."""
CONNECT_SECONDS = 10.0
SLOW_SECONDS = 60.0
"""How long a file may take at any rate; after that ``LEAST_RATE`` must have been kept up."""
LEAST_RATE = 50_000
"""Bytes a second, from the beginning."""
THREADS = 16
"""Files that are read at the same time."""
_ABSENT = frozenset({404, 410})
_NO_HEAD = frozenset({400, 403, 405, 501})
"""What servers answer that will not say what they have, and may give it."""
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_BY_ARROW = frozenset({"s3", "gs", "gcs"})
_STATES = (
    "ETag", "etag", "md5Hash", "md5", "Content-MD5", "LastModified", "last_modified", "mtime",
    "updated", "modified", "created",
)  # fmt: skip
"""What file systems of fsspec call what tells one state of a file from another."""
_ONE_AT_A_TIME = threading.Lock()
"""Of threads that ask at once each would make a client of its own."""
_IN_MEMORY = 64 * 1024 * 1024


_ANYWHERE = "harness_anywhere"
"""Of a request: it may be led to another server, as tables are."""


class Passing(OSError):
    """It may work another time."""


class TooSlow(Passing):
    """It comes, but at such a rate that another try would take as long."""


class Facts(NamedTuple):
    """What is known of a file that has not been read."""

    size: int | None
    state: str | None
    """Another one as soon as its bytes are others; None: that is not known."""


class FileSystem(Protocol):
    """Where files at URLs are; usable from any thread."""

    def facts(self, path: str) -> Facts:
        """Say what is known of a file.

        Raises:
            FileNotFoundError: there is none.
            Passing: it cannot be had now.
            Exception: it cannot be had.
        """

    def read(self, path: str, most: int) -> bytes:
        """Give the bytes of a file, no more than so many; raises as ``facts`` does."""

    def open(self, path: str) -> IO[bytes]:
        """Open a file in which can be sought; raises as ``facts`` does."""


def file_system(url: str) -> tuple[FileSystem, str]:
    """Find the file system of a URL, and what it calls the file.

    Raises:
        DataError: none is known.
    """
    scheme, _, rest = url.partition("://")
    with _ONE_AT_A_TIME:
        if scheme in ("http", "https"):
            return _http(), url
        if scheme in _BY_ARROW:
            return _arrow(scheme, rest.partition("/")[0]), rest
        return _fsspec(url)


class _Http:
    def __init__(self) -> None:
        import httpx2

        self._client = httpx2.Client(
            follow_redirects=True,
            timeout=httpx2.Timeout(SECONDS, connect=CONNECT_SECONDS),
            limits=httpx2.Limits(max_connections=THREADS, max_keepalive_connections=THREADS),
            event_hooks={"response": [_check_redirect]},
        )
        weakref.finalize(self, self._client.close)

    def facts(self, path: str) -> Facts:
        import httpx2

        try:
            answer = self._client.head(path, headers={"Accept-Encoding": "identity"})
        except httpx2.TransportError as error:
            raise Passing(_http_words(error)) from error
        if answer.status_code in _NO_HEAD:
            return Facts(None, None)
        _check_status(answer.status_code)
        size = answer.headers.get("Content-Length", "")
        state = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        return Facts(int(size) if size.isdecimal() else None, state)

    def read(self, path: str, most: int) -> bytes:
        with tempfile.SpooledTemporaryFile(max_size=most + 1) as content:
            self._copy(path, content, most)
            content.seek(0)
            return content.read()

    def open(self, path: str) -> IO[bytes]:
        content = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - it is given
        try:
            self._copy(path, content, None, {_ANYWHERE: True})
        except BaseException:
            content.close()
            raise
        content.seek(0)
        return content

    def _copy(
        self, path: str, target: Any, most: int | None, said: Mapping[str, Any] | None = None
    ) -> None:
        import httpx2

        begun, got = time.monotonic(), 0
        try:
            with self._client.stream("GET", path, extensions=said) as answer:
                _check_status(answer.status_code)
                # As the parts come: whole packets would be waited for, a byte at a time.
                for part in answer.iter_bytes():
                    target.write(part if most is None else part[: most - got])
                    got += len(part)
                    if most is not None and got >= most:
                        return
                    _check_rate(got, time.monotonic() - begun)
        except httpx2.TransportError as error:
            raise Passing(_http_words(error)) from error


def _check_redirect(answer: Any) -> None:
    """Refuse to ask another server than the one that was declared; https for http is none.

    Raises:
        ImageElsewhere: a server leads to another one.
    """
    if not answer.has_redirect_location or answer.request.extensions.get(_ANYWHERE):
        return
    here, there = answer.url, answer.url.join(answer.headers["Location"])
    ports = {"http": 80, "https": 443}
    safer = (here.scheme, there.scheme) == ("http", "https") and here.port is there.port is None
    same = (there.scheme, there.port or ports.get(there.scheme)) == (
        here.scheme, here.port or ports.get(here.scheme)
    )  # fmt: skip
    if there.host != here.host or not (same or safer):
        at = UrlPlace(url=f"{there.scheme}://{there.netloc.decode()}").name
        raise ImageElsewhere(
            f"image {UrlPlace(url=str(here)).name} lies outside: the server says that it is at {at}"
        )


def _check_status(status: int) -> None:
    if status in _ABSENT:
        raise FileNotFoundError(f"the server answered {status}")
    if status in _BUSY:
        raise Passing(f"the server answered {status}")
    if status != 200:
        raise OSError(f"the server answered {status}")


def _check_rate(got: int, seconds: float) -> None:
    if seconds > SLOW_SECONDS and got < LEAST_RATE * seconds:
        raise TooSlow(
            f"the server sent {got:,} bytes in {seconds:,.0f} seconds: after {SLOW_SECONDS:,.0f} "
            f"seconds no file is waited for that comes at less than {LEAST_RATE:,} bytes a second"
        )


def _http_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".removesuffix(": ")


class _Arrow:
    """A bucket; Arrow asks busy servers again by itself."""

    def __init__(self, scheme: str, bucket: str) -> None:
        from pyarrow import fs

        # A region that is not declared is asked for; an endpoint stands in AWS_ENDPOINT_URL.
        self._files, _ = fs.FileSystem.from_uri(f"{scheme}://{bucket}")

    def facts(self, path: str) -> Facts:
        from pyarrow import fs

        info = self._files.get_file_info(path)
        if info.type == fs.FileType.NotFound:
            raise FileNotFoundError(path)
        return Facts(info.size, None if info.mtime_ns is None else str(info.mtime_ns))

    def read(self, path: str, most: int) -> bytes:
        with self._files.open_input_file(path) as file:
            content: bytes = file.read(most)
        return content

    def open(self, path: str) -> IO[bytes]:
        opened: IO[bytes] = self._files.open_input_file(path)
        return opened


class _Fsspec:
    def __init__(self, files: Any) -> None:
        self._files = files

    def facts(self, path: str) -> Facts:
        info: Mapping[str, Any] = self._files.info(path)
        state = next((str(info[key]) for key in _STATES if info.get(key)), None)
        return Facts(info.get("size"), state)

    def read(self, path: str, most: int) -> bytes:
        with self._files.open(path, "rb") as file:
            content: bytes = file.read(most)
        return content

    def open(self, path: str) -> IO[bytes]:
        opened: IO[bytes] = self._files.open(path, "rb")
        return opened


@cache
def _http() -> _Http:
    return _Http()


@cache
def _arrow(scheme: str, bucket: str) -> _Arrow:
    return _Arrow(scheme, bucket)


def _fsspec(url: str) -> tuple[_Fsspec, str]:
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        scheme = url.partition("://")[0]
        needs = re.sub(r"\s+", " ", str(error))
        raise DataError(f"files at {scheme}:// cannot be read ({needs})") from error
    return _Fsspec(files), path
