"""An engine that hangs where it is told to, for the tests of who waits for engines."""

import asyncio
import multiprocessing
import signal
import threading
import time
from typing import ClassVar

import pytest

from harness.engines.protocol import ENGINES, ImageWork, bounded, failed
from harness.errors import EngineError
from harness.records import (
    Completion,
    Decoding,
    Message,
    ModelConfig,
    RenderedPrompt,
    Request,
    TextPart,
)


class HangingEngine:
    """Answers at once, until it gets to what its arguments say.

    ``hangs``: start, answer (each is given up by its time-out), stream (it gives up none), batch
    (in a worker thread), image_work, close, or dies_counting. ``after``: requests that it answers
    first. ``stubborn``: it ignores being cancelled. ``child``: it has a process of its own.
    ``broken``: it fails every so many-th request at once.
    """

    neutral_args: ClassVar[frozenset[str]] = frozenset(
        {"hangs", "after", "stubborn", "child", "broken", "in_flight"}
    )
    defaults: ClassVar[dict] = {}
    sampling = None
    environment: ClassVar[dict[str, str]] = {"HARNESS_TEST_NEEDS": "this"}
    chatty = False
    starts: ClassVar[list[ModelConfig]] = []
    """Of all its objects; the fixture empties it."""
    handlers: ClassVar[list] = []
    """What answered Ctrl-C when it was started."""
    children: ClassVar[list] = []
    threads: ClassVar[list[threading.Event]] = []

    @staticmethod
    def check_installed(config: ModelConfig) -> None:
        """It needs nothing."""

    def __init__(self, config: ModelConfig, *, log) -> None:
        self._config = config
        self._log = log
        self._hangs = config.args.get("hangs")
        self._stubborn = config.args.get("stubborn", False)
        self._left = config.args.get("after", 0)
        self._count = 0

    async def start(self) -> None:
        self.starts.append(self._config)
        self.handlers.append(signal.getsignal(signal.SIGINT))
        if self._config.args.get("child"):
            # A builtin: a child that has to import these tests may not find them.
            spawn = multiprocessing.get_context("spawn")
            child = spawn.Process(target=time.sleep, args=(3600,))
            child.start()
            self.children.append(child)
        await self._maybe("start")

    def generate(self, requests):
        in_flight = self._config.args.get("in_flight", 4)
        if self._hangs in ("stream", "batch"):
            return bounded(requests, self._answer, in_flight, 3600)
        return bounded(requests, self._answer, in_flight, self._config.timeout)

    async def image_work(self) -> ImageWork:
        if self._hangs == "dies_counting":
            raise EngineError("it is gone")
        await self._maybe("image_work")
        return ImageWork(decoded=1, processed=1, encoded=1)

    async def close(self) -> None:
        await self._maybe("close")
        for child in self.children:
            child.kill()
            child.join()

    async def _answer(self, request: Request) -> Completion:
        self._count += 1
        broken = self._config.args.get("broken")
        if broken and self._count % broken == 0:
            return failed(request, "cut short", time.perf_counter())
        if self._left > 0:
            self._left -= 1
        elif self._hangs == "batch":
            gate = threading.Event()
            self.threads.append(gate)
            await asyncio.to_thread(gate.wait)
        else:
            await self._maybe("answer", "stream")
        return Completion(key=request.key, text="Soup", finish_reason="stop")

    async def _maybe(self, *places: str) -> None:
        while self._hangs in places:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if not self._stubborn:
                    raise


@pytest.fixture
def hanging_engine(monkeypatch):
    """Register the engine as ``hanging``; give its class."""
    name = "harness_test_hanging_engine"
    module = type("Module", (), {"HangingEngine": HangingEngine})
    monkeypatch.setitem(__import__("sys").modules, name, module)
    monkeypatch.setitem(ENGINES, "hanging", f"{name}:HangingEngine")
    yield HangingEngine
    for child in HangingEngine.children:
        child.kill()
        child.join()
    for gate in HangingEngine.threads:
        gate.set()
    HangingEngine.starts.clear()
    HangingEngine.handlers.clear()
    HangingEngine.children.clear()
    HangingEngine.threads.clear()


@pytest.fixture
def asked():
    """Make so many requests."""

    def make(count: int) -> list[Request]:
        parts = (TextPart(text="Name the dish."),)
        rendered = RenderedPrompt(
            messages=(Message(role="user", parts=parts),), media=(), sha256="0"
        )
        decoding = Decoding(name="greedy", params={})
        return [
            Request(system="s", sample_id=f"{i}", rendered=rendered, decoding=decoding, key=f"{i}")
            for i in range(count)
        ]

    return make
