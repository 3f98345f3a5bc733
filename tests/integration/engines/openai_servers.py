"""Servers that the openai engine is tested against: vLLM's own, and one that misbehaves as told."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STARTS_WITHIN = 400.0
"""Seconds."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class VllmServer:
    """vLLM's OpenAI server for a checkpoint, in a process group of its own."""

    def __init__(self, checkpoint: Path, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._log = log
        self._command = [
            sys.executable, "-m", "vllm.entrypoints.openai.api_server",
            "--model", str(checkpoint), "--served-model-name", "demo",
            "--host", "127.0.0.1", "--port", str(self.port),
            "--dtype", "float32", "--enforce-eager", "--block-size", "32",
            "--kv-cache-memory-bytes", str(2**28), "--gpu-memory-utilization", "0.2",
            "--max-model-len", "2048", "--enable-prompt-tokens-details",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"},
            )
        ends = time.monotonic() + STARTS_WITHIN
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > ends:
                self.kill()
                raise RuntimeError(self._log.read_text(errors="replace")[-4000:])
            time.sleep(0.2)

    def kill(self) -> None:
        """End it and its children at once, as a machine that fails does."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


def chat(text: str | None = "Tomato Soup", finish: str | None = "stop", **message: object) -> bytes:
    """Write the body of a chat completion."""
    return json.dumps(
        {
            "choices": [
                {
                    "message": {"role": "assistant", "content": text, **message},
                    "finish_reason": finish,
                }
            ],
            "usage": {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "prompt_tokens_details": {"cached_tokens": 4},
            },
        }
    ).encode()


def error(message: str, **more: object) -> bytes:
    return json.dumps({"error": {"message": message, **more}}).encode()


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = field(default_factory=chat)
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before it is sent."""
    missing: int = 0
    """Bytes at its end that are not sent before the connection is closed."""
    reset: bool = False
    """Reset the connection instead."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that came."""

    number: int
    """From 0 on."""
    time: float
    body: dict[str, Any]
    headers: dict[str, str]
    active: int
    """Requests that were being answered, this one included."""

    @property
    def said(self) -> str:
        """The text of the last message."""
        content = self.body["messages"][-1]["content"]
        if isinstance(content, str):
            return content
        return "".join(part.get("text", "") for part in content)


class FaultServer:
    """An OpenAI-compatible server on loopback that answers each request as a function says."""

    def __init__(
        self,
        reply: Callable[[Asked], Reply] = lambda asked: Reply(),
        *,
        models: Reply | None = None,
        owner: str = "vllm",
    ) -> None:
        self.reply = reply
        listed = {"data": [{"id": "demo", "owned_by": owner}]}
        self.models = models or Reply(body=json.dumps(listed).encode())
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self.asked: list[Asked] = []
        self.lock = threading.Lock()
        self.active = 0
        self._http: _Http | None = None

    def __enter__(self) -> FaultServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._http = _Http(self, self.port)
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Die: break every connection, and listen no more."""
        http, self._http = self._http, None
        if http is not None:
            http.shutdown()
            http.server_close()
            for connection in list(http.connections):
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def asks(self, body: dict[str, Any], headers: dict[str, str]) -> Asked:
        with self.lock:
            self.active += 1
            asked = Asked(
                number=len(self.asked),
                time=time.monotonic(),
                body=body,
                headers=headers,
                active=self.active,
            )
            self.asked.append(asked)
            return asked


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, faults: FaultServer, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.faults = faults
        self.connections: set[socket.socket] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self._send(self.server.faults.models)

    def do_POST(self) -> None:
        faults = self.server.faults
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = faults.asks(body, dict(self.headers.items()))
        try:
            reply = faults.reply(asked)
            time.sleep(reply.delay)
        finally:
            with faults.lock:
                faults.active -= 1
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) - reply.missing])
        self.close_connection = reply.missing > 0

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
