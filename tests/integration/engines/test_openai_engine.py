from __future__ import annotations

import asyncio
import base64
import gzip
import io
import json
import re
import sys
import time
import tracemalloc
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import MODEL, config, hopeless, images, questions, request, stream
from openai_servers import FaultServer, Reply, VllmServer, chat, error

from harness.engines.openai import OpenAIEngine
from harness.engines.protocol import identity
from harness.errors import EngineError
from harness.media import load, probe
from harness.records import Decoding, Message, RenderedPrompt, Request, TextPart

KEY = "sk-test-5f1c0e7a9b"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    pytest.importorskip("httpx2")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def log(tmp_path) -> Path:
    return tmp_path / "engine.log"


def engine_at(*urls: str, log: Path, timeout: float | None = 30, **args: object) -> OpenAIEngine:
    args = {"base_url": list(urls), **args}
    return OpenAIEngine(config("openai", model="demo", args=args, timeout=timeout), log=log)


async def answers(engine: OpenAIEngine, requests):
    """Start an engine, ask it everything, close it."""
    await engine.start()
    try:
        return {c.key: c async for c in engine.generate(stream(requests))}
    finally:
        await engine.close()


def ask(engine: OpenAIEngine, requests):
    return asyncio.run(answers(engine, requests))


def texts(count: int, decoding: Decoding | None = None) -> list[Request]:
    """Give prompts without an image; each says its own key."""
    decoding = decoding or Decoding(name="greedy", params={"temperature": 0, "max_tokens": 8})
    return [
        Request(
            system="s",
            sample_id=f"t{n}",
            rendered=RenderedPrompt(
                messages=(Message(role="user", parts=(TextPart(text=f"t{n}"),)),),
                media=(),
                sha256=f"t{n}",
            ),
            decoding=decoding,
            key=f"t{n}",
        )
        for n in range(count)
    ]


def decoded(url: str) -> tuple[str, Image.Image]:
    """Give the media type and the pixels of a data URL."""
    kind, _, content = url.partition(";base64,")
    return kind, Image.open(io.BytesIO(base64.b64decode(content)))


# --- a real vLLM server -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vllm_server(tmp_path_factory):
    """vLLM's OpenAI server with the demo model: it takes most of a minute to start."""
    if not find_spec("vllm"):
        pytest.skip("needs vllm")
    server = VllmServer(MODEL, tmp_path_factory.mktemp("server") / "server.log")
    server.start()
    yield server
    server.kill()


def test_texts_are_those_of_the_vllm_engine(vllm_server, vllm_session, log):
    ours = ask(engine_at(vllm_server.url, log=log), questions(12))
    theirs = vllm_session.completions()
    equal = [key for key in ours if ours[key].text == theirs[key].text]
    # Greedy decoding differs by rounding where two tokens are nearly as likely.
    assert len(equal) >= 0.95 * len(ours)
    for key in equal:
        assert ours[key].finish_reason == theirs[key].finish_reason
        assert ours[key].completion_tokens == theirs[key].completion_tokens
    assert all(ours[key].prompt_tokens == theirs[key].prompt_tokens for key in ours)
    assert all(completion.seconds > 0 for completion in ours.values())
    [again] = ask(engine_at(vllm_server.url, log=log), questions(1)[:1]).values()
    assert again.cached_tokens > 0


def test_bad_requests_fail_alone_in_the_servers_words(vllm_server, log, tmp_path):
    good = questions(2)
    found = ask(engine_at(vllm_server.url, log=log), good[:1] + hopeless(tmp_path) + good[1:])
    assert all(found[one.key].error is None for one in good)
    assert "maximum context length is 2048" in found["too long"].error
    assert "corrupt.webp" in found["corrupt"].error
    assert {found[key].text for key in ("too long", "corrupt")} == {""}


def test_system_messages_and_examples_with_images_reach_the_model(vllm_server, log):
    plain = questions(2)[2]
    [user] = plain.rendered.messages
    shown, asked = images(2)
    system = Message(role="system", parts=(TextPart(text="You name dishes."),))
    answer = Message(role="assistant", parts=(TextPart(text="Basil Soup"),))
    second = replace(user, parts=(replace(user.parts[0], index=1), *user.parts[1:]))

    def with_messages(key: str, *messages: Message, media=(asked,)) -> Request:
        rendered = RenderedPrompt(messages=messages, media=media, sha256=key)
        return replace(plain, key=key, rendered=rendered)

    found = ask(
        engine_at(vllm_server.url, log=log),
        [
            plain,
            with_messages("system", system, user),
            with_messages("example", system, user, answer, second, media=(shown, asked)),
        ],
    )
    tokens = {key: completion.prompt_tokens for key, completion in found.items()}
    assert all(completion.error is None for completion in found.values())
    assert tokens[plain.key] < tokens["system"]
    assert tokens["example"] > 2 * tokens[plain.key]


def test_every_sampling_parameter_is_taken(vllm_server, log):
    params = {
        "temperature": 1.3, "top_p": 0.9, "top_k": 20, "min_p": 0.01, "repetition_penalty": 1.1,
        "presence_penalty": 0.1, "frequency_penalty": 0.1, "max_tokens": 12, "min_tokens": 12,
        "stop": ["@"], "seed": 7,
    }  # fmt: skip
    drawn = Decoding(name="draw", params=params)
    asked = [request(str(n), images(1)[0], "Name it.", drawn) for n in range(3)]
    found = ask(engine_at(vllm_server.url, log=log), asked)
    assert {completion.completion_tokens for completion in found.values()} == {12}
    assert len({completion.text for completion in found.values()}) == 1  # one seed, one text


def test_a_stop_string_ends_the_text_before_itself(vllm_server, log):
    stop = Decoding(name="stop", params={"temperature": 0, "max_tokens": 24, "stop": "a"})
    [found] = ask(
        engine_at(vllm_server.url, log=log), [request("x", images(1)[0], "What is it?", stop)]
    ).values()
    assert "a" not in found.text
    assert found.finish_reason == "stop"


def test_a_form_is_enforced_by_the_server(vllm_server, log):
    form = {"structured_outputs": {"choice": ["yes", "no"]}}
    decoding = Decoding(name="form", params={"temperature": 0, "max_tokens": 8, **form})
    [found] = ask(
        engine_at(vllm_server.url, log=log), [request("x", images(1)[0], "Soup?", decoding)]
    ).values()
    assert found.text in ("yes", "no")


def test_a_value_that_vllm_refuses_is_refused_for_the_decoding(vllm_server, log):
    cold = Decoding(name="cold", params={"temperature": -1})
    with pytest.raises(EngineError, match=r"decoding 'cold'.*temperature must be"):
        ask(engine_at(vllm_server.url, log=log), texts(1, cold))


def test_a_model_that_is_not_served_is_refused_at_the_start(vllm_server, log):
    engine = OpenAIEngine(
        config("openai", model="demmo", args={"base_url": vllm_server.url}), log=log
    )
    with pytest.raises(EngineError, match=r"does not serve 'demmo'(.|\n)*it serves demo"):
        asyncio.run(engine.start())


def test_a_server_killed_in_the_middle_and_started_again_answers_everything(vllm_server, log):
    asked = questions(60)

    async def scenario() -> dict:
        engine = engine_at(vllm_server.url, log=log, timeout=600)
        await engine.start()
        restarting = None
        found = {}
        async for completion in engine.generate(stream(asked)):
            found[completion.key] = completion
            if len(found) == 20:
                vllm_server.kill()
                restarting = asyncio.ensure_future(asyncio.to_thread(vllm_server.start))
        await restarting
        await engine.close()
        return found

    found = asyncio.run(scenario())
    assert found.keys() == {one.key for one in asked}
    assert [completion.error for completion in found.values()] == [None] * len(asked)
    assert "cannot be reached" in log.read_text()


# --- servers that misbehave ---------------------------------------------------------------------


def once(reply: Reply):
    """Misbehave on the first request only."""
    return lambda asked: reply if asked.number == 0 else Reply()


@pytest.mark.parametrize(
    "fault",
    [
        Reply(status=429, body=error("slow down"), headers={"Retry-After": "0.1"}),
        Reply(status=500, body=error("oh")),
        Reply(status=502, body=b"<html>Bad Gateway</html>"),
        Reply(status=503, body=b""),
        Reply(status=408, body=b"\xff"),
        Reply(missing=20),
        Reply(body=b'{"choices": [{"mess'),
        Reply(body=b""),
        Reply(body=b"[]"),
        Reply(body=b'{"choices": [null]}'),
        Reply(body=error("the provider is overloaded")),
        Reply(body=chat("half an ans", "abort")),
        Reply(reset=True),
        # Found 2026-11-25: each of these ended the run with a stack trace.
        Reply(body=b"[" * 200_000 + b"]" * 200_000),
        Reply(body=b'{"choices": ' * 200_000),
        Reply(body=b"9" * 10_000),
        Reply(body=b'{"choices": {"0": {}}}'),
        Reply(status=500, body=b"[" * 200_000 + b"]" * 200_000),
        Reply(status=503, headers={"Retry-After": "9" * 500}),
        Reply(status=503, headers={"Retry-After": "Fri, 31 Dec 0001 23:59:59 GMT"}),
    ],
    ids=lambda fault: f"{fault.status} {fault.body[:20]!r} {fault.missing} {fault.reset}",
)
def test_what_passes_is_tried_again(fault, log):
    with FaultServer(once(fault)) as server:
        found = ask(engine_at(server.url, log=log), texts(3))
    assert {completion.text for completion in found.values()} == {"Tomato Soup"}
    assert len(server.asked) == 4
    assert log.read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Reply(status=400, body=error("maximum context length")), "maximum context length"),
        (Reply(status=422, body=b'{"detail": "no such role"}'), "no such role"),
        (Reply(status=413, body=b"<html>too large</html>"), "413: <html>too large"),
        (Reply(body=chat("Tom", "content_filter")), "content_filter"),
        (Reply(body=chat(None, "stop", refusal="I cannot")), "the model refused: I cannot"),
        (Reply(body=chat(None, "tool_calls", tool_calls=[{"id": 1}])), "called a tool"),
        (Reply(body=chat("Tom", "odd")), "the server ended the answer: odd"),
        (Reply(body=chat("Tom", None)), "the server ended the answer: None"),
        (Reply(body=chat(["Tom"])), "the answer is no text"),
        (Reply(body=chat("Tom \ud83c")), "half a character"),
        (Reply(body=chat("Tom" * 3 * 1024**2)), "longer than 8 MiB"),
        (
            Reply(body=gzip.compress(chat("a" * 10**8)), headers={"Content-Encoding": "gzip"}),
            "the server packs its answer (gzip), unasked",
        ),
        (Reply(status=400, body=error("no" * 5 * 1024**2)), "400: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_pass_fails_at_once_and_alone(fault, reason, log):
    with FaultServer(once(fault)) as server:
        found = ask(engine_at(server.url, log=log), texts(3))
    [bad] = [completion for completion in found.values() if completion.error]
    assert reason in bad.error
    assert (bad.text, bad.finish_reason) == ("", "error")
    assert len(server.asked) == 3


def test_a_broken_answer_is_asked_for_again_so_often_and_no_more(log):
    with FaultServer(lambda asked: Reply(body=b"{") if asked.said == "t1" else Reply()) as server:
        found = ask(engine_at(server.url, log=log, retries=2), texts(3))
    assert "no JSON" in found["t1"].error
    assert sum(asked.said == "t1" for asked in server.asked) == 3
    assert found["t0"].error is None


def test_an_empty_answer_is_an_answer_and_counts_may_be_missing(log):
    bare = {"choices": [{"message": {"content": None}, "finish_reason": "length"}]}
    with FaultServer(lambda asked: Reply(body=json.dumps(bare).encode())) as server:
        [found] = ask(engine_at(server.url, log=log), texts(1)).values()
    assert (found.text, found.finish_reason, found.error) == ("", "length", None)
    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == (0, 0, 0)


def test_tokens_are_read(log):
    with FaultServer() as server:
        [found] = ask(engine_at(server.url, log=log), texts(1)).values()
    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == (9, 2, 4)


@pytest.mark.parametrize("usage", ["many", {"prompt_tokens": 2**64}, {"prompt_tokens": "9"}, [1]])
def test_counts_that_cannot_be_cost_no_answer_and_are_noted(usage, log):
    """Found 2026-11-25: each of these ended the run with a stack trace."""
    odd = json.dumps({**json.loads(chat()), "usage": usage}).encode()
    with FaultServer(once(Reply(body=odd))) as server:
        found = ask(engine_at(server.url, log=log), texts(3))
    assert [completion.text for completion in found.values()] == ["Tomato Soup"] * 3
    assert sorted(completion.prompt_tokens for completion in found.values()) == [0, 9, 9]
    assert log.read_text().count("token counts") == 1


def test_long_answers_take_no_more_memory_than_they_may(log):
    """Found 2026-11-25: 200 MB of body were 2.1 GB of memory at 4 in flight."""
    long = chat("Tom" * 66 * 1024**2)

    async def scenario(server: FaultServer) -> tuple[dict, float]:
        engine = engine_at(server.url, log=log, in_flight=4, retries=0)
        await engine.start()
        tracemalloc.start()
        try:
            found = {c.key: c async for c in engine.generate(stream(texts(4)))}
            return found, tracemalloc.get_traced_memory()[1] / 1024**2
        finally:
            tracemalloc.stop()
            await engine.close()

    with FaultServer(lambda asked: Reply(body=long)) as server:
        found, peak = asyncio.run(scenario(server))
    assert all("longer than 8 MiB" in completion.error for completion in found.values())
    assert peak < 4 * 8 * 4


def test_what_made_a_text_and_when_is_known(log):
    body = json.loads(chat()) | {"model": "demo", "system_fingerprint": "vllm-0.32.0-5f1c0e7a"}
    before = datetime.now(UTC).replace(microsecond=0)
    with FaultServer(lambda asked: Reply(body=json.dumps(body).encode())) as server:
        [found] = ask(engine_at(server.url, log=log), texts(1)).values()
    assert found.made_by == "openai: vllm vllm-0.32.0-5f1c0e7a"
    assert before <= datetime.fromisoformat(found.made_at) <= datetime.now(UTC)
    with FaultServer(owner="") as server:
        [found] = ask(engine_at(server.url, log=log), texts(1)).values()
    assert found.made_by == "openai"


def test_retry_after_is_kept(log):
    fault = Reply(status=429, body=error("slow down"), headers={"Retry-After": "1.5"})
    with FaultServer(once(fault)) as server:
        ask(engine_at(server.url, log=log), texts(1))
    first, second = server.asked
    assert second.time - first.time >= 1.5


def test_a_storm_of_refusals_is_waited_out(log):
    with FaultServer() as server:
        ends = time.monotonic() + 1.5
        server.reply = lambda asked: Reply(status=503) if time.monotonic() < ends else Reply()
        found = ask(engine_at(server.url, log=log), texts(40))
    assert all(completion.error is None for completion in found.values())
    assert len(found) == 40
    assert len(server.asked) < 40 + 20  # it was not hammered


def test_a_slow_answer_fails_by_its_time_and_the_others_come(log):
    with FaultServer(lambda a: Reply(delay=20 if a.said == "t1" else 0)) as server:
        found = ask(engine_at(server.url, log=log, timeout=4), texts(4))
    assert found["t1"].error == "no answer within 4 s"
    assert [found[f"t{n}"].error for n in (0, 2, 3)] == [None] * 3


def test_a_time_out_tells_what_the_trouble_was(log):
    with FaultServer(lambda asked: Reply(status=503, body=error("loading"))) as server:
        [found] = ask(engine_at(server.url, log=log, timeout=2), texts(1)).values()
    assert found.error.startswith("no answer within 2 s; the last try: ")
    assert "503: loading" in found.error


def test_two_servers_share_the_work(log):
    with (
        FaultServer(lambda asked: Reply(delay=0.02)) as one,
        FaultServer(lambda asked: Reply(delay=0.02)) as two,
    ):
        found = ask(engine_at(one.url, two.url, log=log), texts(100))
    assert len(found) == 100
    assert len(one.asked) + len(two.asked) == 100
    assert 35 <= len(one.asked) <= 65


def test_when_one_of_two_servers_dies_the_other_does_it_all(log):
    async def scenario(one: FaultServer, two: FaultServer) -> dict:
        engine = engine_at(one.url, two.url, log=log)
        await engine.start()
        found = {}
        async for completion in engine.generate(stream(texts(80))):
            found[completion.key] = completion
            if len(found) == 20:
                one.stop()
        await engine.close()
        return found

    with (
        FaultServer(lambda asked: Reply(delay=0.02)) as one,
        FaultServer(lambda asked: Reply(delay=0.02)) as two,
    ):
        found = asyncio.run(scenario(one, two))
    assert len(found) == 80
    assert all(completion.error is None for completion in found.values())
    assert len(two.asked) > 45


def test_a_server_that_dies_and_comes_back_answers_everything(log):
    async def scenario(server: FaultServer) -> dict:
        engine = engine_at(server.url, log=log)
        await engine.start()
        found = {}
        async for completion in engine.generate(stream(texts(40))):
            found[completion.key] = completion
            if len(found) == 10:
                server.stop()
                asyncio.get_running_loop().call_later(1.0, server.start)
        await engine.close()
        return found

    with FaultServer(lambda asked: Reply(delay=0.02)) as server:
        found = asyncio.run(scenario(server))
    assert len(found) == 40
    assert all(completion.error is None for completion in found.values())


def test_concurrency_falls_when_refused_and_recovers(log):
    room = 3

    def reply(asked) -> Reply:
        if asked.active > room:
            return Reply(status=429, body=error("too many"), headers={"Retry-After": "0"})
        return Reply(delay=0.01)

    async def scenario(server: FaultServer) -> tuple[dict, int]:
        nonlocal room
        engine = engine_at(server.url, log=log, in_flight=16)
        await engine.start()
        found = {c.key: c async for c in engine.generate(stream(texts(60)))}
        crowded, room = len(server.asked), 100
        later = [replace(one, key=f"again {one.key}") for one in texts(300)]
        found |= {c.key: c async for c in engine.generate(stream(later))}
        await engine.close()
        return found, crowded

    with FaultServer(reply) as server:
        found, crowded = asyncio.run(scenario(server))
    assert len(found) == 360
    assert all(completion.error is None for completion in found.values())
    assert crowded < 60 + 30  # few were refused
    assert max(asked.active for asked in server.asked[crowded:]) > 2 * 3


def test_no_more_than_in_flight_are_under_way(log):
    with FaultServer(lambda asked: Reply(delay=0.01)) as server:
        ask(engine_at(server.url, log=log, in_flight=6), texts(100))
    # How near it comes to the limit is the machine's affair.
    assert 3 < max(asked.active for asked in server.asked) <= 6


def test_connections_are_closed_when_the_consumer_stops(log):
    async def scenario(server: FaultServer) -> None:
        engine = engine_at(server.url, log=log)
        await engine.start()
        async with aclosing(engine.generate(stream(texts(20)))) as found:
            async for _ in found:
                break
        await engine.close()
        await engine.close()

    with FaultServer(lambda asked: Reply(delay=0 if asked.number == 0 else 30)) as server:
        began = time.monotonic()
        asyncio.run(scenario(server))
        assert time.monotonic() - began < 10


# --- what would fail every request --------------------------------------------------------------


def refusal(engine: OpenAIEngine, requests=None) -> str:
    with pytest.raises(EngineError) as caught:
        ask(engine, requests or texts(1))
    return str(caught.value)


def test_a_server_that_is_down_at_the_start_is_named_with_a_hint(log):
    message = refusal(engine_at("http://127.0.0.1:1/v1", log=log))
    assert "no server answers at http://127.0.0.1:1/v1" in message
    assert "hint: is it started" in message


@pytest.mark.parametrize(
    ("models", "reply", "message"),
    [
        (Reply(status=401, body=error("bad key")), Reply(), "it wants a key"),
        (Reply(status=503, body=error("loading")), Reply(), "is it ready"),
        (Reply(status=307), Reply(), "answers 307"),
        (Reply(status=404), Reply(status=401, body=error("bad key")), "it wants a key"),
        (Reply(status=404), Reply(status=404, body=error("no model")), "does it serve 'demo'"),
        (Reply(status=405), Reply(status=403, body=error("no")), "answers 403: no"),
        (
            Reply(body=b"not json"),
            Reply(status=429, body=error("no credit", code="insufficient_quota")),
            "is there credit left",
        ),
        (
            None,
            Reply(status=400, body=error("Unknown parameter: 'top_k'.", param="top_k")),
            "decoding 'greedy': .*Unknown parameter: 'top_k'",
        ),
        (
            None,
            Reply(
                status=400,
                body=error("no max_tokens", param="max_tokens", code="unsupported_parameter"),
            ),
            "max_tokens_field: max_completion_tokens",
        ),
        (
            None,
            Reply(status=400, body=error("Unrecognized request argument supplied: min_p")),
            "Unrecognized request argument supplied: min_p",
        ),
    ],
)
def test_what_fails_every_request_is_raised(models, reply, message, log):
    with FaultServer(lambda asked: reply, models=models) as server:
        said = refusal(engine_at(server.url, log=log))
    assert re.search(message, said, re.DOTALL), said
    assert len(server.asked) <= 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"base_url": None}, "OPENAI_BASE_URL"),
        ({"base_url": "localhost:8000"}, "no http address"),
        ({"base_url": f"http://me:{KEY}@127.0.0.1/v1"}, "holds more than an address"),
        ({"base_url": f"http://127.0.0.1/v1?key={KEY}"}, "holds more than an address"),
        ({"api_key": KEY}, "knows no argument 'api_key'"),
        ({"in_flight": 0}, "in_flight is 0"),
        ({"retries": True}, "retries is True"),
        ({"extra_body": {"temperature": 1}}, "extra_body cannot set 'temperature'"),
        ({"extra_body": []}, "extra_body is no mapping"),
        ({"extra_sampling": ["beams"]}, "extra_sampling cannot have 'beams'"),
        ({"max_tokens_field": "n"}, "max_tokens_field is"),
        ({"image_base_url": "http://x"}, "belong together"),
        ({"image_base_url": f"http://x?sig={KEY}", "image_root": "."}, "more than an address"),
        ({"base_url": "http://[::1"}, "no http address"),
        ({"base_url": "http://127.0.0.1:99999/v1"}, "no http address"),
        ({"base_url": f"htp://me:{KEY}@127.0.0.1/v1"}, "no http address"),
        ({"api_key_env": 5}, "api_key_env is 5"),
        ({"extra_sampling": 5}, "extra_sampling is 5"),
        ({"extra_body": {"api_key": KEY}}, r"extra_body.api_key looks like a secret"),
        ({"extra_body": {"a": [{"Authorization": KEY}]}}, "a.Authorization looks like a secret"),
        ({"extra_body": {"auth_token": KEY}}, "auth_token looks like a secret"),
    ],
)
def test_arguments_that_cannot_be_are_refused(args, message, log):
    with pytest.raises(EngineError, match=message) as caught:
        OpenAIEngine(
            config("openai", model="demo", args={"base_url": "http://127.0.0.1/v1", **args}),
            log=log,
        )
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": f"demo?{KEY}"},
        {"args": {"base_url": f"http://127.0.0.1/{KEY}/v1"}},
        {"args": {"base_url": ["http://127.0.0.1/v1", f"http://127.0.0.1/{KEY}/v1"]}},
        {"args": {"base_url": "http://127.0.0.1/v1", "extra_body": {"user": [f"me {KEY}"]}}},
    ],
)
def test_a_config_that_holds_the_key_is_refused_wherever_it_stands(changes, log, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    given = {"model": "demo", "args": {"base_url": "http://127.0.0.1/v1"}, **changes}
    with pytest.raises(EngineError, match="holds the server's key") as caught:
        OpenAIEngine(config("openai", **given), log=log)
    assert KEY not in str(caught.value)


def test_fields_that_are_named_like_tokens_and_hold_none_are_taken(log):
    given = {
        "stop_token_ids": [2],
        "skip_special_tokens": True,
        "eos_token": "x",
        "max_tokens_k": 1,
    }
    body = sent(log, texts(1)[0], extra_body=given)
    assert given.items() <= body.items()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": {"max_pixels": 5000}}, "max_pixels cannot be set here"),
        ({"revision": "main"}, "which revision"),
    ],
)
def test_what_a_server_cannot_be_told_is_refused(changes, message, log):
    model = config("openai", model="demo", args={"base_url": "http://127.0.0.1/v1"}, **changes)
    with pytest.raises(EngineError, match=message):
        OpenAIEngine(model, log=log)


def test_a_server_that_is_not_on_this_machine_wants_a_key(log):
    said = refusal(engine_at("https://192.0.2.1/v1", log=log, api_key_env="NO_SUCH_KEY"))
    assert "NO_SUCH_KEY is not set" in said
    assert "api_key_env" in said


# --- what is sent -------------------------------------------------------------------------------


def sent(log: Path, one: Request, owner: str = "vllm", **args: object) -> dict:
    with FaultServer(owner=owner) as server:
        ask(engine_at(server.url, log=log, **args), [one])
    return server.asked[0].body


def test_what_a_decoding_leaves_open_is_neutral_and_not_the_checkpoints_own(log):
    body = sent(log, texts(1)[0])
    assert body == {
        "model": "demo",
        "messages": [{"role": "user", "content": "t0"}],
        "temperature": 0,
        "max_tokens": 8,
        "top_p": 1.0,
        "top_k": -1,
        "min_p": 0.0,
        "repetition_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
    }


def test_other_servers_get_only_what_openai_takes(log):
    body = sent(
        log,
        texts(1)[0],
        owner="somebody",
        max_tokens_field="max_completion_tokens",
        extra_body={"service_tier": "flex"},
    )
    assert body.keys() == {
        "model", "messages", "temperature", "max_completion_tokens", "service_tier"
    }  # fmt: skip


def test_a_parameter_that_a_server_might_drop_is_refused_unless_it_is_said_to_take_it(log):
    [one] = texts(1, Decoding(name="narrow", params={"temperature": 1, "top_k": 5}))
    with FaultServer(owner="somebody") as server:
        said = refusal(engine_at(server.url, log=log), [one])
        assert "decoding 'narrow'" in said
        assert "'top_k'" in said
        assert server.asked == []
    assert sent(log, one, owner="somebody", extra_sampling=["top_k"])["top_k"] == 5


def test_an_unknown_parameter_is_refused_by_name(log):
    [odd] = texts(1, Decoding(name="odd", params={"num_beams": 4}))
    with FaultServer() as server:
        assert "'num_beams'" in refusal(engine_at(server.url, log=log), [odd])
        assert server.asked == []


def test_a_json_form_goes_out_as_openai_writes_it(log):
    form = {"structured_outputs": {"json": {"type": "object"}}}
    [one] = texts(1, Decoding(name="form", params={"temperature": 0, **form}))
    body = sent(log, one, owner="somebody")
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "structured_outputs" not in body


def test_images_stand_in_their_place_with_the_bytes_of_their_file(log):
    one = questions(1)[0]
    [ref] = one.rendered.media
    [message] = sent(log, one)["messages"]
    assert [part["type"] for part in message["content"]] == ["image_url", "text"]
    url = message["content"][0]["image_url"]["url"]
    assert url.partition(";base64,")[2] == base64.b64encode(ref.path.read_bytes()).decode()


@pytest.mark.parametrize("kind", ["turned", "transparent", "palette", "animated", "16-bit grey"])
def test_an_image_that_servers_may_read_otherwise_is_sent_as_the_pixels_that_others_see(
    kind, log, tmp_path
):
    picture = Image.effect_noise((30, 20), 80).convert("RGB")
    path = tmp_path / "image.png"
    if kind == "turned":
        path = tmp_path / "image.jpg"
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by 90°
        picture.save(path, exif=exif)
    elif kind == "transparent":
        picture.putalpha(100)
        picture.save(path)
    elif kind == "palette":
        picture.quantize(8).save(path)
    elif kind == "16-bit grey":
        picture.convert("I").convert("I;16").point(lambda level: level * 257).save(path)
    else:
        path = tmp_path / "image.webp"
        picture.save(path, save_all=True, append_images=[picture.rotate(180)], lossless=True)
    ref = probe(path)
    body = sent(log, request("x", ref, "What is it?"))
    media_type, shown = decoded(body["messages"][0]["content"][0]["image_url"]["url"])
    assert media_type == "data:image/png"
    assert shown.mode == "RGB"
    assert shown.tobytes() == load(ref).tobytes()


def test_images_are_sent_as_urls_on_request(log, tmp_path):
    folder = tmp_path / "photos" / "a b"
    folder.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(folder / "1.png")
    ref = probe(folder / "1.png")
    given = {"image_base_url": "https://pics.example/x/", "image_root": str(tmp_path / "photos")}
    body = sent(log, request("x", ref, "What?"), **given)
    url = body["messages"][0]["content"][0]["image_url"]["url"]
    assert url == "https://pics.example/x/a%20b/1.png"
    with FaultServer() as server:
        elsewhere = engine_at(server.url, log=log, **given)
        assert "is not under image_root" in refusal(elsewhere, [questions(1)[0]])


def test_of_an_image_that_was_overwritten_no_url_is_sent_either(log, tmp_path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "1.png")
    one = request("x", probe(tmp_path / "1.png"), "What?")
    Image.new("RGB", (8, 8), "blue").save(tmp_path / "1.png")
    given = {"image_base_url": "https://pics.example", "image_root": str(tmp_path)}
    with FaultServer() as server:
        [answer] = ask(engine_at(server.url, log=log, **given), [one]).values()
        assert "image has changed since the run began" in answer.error
        assert server.asked == []


def test_a_deep_image_is_sent_as_pixels_where_others_are_sent_as_urls(log, tmp_path):
    Image.new("I;16", (8, 8), 257 * 100).save(tmp_path / "1.png")
    one = request("x", probe(tmp_path / "1.png"), "What?")
    body = sent(log, one, image_base_url="https://pics.example", image_root=str(tmp_path))
    _, shown = decoded(body["messages"][0]["content"][0]["image_url"]["url"])
    assert shown.getpixel((0, 0)) == (100, 100, 100)


def test_the_key_of_a_completion_follows_what_changes_the_text():
    def of(**args: object) -> dict:
        return identity(config("openai", model="demo", args={"base_url": "http://a/v1", **args}))

    assert of() == of(in_flight=2, retries=9, api_key_env="OTHER", image_root="x")
    assert of() != of(base_url="http://b/v1")
    assert of() != of(extra_body={"service_tier": "flex"})


# --- the key of the server ----------------------------------------------------------------------


def test_the_key_is_sent_and_never_told(log, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def echo(asked) -> Reply:
        said = asked.headers["Authorization"]
        assert said == f"Bearer {KEY}"
        return {
            "t0": Reply(status=400, body=error(f"odd: {said}")),
            "t1": Reply(body=f"no json {said} {'<br>' * 900}".encode()),
            "t2": Reply(body=chat(None, refusal=said)),
            "t3": Reply(status=500, body=said.encode()),
            "t4": Reply(status=500, body=f"{'.' * 460} {said}".encode()),
        }[asked.said]

    with FaultServer(echo) as server:
        engine = engine_at(server.url, log=log, retries=0)
        found = ask(engine, texts(5))
        errors = [completion.error for completion in found.values()]
        assert all("[key]" in said for key, said in zip(found, errors, strict=True) if key != "t4")
        assert "[key]" in log.read_text()
        server.reply = lambda asked: Reply(
            status=401, body=error(f"wrong: {asked.headers['Authorization']}")
        )
        raised = refusal(engine_at(server.url, log=log))
        assert "OPENAI_API_KEY right?" in raised
    shown = [*errors, raised, log.read_text(), repr(engine), repr(vars(engine)["_servers"])]
    assert not [text for text in shown if KEY[:8] in text]


def test_an_answer_that_repeats_the_key_is_not_kept_and_its_neighbours_are(log, monkeypatch):
    """Found 2026-11-25: it was written to the completions, the store and the page."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    replies = {"t0": chat(f"My key is {KEY}."), "t1": chat("Soup"), "t2": chat("Key lime pie")}
    with FaultServer(lambda asked: Reply(body=replies[asked.said])) as server:
        found = ask(engine_at(server.url, log=log), texts(3))
    assert found["t0"].error == "the answer repeats the server's key: My key is [key]."
    assert [found[key].text for key in ("t0", "t1", "t2")] == ["", "Soup", "Key lime pie"]
    assert not [
        text for text in (str(found), log.read_text() if log.exists() else "") if KEY in text
    ]


@pytest.mark.parametrize("field", ["id", "owned_by", "both"])
def test_a_server_that_lists_the_key_has_it_neither_printed_nor_recorded(field, log, monkeypatch):
    """Found 2026-11-25: the ids of its models were printed."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    one = {"id": "demo", "owned_by": "vllm"}
    one |= dict.fromkeys(one if field == "both" else [field], f"x {KEY}")
    listed = Reply(body=json.dumps({"data": [one]}).encode())
    with FaultServer(models=listed) as server:
        engine = engine_at(server.url, log=log)
        if field == "owned_by":
            [found] = ask(engine, texts(1)).values()
            assert found.made_by == "openai: x [key]"
        else:
            said = refusal(engine)
            assert "it serves x [key]" in said
            assert KEY not in said


def test_a_key_that_cannot_be_one_is_refused_without_showing_it(log, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nsecond line")
    said = refusal(engine_at("http://127.0.0.1:1/v1", log=log))
    assert "OPENAI_API_KEY holds cannot be a key" in said
    assert KEY not in said


# --- the command --------------------------------------------------------------------------------


def test_a_run_finishes_counts_what_failed_and_leaves_no_key_behind(
    project, write, harness, monkeypatch
):
    """Every second answer is trouble; the prompts about one sample are refused for good."""
    monkeypatch.setenv("MY_KEY", KEY)
    refused = base64.b64encode((project / "datasets/dishes/images/s3.png").read_bytes()).decode()

    def reply(asked) -> Reply:
        if refused in json.dumps(asked.body):
            said = asked.headers["Authorization"]
            return Reply(status=400, body=error(f"not this picture, {said}"))
        troubles = (Reply(status=503), Reply(body=b"{"), Reply(reset=True), Reply(missing=9))
        return troubles[asked.number // 2 % 4] if asked.number % 2 else Reply(delay=0.02)

    with FaultServer(reply) as server:
        write(
            project / "prompts" / "titles" / "suite.yaml",
            f"""
            dataset: dishes
            variants: [plain, title]
            models:
              - name: served
                engine: openai
                model: demo
                args: {{base_url: {server.url}, api_key_env: MY_KEY, retries: 20}}
                price: {{prompt: 1.0, completion: 2.0}}
            metrics: [bleu]
            tokenizer: none
            """,
        )
        run = harness("run", "prompts/titles", "--json", cwd=project)
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert [result["n"] for result in summary["systems"]] == [4, 4]
    assert {(r["n_scored"], r["n_unscored"]) for r in summary["results"]} == {(3, 1)}
    assert KEY not in run.stdout + run.stderr
    files = [path for path in (project / "results").rglob("*") if path.is_file()]
    assert any(b"not this picture, Bearer [key]" in path.read_bytes() for path in files)
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
