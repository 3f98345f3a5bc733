from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.openai_wire import (
    MOST_TOKENS,
    NoAnswerError,
    PassingError,
    read_answer,
    read_error,
    read_owners,
    seconds_asked,
)
from harness.engines.server_reply import Body, Secret

KEY = 'sk-test-5f1c/0e7a"9b'
OPEN = Secret()


def body(content: bytes | object) -> Body:
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Body(content=content, cut=False, packed="")


def answer(content: bytes | object, secret: Secret = OPEN):
    return read_answer(body(content), secret, "demo")


def chat(text: object = "Soup", finish: object = "stop", **more: object) -> dict:
    message = {"role": "assistant", "content": text}
    return {"choices": [{"message": message, "finish_reason": finish}], **more}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["choices", "message", "content", "finish_reason", "refusal", "tool_calls", "usage", "model",
     "prompt_tokens", "completion_tokens", "prompt_tokens_details", "cached_tokens", "error",
     "code", "param", "detail", "data", "id", "owned_by", "system_fingerprint"]
)  # fmt: skip
SHAPED = st.recursive(
    JSON | st.sampled_from(["stop", "length", "error"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=30,
)


def read_everything(content: bytes) -> None:
    """Read bytes as each thing they may stand for; nothing may come but what the engine knows."""
    for secret in (OPEN, Secret(KEY)):
        try:
            found = answer(content, secret)
        except (PassingError, NoAnswerError) as error:
            said = str(error)
        else:
            said = found.text + found.made_by
            for count in (found.prompt_tokens, found.completion_tokens, found.cached_tokens):
                assert type(count) is int
                assert 0 <= count <= MOST_TOKENS
        told = read_error(body(content), secret)
        owners = read_owners(body(content), secret)
        texts = [said, told.words, told.code, told.parameter, *owners, *owners.values()]
        for text in texts:
            assert isinstance(text, str)
        "".join([said, told.words]).encode()  # so that any file can hold it


@given(st.binary())
def test_any_bytes_are_an_answer_or_a_reason(content):
    read_everything(content)


@given(SHAPED)
def test_any_json_is_an_answer_or_a_reason(value):
    read_everything(json.dumps(value).encode())


@given(SHAPED, SHAPED, SHAPED, SHAPED)
def test_any_types_within_a_chat_completion_are_an_answer_or_a_reason(text, finish, usage, model):
    read_everything(json.dumps(chat(text, finish, usage=usage, model=model)).encode())


DEEP = 200_000


@pytest.mark.parametrize(
    "content",
    [
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        json.dumps(chat()).encode()[:-1] + b', "x": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        b"[" * 800 + b"]" * 800,
        b"9" * 10_000,
        b'{"choices": [{"message": {"content": "a"}, "finish_reason": ' + b"9" * 5000 + b"}]}",
        b"\xff\xfe\x00",
        b'{"error": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'"\\ud800"',
        b"NaN",
    ],
    ids=lambda content: f"{content[:12]!r} {len(content)}",
)
def test_what_breaks_readers_of_json_is_a_reason(content):
    read_everything(content)
    with pytest.raises(PassingError):
        answer(content)


def test_an_answer_of_brackets_is_an_answer():
    assert answer(chat("[" * 1000)).text == "[" * 1000


@pytest.mark.parametrize(
    "count", ["9", [9], {"n": 9}, -1, 2**63, 1e300, float("nan"), float("inf"), True, 1.5, 10**400]
)
def test_a_count_that_cannot_be_one_is_none_and_is_noted(count):
    found = answer(chat(usage={"prompt_tokens": 7, "completion_tokens": count}))
    assert (found.prompt_tokens, found.completion_tokens, found.odd_counts) == (7, 0, True)


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        (None, (0, 0, 0)),
        ({}, (0, 0, 0)),
        ({"prompt_tokens": 9.0, "completion_tokens": None}, (9, 0, 0)),
        ({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}, (9, 0, 4)),
    ],
)
def test_counts_that_are_not_told_are_none_and_no_oddity(usage, counts):
    found = answer(chat(usage=usage))
    assert (found.prompt_tokens, found.completion_tokens, found.cached_tokens) == counts
    assert not found.odd_counts


@pytest.mark.parametrize("usage", ["many", [9], 9, {"prompt_tokens_details": "none"}])
def test_counts_of_another_form_are_none_and_are_noted(usage):
    assert answer(chat(usage=usage)).odd_counts


def test_no_more_can_come_from_the_cache_than_the_prompt_has():
    usage = {"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 40}}
    found = answer(chat(usage=usage))
    assert (found.cached_tokens, found.odd_counts) == (9, True)


def test_half_a_character_is_no_text_that_can_be_kept():
    with pytest.raises(NoAnswerError, match="half a character"):
        answer(chat("Soup \ud83c"))


@pytest.mark.parametrize("more", [{}, {"usage": "many"}, {"model": 5}, {"system_fingerprint": []}])
def test_what_made_a_text_is_told_where_the_server_tells_it(more):
    told = {"model": "demo-2026-11", "system_fingerprint": "vllm-0.32.0-ab12", **more}
    expected = [str(v) for n, v in told.items() if n != "usage" and n not in more]
    assert answer(chat(**told)).made_by == " ".join(expected)
    assert answer(chat(model="demo")).made_by == ""


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        json.dumps({"k": KEY}),
        "sk-test-5f1c%2F0e7a%229b",
        "sk-test-5f1c/0e7a&quot;9b",
    ],
)
def test_the_key_is_taken_out_of_all_that_is_read(written):
    secret = Secret(KEY)
    with pytest.raises(NoAnswerError, match=r"repeats the server's key: .*\[key\]"):
        answer(chat(f"It is {written}!"), secret)
    whole = {"error": {"message": written, "code": written, "param": written}}
    models = {"data": [{"id": written, "owned_by": written}]}
    told = read_error(body(whole), secret)
    said = [
        told.words, told.code, told.parameter, str(read_owners(body(models), secret)),
        answer(chat(model=written, system_fingerprint=written), secret).made_by,
        read_error(body(f"<p>{written}</p>".encode()), secret).words,
    ]  # fmt: skip
    assert all("[key]" in text and KEY[:12] not in text for text in said)


def test_a_key_that_is_escaped_letter_by_letter_is_found():
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    content = json.dumps(chat("TEXT")).replace("TEXT", escaped).encode()
    with pytest.raises(NoAnswerError, match="repeats"):
        answer(content, Secret(KEY))


@pytest.mark.parametrize("word", ["EMPTY", "none", "", None])
def test_a_word_that_stands_where_any_key_will_do_may_stand_in_an_answer(word):
    text = f"An {word or ''} bowl"
    assert answer(chat(text), Secret(word)).text == text


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0), ("", 0), ("3", 3), ("-3", 0), ("nan", 0), ("inf", 0), ("9" * 400, 0),
        ("soon", 0), ("Fri, 31 Dec 0001 23:59:59 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 -9999", 0),
    ],
)  # fmt: skip
def test_a_pause_that_cannot_be_is_none(header, seconds):
    assert seconds_asked(header) == seconds


@given(st.text())
def test_any_header_is_a_pause(header):
    assert seconds_asked(header) >= 0
