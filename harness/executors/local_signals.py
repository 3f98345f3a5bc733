"""How a run is stopped: while a model answers, the first Ctrl-C or SIGTERM asks; else it stops."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

from harness.executors.executor import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    Handler = Callable[[int, FrameType | None], Any] | int | None


def _stopping() -> list[int]:
    """Give the signals that ask a process to end; SIGHUP (a closed terminal) unless nohup is on."""
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        numbers.append(hangup)
    return numbers


def as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    """Answer a signal as Python answers Ctrl-C."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def _answered(numbers: list[int], answer: Handler) -> Iterator[None]:
    """Have signals answered by a function; where this is not the main thread, do nothing.

    Plain handlers work on every system and under every event loop, and reach a loop that is kept
    from its turn by Python code.
    """
    before: dict[int, Handler] = {}
    if threading.current_thread() is threading.main_thread():
        for number in numbers:
            before[number] = signal.signal(number, answer)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:  # not set from Python
                signal.signal(number, handler)


@contextlib.contextmanager
def stop_on_signal(stop: asyncio.Event) -> Iterator[None]:
    """Let the first signal set ``stop``, and the next one be a Ctrl-C; needs a running loop."""
    loop = asyncio.get_running_loop()
    asked = False

    def answer(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            as_ctrl_c(number, frame)
        asked = True
        loop.call_soon_threadsafe(stop.set)  # and wake the loop

    with _answered(_stopping(), answer):
        yield


@contextlib.contextmanager
def stopped_at_once() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end what is done inside, with a word on how to go on.

    Raises:
        Interrupted: one of them came.
    """
    try:
        with _answered([n for n in _stopping() if n != signal.SIGINT], as_ctrl_c):
            yield
    except KeyboardInterrupt:
        raise Interrupted(
            "stopped; what was committed before is kept",
            hint="run the same command again to go on from here",
        ) from None
