from __future__ import annotations

import asyncio
import concurrent.futures

import pytest

from harness.engines.failure import reason
from harness.engines.worker import WorkerError, in_thread


def fails_with(error: BaseException) -> BaseException:
    def work() -> None:
        raise error

    async def scenario() -> None:
        async with asyncio.timeout(10):  # a future that cannot carry it would wait for ever
            await in_thread(work)

    with pytest.raises(Exception) as caught:  # noqa: PT011 (which one is what is tested)
        asyncio.run(scenario())
    return caught.value


@pytest.mark.parametrize(
    "error",
    [
        StopIteration("no image left"),  # found 2026-11-25: the run hung for ever
        StopAsyncIteration(),
        GeneratorExit(),
        asyncio.CancelledError(),
        concurrent.futures.CancelledError(),
        SystemExit(3),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_asyncio_cannot_carry_comes_as_an_error_with_its_cause(error):
    found = fails_with(error)
    assert isinstance(found, WorkerError)
    assert found.__cause__ is error
    assert type(error).__name__ in reason(found) or str(error) in reason(found)


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), RecursionError(), OSError()])
def test_any_other_exception_comes_as_it_is(error):
    assert fails_with(error) is error


def test_a_result_comes_back():
    assert asyncio.run(in_thread(divmod, 7, 3)) == (2, 1)
