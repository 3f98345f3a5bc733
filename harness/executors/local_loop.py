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
"""How long a cancelled job may take to end; an engine's own end is within."""
LINGER_SECONDS = 2.0
"""How long what a job has left may take: tasks, and then what worker threads are at."""
_LEFT_BEHIND: set[asyncio.Future[Any]] = set()
"""Held for good: a task that nobody holds complains when it is destroyed before its end."""

_Job = tuple["Future[Any]", "Callable[[], Any]"]


def run(job: Callable[[], Coroutine[Any, Any, T]], *, linger: float = LINGER_SECONDS) -> T:
    """Run a job to its end and give what it gives.

    Where this thread's event loop runs already (a notebook), a thread with a loop of its own does
    it while this one waits; an interrupt here cancels it there.

    Args:
        job: makes the coroutine.
        linger: seconds for tasks, and as many for worker threads, that the job has left running.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run_here(job, linger)
    return _run_in_thread(job, linger)


def leave_behind(task: asyncio.Future[Any]) -> None:
    """Wait no more for a task that ignores being cancelled."""
    _LEFT_BEHIND.add(task)


def _run_here(job: Callable[[], Coroutine[Any, Any, T]], linger: float) -> T:
    loop = asyncio.new_event_loop()
    threads = DaemonThreads(linger)
    loop.set_default_executor(threads)
    main = loop.create_task(job())
    try:
        return loop.run_until_complete(main)
    finally:
        try:
            _end_tasks(loop, main, linger)
        finally:
            threads.shutdown()
            loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop, main: asyncio.Task[Any], linger: float) -> None:
    """Cancel what still runs and wait, but not for ever."""
    if not main.done():  # an interrupt: it still ends what it has begun
        main.cancel()
        loop.run_until_complete(asyncio.wait({main}, timeout=LEAVE_SECONDS))
    tasks = asyncio.all_tasks(loop) - _LEFT_BEHIND
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=linger))
    for task in asyncio.all_tasks(loop):
        leave_behind(task)
    if not _LEFT_BEHIND:
        loop.run_until_complete(loop.shutdown_asyncgens())


def _run_in_thread(job: Callable[[], Coroutine[Any, Any, T]], linger: float) -> T:
    result: Future[T] = Future()
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def announced() -> T:
        task = asyncio.ensure_future(job())
        begun.set_result((asyncio.get_running_loop(), task))
        return await task

    def work() -> None:
        try:
            result.set_result(_run_here(announced, linger))
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
            thread.join(LEAVE_SECONDS + 2 * linger)
        raise


class DaemonThreads(ThreadPoolExecutor):
    """Worker threads that keep no process alive: one that hangs for ever is left behind.

    An event loop takes nothing but a ThreadPoolExecutor; of that class only the name is used.

    Args:
        linger: seconds that shutdown() waits for what is under way.
    """

    def __init__(self, linger: float = LINGER_SECONDS) -> None:
        super().__init__()
        self._linger = linger
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
        deadline = time.monotonic() + (self._linger if wait else 0.0)
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
