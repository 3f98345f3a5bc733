"""How a run is stopped: the first Ctrl-C or SIGTERM asks, a second one has its usual effect."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator


class Interrupted(HarnessError):
    """A run was stopped by the user; what was finished is kept."""


@contextlib.contextmanager
def stop_on_signal(stop: asyncio.Event) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM set ``stop``; needs a running event loop."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)

    def first() -> None:
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)

    # Signals reach only the main thread; elsewhere (a server, a notebook) they stay as they are.
    with contextlib.suppress(ValueError, RuntimeError):
        for number in signals:
            loop.add_signal_handler(number, first)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def unless(stop: asyncio.Event, work: Coroutine[None, None, None], *, grace: float) -> bool:
    """Await ``work``; once ``stop`` is set, give it ``grace`` seconds more.

    Returns:
        Whether the work was finished; what it raised is raised here.
    """
    task = asyncio.ensure_future(work)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=grace)
        if task.done():
            task.result()
            return True
        return False
    finally:
        task.cancel()
        stopped.cancel()
        await asyncio.gather(task, stopped, return_exceptions=True)
