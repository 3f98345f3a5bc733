"""Carries requests to an engine in this process, and keeps the process as it was.

What an engine needs of the process (environment variables, a log for what it and its children
write) it declares; it is set here, and taken back however the engine ends.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import threading
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from harness.engines.protocol import engine_class
from harness.engines.vllm_plugin import OWNER
from harness.errors import EngineError
from harness.executors.executor import Interrupted
from harness.executors.local_environment import BorrowedEnvironment
from harness.executors.local_output import OutputToFile
from harness.executors.local_signals import stop_on_signal
from harness.executors.watched import Limits, WatchedModel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractContextManager
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from harness.engines.protocol import EngineClass
    from harness.records import ModelConfig

_TURN = threading.Lock()
"""Held by the engine that changes this process: it has one environment and one stdout."""
_TURN_SECONDS = 0.1
_KILLED_SECONDS = 1.0
"""How long a killed process is waited for."""


class LocalExecutor:
    """An Executor for engines that live in this process or in children of it.

    By default it changes nothing of the process that an engine can do without, as fits a notebook
    or a server; the command ``harness`` switches everything on.

    Args:
        signals: let the first Ctrl-C, SIGTERM or SIGHUP ask a run to stop, where this is the main
            thread.
        redirect: send what a chatty engine and its children write to stdout and stderr to its log.
        limits: how long an engine is waited for.
    """

    def __init__(
        self, *, signals: bool = False, redirect: bool = False, limits: Limits | None = None
    ) -> None:
        self._signals = signals
        self._redirect = redirect
        self._limits = limits or Limits()

    @asynccontextmanager
    async def started(
        self, config: ModelConfig, *, log: Path, stop: asyncio.Event
    ) -> AsyncIterator[WatchedModel]:
        """Start a model; see Executor.

        Raises:
            EngineError: the model cannot be started, or not in time.
            Interrupted: a stop was asked for before it was there.
        """
        cls = engine_class(config.engine)
        engine = cls(config, log=log)
        children = _Children()
        async with _turn(cls, stop):
            with process_for(cls, log, redirect=self._redirect) as environment:
                model = WatchedModel(
                    engine,
                    config,
                    stop=stop,
                    processes=children,
                    log=log,
                    limits=self._limits,
                    in_batches=getattr(cls, "in_batches", False),
                )
                try:
                    with children.counted():
                        await model.start()
                    environment.settle()
                    yield model
                finally:
                    await model.close()

    def asking_to_stop(self, stop: asyncio.Event) -> AbstractContextManager[None]:
        """Let the first signal set ``stop``, where signals are switched on."""
        return stop_on_signal(stop) if self._signals else nullcontext()


@contextmanager
def process_for(cls: object, log: Path, *, redirect: bool) -> Iterator[BorrowedEnvironment]:
    """Give an engine the process that it declares to need, for as long as the context lasts.

    Args:
        cls: the engine's class.
        log: its log.
        redirect: whether what it writes to stdout and stderr goes there.

    Raises:
        EngineError: the log cannot be written.
    """
    variables = getattr(cls, "environment", None)
    # Whoever starts processes of its own needs variables; they are told whose they are.
    always = {} if variables is None else {OWNER: str(os.getpid())}
    environment = BorrowedEnvironment(variables or {}, always)
    output = OutputToFile(log)
    try:
        if getattr(cls, "chatty", False):
            if redirect:
                output.start()
            else:
                _say_where_it_is(log)
    except OSError as error:
        raise EngineError(
            f"the engine's log cannot be written: {log} ({error})",
            hint="is its folder there and yours to write, and is there room?",
        ) from error
    try:
        environment.lend()
        yield environment
    finally:
        environment.give_back()
        output.stop()


def _say_where_it_is(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write("what the engine writes goes to the output of the process that asked it\n")


@asynccontextmanager
async def _turn(cls: EngineClass, stop: asyncio.Event) -> AsyncIterator[None]:
    """Wait until no other engine changes this process; one that changes nothing need not wait."""
    if getattr(cls, "environment", None) is None and not getattr(cls, "chatty", False):
        yield
        return
    while not _TURN.acquire(blocking=False):
        if stop.is_set():
            raise Interrupted("stopped before the model was there")
        await asyncio.sleep(_TURN_SECONDS)
    try:
        yield
    finally:
        _TURN.release()


class _Children:
    """The child processes that appear in this process while an engine starts: its own."""

    def __init__(self) -> None:
        self._others: set[BaseProcess] | None = None
        self._own: set[BaseProcess] = set()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Take those that appear in this context for the engine's."""
        self._others = set(multiprocessing.active_children())
        try:
            yield
        finally:
            self._own = self._appeared()
            self._others = None

    def kill(self) -> int:
        """End them at once; give how many there were."""
        living = [child for child in self._own | self._appeared() if child.is_alive()]
        for child in living:
            child.kill()
        for child in living:
            child.join(_KILLED_SECONDS)
        return len(living)

    def _appeared(self) -> set[BaseProcess]:
        if self._others is None:
            return set()
        return set(multiprocessing.active_children()) - self._others
