"""What an engine is, the table of those there are, and the bounded feed that streaming ones share.

Engines take a stream and give a stream: they pull a request only when there is room for it, so
memory stays flat at any dataset size. A request that fails becomes a completion with an error;
what would fail every request (no such model, no memory) is raised as EngineError.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.engines.sampling import sampling_params
from harness.errors import EngineError
from harness.records import Completion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping

    from harness.records import Decoding, Json, ModelConfig, Request


@dataclass(frozen=True, slots=True)
class ImageWork:
    """What was really done to pictures since an engine's start; None where it cannot be known."""

    decoded: int | None = None
    """Files decoded to pixels."""
    processed: int | None = None
    """Pictures that the model's processor turned into its input."""
    encoded: int | None = None
    """Pictures that went through the vision encoder."""

    def __add__(self, other: ImageWork) -> ImageWork:
        """Sum two engine starts; what one of them does not know is not known of both."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return ImageWork(*(None if a is None or b is None else a + b for a, b in pairs))


class Engine(Protocol):
    """Turns requests into completions."""

    async def start(self) -> None:
        """Load the model. Called once, before the first request.

        Raises:
            EngineError: the model cannot be started; the hint names what to change.
        """

    def generate(self, requests: AsyncIterator[Request]) -> AsyncIterator[Completion]:
        """Answer each request once, in the order of finishing.

        Raises:
            EngineError: nothing more can be had from this model.
        """

    async def image_work(self) -> ImageWork:
        """Count what was done to pictures; asked once, behind the last completion.

        Raises:
            EngineError: the model died.
        """

    async def close(self) -> None:
        """Free the model's memory and processes; may be called at any time, and twice."""


class EngineClass(Protocol):
    """How an engine is made; knowing its identity must not load a heavy package."""

    neutral_args: frozenset[str]
    """Engine arguments that change speed or memory but not what the model sees or computes."""
    defaults: Mapping[str, Json]
    """Arguments that hold where a model config says nothing."""
    sampling: Collection[str] | None
    """Sampling parameters that it may honour; None where it takes any.

    Where a class has ``check_decoding(decoding)`` too, that refuses what does not go together.
    What else a class may declare, for who carries requests to it (harness.executors):
    ``environment``, variables that it needs where the user's environment says nothing, and that it
    starts processes of its own; ``chatty``, that it or its libraries write to stdout and stderr;
    ``in_batches``, that it answers several requests together and never gives one up.
    """

    def __call__(self, config: ModelConfig, *, log: Path) -> Engine:
        """Make an engine that is not started yet; its chatter goes to the file ``log``.

        Raises:
            EngineError: an argument is unknown or wrong.
        """


TIMEOUT = 1800.0
"""Seconds that a request may take where the model's config says nothing: a hung engine is noticed,
a slow one is not."""

REPLAY = "replay"
"""The engine of predictions that were made elsewhere: no model of ours gave them."""

ENGINES: dict[str, str] = {
    "vllm": "harness.engines.vllm:VllmEngine",
    "transformers": "harness.engines.transformers:TransformersEngine",
    "openai": "harness.engines.openai:OpenAIEngine",
    REPLAY: "harness.engines.replay:ReplayEngine",
    "fake": "harness.engines.fake:FakeEngine",
}
"""Name in a model's ``engine:`` → where its class is; imported when first asked for."""


def engine_class(name: str) -> EngineClass:
    """Find an engine by its name.

    Raises:
        EngineError: no engine has this name.
    """
    try:
        module, _, attribute = ENGINES[name].partition(":")
    except KeyError:
        known = ", ".join(ENGINES)
        raise EngineError(f"no engine is named '{name}'", hint=f"engines: {known}") from None
    found: EngineClass = getattr(import_module(module), attribute)
    return found


def check(config: ModelConfig, decodings: Iterable[Decoding]) -> None:
    """Refuse what an engine knows beforehand that it cannot do; nothing is started or imported.

    Raises:
        EngineError: there is no such engine, an argument is wrong, or a sampling parameter is one
            that it would have to drop, alone or beside the others.
    """
    cls = engine_class(config.engine)
    cls(config, log=Path(os.devnull))
    check_decoding = getattr(cls, "check_decoding", None)
    for decoding in decodings:
        if cls.sampling is not None:
            sampling_params(decoding, cls.sampling)
        if check_decoding is not None:
            check_decoding(decoding)


def check_machine(config: ModelConfig) -> None:
    """Refuse a model that needs what is not installed here, where its engine can tell beforehand.

    Raises:
        EngineError: a package is missing; the hint names it.
    """
    check_installed = getattr(engine_class(config.engine), "check_installed", None)
    if check_installed is not None:
        check_installed(config)


def identity(config: ModelConfig) -> dict[str, Json]:
    """Say what of an engine's set-up a completion depends on: its name and arguments, no model."""
    cls = engine_class(config.engine)
    args = {**cls.defaults, **config.args}
    kept = {name: value for name, value in args.items() if name not in cls.neutral_args}
    return {"engine": config.engine, "args": kept, "image": dict(config.image)}


def failed(request: Request, reason: str, began: float) -> Completion:
    """Say that a request has no answer, and why; ``began`` is a reading of time.perf_counter."""
    return Completion(
        key=request.key,
        text="",
        finish_reason="error",
        seconds=time.perf_counter() - began,
        error=reason,
    )


async def bounded(
    requests: AsyncIterator[Request],
    answer: Callable[[Request], Awaitable[Completion]],
    limit: int,
    timeout: float | None = None,
) -> AsyncIterator[Completion]:
    """Answer requests concurrently, at most ``limit`` at a time, yielding each as it finishes.

    A request is pulled from the stream only when there is room for it. When the consumer stops
    early, whatever is in flight is cancelled. A request that takes longer than ``timeout`` seconds
    (default: TIMEOUT) is cancelled and has failed.
    """
    running: set[asyncio.Task[Completion]] = set()
    done: set[asyncio.Task[Completion]] = set()
    more = True
    try:
        while more or running:
            while more and len(running) < limit:
                try:
                    request = await anext(requests)
                except StopAsyncIteration:
                    more = False
                else:
                    running.add(
                        asyncio.ensure_future(_in_time(answer, request, timeout or TIMEOUT))
                    )
            if running:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
    finally:
        for task in running:
            task.cancel()
        # Those that failed together with the one that was raised count as looked at.
        await asyncio.gather(*running, *done, return_exceptions=True)


async def _in_time(
    answer: Callable[[Request], Awaitable[Completion]], request: Request, seconds: float
) -> Completion:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(seconds) as limit:
            return await answer(request)
    except TimeoutError:
        if not limit.expired():
            raise
        return failed(request, f"no answer within {seconds:g} s", began)
