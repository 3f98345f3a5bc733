"""Bootstrap intervals against scipy's, against the truth, and where there is nothing to tell."""

from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats

from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import bca_interval, bootstrap, estimate, jackknife, percentile_interval

SEED = 20_240_607
BLEU = Bleu(ScoringTools(tokenizer="none"))


def mean(totals):
    return totals[..., :1] / totals[..., 1:]


def ratio(totals):
    return totals[..., :1] / totals[..., 1:2]


def mean_rows(values):
    return np.stack([np.asarray(values, dtype=float), np.ones(np.shape(values))], axis=-1)


def skewed(seed, n):
    return mean_rows(np.random.default_rng(seed).gamma(0.7, size=n))


def bleu_rows(random, *shape):
    """Made-up answers of 1 to 12 words; some samples are easier than others."""
    length = random.integers(1, 13, shape)
    closest = np.maximum(1, length + random.integers(-2, 4, shape))
    rows = [length, closest, *(np.maximum(0, length - order) for order in range(4))]
    ease = random.beta(1.5, 2.0, shape)
    matched = length
    for order in range(4):
        matched = random.binomial(np.clip(matched, 0, rows[2 + order]), ease)
        rows.append(matched)
    return np.stack(rows, axis=-1).astype(float)


@pytest.mark.parametrize("method", ["percentile", "BCa"])
@pytest.mark.parametrize("n", [12, 200])
def test_the_interval_of_scipys_replicates_is_scipys(method, n):
    rows = skewed(5, n)
    theirs = scipy.stats.bootstrap(
        (rows[:, 0],), np.mean, n_resamples=5_000, method=method, rng=np.random.default_rng(SEED)
    )
    replicates = theirs.bootstrap_distribution[:, None]

    if method == "percentile":
        ours = percentile_interval(replicates)
    else:
        ours = bca_interval(replicates, mean(rows.sum(axis=0)), jackknife(rows, mean))

    assert np.abs(np.array(ours)[:, 0] - theirs.confidence_interval).max() <= 1e-12


@pytest.mark.parametrize(("method", "field"), [("percentile", "percentile"), ("BCa", "bca")])
def test_means_and_intervals_agree_with_scipys_own_draws(method, field):
    rows = skewed(6, 150)

    ((ours,),) = estimate(rows[None], mean, seed=1)
    replicates = bootstrap(rows, mean, seed=1)

    theirs = scipy.stats.bootstrap(
        (rows[:, 0],), np.mean, n_resamples=10_000, method=method, rng=np.random.default_rng(2)
    )
    error = theirs.standard_error
    # A mean of 10,000 replicates has a Monte-Carlo error of 0.01 of their deviation, a 2.5 %
    # quantile 0.027; the bounds are 4 times that of a difference of two.
    assert abs(replicates.mean() - theirs.bootstrap_distribution.mean()) < 0.06 * error
    assert abs(replicates.std() - error) < 0.04 * error
    assert (
        np.abs(np.subtract(getattr(ours, field), theirs.confidence_interval)).max() < 0.15 * error
    )


def test_the_interval_of_a_corpus_ratio_is_scipys():
    random = np.random.default_rng(8)
    rows = np.stack([random.poisson(3, 80), random.poisson(6, 80) + 1], axis=-1).astype(float)
    replicates = bootstrap(rows, ratio, replicates=5_000, seed=3)
    value = ratio(rows.sum(axis=0))
    low, high = bca_interval(replicates, value, jackknife(rows, ratio))

    theirs = scipy.stats.bootstrap(
        (rows[:, 0], rows[:, 1]),
        lambda up, down, axis=-1: up.sum(axis=axis) / down.sum(axis=axis),
        paired=True,
        n_resamples=0,
        bootstrap_result=SimpleNamespace(bootstrap_distribution=replicates[:, 0]),
        method="BCa",
    )
    assert np.abs(np.array([low, high])[:, 0] - theirs.confidence_interval).max() <= 1e-12


def test_an_estimate_is_the_corpus_score_and_its_bounds_are_in_order():
    rows = bleu_rows(np.random.default_rng(1), 3, 120)

    systems = estimate(rows, BLEU.aggregate, replicates=2_000, seed=9)

    assert len(systems) == 3
    for system, scores in zip(rows, systems, strict=True):
        assert [score.value for score in scores] == BLEU.aggregate(system.sum(axis=0)).tolist()
        for score in scores:
            assert score.units == 120
            for low, high in (score.percentile, score.bca):
                assert low < score.value < high


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    rows = bleu_rows(np.random.default_rng(1), 2, 50)

    first, again, other = (
        estimate(rows, BLEU.aggregate, replicates=200, seed=seed) for seed in (4, 4, 5)
    )

    assert first == again
    assert first != other


def test_clusters_are_what_is_resampled():
    random = np.random.default_rng(3)
    values = np.repeat(random.random(40), 5)
    clusters = np.repeat(np.arange(40), 5)
    options = {"replicates": 2_000, "seed": 0}

    ((alone,),) = estimate(mean_rows(values)[None], mean, **options)
    ((clustered,),) = estimate(mean_rows(values)[None], mean, clusters=clusters, **options)

    assert clustered.units == 40
    assert clustered.value == pytest.approx(alone.value, rel=1e-14)
    width = np.ptp(clustered.percentile) / np.ptp(alone.percentile)
    assert width == pytest.approx(5**0.5, rel=0.1)


def test_one_sample_has_a_value_and_no_interval():
    ((only,),) = estimate([[[0.3, 1.0]]], mean)

    assert only.value == 0.3
    assert only.percentile is None
    assert only.bca is None
    assert only.units == 1


@pytest.mark.parametrize("value", [0.0, 0.1, 1.0, 1e-200])
def test_without_any_spread_the_interval_is_the_value(value):
    ((score,),) = estimate(mean_rows([[value] * 30]), mean, replicates=500)

    assert score.value == pytest.approx(value, rel=1e-14)
    assert score.percentile == pytest.approx((value, value), rel=1e-14)
    assert score.bca == pytest.approx((value, value), rel=1e-14)


def test_a_lonely_outlier_gives_finite_bounds_inside_the_replicates():
    rows = mean_rows([0.0] * 99 + [1.0])

    ((score,),) = estimate(rows[None], mean, replicates=1_000)

    low, high = score.bca
    assert 0.0 <= low <= score.value <= high <= 1.0


def test_a_value_beyond_all_replicates_gives_finite_bounds():
    replicates = np.linspace(0, 1, 101)[:, None]
    left_out = np.array([[0.0], [0.1], [5.0]])

    for value in ([-3.0], [3.0]):
        low, high = bca_interval(replicates, value, left_out)
        assert 0.0 <= low[0] <= high[0] <= 1.0


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, float("nan")])
def test_a_level_is_a_share(level):
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile_interval(np.ones((5, 1)), level)


def test_no_replicates_are_no_interval():
    with pytest.raises(ValueError, match="no replicates"):
        percentile_interval(np.ones((0, 1)))


def test_statistics_of_one_system_must_say_so():
    with pytest.raises(ValueError, match="systems, n, k"):
        estimate(np.ones((5, 2)), mean)
