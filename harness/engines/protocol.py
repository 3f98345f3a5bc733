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
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.additions import Addition, additions
from harness.engines.image_settings import check_image_settings
from harness.engines.sampling import sampling_params
from harness.errors import EngineError
from harness.nearest import nearest
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

    Where a class has ``check_decoding(decoding)`` too, that refuses what does not go together, and
    ``check_blind(config)`` a model that cannot be asked without a picture.
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

    def check_installed(self, config: ModelConfig) -> None:
        """Refuse what a model needs and is not installed here; nothing heavy is imported.

        Asked of the class, before anything is written.

        Raises:
            EngineError: the hint is the command that installs it.
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


def added_engines() -> Mapping[str, Addition]:
    """Give the engines that packages add.

    Raises:
        ConfigError: two engines have one name.
    """
    return additions("engine", ENGINES)


def engine_class(name: str) -> EngineClass:
    """Find an engine by its name; one that a package adds is imported.

    Raises:
        EngineError: no engine has this name.
        ConfigError: the package's cannot be imported, or two have this name.
    """
    engine: EngineClass
    if name in ENGINES:
        module, _, attribute = ENGINES[name].partition(":")
        engine = getattr(import_module(module), attribute)
        return engine
    added = added_engines()
    if name not in added:
        hint = nearest(name, (*ENGINES, *added))
        raise EngineError(f"no engine is named '{name}'", hint=hint, key="engine")
    engine = added[name].load()
    return engine


def check(config: ModelConfig, decodings: Iterable[Decoding]) -> None:
    """Refuse what an engine knows beforehand that it cannot do; nothing is started or imported.

    Raises:
        EngineError: there is no such engine, an argument or an image setting is wrong, or a
            sampling parameter is one that it would have to drop, alone or beside the others.
    """
    cls = engine_class(config.engine)
    cls(config, log=Path(os.devnull))
    if config.engine in ENGINES:
        check_image_settings(config)
    check_decoding = getattr(cls, "check_decoding", None)
    for decoding in decodings:
        if cls.sampling is not None:
            sampling_params(decoding, cls.sampling)
        if check_decoding is not None:
            check_decoding(decoding)


def check_blind(config: ModelConfig) -> None:
    """Refuse a model of which is known beforehand that it answers nothing without a picture.

    Raises:
        EngineError: it is one.
    """
    refuse = getattr(engine_class(config.engine), "check_blind", None)
    if refuse is not None:
        refuse(config)


def check_machine(config: ModelConfig) -> None:
    """Refuse a model that needs what is not installed here; nothing is started or imported.

    Raises:
        EngineError: a package is missing; the hint is the command that installs it.
    """
    engine_class(config.engine).check_installed(config)


def check_packages(what: str, packages: Iterable[str], command: str) -> None:
    """Refuse where a package is not installed; none is imported.

    Args:
        what: needs them.
        packages: by the names under which they are imported.
        command: installs them all.

    Raises:
        EngineError: names those that are missing.
    """
    missing = [package for package in packages if not is_installed(package)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise EngineError(
            f"{what} needs {', '.join(missing)}, which {verb} not installed", hint=command
        )


def is_installed(package: str) -> bool:
    """Tell whether a package can be imported; a mere folder of its name does not count."""
    spec = find_spec(package)
    return spec is not None and spec.origin is not None


def versions(*distributions: str) -> str:
    """Give the names and versions of installed distributions, as a completion's ``made_by``."""
    return ", ".join(f"{name} {_version(name)}" for name in distributions)


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "of an unknown version"


def identity(config: ModelConfig) -> dict[str, Json]:
    """Say what of an engine's set-up a completion depends on: its name and arguments, no model.

    An engine that a package adds is known by the package too. Its version is not in it, as that of
    no engine is: what an upgrade changes is asked anew by who knows of it.
    """
    cls = engine_class(config.engine)
    args = {**cls.defaults, **config.args}
    kept = {name: value for name, value in args.items() if name not in cls.neutral_args}
    known = {"engine": config.engine, "args": kept, "image": dict(config.image)}
    if config.engine not in ENGINES:
        known["package"] = added_engines()[config.engine].package
    return known


def completed(
    request: Request, made_by: str, *, text: str, finish_reason: str, **counts: Any
) -> Completion:
    """Make the completion of a request that was answered just now.

    Args:
        request: what was asked.
        made_by: engine and version.
        text: as the model wrote it.
        finish_reason: stop or length.
        counts: token counts and seconds, by their fields' names.
    """
    return Completion(
        key=request.key,
        text=text,
        finish_reason=finish_reason,
        made_by=made_by,
        made_at=_written(int(time.time())),
        **counts,
    )


@lru_cache(maxsize=1)
def _written(second: int) -> str:
    """Write a time; in one second many requests are answered."""
    return datetime.fromtimestamp(second, UTC).isoformat()


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
    (default: TIMEOUT) is cancelled and has failed. Where one raises, or the stream of requests
    does, those that have finished by then are yielded first: they are paid for.

    Raises:
        EngineError: there is room for none, so that it would wait for ever.
    """
    if limit < 1:
        raise EngineError(f"{limit} requests at a time are none", hint="in_flight is 1 or more")
    running: set[asyncio.Task[Completion]] = set()
    done: set[asyncio.Task[Completion]] = set()
    more = True
    fault: BaseException | None = None
    try:
        while fault is None and (more or running):
            try:
                while more and len(running) < limit:
                    request = await anext(requests)
                    asking = _in_time(answer, request, timeout or TIMEOUT)
                    running.add(asyncio.ensure_future(asking))
            except StopAsyncIteration:
                more = False
            except Exception as error:  # noqa: BLE001 (raised below, behind what has finished)
                fault = error
            done, running = await _finished(running, wait=fault is None)
            for task in done:
                if (trouble := _trouble(task)) is None:
                    yield task.result()
                else:
                    fault = fault or trouble
        if fault is not None:
            raise fault
    finally:
        for task in running:
            task.cancel()
        # Those that failed together with the one that was raised count as looked at.
        await asyncio.gather(*running, *done, return_exceptions=True)


async def _finished(
    running: set[asyncio.Task[Completion]], *, wait: bool
) -> tuple[set[asyncio.Task[Completion]], set[asyncio.Task[Completion]]]:
    """Give the tasks that have finished, and the others; wait for the first where this is asked."""
    if running and wait:
        return await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    done = {task for task in running if task.done()}
    return done, running - done


def _trouble(task: asyncio.Task[Completion]) -> BaseException | None:
    """Give what a finished task raised."""
    if task.cancelled():  # by nobody here: what it called said so
        return EngineError("the engine broke off a request of its own accord")
    return task.exception()


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
