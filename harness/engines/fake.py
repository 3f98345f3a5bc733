"""An engine without a model, for tests and for people who write prompts.

By default its reply follows from the request's key, so that any change to what a model would see
changes the reply and nothing else does. Replies can be scripted, delays, faults and a model that
hangs asked for; what it was asked can be written down.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from harness.engines.protocol import ImageWork, bounded, completed, failed
from harness.errors import EngineError
from harness.records import ImagePart, TextPart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Mapping

    from harness.records import Completion, Json, ModelConfig, Request

_WORDS = (
    "Roasted Creamy Lemon Garlic Tomato Basil Mushroom Spinach Chicken Shrimp Ginger Honey Apple "
    "Almond Chili Coconut Avocado Potato Salad Soup Skillet Toast Curry Tart"
).split()

MADE_BY = "fake 1"
"""The number goes up when it gives other words for a key."""
PHASES = ("start", "generate", "image_work", "close")
HANGING = PHASES[1:]
"""What a model that hangs while it answers does not do any more."""


class FakeEngine:
    """Replies without a model.

    Engine arguments: ``delay`` (seconds a reply takes), ``fail`` (share of requests, 0 to 1, that
    end in an error, chosen by their keys), ``in_flight`` (requests at a time), ``record`` (a file
    that gets a JSON line for each request: order, system, sample_id, key, adapter, decoding,
    messages), ``hang`` (true: nothing after the start ever returns; or a list of those of start,
    generate, image_work, close that never do), ``hang_in_thread`` (true: they hang in a worker
    thread, which cannot be cancelled, as a model in this process would).

    Args:
        config: the model it stands in for.
        log: not written to.
        reply: gives the text of a request; default: words drawn from the request's key.
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset(
        {"delay", "hang", "hang_in_thread", "in_flight", "record"}
    )
    sampling: ClassVar[Collection[str] | None] = None
    defaults: ClassVar[Mapping[str, Json]] = {
        "delay": 0.0,
        "fail": 0.0,
        "in_flight": 32,
        "record": None,
        "hang": False,
        "hang_in_thread": False,
    }

    @staticmethod
    def check_installed(config: ModelConfig) -> None:
        """Need nothing."""

    def __init__(
        self,
        config: ModelConfig,
        *,
        log: Path | None = None,
        reply: Callable[[Request], str] | None = None,
    ) -> None:
        unknown = config.args.keys() - self.defaults.keys()
        if unknown:
            raise EngineError(
                f"the fake engine has no argument '{min(unknown)}'",
                hint=f"its arguments: {', '.join(self.defaults)}",
                key=f"args.{min(unknown)}",
            )
        args = {**self.defaults, **config.args}
        self._delay = _number("delay", args["delay"])
        self._fail = _number("fail", args["fail"])
        in_flight, record = args["in_flight"], args["record"]
        if not isinstance(in_flight, int) or isinstance(in_flight, bool) or in_flight < 1:
            raise EngineError(f"in_flight is {in_flight!r:.60}, not a whole number from 1 on")
        if record is not None and not isinstance(record, str):
            raise EngineError(f"record is {record!r:.60}, not a file's name")
        self._in_flight = in_flight
        self._record = None if record is None else Path(record)
        self._recorded = 0
        self._hangs = _phases(args["hang"])
        self._hangs_in_thread = bool(args["hang_in_thread"])
        self._timeout = config.timeout
        self._reply = reply or _words
        self.log = log

    async def start(self) -> None:
        """Do nothing: there is no model."""
        await self._hang("start")

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer each request once, in the order of finishing."""
        return bounded(requests, self._answer, self._in_flight, self._timeout)

    async def image_work(self) -> ImageWork:
        """Count nothing: no picture is opened."""
        await self._hang("image_work")
        return ImageWork(decoded=0, processed=0, encoded=0)

    async def close(self) -> None:
        """Do nothing: there is no model."""
        await self._hang("close")

    async def _answer(self, request: Request) -> Completion:
        began = time.perf_counter()
        if self._record is not None:
            self._write_down(self._record, request)
        await self._hang("generate")
        await asyncio.sleep(self._delay)
        if _share(request.key) < self._fail:
            return failed(request, "a fault that was asked for", began)
        text = self._reply(request)
        prompt_tokens = sum(_tokens(part) for m in request.rendered.messages for part in m.parts)
        return completed(
            request,
            MADE_BY,
            text=text,
            finish_reason="stop",
            prompt_tokens=prompt_tokens,
            completion_tokens=len(text.split()),
            seconds=self._delay,
        )

    async def _hang(self, phase: str) -> None:
        """Never return, where this was asked for."""
        if phase in self._hangs:
            if self._hangs_in_thread:
                await asyncio.to_thread(threading.Event().wait)
            await asyncio.Event().wait()

    def _write_down(self, path: Path, request: Request) -> None:
        """Add a request to the record, numbered in the order in which they came."""
        line = {
            "order": self._recorded,
            "system": request.system,
            "sample_id": request.sample_id,
            "key": request.key,
            "adapter": request.adapter,
            "decoding": request.decoding.name,
            "params": dict(request.decoding.params),
            "messages": [
                [message.role, *(_shown(part) for part in message.parts)]
                for message in request.rendered.messages
            ],
        }
        self._recorded += 1
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(line, ensure_ascii=False)}\n")
        except OSError as error:
            raise EngineError(f"record: {path} cannot be written ({error.strerror})") from error


def _number(name: str, value: Json) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise EngineError(f"{name} is {value!r:.60}, not a number from 0 on")
    return float(value)


def _phases(hang: Json) -> frozenset[str]:
    """Read the argument ``hang``.

    Raises:
        EngineError: it is neither true or false nor a list of phases.
    """
    if isinstance(hang, bool):
        return frozenset(HANGING) if hang else frozenset()
    if isinstance(hang, list) and all(phase in PHASES for phase in hang):
        return frozenset(str(phase) for phase in hang)
    raise EngineError(f"hang is {hang!r}", hint=f"true, false or a list of {', '.join(PHASES)}")


def _shown(part: ImagePart | TextPart) -> str:
    return part.text if isinstance(part, TextPart) else f"<image {part.index}>"


def _words(request: Request) -> str:
    digest = hashlib.sha256(request.key.encode()).digest()
    return " ".join(_WORDS[byte % len(_WORDS)] for byte in digest[1 : 4 + digest[0] % 4])


def _share(key: str) -> float:
    """Place a key in [0, 1), independently of the words drawn from it."""
    return int.from_bytes(hashlib.sha256(b"fault" + key.encode()).digest()[:4]) / 2**32


def _tokens(part: ImagePart | TextPart) -> int:
    return len(part.text.split()) if isinstance(part, TextPart) else 1
