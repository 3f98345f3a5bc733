import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.tools import MENDING, UNICODE_MENDING, ScoringTools, sanitize, valid_unicode

BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"


@pytest.mark.parametrize("mark", [*BREAKS, "\r\n", "\t", "\0", "\x1b", "\x9f", "\u00a0", "  "])
def test_breaks_tabs_and_controls_become_one_space(mark):
    assert sanitize(f"{mark}Brown{mark}butter {mark}") == "Brown butter"


def test_lone_surrogates_become_question_marks_and_the_rest_stays():
    assert sanitize("\ud83d crème \U0001f370 \u202eabc 日本") == "? crème \U0001f370 \u202eabc 日本"


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from(BREAKS)))
def test_any_text_becomes_one_line_that_can_be_encoded_and_stays_so(text):
    clean = sanitize(text)

    assert len(clean.splitlines()) <= 1
    assert clean.encode().decode() == clean
    assert sanitize(clean) == clean


def test_the_rules_of_mending_are_those_of_their_version():
    """Signatures name the rules by MENDING: whoever changes them gives them a new version."""
    points = [chr(i) for i in range(0x110000)]
    spaces = "".join(point for point in points if sanitize(f"a{point}b") == "a b")
    changed = [p for p in points if p not in spaces and sanitize(f"a{p}b") != f"a{p}b"]

    assert MENDING == "line-1"
    assert [ord(point) for point in spaces] == [
        *range(0x21), *range(0x7F, 0xA1), 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F,
        0x205F, 0x3000,
    ]  # fmt: skip
    assert [ord(point) for point in changed] == [*range(0xD800, 0xE000)]
    assert UNICODE_MENDING == "unicode-1"
    assert [ord(p) for p in points if valid_unicode(p) != p] == [*range(0xD800, 0xE000)]


def test_without_a_tokenizer_words_keep_their_case_and_no_java_is_sought():
    with ScoringTools(tokenizer="none", java="/no/such/java") as tools:
        assert tools.tokenize(["Brown\r\nButter, please!", ""]) == ["Brown Butter, please!", ""]
