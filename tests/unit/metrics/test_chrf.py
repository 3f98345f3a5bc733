"""chrF against sacrebleu's own corpus and sentence scores, to the last bit."""

import sys
from importlib.metadata import version

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.chrf import CHRF

from harness.errors import MetricError
from harness.metrics.bare_texts import answers_of
from harness.metrics.chrf import Chrf
from harness.metrics.tools import ScoringTools

METRIC = Chrf(ScoringTools(tokenizer="none"))
PIECES = st.sampled_from(["Tomato", "soup", " ", "with ", "rice", "\U0001f345", "é", "\r\n", "\0"])
TEXTS = st.lists(
    PIECES | st.text(st.characters(exclude_categories=()), max_size=4), max_size=7
).map("".join)
SAMPLES = st.lists(
    st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=3)), min_size=1, max_size=7
)


def theirs(samples):
    """corpus_chrf, with None where a sample has fewer references than another."""
    predictions, references = zip(*samples, strict=True)
    streams = [
        [texts[i] if i < len(texts) else None for texts in references]
        for i in range(max(map(len, references)))
    ]
    return sacrebleu.corpus_chrf(predictions, streams).score


@given(SAMPLES)
@settings(max_examples=300)
def test_corpus_and_samples_are_exactly_sacrebleus(samples):
    rows = METRIC.statistics(answers_of(*zip(*samples, strict=True)))

    assert METRIC.aggregate(rows.sum(axis=0)).tolist() == [theirs(samples)]
    assert METRIC.aggregate(rows)[:, 0].tolist() == [
        sacrebleu.sentence_chrf(prediction, texts).score for prediction, texts in samples
    ]


@given(SAMPLES, st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_sums_over_a_resample_score_it_as_sacrebleu_scores_it_anew(samples, random):
    rows = METRIC.statistics(answers_of(*zip(*samples, strict=True)))
    chosen = random.choices(range(len(samples)), k=len(samples))
    weights = np.bincount(chosen, minlength=len(samples))

    [score] = METRIC.aggregate(weights @ rows)

    assert score == theirs([samples[i] for i in chosen])


def test_a_worked_example():
    # "abc" and "abd": 2 of 3 letters, 1 of 2 pairs, 0 of 1 triple; precision = recall = 7/18.
    rows = METRIC.statistics(answers_of(["a bc"], [["ab d"]]))

    assert rows.tolist() == [[3, 3, 2, 2, 2, 1, 1, 1, 0, *[0] * 9]]
    assert METRIC.aggregate(rows) == pytest.approx(np.array([[100 * 7 / 18]]))


def test_empty_texts_score_0_and_a_perfect_one_100():
    predictions, references = ["", " ", "a", "Soup"], [[""], ["a"], [""], ["Rice", "Soup"]]

    scores = METRIC.aggregate(METRIC.statistics(answers_of(predictions, references)))

    assert scores[:, 0].tolist() == [0, 0, 0, 100]
    assert METRIC.statistics(answers_of([], [])).shape == (0, 18)


def test_a_whole_bootstrap_aggregates_at_once():
    rows = METRIC.statistics(
        answers_of(["Tomato soup", "", "Rice"], [["Soup"], ["Rice"], ["Fried rice"]])
    )
    weights = np.random.default_rng(3).multinomial(3, [1 / 3] * 3, (4, 5))

    scores = METRIC.aggregate(weights @ rows)

    assert scores.shape == (4, 5, 1)
    one = METRIC.aggregate(np.repeat(rows, weights[3, 4], axis=0).sum(axis=0))
    assert scores[3, 4].tolist() == one.tolist()


def test_the_signature_is_sacrebleus():
    scorer = CHRF()
    scorer.corpus_score(["a"], [["a"]])
    their = dict(part.split(":") for part in str(scorer.get_signature()).split("|"))

    ours = METRIC.signature()

    assert ours["impl"] == f"sacrebleu-{their['version']}" == f"sacrebleu-{version('sacrebleu')}"
    names = ["case", "eff", "nc", "nw", "space"]
    assert [ours[name] for name in names] == [their[name] for name in names]


def test_without_sacrebleu_the_metric_is_missing_with_a_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.chrf", None)

    with pytest.raises(MetricError, match="chrF is computed by sacrebleu") as caught:
        METRIC.statistics(answers_of(["a"], [["a"]]))
    assert caught.value.hint == "pip install sacrebleu"
