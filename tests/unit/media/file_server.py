"""A server of files on the loopback that can be made to be late, busy or odd."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator


class FileServer:
    """What it has, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        """Method and path of each request."""
        self.statuses: list[int] = []
        """What the next requests are answered, whatever they ask for."""
        self.by_path: dict[str, int] = {}
        """What requests for a path are always answered."""
        self.no_head = False
        self.tags = True
        """Whether it says the state of its files."""
        self.late = 0.0
        self.location = "/elsewhere"
        """Where redirects lead."""
        self.drip = 0.0
        """Seconds between one byte and the next."""
        self.url = ""

    def count(self, method: str) -> int:
        return sum(asked == method for asked, _ in self.asked)


def _send(to: BinaryIO, body: bytes, drip: float) -> None:
    with suppress(OSError):  # nobody waits any longer
        for i in range(0, len(body), 1 if drip else max(1, len(body))):
            to.write(body[i : i + 1] if drip else body)
            time.sleep(drip)


@contextmanager
def serving() -> Iterator[FileServer]:
    files = FileServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            files.asked.append((self.command, self.path))
            time.sleep(files.late)
            status = files.by_path.get(self.path, 200)
            if files.statuses:
                status = files.statuses.pop(0)
            elif self.command == "HEAD" and files.no_head:
                status = 405
            content = files.files.get(self.path)
            if status == 200 and content is None:
                status = 404
            body = content if status == 200 and content is not None else b""
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", files.location)
            self.send_header("Content-Length", str(len(body)))
            if body and files.tags:
                self.send_header("ETag", f'"{hashlib.md5(body).hexdigest()}"')
            self.end_headers()
            if self.command == "GET":
                _send(self.wfile, body, files.drip)

        do_HEAD = do_GET  # noqa: N815 — the library's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    files.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield files
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
