"""Work in a worker thread whose failure always reaches whoever waits for it.

asyncio cannot carry every exception from a thread to the task that waits: a StopIteration leaves it
waiting for ever, and a CancelledError, SystemExit or GeneratorExit means something else to the task
than to the library that raised it.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

from harness.engines.failure import reason
from harness.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

UNCARRIED = (StopIteration, StopAsyncIteration, concurrent.futures.CancelledError)
"""Exceptions that a Future takes for something else."""


class WorkerError(EngineError):
    """Work in a thread ended by an exception that asyncio cannot carry: its cause.

    Where the work was one request's, it is that request that has failed, not the engine.
    """


async def in_thread(work: Callable[[*Ts], T], *args: *Ts) -> T:
    """Do work in a thread and give its result.

    Raises:
        WorkerError: it ended by what is no ordinary exception; any other is raised as it is.
    """
    return await asyncio.to_thread(lambda: carried(work, *args))


def carried(work: Callable[[*Ts], T], *args: *Ts) -> T:
    """Do work, and raise what asyncio cannot carry as the cause of a WorkerError."""
    try:
        return work(*args)
    except BaseException as error:
        if isinstance(error, Exception) and not isinstance(error, UNCARRIED):
            raise
        raise WorkerError(reason(error)) from error
