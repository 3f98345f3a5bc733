"""What of a decoding goes with beam search on vLLM, said without vLLM."""

from __future__ import annotations

import pytest

from harness.engines.protocol import check
from harness.engines.vllm_beams import Beams, take_beams
from harness.errors import EngineError
from harness.records import Decoding, ModelConfig

MODEL = ModelConfig(name="m", engine="vllm", model="x")


def checked(**params: object) -> None:
    check(MODEL, [Decoding(name="wide", params={"temperature": 0, "num_beams": 4, **params})])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", 0.7),
        ("top_p", 0.9),
        ("top_k", 20),
        ("min_p", 0.1),
        ("repetition_penalty", 1.05),
        ("presence_penalty", 1),
        ("frequency_penalty", -1),
        ("structured_outputs", {"choice": ["soup", "salad"]}),
    ],
)
def test_what_beams_would_have_to_drop_is_refused_by_name(name, value):
    with pytest.raises(EngineError, match=rf"decoding 'wide': .*{name}.*\n.*hint:"):
        checked(**{name: value})


def test_beams_need_a_temperature_of_0():
    with pytest.raises(EngineError, match=r"cannot have temperature: 1\.0"):
        check(MODEL, [Decoding(name="wide", params={"num_beams": 4})])


@pytest.mark.parametrize("width", [0, -1, 17, 2.0, "4", True])
def test_a_width_that_cannot_be_is_refused(width):
    with pytest.raises(EngineError, match=r"'wide': num_beams is .* from 1 to 16"):
        checked(num_beams=width)


def test_a_length_penalty_is_a_number_and_belongs_to_beams():
    with pytest.raises(EngineError, match="length_penalty is 'long', not a number"):
        checked(length_penalty="long")
    with pytest.raises(EngineError, match=r"belongs to beam search(.|\n)*num_beams"):
        checked(num_beams=None, length_penalty=1.0)


def test_what_goes_with_beams_is_taken():
    checked(max_tokens=9, min_tokens=2, stop=["."], seed=1, top_p=1.0, top_k=-1, length_penalty=0)


def test_one_beam_is_no_search_and_goes_with_all():
    checked(num_beams=1, temperature=0.7, top_p=0.9)
    params = {"temperature": 0, "num_beams": 1, "length_penalty": 2.0}
    assert take_beams("one", params) is None
    assert params == {"temperature": 0}


def test_the_rest_of_the_parameters_is_left():
    params = {"temperature": 0, "max_tokens": 9, "num_beams": 3, "length_penalty": 0.5}
    assert take_beams("wide", params) == Beams(width=3, length_penalty=0.5)
    assert params == {"temperature": 0, "max_tokens": 9}
