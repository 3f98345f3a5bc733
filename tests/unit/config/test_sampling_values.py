"""Sampling parameters are refused where they are written, with file and line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.load import load_preset, load_suite, preset_names
from harness.config.sampling_values import NUMBERS, sampling_problems
from harness.errors import ConfigErrors
from harness.records import Where

PLACE = Where(path="x.yaml", line=1)


def said(params):
    return [p.message for p in sampling_problems(params, dict.fromkeys(params, PLACE))]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"max_tokens": "many"}, "'max_tokens' is 'many', not a whole number from 1 to 2147483647"),
        ({"max_tokens": 0}, "'max_tokens' is 0, not a whole number from 1 to 2147483647"),
        ({"max_tokens": 32.0}, "'max_tokens' is 32.0, not a whole number from 1 to 2147483647"),
        ({"max_tokens": True}, "'max_tokens' is True, not a whole number from 1 to 2147483647"),
        ({"max_tokens": None}, "'max_tokens' is null, not a whole number from 1 to 2147483647"),
        ({"temperature": -0.1}, "'temperature' is -0.1, not a number from 0 on"),
        ({"temperature": math.nan}, "'temperature' is nan, not a number from 0 on"),
        ({"temperature": math.inf}, "'temperature' is inf, not a number from 0 on"),
        ({"temperature": None}, "'temperature' is null, not a number from 0 on"),
        ({"top_p": 0}, "'top_p' is 0, not a number above 0 to 1"),
        ({"top_p": 1.5}, "'top_p' is 1.5, not a number above 0 to 1"),
        ({"top_k": -2}, "'top_k' is -2, not a whole number from 1 on, or 0, or -1"),
        ({"n": [3]}, "'n' is [3], not a whole number from 1 to 2147483647"),
        ({"seed": 10**400}, "'seed' is "),
        ({"stop": ""}, "'stop' is '', neither a text nor a list of texts"),
        ({"stop": ["a", 1]}, "'stop' is ['a', 1], neither a text nor a list of texts"),
        ({"structured_outputs": {"regex": 5}}, "'structured_outputs.regex': a text is wanted here"),
        ({"structured_outputs": {"regex": "("}}, "structured_outputs.regex: "),
        ({"structured_outputs": "title"}, "'structured_outputs': key: value lines is wanted here"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(params, message):
    [problem] = said(params)
    assert problem.startswith(message)


def test_what_is_meant_passes():
    assert not said({
        "temperature": 0, "top_p": 1, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.1,
        "presence_penalty": -2, "frequency_penalty": 2, "length_penalty": -1, "max_tokens": 1,
        "min_tokens": 0, "num_beams": 4, "n": 8, "seed": 0, "stop": ["\n", "."],
        "structured_outputs": {"choice": ["yes", "no"]}, "min_p_of_tomorrow": "any",
    })  # fmt: skip
    assert not said({"top_p": None, "stop": None, "seed": None})  # as if nobody had set them


def test_a_number_that_yaml_takes_for_text_is_told_how_to_be_written():
    [problem] = sampling_problems({"temperature": "1e-3"}, {"temperature": PLACE})
    assert problem.hint == "YAML takes it for text: write 0.001"
    [problem] = sampling_problems({"max_tokens": 32.0}, {"max_tokens": PLACE})
    assert problem.hint == "write 32"


@given(
    st.sampled_from(sorted(NUMBERS)),
    st.one_of(st.floats(), st.integers(), st.text(max_size=3), st.booleans(), st.lists(st.none())),
)
def test_only_finite_numbers_ever_pass(name, value):
    if not said({name: value}):
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)
        assert math.isfinite(value)


def test_each_place_where_sampling_is_written_is_checked(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "suite.yaml",
        """
        dataset: dishes
        variants: [plain, title]
        models:
          - name: m
            engine: fake
            model: none
            generation:
              max_tokens: 0
        decoding:
          warm:
            temperature: warm
        """,
    )
    write(folder / "plain.yaml", "user: x\ngeneration:\n  top_k: 1.5\n")
    with pytest.raises(ConfigErrors) as caught:
        load_suite(folder)
    places = [f"{p.where.path.name}:{p.where.line}" for p in caught.value.problems]
    assert places == ["plain.yaml:3", "suite.yaml:11", "suite.yaml:8"]


def test_infinite_numbers_and_nuls_are_refused_wherever_they_stand(project, write):
    folder = project / "prompts" / "titles"
    write(
        folder / "suite.yaml",
        """
        dataset: dishes
        variants: [plain]
        models:
          - name: m
            engine: fake
            model: none
            args: {delay: .nan}
        metrics: [{keywords: {field: "a\\0"}}]
        """,
    )
    with pytest.raises(ConfigErrors) as caught:
        load_suite(folder)
    text = "\n".join(map(str, caught.value.problems))
    assert "suite.yaml:7: 'models.0.args.delay' is nan" in text
    assert "suite.yaml:8: 'metrics.0.keywords.field' holds a NUL" in text


def test_the_presets_say_what_can_be_meant():
    for name in preset_names():
        assert not said(load_preset(name).generation)
