"""A Hub on the loopback: one repository, from a folder, at commits that a test chooses."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class LocalHub:
    """What it holds: ``refs`` gives a branch or tag the commit that it stands at.

    Its kind is ``models`` or ``datasets``; the files of every commit are those of the folder.
    """

    def __init__(self, name: str, folder: Path, refs: dict[str, str], kind: str = "models") -> None:
        self.name = name
        self.folder = folder
        self.refs = refs
        self.kind = kind
        self.asked: list[str] = []
        self.url = ""

    def answer(self, path: str, query: str = "") -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        api = f"/api/{self.kind}/{self.name}"
        files = f"{'' if self.kind == 'models' else '/datasets'}/{self.name}/resolve/"
        if path.startswith(files):
            revision, _, file = path.removeprefix(files).partition("/")
            target = self.folder / file
            commit = self.refs.get(revision, revision)
            if not target.is_file():
                return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}, b""
            body = target.read_bytes()
            digest = hashlib.sha256(body).hexdigest()
            return 200, {"X-Repo-Commit": commit, "ETag": f'"{digest}"'}, body
        if not path.startswith(api):
            return 404, {"X-Error-Code": "RepoNotFound"}, b""
        kind, _, revision = path.removeprefix(api).lstrip("/").partition("/")
        if kind == "tree":
            within = self.folder / revision.partition("/")[2]
            if not within.is_dir():
                return 404, {"X-Error-Code": "EntryNotFound"}, b""
            paths = within.rglob("*") if "recursive=true" in query.lower() else within.iterdir()
            return 200, {}, json.dumps([self._entry(path) for path in sorted(paths)]).encode()
        commit = self.refs.get(revision or "main", revision)
        if commit not in self.refs.values():
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        siblings = [{"rfilename": p.name} for p in sorted(self.folder.iterdir())]
        return (
            200,
            {},
            json.dumps(
                {"id": self.name, "sha": commit, "siblings": siblings, "private": False}
            ).encode(),
        )

    def _entry(self, path: Path) -> dict[str, str | int]:
        name = path.relative_to(self.folder).as_posix()
        kind = "directory" if path.is_dir() else "file"
        return {"type": kind, "path": name, "size": path.stat().st_size, "oid": name}


@contextmanager
def serving(hub: LocalHub) -> Iterator[LocalHub]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            status, headers, body = hub.answer(unquote(asked.path), asked.query)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 — the library's name

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
