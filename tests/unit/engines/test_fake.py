from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from harness.engines.fake import FakeEngine
from harness.engines.protocol import identity
from harness.errors import EngineError
from harness.records import Decoding, Message, ModelConfig, RenderedPrompt, Request, TextPart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def engine(timeout: float | None = None, **args: object) -> FakeEngine:
    model = ModelConfig(name="m", engine="fake", model="none", args=args, timeout=timeout)
    return FakeEngine(model)


def request(key: str, **changes: object) -> Request:
    message = Message(role="user", parts=(TextPart(text=f"Name {key}."),))
    given = {
        "system": "s",
        "sample_id": f"sample {key}",
        "rendered": RenderedPrompt(messages=(message,), media=(), sha256=key),
        "decoding": Decoding(name="draw", params={"temperature": 1, "seed": 7}),
        "key": key,
    }
    return Request(**{**given, **changes})


async def stream(requests: list[Request]) -> AsyncIterator[Request]:
    for one in requests:
        yield one


async def answers(asked: FakeEngine, requests: list[Request]) -> list[str | None]:
    return [completion.error async for completion in asked.generate(stream(requests))]


def test_what_is_in_a_request_and_not_in_its_key_is_written_down_in_order(tmp_path):
    record = tmp_path / "record.jsonl"
    first = request("a", adapter="/adapters/one")
    second = request("b", decoding=Decoding(name="draw", params={"temperature": 1, "seed": 8}))
    asyncio.run(answers(engine(record=str(record)), [first, second]))
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    assert [line["order"] for line in lines] == [0, 1]
    assert [line["params"]["seed"] for line in lines] == [7, 8]
    assert [line["adapter"] for line in lines] == ["/adapters/one", None]
    assert lines[0]["messages"] == [["user", "Name a."]]
    assert (lines[0]["system"], lines[0]["sample_id"], lines[0]["key"]) == ("s", "sample a", "a")


def test_a_model_that_hangs_has_started_and_does_nothing_more():
    async def scenario() -> list[str]:
        hung = engine(timeout=0.1, hang=True)
        await hung.start()
        # Its requests run into their time limit, as on a real engine.
        assert await answers(hung, [request("a")]) == ["no answer within 0.1 s"]
        never = {"image_work": hung.image_work(), "close": hung.close()}
        tasks = [asyncio.create_task(one, name=name) for name, one in never.items()]
        _, waiting = await asyncio.wait(tasks, timeout=0.1)
        for task in waiting:
            task.cancel()
        return sorted(task.get_name() for task in waiting)

    assert asyncio.run(scenario()) == ["close", "image_work"]


HUNG_THREAD = """
import asyncio, os, sys, threading
from harness.engines.fake import FakeEngine
from harness.records import ModelConfig

args = {"hang": ["image_work"], "hang_in_thread": True}
engine = FakeEngine(ModelConfig(name="m", engine="fake", model="none", args=args))
loop = asyncio.new_event_loop()
task = loop.create_task(engine.image_work())
loop.run_until_complete(asyncio.wait({task}, timeout=0.2))
task.cancel()
loop.run_until_complete(asyncio.wait({task}))
print(task.cancelled(), threading.active_count())
sys.stdout.flush()
os._exit(0)
"""


def test_a_thread_that_hangs_outlives_its_cancelled_task():
    """In a process of its own, which it would keep from ending."""
    done = subprocess.run(
        [sys.executable, "-c", HUNG_THREAD], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["True", "2"]


def test_only_what_is_named_hangs():
    async def scenario() -> None:
        hung = engine(hang=["image_work"])
        await hung.start()
        assert await answers(hung, [request("a")]) == [None]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(hung.image_work(), 0.1)
        await hung.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("wrong", ["generate", ["sleep"], 1, None])
def test_a_phase_that_there_is_not_is_refused(wrong):
    with pytest.raises(EngineError, match="hang is"):
        engine(hang=wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delay", "long"), ("delay", True), ("delay", -1), ("fail", [0.5]), ("fail", None),
        ("in_flight", 0), ("in_flight", -1), ("in_flight", 2.0), ("in_flight", True),
        ("record", 5), ("record", ["a"]),
    ],
)  # fmt: skip
def test_an_argument_that_cannot_be_meant_is_refused(name, value):
    with pytest.raises(EngineError, match=f"^{name} is "):
        engine(**{name: value})


def test_neither_is_in_a_completions_key():
    def of(**args: object) -> dict:
        return identity(ModelConfig(name="m", engine="fake", model="none", args=args))

    assert of(record="x", hang=True, hang_in_thread=True) == of()
