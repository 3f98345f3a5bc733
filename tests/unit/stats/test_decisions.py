"""Holm's correction, rank bands, and power against simulated experiments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import compare, holm, rank_bands, samples_needed, smallest_difference

BLEU = Bleu(ScoringTools(tokenizer="none"))


def mean(totals):
    return totals[..., :1] / totals[..., 1:]


def bleu_2(totals):
    return BLEU.aggregate(totals)[..., 1:2]


def test_holm_by_hand():
    # 4 × 0.005; 3 × 0.011; 2 × 0.02; then 1 × 0.04.
    assert holm([0.02, 0.005, 0.04, 0.011]) == pytest.approx([0.04, 0.02, 0.04, 0.033])
    # 3 × 0.03 = 0.09, and none after it is less; 3 × 0.4 is more than a chance can be.
    assert holm([0.04, 0.03, 0.05]) == pytest.approx([0.09, 0.09, 0.09])
    assert holm([0.4, 0.9, 0.8]) == pytest.approx([1.0, 1.0, 1.0])
    # Equal ones stay equal.
    assert holm([0.01, 0.01]) == pytest.approx([0.02, 0.02])


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_the_order(p_values):
    given_, adjusted = np.array(p_values), holm(p_values)

    assert (adjusted >= given_).all()
    assert (adjusted <= np.minimum(1, given_ * len(p_values)) + 1e-15).all()
    assert (np.diff(adjusted[np.argsort(given_)]) >= 0).all()


@pytest.mark.parametrize("p_values", [[0.1, float("nan")], [-0.1], [1.1], [[0.1, 0.2]], 0.5])
def test_what_is_no_list_of_chances_is_an_error(p_values):
    with pytest.raises(ValueError, match="p-value"):
        holm(p_values)


def test_systems_told_apart_rank_alone_and_others_share():
    p_values = {(0, 1): 0.001, (0, 2): 0.4, (1, 2): 0.01}

    assert rank_bands([0.30, 0.10, 0.31], p_values) == ((1,), (2,), (1,))


def test_one_in_the_middle_is_in_both_bands():
    p_values = {(0, 1): 0.2, (1, 2): 0.2, (2, 0): 0.049}

    assert rank_bands([3.0, 2.0, 1.0], p_values) == ((1,), (1, 2), (2,))


def test_all_alike_are_one_band_and_all_different_are_ranks():
    pairs = [(i, j) for i in range(4) for j in range(i)]

    assert rank_bands([1, 2, 3, 4], dict.fromkeys(pairs, 0.05)) == ((1,),) * 4
    assert rank_bands([1, 2, 3, 4], dict.fromkeys(pairs, 0.04)) == ((4,), (3,), (2,), (1,))
    assert rank_bands([1, 2, 3, 4], dict.fromkeys(pairs, 0.04), alpha=0.01) == ((1,),) * 4


def test_no_system_and_one_system():
    assert rank_bands([], {}) == ()
    assert rank_bands([0.5], {}) == ((1,),)


@st.composite
def leaderboards(draw):
    n = draw(st.integers(1, 9))
    scores = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    pairs = [(i, j) for i in range(n) for j in range(i)]
    p_values = draw(
        st.lists(st.sampled_from([0.01, 0.5]), min_size=len(pairs), max_size=len(pairs))
    )
    return scores, dict(zip(pairs, p_values, strict=True))


@given(leaderboards())
@settings(max_examples=300)
def test_two_systems_share_a_band_exactly_if_they_cannot_be_told_apart(leaderboard):
    scores, p_values = leaderboard

    bands = rank_bands(scores, p_values)

    for (i, j), p_value in p_values.items():
        assert bool(set(bands[i]) & set(bands[j])) == (p_value >= 0.05)
    numbers = {number for band in bands for number in band}
    assert numbers == set(range(1, len(numbers) + 1))
    assert all(bands)
    best = scores.index(max(scores))
    assert bands[best][0] == 1
    assert rank_bands(scores, {(j, i): p for (i, j), p in p_values.items()}) == bands


@pytest.mark.parametrize("p_values", [{}, {(0, 1): float("nan")}])
def test_bands_need_every_pair(p_values):
    with pytest.raises(ValueError, match="no p-value for systems 0 and 1"):
        rank_bands([1.0, 2.0], p_values)


def test_bands_need_scores():
    with pytest.raises(ValueError, match="no rank"):
        rank_bands([1.0, float("nan")], {(0, 1): 0.5})


def test_power_by_hand():
    # z(0.975) + z(0.8) = 1.959964 + 0.841621.
    assert smallest_difference(0.5, 100) == pytest.approx(0.1400793, abs=1e-7)
    assert samples_needed(0.5, 0.14007) == 101
    assert samples_needed(0.5, -0.14009) == 100
    assert smallest_difference(0.0, 10) == 0.0
    assert samples_needed(0.0, 0.1) == 2
    # Stricter for one of 15 pairs, and never less than nothing.
    assert smallest_difference(0.5, 100, alpha=0.05 / 15) > smallest_difference(0.5, 100)
    assert smallest_difference(0.5, 100, power=0.01) == 0.0


@pytest.mark.parametrize("aggregate", [mean, bleu_2])
def test_as_many_experiments_succeed_as_the_power_says(aggregate):
    # 500 experiments of the size asked for; 500 tries of a chance of 80 % vary by 1.8 points.
    random = np.random.default_rng(31)
    population = answers(random, 20_000)
    if aggregate is mean:
        population = np.stack(
            [population[..., 6] / population[..., 2], np.ones(population.shape[:2])], axis=-1
        )
    ((whole,),) = compare(population, aggregate, replicates=100)
    n = samples_needed(whole.noise.unit_sd, whole.delta)
    assert 50 < n < 1_000
    assert smallest_difference(whole.noise.unit_sd, n) == pytest.approx(abs(whole.delta), rel=0.02)

    found = 0
    for trial in range(500):
        drawn = population[:, random.integers(0, 20_000, n)]
        ((pair,),) = compare(drawn, aggregate, replicates=499, seed=trial)
        found += pair.p_value < 0.05
    assert 0.74 < found / 500 < 0.86


def answers(random, n):
    """Two systems' made-up answers of as many words as the reference, shape (2, n, 10)."""
    length = random.integers(3, 13, n)
    rows = [length, length, *(np.maximum(0, length - order) for order in range(4))]
    rows = [np.stack([row, row]) for row in rows]
    ease = random.beta(3.0, 4.0, n) * np.array([[1.0], [0.9]])
    matched = rows[0]
    for order in range(4):
        matched = random.binomial(np.minimum(matched, rows[2 + order]), ease)
        rows.append(matched)
    return np.stack(rows, axis=-1).astype(float)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: smallest_difference(0.5, 0), "no samples"),
        (lambda: smallest_difference(-0.5, 9), "not a standard deviation"),
        (lambda: smallest_difference(float("nan"), 9), "not a standard deviation"),
        (lambda: smallest_difference(0.5, 9, alpha=0.0), "between 0 and 1"),
        (lambda: smallest_difference(0.5, 9, power=1.0), "between 0 and 1"),
        (lambda: samples_needed(0.5, 0.0), "no number of samples"),
        (lambda: samples_needed(0.5, float("nan")), "no number of samples"),
    ],
)
def test_power_of_nothing_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
