"""Weights, swaps and the jackknife are the corpora they stand for, re-scored from their texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu, RougeL
from harness.metrics.tools import ScoringTools
from harness.stats import (
    bootstrap,
    jackknife,
    resample_weights,
    sum_rows,
    swap_weights,
    swapped_differences,
)

TEXTS = st.lists(st.sampled_from("abcdef"), max_size=8).map(" ".join)
SAMPLES = st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=2, max_size=8)
METRICS = st.sampled_from([Bleu, RougeL]).map(lambda kind: kind(ScoringTools(tokenizer="none")))
SEEDS = st.integers(0, 2**32)
CHUNK = 2**21


def rescored(metric, predictions, references):
    rows = metric.statistics(answers_of(predictions, [[text] for text in references]))
    return metric.aggregate(rows.sum(axis=0))


def mean(totals):
    return totals[..., :1] / totals[..., 1:]


def mean_rows(values):
    return np.stack([np.asarray(values, dtype=float), np.ones(np.shape(values))], axis=-1)


@given(SAMPLES, METRICS, SEEDS)
@settings(max_examples=150)
def test_a_replicate_is_the_score_of_the_resampled_corpus(samples, metric, seed):
    predictions, _, references = (np.array(texts) for texts in zip(*samples, strict=True))
    rows = metric.statistics(
        answers_of(predictions.tolist(), [[text] for text in references.tolist()])
    )

    scores = bootstrap(rows, metric.aggregate, replicates=4, seed=seed)

    (weights,) = resample_weights(len(samples), 4, seed=seed)
    for score, times in zip(scores, weights.astype(int), strict=True):
        drawn = np.repeat(np.arange(len(samples)), times)
        expected = rescored(metric, predictions[drawn].tolist(), references[drawn].tolist())
        assert np.abs(score - expected).max() <= 1e-9


@given(SAMPLES, METRICS, SEEDS)
@settings(max_examples=150)
def test_a_swapped_difference_is_that_of_the_exchanged_answers(samples, metric, seed):
    first, second, references = (np.array(texts) for texts in zip(*samples, strict=True))
    texts = [[text] for text in references.tolist()]
    rows = np.stack(
        [metric.statistics(answers_of(side.tolist(), texts)) for side in (first, second)]
    )

    ((differences),) = swapped_differences(
        rows, [(0, 1)], metric.aggregate, replicates=4, seed=seed
    )

    (swaps,) = swap_weights(len(samples), 4, seed=seed)
    for difference, swap in zip(differences, swaps.astype(bool), strict=True):
        baseline = np.where(swap, second, first).tolist()
        candidate = np.where(swap, first, second).tolist()
        expected = rescored(metric, candidate, references) - rescored(metric, baseline, references)
        assert np.abs(difference - expected).max() <= 1e-9


@given(SAMPLES, METRICS)
@settings(max_examples=100)
def test_the_jackknife_leaves_one_sample_out(samples, metric):
    predictions, _, references = (list(texts) for texts in zip(*samples, strict=True))
    rows = metric.statistics(answers_of(predictions, [[text] for text in references]))

    scores = jackknife(rows, metric.aggregate)

    for index, score in enumerate(scores):
        rest = [texts[:index] + texts[index + 1 :] for texts in (predictions, references)]
        assert np.abs(score - rescored(metric, *rest)).max() <= 1e-9


def test_systems_are_resampled_together():
    rows = mean_rows(np.random.default_rng(1).random((3, 40)))

    together = bootstrap(rows, mean, replicates=50, seed=7)
    apart = [bootstrap(system, mean, replicates=50, seed=7) for system in rows]

    assert together.shape == (3, 50, 1)
    assert np.abs(together - np.stack(apart)).max() <= 1e-15


def test_weights_are_whole_corpora_and_chunks_change_nothing():
    n = 30_000
    chunks = list(resample_weights(n, 150, seed=3))
    assert len(chunks) == 3
    assert all(chunk.size <= CHUNK for chunk in chunks)

    weights = np.vstack(chunks)
    random = np.random.default_rng(3)
    assert weights.shape == (150, n)
    assert (weights.sum(axis=1) == n).all()
    for row in weights:
        assert (row == np.bincount(random.integers(0, n, n), minlength=n)).all()


def test_weights_are_multinomial():
    weights = np.vstack(list(resample_weights(20, 40_000, seed=0)))

    # Each of 20 samples is drawn once on average, with variance 1 − 1/20, covariance −1/20.
    assert np.abs(weights.mean(axis=0) - 1).max() < 0.02
    covariance = np.cov(weights.T)
    assert np.abs(covariance - (np.eye(20) - 1 / 20)).max() < 0.03


def test_swaps_are_fair_coins_and_chunks_change_nothing():
    chunks = list(swap_weights(30_001, 150, seed=3))
    assert len(chunks) == 3

    swaps = np.vstack(chunks)
    words = np.random.default_rng(3).integers(0, 2**64, (150, 469), dtype=np.uint64)
    assert set(np.unique(swaps)) == {0.0, 1.0}
    # 150 × 30,001 coins: a standard deviation of 0.00024.
    assert abs(swaps.mean() - 0.5) < 0.001
    assert (swaps[:, 0] == words[:, 0] % 2).all()


def test_clusters_are_added_up_in_order_of_their_labels():
    rows = np.arange(10.0).reshape(5, 2)

    assert sum_rows(rows, [2, 1, 2, 1, 3]).tolist() == [[8, 10], [4, 6], [8, 9]]
    assert sum_rows(np.stack([rows, rows]), list("babac")).shape == (2, 3, 2)


def test_clusters_widen_what_copies_would_narrow():
    values = np.random.default_rng(2).random(50)
    copied = mean_rows(np.tile(values, 4))
    options = {"replicates": 4_000, "seed": 1}

    clustered = bootstrap(sum_rows(copied, np.tile(np.arange(50), 4)), mean, **options)

    alone = bootstrap(mean_rows(values), mean, **options)
    naive = bootstrap(copied, mean, **options)
    assert clustered.std() == pytest.approx(alone.std(), rel=1e-12)
    assert naive.std() == pytest.approx(alone.std() / 2, rel=0.05)


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
    with pytest.raises(ValueError, match=message):
        bootstrap(statistics, mean)


def test_a_score_that_is_no_number_does_not_escape():
    rows = np.array([[1.0, 1.0], [0.0, 0.0]])

    with pytest.raises(ValueError, match=r"no number for \d+ of 100 totals"):
        bootstrap(rows, mean, replicates=100)


@pytest.mark.parametrize("function", [resample_weights, swap_weights])
@pytest.mark.parametrize(("n", "replicates"), [(0, 10), (10, 0)])
def test_nothing_to_draw_is_an_error(function, n, replicates):
    with pytest.raises(ValueError, match="nothing to resample"):
        list(function(n, replicates))


def test_labels_must_match_the_rows():
    with pytest.raises(ValueError, match="3 rows need as many labels"):
        sum_rows(np.ones((3, 2)), [1, 2])


def test_one_sample_has_no_jackknife():
    with pytest.raises(ValueError, match="two or more"):
        jackknife(np.ones((1, 2)), mean)
