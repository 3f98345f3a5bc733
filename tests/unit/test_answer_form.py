import pytest

from harness.answer_form import check_form, has_form
from harness.errors import ConfigError

TITLE = {
    "json": {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
    }
}


@pytest.mark.parametrize(
    ("text", "form", "fits"),
    [
        ("Tomato Soup", {"choice": ["Tomato Soup", "Salad"]}, True),
        (" Salad\n", {"choice": ["Tomato Soup", "Salad"]}, True),
        ("tomato soup", {"choice": ["Tomato Soup"]}, False),
        ("Soup", {"regex": "[A-Z][a-z]+"}, True),
        ("Soup of the day", {"regex": "[A-Z][a-z]+"}, False),
        ("one\ntwo", {"regex": ".+"}, True),
        ('{"title": "Soup"}', TITLE, True),
        ('{"title": 3}', TITLE, False),
        ('{"title": "Sou', TITLE, False),
        ("", TITLE, False),
    ],
)
def test_a_text_has_the_form_or_not(text, form, fits):
    check_form(form)
    assert has_form(text, form) is fits


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "not 0"),
        ({"regex": "a", "choice": ["a"]}, "not 2"),
        ({"regex": "a("}, "structured_outputs.regex: missing"),
        ({"json": {"type": "titel"}}, "structured_outputs.json: 'titel'"),
    ],
)
def test_a_form_that_nothing_can_have_is_refused(form, said):
    with pytest.raises(ConfigError, match=said):
        check_form(form)
