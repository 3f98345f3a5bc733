"""How a run is stopped: while a model answers, the first Ctrl-C or SIGTERM asks; else it stops."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from types import FrameType


class Interrupted(HarnessError):
    """A run was stopped by the user; what was finished is kept."""


@contextlib.contextmanager
def stop_on_signal(stop: asyncio.Event) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM set ``stop``; needs a running event loop."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    on_term = signal.getsignal(signal.SIGTERM)

    def as_before() -> None:
        # The loop leaves Python's defaults behind: SIGINT raises, SIGTERM ends the process.
        removed = [loop.remove_signal_handler(number) for number in signals]
        if any(removed):
            signal.signal(signal.SIGTERM, on_term)

    def first() -> None:
        stop.set()
        as_before()

    # Signals reach only the main thread; elsewhere (a server, a notebook) they stay as they are.
    with contextlib.suppress(ValueError, RuntimeError):
        for number in signals:
            loop.add_signal_handler(number, first)
    try:
        yield
    finally:
        as_before()


@contextlib.contextmanager
def stopped_at_once() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end what is done inside, with a word on how to go on.

    Raises:
        Interrupted: one of them came.
    """

    def as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = None
    with contextlib.suppress(ValueError):  # not the main thread
        before = signal.signal(signal.SIGTERM, as_ctrl_c)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            "stopped; what was committed before is kept",
            hint="run the same command again to go on from here",
        ) from None
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


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
