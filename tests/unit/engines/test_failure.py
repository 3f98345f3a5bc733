from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.failure import LONGEST, one_line, reason
from harness.errors import DataError


def raised(error: BaseException, *causes: BaseException) -> BaseException:
    """Raise an error from its cause, that from its own, and so on."""
    with pytest.raises(type(error)) as caught:
        raise error from (raised(*causes) if causes else None)
    return caught.value


class EngineGenerateError(Exception):
    """As vLLM has one, without a word."""


WRAPPED = (
    "Failed to apply Qwen2VLProcessor on data={'text': 'x', 'images': [<PIL.Image.Image image "
    "mode=RGB size=64x48 at 0x7f3a5c0d2e10>]} with kwargs={}"
)


def test_the_deepest_cause_speaks():
    """As vLLM 0.32 wraps what a processor raises (found 2026-11-25)."""
    error = raised(
        EngineGenerateError(), ValueError(WRAPPED), IndexError("list index out of range")
    )
    assert reason(error) == "IndexError: list index out of range"


def test_equal_failures_have_equal_reasons():
    other = WRAPPED.replace("0x7f3a5c0d2e10", "0x55d0aa11bb20")
    assert reason(ValueError(WRAPPED)) == reason(ValueError(other))
    assert "0x" not in reason(ValueError(WRAPPED))
    first, second = (reason(TypeError(f"got {object()!r}")) for _ in range(2))
    assert first == second == "got <object object>"


def test_our_own_error_is_told_and_not_what_lies_below_it():
    error = raised(DataError("image cannot be decoded: a.png", hint="no"), OSError("truncated"))
    assert reason(error) == "image cannot be decoded: a.png"
    assert reason(raised(ValueError("wrapped"), error)) == "image cannot be decoded: a.png"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("image"), "KeyError: 'image'"),
        (AssertionError("shape"), "AssertionError: shape"),
        (RuntimeError("out\nof   memory"), "out of memory"),
        (OSError(2, "No such file"), "[Errno 2] No such file"),
    ],
)
def test_a_message_that_is_no_sentence_is_told_with_its_class(error, words):
    assert reason(error) == words


def test_an_error_without_words_says_where_it_comes_from():
    assert re.fullmatch(r"StopIteration in test_failure.py:\d+", reason(raised(StopIteration())))
    assert reason(StopIteration()) == "StopIteration"


def test_errors_that_cause_each_other_come_to_an_end():
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    assert reason(one) in ("one", "other")


@given(st.text())
def test_a_reason_is_one_short_line(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= LONGEST + 2
    assert one_line(line) == line or len(line) > LONGEST
