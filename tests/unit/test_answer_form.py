import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.answer_form import check_form, form_fault, has_form
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
        ({"json": {"pattern": "a("}}, "structured_outputs.json: 'a\\('"),
        ({"json": {"$ref": "https://example.org/x"}}, "leads out of the schema"),
        ({"json": {"$ref": "file:///etc/passwd"}}, "leads out of the schema"),
        ({"json": {"items": {"$ref": "#/nope"}}}, "leads nowhere"),
        ({"regex": "((a{9999}){9999}){9999}"}, "repeats itself more than 100,000 times"),
        ({"json": {"items": {"pattern": "((a{999}){999}){999}"}}}, "repeats itself"),
        ({"json": {"patternProperties": {"((a{999}){999}){999}": {}}}}, "repeats itself"),
        ({"regex": "(" * 5000}, "nested too deeply"),
    ],
)
def test_a_form_that_nothing_can_have_is_refused(form, said):
    with pytest.raises(ConfigError, match=said):
        check_form(form)


KINDS = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "pattern": "^[A-Z]", "maxLength": 40},
        "tags": {"uniqueItems": True, "items": {"enum": ["a", 1, True]}},
    },
    "patternProperties": {"^x_": {"type": "integer", "multipleOf": 0.5}},
    "additionalProperties": {"$ref": "#"},
}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('{"title": "Soup", "x_1": 2}', True),
        ('{"title": "soup"}', False),
        ('{"x_1": "2"}', False),
        ('{"more": {"title": "Soup"}}', True),
        ('{"more": {"title": "soup"}}', False),
        ('{"more": 1}', False),
        ('{"tags": ["a", 1, true]}', True),
        ('{"tags": [1, 1.0]}', False),
        ('{"tags": ["a", "a"]}', False),
        ('{"title": NaN}', False),
    ],
)
@pytest.mark.parametrize("dialect", [None, "http://json-schema.org/draft-07/schema#"])
def test_a_schema_is_checked_whole(text, fits, dialect):
    schema = KINDS if dialect is None else {"$schema": dialect, **KINDS}
    check_form({"json": schema})
    assert has_form(text, {"json": schema}) is fits


DOUBLED = {
    "$defs": {f"a{i}": {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(40)}
    | {"a40": {}},
    "$ref": "#/$defs/a0",
}
NUMBERS_AND_TEXTS = "[" + ",".join(['1,"a",2.5'] * 30_000) + "]"


@pytest.mark.parametrize(
    ("text", "form", "fault"),
    [
        # The first took 15 s, the third ended the run (found 2026-11-25).
        ("a" * 200_000, {"regex": "(a+)+b"}, "took longer than 0.25 s to check"),
        ("a" * 5000 + "b", {"regex": "(.*a){20}"}, "took longer than 0.25 s to check"),
        ("[" * 1000, {"json": {}}, "nested too deeply"),
        ("[" * 200_000, {"json": {}}, "nested too deeply"),
        ('"' + "a" * 200_000 + '"', {"json": {"pattern": "^(a+)+b"}}, "took longer"),
        ('{"' + "a" * 200_000 + '": 1}', {"json": {"patternProperties": {"(a+)+b": {}}}}, "took"),
        ("1", {"json": DOUBLED}, "took longer"),
        ("1", {"json": {"$ref": "#"}}, "nested too deeply"),
        ("9" * 5000, {"json": {}}, "no JSON"),
        ("NaN", {"json": {}}, "no JSON"),
        ("-Infinity", {"json": {}}, "no JSON"),
        ("a" * 1_000_001, {"regex": "a+"}, "longer than 1,000,000 characters"),
        (NUMBERS_AND_TEXTS, {"json": {"uniqueItems": True}}, "not as the schema"),
        ("1e308", {"json": {"multipleOf": 1e-300}}, "not as the schema"),
        ("Soup", {"choice": ["Salad"]}, "none of the choices"),
    ],
)
def test_an_answer_that_cannot_be_checked_soon_does_not_fit_and_it_is_said(text, form, fault):
    begin = time.process_time()
    check_form(form)
    assert fault in form_fault(text, form)
    assert time.process_time() - begin < 5


def test_a_form_of_many_letters_is_no_bomb():
    check_form({"regex": r"[\w ,'-]{5,300}"})
    assert has_form("Lemon soup, my mother's", {"regex": r"[\w ,'-]{5,300}"})


@given(st.text() | st.lists(st.sampled_from([*'[]{}",:1e9.-aN', "NaN", "\ud800"])).map("".join))
def test_no_answer_makes_a_check_fail(text):
    for form in ({"regex": "(a+)+[A-Z]"}, {"choice": ["Soup"]}, {"json": KINDS}):
        assert form_fault(text, form) is None or isinstance(form_fault(text, form), str)
