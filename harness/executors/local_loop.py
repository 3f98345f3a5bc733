"""Runs an async job from ordinary code, also where an event loop runs already; always comes back.

``asyncio.run`` waits without limit for tasks that ignore being cancelled and for worker threads
that hang in a library, and the interpreter waits for such threads once more at its end. Here both
get a few seconds, then they are left behind.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from harness.daemon_threads import DaemonThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

LEAVE_SECONDS = 30.0
"""How long a cancelled job may take to end; an engine's own end is within."""
LINGER_SECONDS = 2.0
"""How long what a job has left may take: tasks, and then what worker threads are at."""
_LEFT_BEHIND: set[asyncio.Future[Any]] = set()
"""Held for good: a task that nobody holds complains when it is destroyed before its end."""


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
    threads = DaemonThreads(linger=linger)
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
