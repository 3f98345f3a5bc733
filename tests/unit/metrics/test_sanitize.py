import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.tools import ScoringTools, sanitize

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


def test_without_a_tokenizer_words_keep_their_case_and_no_java_is_sought():
    with ScoringTools(tokenizer="none", java="/no/such/java") as tools:
        assert tools.tokenize(["Brown\r\nButter, please!", ""]) == ["Brown Butter, please!", ""]
