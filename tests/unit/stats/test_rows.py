"""Left-out scores are those of the corpus without a text; pseudo-values are a mean's own values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu, Cider, RougeL
from harness.metrics.tools import ScoringTools
from harness.stats import are_shares, carriers, jackknife, pseudo_values, sum_rows

TEXTS = st.lists(st.sampled_from("abcdef"), max_size=8).map(" ".join)
SAMPLES = st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=8)
METRICS = st.sampled_from([Bleu, RougeL]).map(lambda kind: kind(ScoringTools(tokenizer="none")))
VALUES = st.lists(st.floats(-100, 100), min_size=1, max_size=20)


def mean(totals):
    return totals[..., :1] / totals[..., 1:]


def mean_rows(values):
    return np.stack([np.asarray(values, dtype=float), np.ones(np.shape(values))], axis=-1)


def scored(metric, predictions, references):
    rows = metric.statistics(answers_of(predictions, [[text] for text in references]))
    return rows, metric.aggregate(rows.sum(axis=0))


@given(SAMPLES, METRICS)
@settings(max_examples=100)
def test_the_jackknife_leaves_one_sample_out(samples, metric):
    predictions, references = (list(texts) for texts in zip(*samples, strict=True))
    rows, _ = scored(metric, predictions, references)

    scores = jackknife(rows, metric.aggregate)

    for index, score in enumerate(scores):
        rest = [texts[:index] + texts[index + 1 :] for texts in (predictions, references)]
        assert np.abs(score - scored(metric, *rest)[1]).max() <= 1e-9


@given(SAMPLES, METRICS)
@settings(max_examples=100)
def test_a_score_is_the_mean_of_its_pseudo_values_alone_or_in_clusters(samples, metric):
    rows, score = scored(metric, *map(list, zip(*samples, strict=True)))
    labels = np.arange(len(rows)) // 2

    for clusters in (None, labels):
        values = pseudo_values(rows, metric.aggregate, clusters)
        assert len(values) == len(rows if clusters is None else set(labels))
        assert values.mean(axis=0) == pytest.approx(score, abs=1e-9)


@given(VALUES)
def test_pseudo_values_of_a_mean_are_the_values(values):
    rows = mean_rows(values)

    assert pseudo_values(rows, mean)[:, 0] == pytest.approx(values, abs=1e-9)


def test_pseudo_values_of_equal_clusters_are_the_clusters_means():
    values = [0.1, 0.3, 0.5, 0.9]

    clustered = pseudo_values(mean_rows(values), mean, [1, 2, 1, 2])

    assert clustered[:, 0] == pytest.approx([0.3, 0.6])


def test_a_single_unit_has_the_score():
    assert pseudo_values(mean_rows([0.3]), mean).tolist() == [[0.3]]
    assert pseudo_values(mean_rows([0.2, 0.4]), mean, [7, 7])[:, 0] == pytest.approx([0.3])


def test_systems_are_taken_side_by_side():
    rows = mean_rows(np.random.default_rng(1).random((3, 40)))

    together = pseudo_values(rows, mean)

    assert together.shape == (3, 40, 1)
    assert together == pytest.approx(np.stack([pseudo_values(system, mean) for system in rows]))


def test_cider_is_a_mean_whose_pseudo_values_are_its_samples_scores():
    texts = ["a b c d", "b c d e", "c d e f"]
    metric = Cider(ScoringTools(tokenizer="none"))
    rows, _ = scored(metric, ["a b c", "b d e", "f"], texts)

    assert pseudo_values(rows, metric.aggregate) == pytest.approx(metric.aggregate(rows))


def test_clusters_are_added_up_in_order_of_their_labels():
    rows = np.arange(10.0).reshape(5, 2)

    assert sum_rows(rows, [2, 1, 2, 1, 3]).tolist() == [[8, 10], [4, 6], [8, 9]]
    assert sum_rows(np.stack([rows, rows]), list("babac")).shape == (2, 3, 2)


@given(st.lists(st.sampled_from([0.0, 1.0, 1.0 - 1e-12]), min_size=1, max_size=9))
def test_zeros_and_ones_are_shares_and_nothing_else_is(values):
    column = np.array(values)[:, None]

    assert are_shares(column, known=True).tolist() == [True]
    # Zeros alone may be of any scale.
    assert are_shares(column).tolist() == [max(values) > 0.5]
    for known in (False, True):
        assert not are_shares(np.append(column, [[0.5]], axis=0), known=known).any()
    assert are_shares(np.hstack([column, column / 2 + 0.25]), known=True).tolist() == [True, False]


@given(VALUES, st.floats(0.1, 10))
def test_as_many_carry_a_score_as_equal_ones_would(values, scale):
    column = np.array(values)[:, None]
    count = carriers(column)[0]

    assert 0 <= count <= len(values) + 1e-9
    assert carriers(column * scale)[0] == pytest.approx(count)
    assert carriers(np.append(column, np.zeros((7, 1)), axis=0))[0] == pytest.approx(count)


def test_carriers_by_hand():
    # One large among zeros; four alike; (3 + 1 + 1 + 1)² ÷ (9 + 3).
    columns = np.array([[5.0, 2.0, 3.0, 0.0], *[[0.0, 2.0, 1.0, 0.0]] * 3])

    assert carriers(columns).tolist() == [1.0, 4.0, 3.0, 0.0]


@pytest.mark.parametrize(
    ("statistics", "message"),
    [
        (np.zeros((0, 2)), "no statistics"),
        (np.zeros((3, 0, 2)), "no statistics"),
        (np.zeros((4, 0)), "no statistics"),
        (np.zeros(3), "a row a sample"),
        ([[1.0, np.nan]], "NaN"),
        ([[np.inf, 1.0]], "infinity"),
    ],
)
def test_no_statistics_are_no_result(statistics, message):
    for take in (jackknife, pseudo_values):
        with pytest.raises(ValueError, match=message):
            take(statistics, mean)


def test_a_score_that_is_no_number_does_not_escape():
    with pytest.raises(ValueError, match=r"no number for 1 of 2 totals"):
        jackknife([[1.0, 1.0], [0.0, 0.0]], mean)


def test_labels_must_match_the_rows():
    with pytest.raises(ValueError, match="3 rows need as many labels"):
        sum_rows(np.ones((3, 2)), [1, 2])


def test_one_sample_has_no_jackknife():
    with pytest.raises(ValueError, match="two or more"):
        jackknife(np.ones((1, 2)), mean)
