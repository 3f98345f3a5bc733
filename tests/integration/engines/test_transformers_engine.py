from __future__ import annotations

import asyncio
import re
import sys
import weakref
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import (
    BEAMS,
    GREEDY,
    MODEL,
    STOPS,
    config,
    hopeless,
    images,
    questions,
    request,
    stream,
    too_narrow,
    with_special_tokens,
)

from harness.engines.transformers import TransformersEngine
from harness.errors import EngineError
from harness.records import Decoding

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Put requests to one engine, started once; gives the completions by key."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    engine = TransformersEngine(
        config("transformers"), log=tmp_path_factory.mktemp("transformers") / "engine.log"
    )

    async def answers(requests):
        return {c.key: c async for c in engine.generate(stream(requests))}

    with asyncio.Runner() as runner:
        runner.run(engine.start())
        yield lambda requests: runner.run(answers(requests))
        runner.run(engine.close())
        runner.run(engine.close())


def test_texts_are_those_of_vllm(ask, vllm_session):
    ours, theirs = ask(questions(12)), vllm_session.completions()
    equal = [key for key in ours if ours[key].text == theirs[key].text]
    # Greedy decoding differs by rounding where two tokens are nearly as likely.
    assert len(equal) >= 0.95 * len(ours)
    for key in equal:
        assert ours[key].finish_reason == theirs[key].finish_reason
        assert ours[key].completion_tokens == theirs[key].completion_tokens
    assert all(ours[key].prompt_tokens == theirs[key].prompt_tokens for key in ours)


@pytest.mark.parametrize(
    ("part", "count", "more"), [("beams", 12, {}), ("stopped beams", 4, {"stop": STOPS})]
)
def test_beams_of_vllm_are_those_of_generate(ask, vllm_session, part, count, more):
    decoding = replace(BEAMS, params={**BEAMS.params, **more})
    ours, theirs = ask(questions(count, decoding)), vllm_session.completions(part)
    equal = [key for key in ours if ours[key].text == theirs[key].text]
    assert len(equal) >= 0.95 * len(ours)
    for key in equal:
        assert ours[key].finish_reason == theirs[key].finish_reason
        assert ours[key].completion_tokens == theirs[key].completion_tokens


def test_a_text_does_not_depend_on_its_batch(ask):
    together = ask(questions(3))
    for one in questions(3):
        assert ask([one])[one.key].text == together[one.key].text


def test_bad_requests_fail_alone(ask, tmp_path):
    good = questions(2)
    completions = ask(good[:1] + hopeless(tmp_path) + good[1:])
    assert all(completions[one.key].error is None for one in good)
    assert "context" in completions["too long"].error
    assert "corrupt.webp" in completions["corrupt"].error
    assert {completions[key].text for key in ("too long", "corrupt")} == {""}


def test_texts_that_hold_special_tokens_fail_alone_and_name_them(ask):
    """Found 2026-11-25: one in a cell let the run hang for ever."""
    good = questions(1)
    found = ask([good[0], *with_special_tokens(), good[1]])
    assert all(found[one.key].error is None for one in good)
    named = {"image": "<|image_pad|>", "turn": "<|im_start|>", "system": "<|vision_end|>"}
    for key, token in {**named, "example": "<|endoftext|>"}.items():
        assert f"'{token}' as a special token" in found[key].error
        assert found[key].text == ""


def test_images_that_the_processor_refuses_fail_alone_and_alike(ask, tmp_path):
    good = questions(1)
    found = ask([good[0], *too_narrow(tmp_path), good[1]])
    assert all(found[one.key].error is None for one in good)
    assert found["narrow red"].error == found["narrow blue"].error
    assert "aspect ratio" in found["narrow red"].error


def test_what_made_a_text_and_when_is_known(ask):
    [found] = ask(questions(1)[:1]).values()
    assert re.fullmatch(r"transformers \d[\w.]+, torch \d[\w.+]+", found.made_by)
    assert datetime.fromisoformat(found.made_at).tzinfo == UTC


def test_an_exception_that_no_future_can_carry_fails_its_request_and_hangs_nothing(tmp_path):
    """The processor runs out of images in an iterator: a StopIteration in a worker thread."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    checkpoint = tmp_path / "two places for an image"
    checkpoint.mkdir()
    for path in MODEL.iterdir():
        if path.name not in ("chat_template.jinja", "tokenizer_config.json"):
            (checkpoint / path.name).symlink_to(path)
    for name in ("chat_template.jinja", "tokenizer_config.json"):
        text = (MODEL / name).read_text()
        twice = text.replace("'<|vision_start|><|image_pad|>", "'<|image_pad|><|image_pad|>")
        assert twice != text
        (checkpoint / name).write_text(twice)
    engine = TransformersEngine(
        config("transformers", model=str(checkpoint)), log=tmp_path / "engine.log"
    )

    async def scenario():
        await engine.start()
        try:
            async with asyncio.timeout(60):
                return [c.error async for c in engine.generate(stream(questions(1)))]
        finally:
            await engine.close()

    reasons = asyncio.run(scenario())
    assert len(reasons) == 2
    assert len(set(reasons)) == 1
    assert reasons[0].startswith("StopIteration in processing_")


def test_a_stop_string_ends_the_text_before_itself(ask):
    question = questions(1)[0]
    text = ask([question])[question.key].text
    stop = text[len(text) // 2 :][:2]
    params = {**GREEDY.params, "stop": stop}
    stopped = replace(question, decoding=Decoding(name="s", params=params))
    completion = ask([stopped])[question.key]
    assert completion.text == text[: text.index(stop)]
    assert completion.finish_reason == "stop"


def test_a_seeded_draw_is_the_same_in_any_company(ask):
    drawn = Decoding(name="draw", params={"temperature": 1.5, "max_tokens": 12, "seed": 7})
    asked = [request(str(n), ref, "Name it.", drawn) for n, ref in enumerate(images(3))]
    alone = ask(asked[1:2])["1"]
    assert ask(asked)["1"].text == alone.text


def test_an_unknown_parameter_is_refused_by_name(ask):
    odd = Decoding(name="odd", params={"presence_penalty": 1})
    with pytest.raises(EngineError, match="'presence_penalty'"):
        ask([request("x", images(1)[0], "x", odd)])


def test_an_unknown_argument_is_refused_by_name(tmp_path):
    with pytest.raises(EngineError, match="'batchsize'"):
        TransformersEngine(config("transformers", args={"batchsize": 2}), log=tmp_path / "log")


def test_a_missing_model_is_named_with_a_hint(tmp_path):
    engine = TransformersEngine(
        config("transformers", model=str(tmp_path / "nowhere")), log=tmp_path / "log"
    )
    with pytest.raises(EngineError, match=r"nowhere(.|\n)*hint:"):
        asyncio.run(engine.start())


def test_a_closed_engine_leaves_its_memory_to_the_next_model(tmp_path):
    async def life() -> weakref.ref[object]:
        engine = TransformersEngine(config("transformers"), log=tmp_path / "engine.log")
        await engine.start()
        assert [c.error async for c in engine.generate(stream(questions(1)))] == [None, None]
        model = weakref.ref(engine._model)
        await engine.close()
        return model

    assert asyncio.run(life())() is None
