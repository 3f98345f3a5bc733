"""Jobs → worker threads that do not outlive the process: an interrupt does not wait for them.

The interpreter waits at its end for all threads of its own pools, however long a server takes.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

LINGER_SECONDS = 2.0
"""How long what is under way is waited for at the end."""

_Job = tuple["Future[Any]", "Callable[[], Any]"]


class DaemonThreads(ThreadPoolExecutor):
    """Worker threads that keep no process alive: one that hangs for ever is left behind.

    An event loop takes nothing but a ThreadPoolExecutor; of that class only the name is used.

    Args:
        most: threads at the same time; None: as many as an event loop has.
        name: what their names begin with.
        linger: seconds that shutdown() waits for what is under way.
        begin: called in each thread before its first job.
    """

    def __init__(
        self,
        most: int | None = None,
        name: str = "harness-worker",
        *,
        linger: float = LINGER_SECONDS,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._linger = linger
        self._most = most or min(32, (os.cpu_count() or 1) + 4)
        self._name = name
        self._begin = begin
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._guard = threading.Lock()
        self._idle = 0
        """Workers that wait, less jobs that wait for them."""
        self._over = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have a function called in a worker thread.

        Raises:
            RuntimeError: shutdown() was called.
        """
        future: Future[T] = Future()
        with self._guard:
            if self._over:
                raise RuntimeError("no new jobs after shutdown")
            self._jobs.put((future, lambda: fn(*args, **kwargs)))
            self._idle -= 1
            if self._idle < 0 and len(self._workers) < self._most:
                self._idle += 1
                name = f"{self._name}-{len(self._workers)}"
                worker = threading.Thread(target=self._work, name=name, daemon=True)
                self._workers.append(worker)
                worker.start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs, and wait a few seconds for those under way.

        Args:
            wait: whether to wait.
            cancel_futures: whether to forget jobs that have not begun.
        """
        with self._guard:
            self._over = True
            if cancel_futures:
                while not self._jobs.empty():
                    if job := self._jobs.get():
                        job[0].cancel()
            for _ in self._workers:
                self._jobs.put(None)
        deadline = time.monotonic() + (self._linger if wait else 0.0)
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
        self._begin()
        while (job := self._jobs.get()) is not None:
            future, call = job
            if future.set_running_or_notify_cancel():
                try:
                    given = call()
                except BaseException as error:  # noqa: BLE001 - handed to whoever waits for it
                    future.set_exception(error)
                else:
                    future.set_result(given)
                    del given
            del future, call, job
            with self._guard:
                self._idle += 1
