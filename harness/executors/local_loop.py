"""Runs an async job from ordinary code, also where an event loop runs already; always comes back.

``asyncio.run`` waits without limit for tasks that ignore being cancelled and for worker threads
that hang in a library, and the interpreter waits for such threads once more at its end. Here both
get a few seconds, then they are left behind.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

LEAVE_SECONDS = 30.0
"""How long cancelled tasks may take to end; an engine's own end is within."""
JOIN_SECONDS = 5.0
"""How long worker threads may take to finish what they are at."""

_Job = tuple["Future[Any]", "Callable[[], Any]"]


def run(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a job to its end and give what it gives.

    Where this thread's event loop runs already (a notebook), a thread with a loop of its own does
    it while this one waits; an interrupt here cancels it there.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(job)
    return _run_in_thread(job)


def _run_here(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    loop = asyncio.new_event_loop()
    threads = DaemonThreads()
    loop.set_default_executor(threads)
    try:
        return loop.run_until_complete(job())
    finally:
        try:
            _end_tasks(loop)
        finally:
            threads.shutdown()
            loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what still runs and wait, but not for ever."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=LEAVE_SECONDS))
    if all(task.done() for task in tasks):
        loop.run_until_complete(loop.shutdown_asyncgens())
    else:
        # Else the loop complains of each task that it never saw the end of.
        loop.set_exception_handler(lambda _loop, _context: None)


def _run_in_thread(job: Callable[[], Coroutine[Any, Any, T]]) -> T:
    result: Future[T] = Future()
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def announced() -> T:
        task = asyncio.ensure_future(job())
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    def work() -> None:
        try:
            result.set_result(_run_here(announced))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            result.set_exception(error)

    thread = threading.Thread(target=work, name="harness-run", daemon=True)
    thread.start()
    try:
        return result.result()
    except KeyboardInterrupt:
        if not result.done():
            loop, task = begun.result()
            loop.call_soon_threadsafe(task.cancel)
            thread.join(LEAVE_SECONDS + JOIN_SECONDS)
        raise


class DaemonThreads(ThreadPoolExecutor):
    """Worker threads that keep no process alive: one that hangs for ever is left behind.

    An event loop takes nothing but a ThreadPoolExecutor; of that class only the name is used.
    """

    def __init__(self) -> None:
        super().__init__()
        self._most = min(32, (os.cpu_count() or 1) + 4)
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
                name = f"harness-worker-{len(self._workers)}"
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
        deadline = time.monotonic() + (JOIN_SECONDS if wait else 0.0)
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    def _work(self) -> None:
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
