import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.postprocess import STEPS, check_steps, predict
from harness.records import Completion


def completion(text, error=None):
    return Completion(key="k", text=text, finish_reason="stop", error=error)


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("strip", "  a b \n", "a b"),
        ("collapse_spaces", "a\n\n b\tc", "a b c"),
        ("first_line", "\n\n Lemon Tart \nEnjoy!", "Lemon Tart"),
        ("strip_preamble", "Title: Lemon Tart", "Lemon Tart"),
        ("strip_preamble", "Sure! Here is a title for it: Lemon Tart", "Lemon Tart"),
        ("strip_preamble", "Here's a recipe title:\n\nLemon Tart", "Lemon Tart"),
        ("strip_preamble", "Title Fight Chili", "Title Fight Chili"),
        ("strip_preamble", "Tart: the sequel", "Tart: the sequel"),
        ("strip_markdown", "## **Lemon** Tart", "Lemon Tart"),
        ("strip_markdown", "1. Lemon Tart", "Lemon Tart"),
        ("strip_markdown", "3-Ingredient Tart", "3-Ingredient Tart"),
        ("strip_quotes", '"Lemon Tart"', "Lemon Tart"),
        ("strip_quotes", "“Lemon Tart”", "Lemon Tart"),
        ("strip_quotes", "'Lemon' Tart", "'Lemon' Tart"),
        ("strip_final_period", "A lemon tart.", "A lemon tart"),
        ("strip_final_period", "And then...", "And then..."),
    ],
)
def test_steps(step, before, after):
    assert STEPS[step](before) == after


def test_the_steps_that_changed_the_text_are_named():
    prediction = predict(completion('Title: "Lemon Tart."\nEnjoy'), ["first_line", *list(STEPS)])
    assert prediction.value == "Lemon Tart"
    assert prediction.steps == (
        "first_line",
        "strip_preamble",
        "strip_quotes",
        "strip_final_period",
    )


def test_an_empty_answer_is_an_answer():
    prediction = predict(completion(" \n"), ["strip"])
    assert (prediction.status, prediction.value) == ("empty", "")


def test_a_failure_is_no_text():
    prediction = predict(completion("", error="no memory"), ["strip"])
    assert (prediction.status, prediction.value, prediction.reason) == (
        "failed",
        None,
        "no memory",
    )


def test_unknown_steps_are_refused_by_name():
    with pytest.raises(ConfigError, match="first_lien"):
        check_steps(["strip", "first_lien"])


@given(st.text())
def test_no_text_makes_a_step_fail(text):
    for name, step in STEPS.items():
        assert isinstance(step(text), str), name


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"title": "Tomato Soup"}', "Tomato Soup"),
        ('{"title": 3}', '{"title": 3}'),
        ('{"name": "x"}', '{"name": "x"}'),
        ('{"title": "Tom', '{"title": "Tom'),
        ("[1]", "[1]"),
    ],
)
def test_a_field_of_a_json_answer(before, after):
    check_steps(["json:title"])
    completion = Completion(key="k", text=before, finish_reason="stop")
    assert predict(completion, ["json:title"]).value == after


def test_a_field_has_a_name():
    with pytest.raises(ConfigError, match="'json:'"):
        check_steps(["json:"])
