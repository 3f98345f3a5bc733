"""Answers requests by OpenAI-compatible servers: vLLM's own, others, or hosted ones.

What may pass (a server that is busy, restarts or sends half an answer) is tried again until the
request's time is over; what will not pass is told at once. The key is read from an environment
variable and stays in the client's headers: it is taken out of all that comes back, before anything
else sees it (server_reply).
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from harness.engines.adaptive import AdaptiveLimit, Balancer, pause
from harness.engines.failure import one_line, reason
from harness.engines.openai_config import (
    DEFAULTS,
    OF_DECODING,
    SAMPLING,
    TAKEN,
    body_sampling,
    is_loopback,
    settings,
)
from harness.engines.openai_wire import (
    FATAL,
    OF_PARAMETERS,
    REFUSING,
    Answer,
    NoAnswerError,
    PassingError,
    data_url,
    messages,
    read_answer,
    read_error,
    read_owners,
    seconds_asked,
)
from harness.engines.protocol import (
    TIMEOUT,
    ImageWork,
    bounded,
    check_packages,
    completed,
    failed,
)
from harness.engines.server_reply import Reply, Secret, send
from harness.engines.worker import WorkerError, in_thread
from harness.errors import DataError, EngineError, RenderError
from harness.media import open as open_media

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping
    from pathlib import Path

    import httpx2

    from harness.records import Completion, Json, MediaRef, ModelConfig, Request

INSTALL = "pip install -e '.[openai]'"
CONNECT_SECONDS = 10.0
START_SECONDS = 30.0
"""How long a server may take to say which models it serves."""
PATIENCE = 300.0
"""A run ends when its servers have done nothing but refuse for this many seconds, or for as long as
a request may take where that is longer."""
KEEP_SECONDS = 2.0
"""An idle connection is closed before the server (vLLM: after 5 s) does it under our hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    url: str
    client: httpx2.AsyncClient
    limit: AdaptiveLimit


class OpenAIEngine:
    """An Engine on the chat-completions API.

    ``ModelConfig.model`` is the name under which the model is served. ``ModelConfig.args``:
    ``base_url`` (one or a list, default: the environment's OPENAI_BASE_URL), ``api_key_env`` (the
    name of an environment variable; None: no key), ``in_flight`` (requests at a time, at most),
    ``retries`` (how often a broken answer is asked for again), ``image_base_url`` with
    ``image_root`` (send images as URLs: the path below the root put after the URL),
    ``max_tokens_field``, ``extra_sampling`` (what the server takes beyond OpenAI's parameters) and
    ``extra_body`` (fields that are sent as they are).
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset(
        {"api_key_env", "image_root", "in_flight", "max_tokens_field", "retries"}
    )
    defaults: ClassVar[Mapping[str, Json]] = DEFAULTS
    sampling: ClassVar[Collection[str]] = SAMPLING

    @staticmethod
    def check_installed(config: ModelConfig) -> None:
        """Refuse to run without an HTTP client.

        Raises:
            EngineError: the hint says what to install.
        """
        check_packages("engine: openai", ["httpx2"], INSTALL)

    def __init__(self, config: ModelConfig, *, log: Path) -> None:
        if config.adapter is not None:
            raise EngineError(
                "the openai engine cannot choose a LoRA adapter",
                hint="a server gives an adapter a name of its own: that is the 'model' here",
            )
        self._settings = settings(config)
        self._timeout = config.timeout or TIMEOUT
        self._log = log
        self._taken: frozenset[str] = frozenset()
        self._servers: list[_Server] = []
        self._balancer = Balancer([])
        self._secret = Secret()
        self._owners: frozenset[str] = frozenset()

    async def start(self) -> None:
        """Ask every server whether it is there, takes the key and serves the model.

        Raises:
            EngineError: one does not, or the environment has no key.
        """
        import httpx2

        self._log.parent.mkdir(parents=True, exist_ok=True)
        # Compressed, a few bytes can be an answer of gigabytes.
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key := self._key():
            headers["Authorization"] = f"Bearer {key}"
            self._secret = Secret(key)
        most = self._settings.in_flight
        self._servers = [
            _Server(
                url=url,
                client=httpx2.AsyncClient(
                    base_url=url,
                    headers=headers,
                    timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                    limits=httpx2.Limits(
                        max_keepalive_connections=most, keepalive_expiry=KEEP_SECONDS
                    ),
                    trust_env=not is_loopback(url),  # no proxy on the way to this machine
                ),
                limit=AdaptiveLimit(most),
            )
            for url in self._settings.urls
        ]
        self._balancer = Balancer([server.limit for server in self._servers])
        try:
            owners = await asyncio.gather(*(self._owner(server) for server in self._servers))
        except BaseException:
            await self.close()
            raise
        self._owners = frozenset(filter(None, owners))
        taken = frozenset.intersection(*(TAKEN.get(owner, frozenset()) for owner in owners))
        self._taken = taken | self._settings.extra_sampling

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer requests in the order of finishing, ``in_flight`` at a time.

        Raises:
            EngineError: a server refuses the key, the model or a sampling parameter, or no server
                has answered for a long time.
        """
        # The time-out of our own comes first, and knows what the trouble was.
        return bounded(requests, self._answer, self._settings.in_flight, self._timeout + 5)

    async def image_work(self) -> ImageWork:
        """Count nothing: what a server does to pictures is not known."""
        return ImageWork()

    async def close(self) -> None:
        """Close the connections."""
        servers, self._servers = self._servers, []
        for server in servers:
            await server.client.aclose()

    def _key(self) -> str | None:
        """Read the key from the environment."""
        name = self._settings.api_key_env
        if name is None:
            return None
        key = os.environ.get(name, "").strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise EngineError(f"what the environment variable {name} holds cannot be a key")
        far = next((url for url in self._settings.urls if not is_loopback(url)), None)
        if not key and far:
            raise EngineError(
                f"no key for {far}: the environment variable {name} is not set",
                hint=f"export {name}=…; api_key_env names another, or says null for a server "
                "that wants no key",
            )
        return key or None

    async def _owner(self, server: _Server) -> str:
        """Check that a server has the model; give what it says the model is owned by."""
        import httpx2

        try:
            async with asyncio.timeout(START_SECONDS):
                reply = await send(server.client, "GET", "models")
        except (httpx2.HTTPError, TimeoutError) as error:
            raise EngineError(
                f"no server answers at {server.url}: {self._said(error)}",
                hint="is it started, and is base_url right? Most end in /v1",
            ) from None
        if reply.status in (404, 405, 501):
            return ""  # it does not tell which models it serves; the first request will show
        if reply.status != 200:
            raise self._fatal(server, reply)
        listed = read_owners(reply.body, self._secret)
        names = [
            n for n in listed if n == self._settings.model or n.endswith(f"/{self._settings.model}")
        ]
        if listed and not names:
            raise EngineError(
                f"{server.url} does not serve '{self._settings.model}'",
                hint=f"it serves {one_line(', '.join(sorted(listed)[:8]))}",
            )
        return listed[names[0]] if names else ""

    def _fatal(self, server: _Server, reply: Reply) -> EngineError:
        """Say why every request to a server would fail."""
        said = read_error(reply.body, self._secret).words
        variable = self._settings.api_key_env
        hint = "is it ready, and is base_url right? Most end in /v1"
        if reply.status in (401, 403):
            hint = f"is the key in the environment variable {variable} right?"
            if "Authorization" not in server.client.headers:
                hint = f"it wants a key: put it into the environment variable {variable}"
        elif reply.status in (404, 405):
            hint = f"does it serve '{self._settings.model}', and is base_url right? Most end in /v1"
        elif reply.status in (402, 429):
            hint = "is there credit left? What was answered is kept; run the same command again"
        return EngineError(f"{server.url} answers {reply.status}: {said}", hint=hint)

    def _said(self, error: Exception) -> str:
        """Give the reason of a broken connection, which may quote the server."""
        return one_line(self._secret.hide(reason(error, longest=sys.maxsize)))

    async def _answer(self, request: Request) -> Completion:
        """Answer one request, however often it must be made."""
        if not self._servers:
            raise EngineError("the engine is not started")
        began = time.perf_counter()
        trouble = ""
        broken = 0
        sampling = body_sampling(request.decoding, self._settings, self._taken)
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    self._check_patience(trouble)
                    try:
                        return self._completion(request, await self._ask(request, sampling), began)
                    except PassingError as error:
                        trouble = str(error)
                        broken += error.counted
                        self._note(f"{request.sample_id}: {trouble}")
                        if broken > self._settings.retries:
                            return failed(request, trouble, began)
                        if not error.refused:
                            await asyncio.sleep(pause(broken))
        except TimeoutError:
            last = f"; the last try: {trouble}" if trouble else ""
            return failed(request, f"no answer within {self._timeout:g} s{last}", began)
        except NoAnswerError as error:
            return failed(request, str(error), began)
        except (DataError, RenderError, WorkerError) as error:  # of the prompt or its images
            return failed(request, reason(error), began)

    def _completion(self, request: Request, answer: Answer, began: float) -> Completion:
        if answer.odd_counts:
            self._note(f"{request.sample_id}: the server's token counts cannot be; taken for 0")
        told = " ".join(filter(None, [*sorted(self._owners), answer.made_by]))
        return completed(
            request,
            f"openai: {told}" if told else "openai",
            text=answer.text,
            finish_reason=answer.finish_reason,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            cached_tokens=answer.cached_tokens,
            seconds=time.perf_counter() - began,
        )

    def _check_patience(self, trouble: str) -> None:
        silence = self._balancer.silence()
        if silence > max(PATIENCE, self._timeout):
            last = f": {trouble}" if trouble else f"; see {self._log}"
            raise EngineError(
                f"{', '.join(self._settings.urls)}: no answer for {silence:.0f} s{last}",
                hint="what was answered is kept; run the same command when the server is back",
            )

    async def _ask(self, request: Request, sampling: Mapping[str, Json]) -> Answer:
        """Make a request once, at the server that has the most room."""
        async with self._balancer.place() as index:
            server = self._servers[index]
            # Not before there is room, so that only what is under way is held in memory.
            body = await in_thread(self._body, request, sampling)
            began = time.monotonic()
            try:
                answer = await self._post(server, body, request.decoding.name)
            except asyncio.CancelledError:
                server.limit.too_slow(began, time.monotonic())
                raise
            except PassingError as error:
                if error.refused:
                    server.limit.refused(began, time.monotonic(), error.wait)
                else:
                    server.limit.said_something(time.monotonic())
                raise
            except NoAnswerError:
                server.limit.said_something(time.monotonic())
                raise
            server.limit.answered(began, time.monotonic())
            return answer

    def _body(self, request: Request, sampling: Mapping[str, Json]) -> bytes:
        body = {
            "model": self._settings.model,
            "messages": messages(request.rendered, self._image_url),
            **sampling,
            **self._settings.extra_body,
        }
        return json.dumps(body).encode()

    def _image_url(self, ref: MediaRef) -> str:
        base, root = self._settings.image_base_url, self._settings.image_root
        if base is None or root is None or ref.path is None or ref.pixels > 1:
            return data_url(ref)  # pixels by newer rules than the first are made here alone
        open_media(ref)  # that it is still the image whose hash is in the key
        try:
            relative = ref.path.resolve().relative_to(root)
        except ValueError:
            raise EngineError(f"the image {ref.name} is not under image_root, {root}") from None
        return f"{base.rstrip('/')}/{quote(relative.as_posix())}"

    async def _post(self, server: _Server, body: bytes, decoding: str) -> Answer:
        """Send a body and read the answer; what goes wrong is sorted by what is to be done."""
        import httpx2

        try:
            reply = await send(server.client, "POST", "chat/completions", body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            why = f"{server.url} cannot be reached: {self._said(error)}"
            raise PassingError(why, refused=True, counted=False) from None
        except httpx2.HTTPError as error:
            why = f"{server.url} broke off: {self._said(error)}"
            raise PassingError(why, refused=True) from None
        if reply.status == 200:
            return read_answer(reply.body, self._secret, self._settings.model)
        raise self._refusal(server, reply, decoding)

    def _refusal(self, server: _Server, reply: Reply, decoding: str) -> Exception:
        """Say what is to be done about a response without an answer."""
        status, error = reply.status, read_error(reply.body, self._secret)
        why = f"{server.url} answers {status}: {error.words}"
        if status in FATAL or status < 400 or error.code == "insufficient_quota":
            return self._fatal(server, reply)
        if status in REFUSING:
            wait = seconds_asked(reply.retry_after)
            return PassingError(why, refused=True, counted=False, wait=wait)
        if status in (408, 409) or status >= 500:
            return PassingError(why)
        if (
            error.code in OF_PARAMETERS
            or error.parameter in OF_DECODING | self._settings.extra_body.keys()
            or "Unrecognized request argument" in error.words
        ):
            return EngineError(
                f"decoding '{decoding}': {why}",
                hint="leave the parameter out, or give it a value that this model takes; where "
                "max_tokens is refused, args: {max_tokens_field: max_completion_tokens}",
            )
        return NoAnswerError(why)

    def _note(self, text: str) -> None:
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now().astimezone():%H:%M:%S} {text}\n")
