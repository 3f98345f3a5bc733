"""An engine → one that always comes back: everything it is asked has a limit in time.

Where a limit has passed, the engine is not waited for: what it was at is cancelled, its processes
are killed, and what ignores that too is left behind.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from harness.engines.protocol import TIMEOUT, ImageWork
from harness.errors import EngineError
from harness.executors.executor import Interrupted
from harness.executors.local_loop import leave_behind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
    from pathlib import Path

    from harness.engines.protocol import Engine
    from harness.records import Completion, ModelConfig, Request

T = TypeVar("T")

TICK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an engine is waited for, in seconds."""

    start: float = 3600.0
    """For its start, or as long as a request may take where that is longer."""
    beyond: float = 60.0
    """For the next answer, beyond the time that a request may take."""
    grace: float = 10.0
    """For what is in flight, once a stop was asked for."""
    image_work: float = 30.0
    """For its count of pictures."""
    close: float = 60.0
    """For its end."""
    stopping: float = 15.0
    """For its end, once a stop was asked for or it has failed."""
    dying: float = 10.0
    """For what was cancelled or whose processes were killed."""
    row: int = 4
    """Requests in a row, at least, that must go unanswered until the model counts as hung."""


class Processes(Protocol):
    """The processes that an engine has started."""

    def kill(self) -> int:
        """End them at once; give how many there were."""


class _TooLateError(Exception):
    """Something took longer than its limit."""


class WatchedModel:
    """An engine under watch.

    Args:
        engine: not started yet.
        config: its model.
        stop: set when a stop is asked for.
        processes: killed when the engine does not end by itself.
        log: the file that its chatter goes to, for messages.
        limits: of everything.
        in_batches: whether it answers several requests together and never gives one up.
    """

    def __init__(
        self,
        engine: Engine,
        config: ModelConfig,
        *,
        stop: asyncio.Event,
        processes: Processes,
        log: Path,
        limits: Limits,
        in_batches: bool,
    ) -> None:
        self.remarks: list[str] = []
        self._engine = engine
        self._name = config.model
        self._timeout = config.timeout or TIMEOUT
        self._stop = stop
        self._processes = processes
        self._log = log
        self._limits = limits
        self._in_batches = in_batches
        self._failed = False

    async def start(self) -> None:
        """Start the engine.

        Raises:
            EngineError: it cannot be started, or not in time.
            Interrupted: a stop was asked for before it was there.
        """
        limit = max(self._limits.start, self._timeout)
        try:
            await self._within(self._engine.start(), limit, stopping=0.0)
        except _TooLateError:
            self._failed = True
            if self._stop.is_set():
                raise Interrupted("stopped before the model was there") from None
            raise EngineError(
                f"'{self._name}' has not started within {limit:g} s",
                hint="does it hang? If it is only slow, a longer 'timeout' in the model's config "
                f"raises this limit, too, where its engine takes one (log: {self._log})",
            ) from None
        except BaseException:
            self._failed = True
            raise

    async def generate(self, requests: AsyncIterator[Request]) -> AsyncGenerator[Completion, None]:
        """Answer requests; see StartedModel.

        Raises:
            EngineError: nothing more can be had from this model, or it has fallen silent.
        """
        watch = _Silence(self._timeout, self._limits, in_batches=self._in_batches)
        answers = _Handover()
        asking = asyncio.ensure_future(self._ask(watch.given(requests), watch, answers))
        guarding = asyncio.ensure_future(self._guard(watch, answers))
        try:
            while (completion := await answers.take()) is not None:
                yield completion
        except BaseException:
            self._failed = True
            raise
        finally:
            guarding.cancel()
            if not asking.done():
                await self._leave(asking)

    async def image_work(self) -> ImageWork:
        """Count what was done to pictures; see StartedModel."""
        try:
            return await self._within(
                self._engine.image_work(), self._limits.image_work, stopping=1.0
            )
        except _TooLateError:
            self._failed = True
            self.remarks.append(f"'{self._name}' did not say what it did to its pictures")
        except EngineError as error:
            self._failed = True
            self.remarks.append(
                f"'{self._name}' did not say what it did to its pictures: {error.message}"
            )
        return ImageWork()

    async def close(self) -> None:
        """End the engine, by force where it must be."""
        limits = self._limits
        hurried = self._failed or self._stop.is_set()
        limit = limits.stopping if hurried else limits.close
        closing = asyncio.ensure_future(self._engine.close())
        try:
            with suppress(_TooLateError):
                await self._within(asyncio.shield(closing), limit, stopping=limits.stopping)
        finally:
            if not closing.done():
                killed = self._processes.kill()
                # Without its processes an engine may find its own end.
                await asyncio.wait({closing}, timeout=limits.dying if killed else 0.0)
                if not closing.done():
                    await self._leave(closing)
                ended = "its processes were killed" if killed else "it was left behind"
                self.remarks.append(f"'{self._name}' did not end by itself: {ended}")
        if closing.done() and not closing.cancelled():
            closing.result()

    async def _ask(
        self, requests: AsyncIterator[Request], watch: _Silence, answers: _Handover
    ) -> None:
        """Hand over what the engine answers, and at last how it ended."""
        stream = self._engine.generate(requests)
        try:
            async for completion in stream:
                watch.answered(completion)
                await answers.put(completion)
                if watch.hung:
                    answers.end(self._hung(watch))
                    return
        except Exception as error:  # noqa: BLE001 - handed to whoever takes the answers
            answers.end(error)
        else:
            answers.end(None)
        finally:
            if (close := getattr(stream, "aclose", None)) is not None:
                await close()

    async def _guard(self, watch: _Silence, answers: _Handover) -> None:
        """End the answers when the grace is over, or when none has come for too long."""
        left = self._limits.grace
        before = time.monotonic()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            # While this process itself was held up or asleep, nobody was waited for.
            passed, before = min(now - before, 10 * TICK_SECONDS), now
            if self._stop.is_set():
                left -= passed
                if left <= 0:
                    answers.end(None)
            elif not answers.full and watch.waited(passed):
                answers.end(self._hung(watch))

    def _hung(self, watch: _Silence) -> EngineError:
        return EngineError(
            f"'{self._name}' answers nothing: {watch.what_was_seen()}",
            hint="what succeeded is kept. Does it hang? If it is only slow, raise 'timeout' in the "
            f"model's config, where its engine takes one (log: {self._log})",
        )

    async def _within(self, work: Awaitable[T], limit: float, *, stopping: float) -> T:
        """Await the engine's work; once a stop is asked for, ``stopping`` seconds more at most.

        Raises:
            _TooLateError: a limit has passed; what the work was at is cancelled.
        """
        task = asyncio.ensure_future(work)
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({task, stopped}, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and stopped.done():
                await asyncio.wait({task}, timeout=min(stopping, limit))
            if task.done():
                return task.result()
            raise _TooLateError
        finally:
            stopped.cancel()
            if not task.done():
                await self._leave(task)

    async def _leave(self, task: asyncio.Future[Any]) -> None:
        """Cancel a task and see to its end; one that ignores it loses the engine's processes."""
        task.cancel()
        await asyncio.wait({task}, timeout=self._limits.dying)
        if not task.done() and self._processes.kill():
            await asyncio.wait({task}, timeout=self._limits.dying)
        if task.done():
            if not task.cancelled():
                task.exception()  # looked at
        else:
            leave_behind(task)


class _Handover:
    """One completion at a time from who makes them to who takes them, and then the end."""

    def __init__(self) -> None:
        self._waiting: Completion | None = None
        self._changed = asyncio.Event()
        self._taken = asyncio.Event()
        self._over = False
        self._error: Exception | None = None

    @property
    def full(self) -> bool:
        """Whether a completion waits to be taken."""
        return self._waiting is not None

    async def put(self, completion: Completion) -> None:
        """Hand over a completion; comes back when it was taken."""
        self._taken.clear()
        self._waiting = completion
        self._changed.set()
        await self._taken.wait()

    def end(self, error: Exception | None) -> None:
        """Say that nothing more comes, and why; only the first word counts."""
        if not self._over:
            self._over, self._error = True, error
            self._changed.set()

    async def take(self) -> Completion | None:
        """Give the next completion, or None at the end.

        Raises:
            Exception: what was given to end().
        """
        while self._waiting is None and not self._over:
            self._changed.clear()
            await self._changed.wait()
        if self._waiting is not None:
            completion, self._waiting = self._waiting, None
            self._taken.set()
            return completion
        if self._error is not None:
            raise self._error
        return None


class _Silence:
    """Tells a model that hangs from a slow one.

    A request that took as long as it may and has failed was given up. When as many in a row as are
    in flight were given up, the model hangs; so it does when for longer than that nothing comes at
    all. Other failures are no sign of life: most are found on this side of the model.
    """

    def __init__(self, timeout: float, limits: Limits, *, in_batches: bool) -> None:
        self._timeout = timeout
        self._limits = limits
        self._in_batches = in_batches
        self._in_flight = 0
        self._most = 0
        self._row = 0
        self._silent = 0.0
        self._more = True

    async def given(self, requests: AsyncIterator[Request]) -> AsyncIterator[Request]:
        """Pass requests on, counted."""
        async for request in requests:
            if not self._in_flight:
                self._silent = 0.0
            self._in_flight += 1
            self._most = max(self._most, self._in_flight)
            yield request
        self._more = False

    def answered(self, completion: Completion) -> None:
        """Count an answer, or a failure."""
        self._in_flight -= 1
        self._silent = 0.0
        if completion.error is None:
            self._row = 0
        elif completion.seconds >= 0.9 * self._timeout:  # clocks are coarse
            self._row += 1

    @property
    def hung(self) -> bool:
        """Whether every request was given up for so long that the next ones would be too."""
        # Where nothing more is to be asked, what is left ends within a request's time.
        return self._more and self._row >= max(self._most, self._limits.row)

    def waited(self, seconds: float) -> bool:
        """Count time in which nothing came; say whether it is too much."""
        if self._in_flight:
            self._silent += seconds
        return self._silent > self._longest

    @property
    def _longest(self) -> float:
        together = max(1, self._in_flight) if self._in_batches else 1
        return self._timeout * together + self._limits.beyond

    def what_was_seen(self) -> str:
        """Put into words why the model counts as hung."""
        if self.hung:
            return f"{self._row} requests in a row had no answer within {self._timeout:g} s"
        longest = f"{self._longest:g} s"
        return f"of {self._in_flight} requests that it has, none was answered for {longest}"
