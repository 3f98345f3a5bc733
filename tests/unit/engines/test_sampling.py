from __future__ import annotations

import pytest

from harness.engines.sampling import DEFAULT_MAX_TOKENS, sampling_params
from harness.errors import EngineError
from harness.records import Decoding

KNOWN = {"temperature", "max_tokens", "stop"}


def test_what_a_decoding_leaves_open_is_filled_in():
    params = sampling_params(Decoding(name="x", params={"stop": "\n"}), KNOWN)
    assert params == {"temperature": 1.0, "max_tokens": DEFAULT_MAX_TOKENS, "stop": ["\n"]}


def test_none_means_not_set():
    params = sampling_params(Decoding(name="x", params={"max_tokens": None, "stop": None}), KNOWN)
    assert params["max_tokens"] == DEFAULT_MAX_TOKENS
    assert params["stop"] == []


def test_an_unknown_parameter_is_named():
    with pytest.raises(EngineError, match="temprature"):
        sampling_params(Decoding(name="x", params={"temprature": 0}), KNOWN)
