"""Whatever hangs in an engine, who waits for it comes back, with what was finished."""

import asyncio
import time
from contextlib import aclosing

import pytest

from harness.engines.protocol import ImageWork
from harness.errors import EngineError
from harness.executors import local_loop
from harness.executors.executor import Interrupted
from harness.executors.local import LocalExecutor
from harness.executors.watched import Limits
from harness.records import ModelConfig

pytestmark = pytest.mark.usefixtures("hanging_engine")

SOON = 8.0
"""Seconds in which everything here is over, on a busy machine; what hangs would take an hour."""
SHORT = Limits(
    start=0.3, beyond=0.2, grace=0.1, image_work=0.1, close=0.1, stopping=0.1, dying=0.1, row=4
)
PATIENT = Limits(grace=0.1, stopping=0.1, dying=0.1)
"""As in life, but for what comes after a stop."""
AT_THE_END = Limits(image_work=0.1, close=0.1, stopping=0.1, dying=0.1)
"""As in life until everything is answered: a machine that is held up is no silent model."""


def model(hangs, timeout=0.2, **args):
    args = {"hangs": hangs, **args}
    return ModelConfig(name="m", engine="hanging", model="none", timeout=timeout, args=args)


class Life:
    """One start of a model that is asked everything."""

    def __init__(self):
        self.answers = []
        self.work = None
        self.remarks = []

    async def live(self, config, log, requests, limits, stop_after=None):
        stop = asyncio.Event()
        if stop_after is not None:
            asyncio.get_running_loop().call_later(stop_after, stop.set)

        async def feed():
            for request in requests:
                if stop.is_set():
                    return
                yield request

        executor = LocalExecutor(limits=limits)
        async with executor.started(config, log=log, stop=stop) as started:
            self.remarks = started.remarks
            async with aclosing(started.generate(feed())) as completions:
                async for completion in completions:
                    self.answers.append(completion)
            self.work = await started.image_work()


def lived(config, log, requests, limits, stop_after=None):
    """Live, and say how that ended."""
    life, error = Life(), None
    began = time.monotonic()
    try:
        local_loop.run(lambda: life.live(config, log, requests, limits, stop_after), linger=0.2)
    except (EngineError, Interrupted) as caught:
        error = caught
    assert time.monotonic() - began < SOON
    return life, error


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize(
    ("hangs", "says"),
    [
        ("start", "'none' has not started within 0.3 s"),
        ("answer", "'none' answers nothing: 4 requests in a row had no answer within 0.2 s"),
        ("stream", "'none' answers nothing: of 4 requests that it has, none was answered for"),
        ("batch", "'none' answers nothing: of 4 requests that it has"),
    ],
)
def test_what_hangs_before_the_answers_are_there_is_an_error(
    tmp_path, asked, hangs, says, stubborn
):
    if (hangs, stubborn) == ("answer", True):
        says = "'none' answers nothing"  # not even its own time-out ends such a request
    config = model(hangs, stubborn=stubborn, after=3)
    life, error = lived(config, tmp_path / "log", asked(40), SHORT)
    assert says in str(error)
    assert "hint: " in str(error)
    assert str(tmp_path / "log") in str(error)
    kept = [c for c in life.answers if c.error is None]
    assert len(kept) == (0 if hangs == "start" else 3)


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize("hangs", ["image_work", "dies_counting", "close"])
def test_what_hangs_after_the_answers_costs_none_and_is_said(tmp_path, asked, hangs, stubborn):
    life, error = lived(model(hangs, stubborn=stubborn), tmp_path / "log", asked(5), AT_THE_END)
    assert error is None
    assert len(life.answers) == 5
    [remark] = life.remarks
    if hangs == "close":
        assert remark == "'none' did not end by itself: it was left behind"
        assert life.work == ImageWork(1, 1, 1)
    else:
        assert remark.startswith("'none' did not say what it did to its pictures")
        assert life.work == ImageWork(None, None, None)


@pytest.mark.parametrize("stubborn", [False, True])
@pytest.mark.parametrize("hangs", ["start", "answer", "stream", "batch", "image_work", "close"])
def test_after_a_stop_nothing_is_waited_for(tmp_path, asked, hangs, stubborn):
    config = model(hangs, timeout=3600, stubborn=stubborn, after=3)
    requests = asked(40 if hangs in ("answer", "stream", "batch") else 5)
    life, error = lived(config, tmp_path / "log", requests, PATIENT, stop_after=0.3)
    assert isinstance(error, Interrupted) == (hangs == "start")
    assert len(life.answers) == {"start": 0, "image_work": 5, "close": 5}.get(hangs, 3)


@pytest.mark.parametrize("hangs", ["start", "stream", "close"])
def test_its_processes_are_killed(tmp_path, asked, hanging_engine, hangs):
    config = model(hangs, stubborn=True, child=True)
    limits = AT_THE_END if hangs == "close" else SHORT
    life, _ = lived(config, tmp_path / "log", asked(40), limits)
    [child] = hanging_engine.children
    assert child.exitcode is not None
    if hangs == "close":
        assert life.remarks == ["'none' did not end by itself: its processes were killed"]


def test_failures_on_this_side_are_no_sign_of_life(tmp_path, asked):
    """Of a thousand pictures one in ten is damaged: the others still say nothing."""
    config = model("answer", broken=3, in_flight=4)
    life, error = lived(config, tmp_path / "log", asked(400), SHORT)
    assert "4 requests in a row had no answer" in str(error)
    assert len(life.answers) < 40


def test_a_slow_model_is_no_hung_one(tmp_path, asked):
    """Requests time out, but never as many in a row as are in flight."""

    config = model("answer", after=10, in_flight=8)
    life, error = lived(config, tmp_path / "log", asked(17), SHORT)
    assert error is None  # the last seven: nothing more is to be asked
    assert [c.error for c in life.answers] == [None] * 10 + ["no answer within 0.2 s"] * 7


def test_one_request_at_a_time_may_time_out_now_and_then(tmp_path, asked):
    config = model("answer", in_flight=1)
    life, error = lived(config, tmp_path / "log", asked(40), SHORT)
    assert "4 requests in a row" in str(error)
    assert len(life.answers) == 4


def test_a_consumer_that_fails_ends_the_model_at_once(tmp_path, asked):
    async def live():
        stop = asyncio.Event()

        async def feed():
            for request in asked(40):
                yield request

        executor = LocalExecutor(limits=SHORT)
        async with (
            executor.started(model("stream", after=2), log=tmp_path / "log", stop=stop) as started,
            aclosing(started.generate(feed())) as completions,
        ):
            async for _ in completions:
                raise EngineError("enough")

    began = time.monotonic()
    with pytest.raises(EngineError, match="enough"):
        local_loop.run(live, linger=0.2)
    assert time.monotonic() - began < SOON
