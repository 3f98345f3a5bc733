from __future__ import annotations

import asyncio
import gc
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from harness.engines.protocol import bounded
from harness.errors import EngineError
from harness.records import Completion, Decoding, RenderedPrompt, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def request(key: str) -> Request:
    return Request(
        system="s",
        sample_id=key,
        rendered=RenderedPrompt(messages=(), media=(), sha256=""),
        decoding=Decoding(name="greedy", params={}),
        key=key,
    )


def completion(asked: Request) -> Completion:
    return Completion(key=asked.key, text="", finish_reason="stop")


class Feed:
    """A stream of requests that counts how many were pulled."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.pulled = 0

    async def __aiter__(self) -> AsyncIterator[Request]:
        for key in self.keys:
            self.pulled += 1
            yield request(key)


class Gate:
    """Answers a request when the test lets it."""

    def __init__(self) -> None:
        self.open: dict[str, asyncio.Event] = {}
        self.cancelled: list[str] = []

    async def answer(self, asked: Request) -> Completion:
        event = self.open.setdefault(asked.key, asyncio.Event())
        try:
            await event.wait()
        except asyncio.CancelledError:
            self.cancelled.append(asked.key)
            raise
        return completion(asked)

    async def let(self, *keys: str) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        for key in keys:
            self.open[key].set()


def test_no_more_than_the_limit_run_and_none_is_pulled_before_there_is_room():
    async def scenario() -> None:
        feed, gate = Feed("a", "b", "c", "d"), Gate()
        async with aclosing(bounded(aiter(feed), gate.answer, 2)) as answers:
            first = asyncio.ensure_future(anext(answers))
            await gate.let()
            assert feed.pulled == len(gate.open) == 2
            await gate.let("a")
            assert (await first).key == "a"
            assert feed.pulled == 2
            second = asyncio.ensure_future(anext(answers))
            await gate.let("c")
            assert (await second).key == "c"
            assert feed.pulled == 3

    asyncio.run(scenario())


def test_completions_come_in_the_order_of_finishing_and_each_once():
    async def scenario() -> list[str]:
        gate = Gate()

        async def release() -> None:
            for key in ("c", "a", "b"):
                await gate.let(key)

        releasing = asyncio.ensure_future(release())
        keys = [c.key async for c in bounded(aiter(Feed("a", "b", "c")), gate.answer, 3)]
        await releasing
        return keys

    assert asyncio.run(scenario()) == ["c", "a", "b"]


@pytest.mark.parametrize("limit", [0, -1])
def test_room_for_no_request_is_refused_and_not_waited_for(limit):
    async def scenario() -> list[Completion]:
        return [c async for c in bounded(aiter(Feed("a")), Gate().answer, limit)]

    with pytest.raises(EngineError, match="at a time are none"):
        asyncio.run(scenario())


def test_an_empty_stream_gives_nothing():
    async def scenario() -> list[Completion]:
        return [c async for c in bounded(aiter(Feed()), Gate().answer, 3)]

    assert asyncio.run(scenario()) == []


def test_what_is_in_flight_is_cancelled_when_the_consumer_stops():
    async def scenario() -> Gate:
        gate = Gate()
        async with aclosing(bounded(aiter(Feed("a", "b", "c")), gate.answer, 3)) as answers:
            first = asyncio.ensure_future(anext(answers))
            await gate.let("b")
            await first
        return gate

    assert sorted(asyncio.run(scenario()).cancelled) == ["a", "c"]


def test_an_error_that_hits_every_request_ends_the_stream_and_cancels_the_others():
    async def scenario() -> Gate:
        gate = Gate()

        async def answer(asked: Request) -> Completion:
            if asked.key == "b":
                await asyncio.sleep(0)
                raise EngineError("the model's process died")
            return await gate.answer(asked)

        with pytest.raises(EngineError, match="died"):
            async for _ in bounded(aiter(Feed("a", "b", "c")), answer, 3):
                pass
        return gate

    assert sorted(asyncio.run(scenario()).cancelled) == ["a", "c"]


def test_errors_of_requests_that_fail_together_are_told_once():
    async def scenario() -> list[dict]:
        untold: list[dict] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))

        async def answer(asked: Request) -> Completion:
            raise EngineError("the model's process died")

        with pytest.raises(EngineError):
            async for _ in bounded(aiter(Feed("a", "b", "c")), answer, 3):
                pass
        gc.collect()
        return untold

    assert asyncio.run(scenario()) == []


def test_what_takes_too_long_has_failed_and_is_cancelled():
    async def scenario() -> tuple[list[Completion], Gate]:
        gate = Gate()
        answers = bounded(aiter(Feed("a", "b")), gate.answer, 2, timeout=0.2)
        first = asyncio.ensure_future(anext(answers))
        await gate.let("a")
        return [await first, await anext(answers)], gate

    (answered, late), gate = asyncio.run(scenario())
    assert (answered.key, answered.error) == ("a", None)
    assert (late.key, late.error) == ("b", "no answer within 0.2 s")
    assert gate.cancelled == ["b"]


async def collect(completions: AsyncIterator[Completion], keys: list[str]) -> None:
    """Note the keys of completions, those before an error too."""
    async for found in completions:
        keys.append(found.key)  # noqa: PERF401 (one by one: those before an error count)


@pytest.mark.parametrize("raised", [EngineError, ValueError, asyncio.CancelledError])
def test_what_finished_beside_one_that_raises_is_not_lost(raised):
    """Found 2026-11-25: all that woke the loop together was dropped with the one that raised."""

    async def scenario() -> list[str]:
        gate = Gate()

        async def answer(asked: Request) -> Completion:
            given = await gate.answer(asked)
            if asked.key == "b":
                raise raised("the model's process died")
            return given

        gate_opens = asyncio.ensure_future(gate.let("a", "b", "c", "d"))
        expected = EngineError if raised is asyncio.CancelledError else raised
        keys: list[str] = []
        with pytest.raises(expected):
            await collect(bounded(aiter(Feed("a", "b", "c", "d")), answer, 4), keys)
        await gate_opens
        return sorted(keys)

    assert asyncio.run(scenario()) == ["a", "c", "d"]


def test_what_has_finished_when_the_stream_of_requests_breaks_is_not_lost():
    async def broken() -> AsyncIterator[Request]:
        yield request("a")
        yield request("b")
        for _ in range(5):
            await asyncio.sleep(0)
        raise EngineError("no more requests")

    async def answer(asked: Request) -> Completion:
        if asked.key == "b":
            await asyncio.Event().wait()
        return completion(asked)

    async def scenario() -> list[str]:
        keys: list[str] = []
        with pytest.raises(EngineError, match="no more requests"):
            await collect(bounded(broken(), answer, 4), keys)
        return keys

    assert asyncio.run(scenario()) == ["a"]
