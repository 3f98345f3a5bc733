import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.bare_texts import answers_of
from harness.metrics.exact import ExactMatch, normalized
from harness.metrics.tools import ScoringTools

METRIC = ExactMatch(ScoringTools(tokenizer="none"))
TEXTS = st.sampled_from(["a", "A", "the", "", " ", "cake", "Cake!", "a cake"]) | st.text(
    st.characters(exclude_categories=()), max_size=8
)
SAMPLES = st.lists(
    st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=9
)


def each(*samples):
    return METRIC.aggregate(METRIC.statistics(answers_of(*zip(*samples, strict=True)))).tolist()


@pytest.mark.parametrize(
    ("text", "form"),
    [
        # By hand, by the rules of evaluate-v1.1.py: lower, punctuation, articles, white space.
        ("The Cat,  sat on a mat!", "cat sat on mat"),
        ("Theatre of an Artist", "theatre of artist"),
        ("A-Z", "az"),
        ("a.", ""),
        ("Grandma's 1½-Hour Crème “Brûlée”", "grandmas 1½hour crème “brûlée”"),
        ("the\r\n\u2028Cake \U0001f370\x00", "cake \U0001f370\x00"),
    ],
)
def test_texts_are_normalised_as_squad_does(text, form):
    assert normalized(text) == form


def test_exact_is_as_written_and_norm_is_not():
    assert each(
        ("Tomato Soup", ["Rice", "Tomato Soup"]),
        ("the tomato soup.", ["Rice", "Tomato Soup"]),
        ("Tomato Soup ", ["Tomato Soup"]),
        ("Tomato", ["Tomato Soup"]),
    ) == [[1, 1], [0, 1], [0, 1], [0, 0]]


def test_an_empty_prediction_matches_nothing():
    assert each(("", ["", "the"]), (" \r\n", [" \r\n", ""])) == [[0, 0], [0, 0]]


@given(SAMPLES, st.randoms(use_true_random=False))
def test_sums_over_a_resample_score_it_as_if_computed_anew(samples, random):
    rows = METRIC.statistics(answers_of(*zip(*samples, strict=True)))
    chosen = random.choices(range(len(samples)), k=len(samples))
    anew = METRIC.statistics(answers_of(*zip(*(samples[i] for i in chosen), strict=True)))

    total = METRIC.aggregate(rows[chosen].sum(axis=0))

    assert (total == METRIC.aggregate(anew.sum(axis=0))).all()
    assert total == pytest.approx(METRIC.aggregate(anew).mean(axis=0), abs=1e-12)
    assert (rows[:, 0] <= rows[:, 1]).all()


def test_no_samples_are_no_rows():
    assert METRIC.statistics(answers_of([], [])).shape == (0, 3)


def test_a_whole_bootstrap_aggregates_at_once():
    rows = METRIC.statistics(answers_of(["a b", "c", "D"], [["a b"], ["d"], ["d"]]))

    scores = METRIC.aggregate(np.array([[1, 1, 1], [3, 0, 0]]) @ rows)

    assert scores == pytest.approx(np.array([[1 / 3, 2 / 3], [1, 1]]))
