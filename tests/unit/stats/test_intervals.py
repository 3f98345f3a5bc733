"""Intervals against scipy's, against the truth, and where there is nothing to tell."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import TOO_FEW_MATCHES, TOO_FEW_UNITS, estimate, within
from harness.stats.intervals import paired_share_interval, skewed_interval, t_quantile

MANY = """
import sys
from harness.stats.intervals import t_quantile
t_quantile(0.975, 1e3)
print("scipy" in sys.modules)
"""
BLEU = Bleu(ScoringTools(tokenizer="none"))


def mean(totals):
    return totals[..., :1] / totals[..., 1:]


def mean_rows(values):
    return np.stack([np.asarray(values, dtype=float), np.ones(np.shape(values))], axis=-1)


def of_shares(ones, n):
    (only,) = estimate(share_rows(ones, n), mean, shares=True)
    return only


def share_rows(ones, n):
    return mean_rows([1.0] * ones + [0.0] * (n - ones))


def of_mean(values, **options):
    (only,) = estimate(mean_rows(values), mean, **options)
    return only


def bleu_rows(random, n):
    """Made-up answers of 1 to 12 words; some samples are easier than others."""
    length = random.integers(1, 13, n)
    closest = np.maximum(1, length + random.integers(-2, 4, n))
    rows = [length, closest, *(np.maximum(0, length - order) for order in range(4))]
    ease = random.beta(1.5, 2.0, n)
    matched = length
    for order in range(4):
        matched = random.binomial(np.clip(matched, 0, rows[2 + order]), ease)
        rows.append(matched)
    return np.stack(rows, axis=-1).astype(float)


@pytest.mark.parametrize(
    ("ones", "n"), [(0, 20), (1, 20), (20, 20), (3, 6), (2, 200), (999, 1000), (41, 97)]
)
def test_the_interval_of_a_share_is_wilsons(ones, n):
    """Fault: 0 of 20 had the interval 0 to 0, as if nothing could ever match."""
    theirs = scipy.stats.binomtest(ones, n).proportion_ci(0.95, method="wilson")

    ours = of_shares(ones, n)

    assert ours.value == ones / n
    assert ours.interval == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_none_of_twenty_may_be_a_sixth():
    assert of_shares(0, 20).interval == pytest.approx((0, 0.161), abs=5e-4)
    # Of a metric that may give anything, zeros do not even tell its scale.
    assert of_mean([0.0] * 20).no_interval == TOO_FEW_MATCHES
    assert of_mean([0.0] * 19 + [1.0]).interval == of_shares(1, 20).interval


def test_a_share_of_clusters_is_as_sure_as_its_clusters_are():
    random = np.random.default_rng(2)
    values = random.integers(0, 2, 40).astype(float)
    each = of_mean(values)

    # Copies of one answer tell no more than the one; 40 clusters take Student's t for the normal.
    copied = of_mean(np.repeat(values, 5), clusters=np.repeat(np.arange(40), 5))
    assert (copied.units, copied.value) == (40, each.value)
    assert np.ptp(copied.interval) == pytest.approx(np.ptp(each.interval), rel=0.05)
    # Where clusters have nothing in common they cost their degrees of freedom alone.
    free = random.integers(0, 2, 2_000).astype(float)
    clustered = of_mean(free, clusters=np.arange(2_000) % 100)
    assert np.ptp(clustered.interval) == pytest.approx(np.ptp(of_mean(free).interval), rel=0.2)
    # None of six clusters of ten is less sure than none of sixty.
    (none,) = estimate(share_rows(0, 60), mean, clusters=np.arange(60) // 10, shares=True)
    assert none.interval[1] > 2 * of_shares(0, 60).interval[1]


def test_the_interval_of_a_symmetric_mean_is_students():
    values = np.random.default_rng(4).random(15) + 1.0
    values = np.concatenate([values, 4.0 - values])  # no skewness to take out

    ours = of_mean(values)

    theirs = scipy.stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert ours.interval == pytest.approx((theirs.low, theirs.high), rel=1e-6)


def test_clusters_are_what_students_interval_is_over():
    random = np.random.default_rng(3)
    values = random.gamma(2.0, size=60)
    values = np.concatenate([values, 4.0 - values])  # no skewness to take out
    theirs = scipy.stats.ttest_1samp(values.reshape(12, 10).mean(axis=1), 0.0)

    ours = of_mean(values, clusters=np.arange(120) // 10)

    low_high = theirs.confidence_interval(0.95)
    assert ours.units == 12
    assert ours.interval == pytest.approx((low_high.low, low_high.high), rel=1e-9)


def test_uneven_clusters_tell_less():
    random = np.random.default_rng(5)
    sizes = np.arange(1, 31)
    values, clusters = random.random(sizes.sum()), np.repeat(sizes, sizes)

    found = of_mean(values, clusters=clusters)

    # As many even clusters as would weigh the same (Kish 1965): (Σs)² ÷ Σs², 22.9 of 30.
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    sums = np.array([values[clusters == size].sum() for size in sizes])
    without = (values.sum() - sums) / (len(values) - sizes)
    error = np.sqrt(29 / 30 * ((without - without.mean()) ** 2).sum())  # the jackknife's
    half = scipy.stats.t(effective - 1).ppf(0.975) * error
    assert found.interval == pytest.approx((found.value - half, found.value + half), rel=1e-9)


@pytest.mark.parametrize("n", [40, 150])
def test_a_skewed_mean_has_about_the_interval_of_scipys_bootstrap(n):
    values = np.random.default_rng(6).gamma(0.7, size=n)
    theirs = scipy.stats.bootstrap((values,), np.mean, method="BCa", rng=np.random.default_rng(2))

    ours = of_mean(values)

    distance = np.subtract(ours.interval, theirs.confidence_interval)
    assert np.abs(distance).max() < 0.6 * theirs.standard_error
    # Its long tail is on the side of the larger values.
    low, high = ours.interval
    assert high - ours.value > 1.1 * (ours.value - low)


@pytest.mark.parametrize(
    "drawn",
    [
        lambda random, n: random.beta(2, 5, n),
        lambda random, n: random.beta(0.3, 2, n),
        lambda random, n: random.binomial(1, 0.1, n).astype(float),
    ],
    ids=["mean", "skewed mean", "share of 10 %"],
)
@pytest.mark.parametrize("n", [50, 200])
def test_95_of_100_intervals_hold_the_truth(drawn, n):
    """1,000 data sets: their share varies by 0.7 points."""
    random = np.random.default_rng(n)
    truth = drawn(random, 400_000).mean()
    held = []
    for _ in range(1_000):
        found = of_mean(drawn(random, n))
        if found.interval:
            held.append(found.interval[0] <= truth <= found.interval[1])

    assert len(held) > 950
    assert 0.925 < np.mean(held) < 0.985  # shares come in steps


def test_an_estimate_is_the_corpus_score_to_the_last_digit():
    rows = bleu_rows(np.random.default_rng(1), 120)

    scores = estimate(rows, BLEU.aggregate)

    assert [score.value for score in scores] == BLEU.aggregate(rows.sum(axis=0)).tolist()
    for score in scores:
        assert (score.units, score.no_interval) == (120, None)
        assert score.interval[0] < score.value < score.interval[1]
    assert scores == estimate(rows, BLEU.aggregate)


@given(st.permutations(range(30)), st.floats(0.01, 100))
def test_neither_order_nor_scale_matters(order, scale):
    values = np.random.default_rng(9).gamma(1.0, size=30)

    plain, other = of_mean(values), of_mean(values[list(order)] * scale)

    assert other.value == pytest.approx(plain.value * scale)
    assert other.interval == pytest.approx([end * scale for end in plain.interval])


@pytest.mark.parametrize("n", [1, 5])
def test_fewer_than_six_units_give_no_interval(n):
    few = of_mean([0.3] * n)
    assert few.value == pytest.approx(0.3)
    assert (few.interval, few.no_interval, few.units) == (None, TOO_FEW_UNITS, n)
    clustered = of_mean(np.linspace(0, 1, 100), clusters=np.arange(100) % n)
    assert (clustered.interval, clustered.no_interval, clustered.units) == (None, TOO_FEW_UNITS, n)
    assert TOO_FEW_UNITS == "fewer than 6 independent units"


def test_a_score_that_a_handful_carries_has_no_interval():
    few = of_mean([0.5] * 9 + [0.0] * 191)
    assert (few.interval, few.no_interval) == (None, TOO_FEW_MATCHES)
    assert few.value == pytest.approx(0.0225)
    assert of_mean([0.5] * 10 + [0.0] * 190).interval
    # One that outweighs all others carries it alone.
    assert of_mean([1e6, *[0.5] * 199]).no_interval == TOO_FEW_MATCHES
    # Carried by samples, but of two clusters only.
    clusters = np.arange(200) // 10
    assert of_mean([0.5] * 20 + [0.0] * 180, clusters=clusters).no_interval == TOO_FEW_MATCHES


def test_what_a_metric_prints_of_nothing_carries_nothing():
    """BLEU's tiny terms: a BLEU_4 of 1e-6 without a single match."""
    rows = np.tile([4.0, 4, 4, 3, 2, 1, 1, 0, 0, 0], (60, 1))
    bleu_1, *others = estimate(rows, BLEU.aggregate, contrasted=BLEU.contrasted)
    assert bleu_1.interval
    assert {other.no_interval for other in others} == {TOO_FEW_MATCHES}
    assert all(other.value > 0 for other in others)


@pytest.mark.parametrize("value", [0.1, 0.25, 7.0])
def test_without_any_spread_the_interval_is_the_value(value):
    score = of_mean([value] * 30)

    assert score.value == pytest.approx(value, rel=1e-14)
    assert score.interval == pytest.approx((value, value), rel=1e-9)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((0, 2)), "no statistics"),
        ([[1.0, np.nan]], "NaN"),
        ([[0.0, 0.0], [0.0, 0.0]], "no number"),
    ],
)
def test_what_cannot_be_scored_is_an_error(rows, message):
    with pytest.raises(ValueError, match=message):
        estimate(rows, mean)


@pytest.mark.parametrize(
    ("wins", "losses", "n"), [(0, 0, 20), (1, 0, 20), (6, 0, 200), (12, 2, 50), (3, 9, 30)]
)
def test_a_paired_shares_interval_holds_what_a_score_test_does_not_rule_out(wins, losses, n):
    """The likelihood is maximised here by search, not by Tango's formula."""

    def score(difference):
        def unlikely(losing):  # share of pairs that the first alone wins
            rest = n - wins - losses
            winning, equal = losing + difference, 1.0 - 2 * losing - difference
            parts = ((wins, winning), (losses, losing), (rest, equal))
            return -sum(count * np.log(max(share, 1e-300)) for count, share in parts if count)

        low, high = max(0.0, -difference), (1.0 - difference) / 2
        losing = scipy.optimize.minimize_scalar(
            unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
        ).x
        variance = n * (2 * losing + difference - difference**2)
        return (wins - losses - n * difference) / np.sqrt(variance)

    low, high = paired_share_interval(wins, losses, n, 1.96)

    assert score(low) == pytest.approx(1.96, rel=1e-3)
    assert score(high) == pytest.approx(-1.96, rel=1e-3)
    assert -1 < low < (wins - losses) / n < high < 1 or wins == losses == 0


def test_no_interval_of_paired_shares_leaves_what_is_possible():
    assert paired_share_interval(20, 0, 20, 1.96)[1] == 1.0
    assert paired_share_interval(0, 20, 20, 1.96)[0] == -1.0
    low, high = paired_share_interval(0, 0, 200, 1.96)
    assert (low, high) == pytest.approx((-(1.96**2) / 203.84, 1.96**2 / 203.84), rel=1e-3)


def test_a_skewed_mean_is_not_ruled_out_too_soon_on_its_long_side():
    """Of 400 samples of 30 log-normal values the plain t interval ends too low in about 11 %."""
    random = np.random.default_rng(7)
    truth, missed, plain = np.exp(0.5), 0, 0
    for _ in range(400):
        values = random.lognormal(size=30)
        sd = values.std(ddof=1)
        skewness = (((values - values.mean()) / sd) ** 3).mean()
        missed += skewed_interval(values.mean(), sd, skewness, 30, 2.045)[1] < truth
        plain += values.mean() + 2.045 * sd / np.sqrt(30) < truth
    assert missed < 0.75 * plain
    assert missed / 400 < 0.1


def test_an_interval_is_cut_to_what_is_possible():
    assert within((-0.2, 0.7), (0.0, 1.0)) == (0.0, 0.7)
    assert within((0.2, 1.7), (0.0, 1.0)) == (0.2, 1.0)
    assert within((-3.0, 4.0), None) == (-3.0, 4.0)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8, 0.975, 0.995, 0.999999])
@pytest.mark.parametrize("degrees", [5.0, 959.5, 1e3, 1234.5, 2e4, 1e6])
def test_a_quantile_of_students_t_is_scipys(share, degrees):
    theirs = scipy.special.stdtrit(degrees, share)
    assert t_quantile(share, degrees) == pytest.approx(theirs, rel=2e-15, abs=1e-15)


def test_scipy_is_not_loaded_for_a_quantile_of_many_degrees_of_freedom():
    said = subprocess.run([sys.executable, "-c", MANY], check=True, capture_output=True, text=True)
    assert said.stdout == "False\n"
