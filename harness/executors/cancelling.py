"""An executor that can be told to stop from another thread, as the first Ctrl-C tells it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.executors.local import LocalExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from harness.executors.executor import Executor, StartedModel
    from harness.records import ModelConfig


class CancellableExecutor:
    """An Executor that passes everything on to another, and can be cancelled.

    Args:
        executor: who does the work; default: this process, left as it is.
    """

    def __init__(self, executor: Executor | None = None) -> None:
        self._executor = executor or LocalExecutor()
        self._cancelled = False
        self._waiting: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def cancel(self) -> None:
        """Let what runs stop, and what comes not begin; may be called from any thread."""
        self._cancelled = True
        if self._waiting is not None:
            loop, stop = self._waiting
            loop.call_soon_threadsafe(stop.set)

    def started(
        self, config: ModelConfig, *, log: Path, stop: asyncio.Event
    ) -> AbstractAsyncContextManager[StartedModel]:
        """Start a model; see Executor."""
        return self._executor.started(config, log=log, stop=stop)

    @contextmanager
    def asking_to_stop(self, stop: asyncio.Event) -> Iterator[None]:
        """Let ``cancel`` set ``stop``, and whatever else the other executor heeds."""
        with self._executor.asking_to_stop(stop):
            self._waiting = asyncio.get_running_loop(), stop
            try:
                if self._cancelled:
                    stop.set()
                yield
            finally:
                self._waiting = None
