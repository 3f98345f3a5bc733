"""Power against tables, and against experiments of the size that it asks for."""

import math
from itertools import combinations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import (
    Block,
    noise_of,
    planned_bar,
    pseudo_values,
    reach,
    smallest_difference,
    tell_apart,
    units_needed,
)

BLEU = Bleu(ScoringTools(tokenizer="none"))
ONE = planned_bar(2, [(0, 1)])


@pytest.mark.parametrize("systems", [3, 5, 8, 14])
def test_the_bar_of_all_pairs_is_tukeys(systems):
    pairs = list(combinations(range(systems), 2))

    tukey = scipy.stats.studentized_range.ppf(0.95, systems, np.inf) / math.sqrt(2)

    assert planned_bar(systems, pairs) == pytest.approx(tukey, abs=0.01)


# Two-sided, 5 %, infinite degrees of freedom: Dunnett (1964), Biometrics 20, table II.
DUNNETT = {1: 1.96, 2: 2.21, 3: 2.35, 4: 2.44, 5: 2.51, 6: 2.57, 7: 2.61, 8: 2.65, 9: 2.69}


@pytest.mark.parametrize(("others", "critical"), DUNNETT.items())
def test_the_bar_of_all_against_a_baseline_is_dunnetts(others, critical):
    bar = planned_bar(others + 1, [(0, i + 1) for i in range(others)])

    assert bar == pytest.approx(critical, abs=0.012)


def test_one_pair_has_no_other_to_allow_for():
    assert pytest.approx(1.959964, abs=1e-6) == ONE
    assert planned_bar(9, [(3, 5)]) == ONE


@given(st.integers(6, 10**6), st.floats(0, 100))
def test_the_smallest_difference_of_one_pair_by_the_textbook(units, sd):
    t = scipy.stats.t(units - 1)

    expected = (t.ppf(0.975) + t.ppf(0.8)) * sd / math.sqrt(units)

    assert smallest_difference(sd, units, ONE) == pytest.approx(expected)


def test_power_by_hand():
    # z(0.975) + z(0.8) = 1.959964 + 0.841621 of ten thousand units, for whom t is normal.
    assert smallest_difference(5.0, 10_000, ONE) == pytest.approx(0.1400793, rel=1e-3)
    assert smallest_difference(0.0, 10, ONE) == 0.0
    assert units_needed(0.0, 0.1, ONE) == 6
    assert smallest_difference(0.5, 100, 3.0) > smallest_difference(0.5, 100, ONE)
    assert smallest_difference(0.5, 100, ONE, power=0.9) > smallest_difference(0.5, 100, ONE)


@pytest.mark.parametrize("units", range(6))
def test_under_six_units_nothing_shows(units):
    """Fault: with 5 clusters "3 samples needed", where the test can never reject."""
    assert smallest_difference(0.1, units, ONE) == math.inf
    assert units_needed(0.1, 1e6, ONE) == 6


@given(st.floats(0.01, 10), st.floats(0.01, 10), st.sampled_from([ONE, 2.5, 3.5]))
def test_as_many_units_as_needed_show_the_difference_and_one_less_does_not(sd, difference, bar):
    needed = units_needed(sd, -difference, bar)

    assert smallest_difference(sd, needed, bar) <= difference
    assert needed == 6 or smallest_difference(sd, needed - 1, bar) > difference


def compared(values, trial):
    n = values.shape[1]
    block = Block(
        units=np.arange(n),
        values=values,
        pairs=np.array(list(combinations(range(len(values)), 2))),
        shares=np.zeros(len(values) * (len(values) - 1) // 2, dtype=bool),
        sizes=np.ones(n),
    )
    return tell_apart([block], exchanges=399, seed=trial).differences[0]


@pytest.mark.parametrize(("systems", "units"), [(2, 10), (2, 30), (2, 200), (3, 30), (8, 30)])
def test_as_many_experiments_succeed_as_the_power_says(systems, units):
    """400 experiments: their share varies by 2 points."""
    random = np.random.default_rng(systems * units)
    pairs = list(combinations(range(systems), 2))
    gap = smallest_difference(math.sqrt(2), units, planned_bar(systems, pairs))
    told = 0
    for trial in range(400):
        values = random.normal(size=(systems, units)) + random.normal(size=units)
        values[1] += gap
        told += compared(values, trial)[0].told_apart

    assert told / 400 == pytest.approx(0.8, abs=0.08)


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


def test_as_many_experiments_with_bleu_succeed_as_the_power_says():
    random = np.random.default_rng(31)
    population = answers(random, 20_000)
    values = pseudo_values(population, BLEU.contrasted)[..., 1]
    differences = values[1] - values[0]
    n = units_needed(differences.std(ddof=1), differences.mean(), ONE)
    assert 50 < n < 1_000

    found = 0
    for trial in range(300):
        drawn = population[:, random.integers(0, 20_000, n)]
        found += compared(pseudo_values(drawn, BLEU.contrasted)[..., 1], trial)[0].told_apart

    assert found / 300 == pytest.approx(0.8, abs=0.09)


@pytest.mark.parametrize("drawn", [lambda r, n: r.normal(size=n), lambda r, n: r.laplace(size=n)])
def test_the_interval_of_what_will_show_holds_the_truth(drawn):
    random = np.random.default_rng(12)
    truth = smallest_difference(drawn(random, 1_000_000).std(), 150, ONE)
    held = []
    for _ in range(600):
        found = reach(drawn(random, 100), 150, ONE)
        assert found.between[0] < found.smallest < found.between[1]
        held.append(found.between[0] <= truth <= found.between[1])

    assert 0.9 < np.mean(held) < 0.98


def test_what_earlier_noise_says_of_as_many_units_to_come():
    noise = np.random.default_rng(2).normal(0, 0.3, 80)

    found = reach(noise, 500, ONE)

    assert found.smallest == smallest_difference(noise.std(ddof=1), 500, ONE)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: smallest_difference(-0.5, 9, ONE), "not a standard deviation"),
        (lambda: smallest_difference(float("nan"), 9, ONE), "not a standard deviation"),
        (lambda: units_needed(0.5, 0.0, ONE), "no number of units"),
        (lambda: units_needed(0.5, float("nan"), ONE), "no number of units"),
        (lambda: reach([0.1] * 5, 9, ONE), "5 units tell nothing"),
        (lambda: planned_bar(3, []), "no pair"),
    ],
)
def test_power_of_nothing_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_more_units_than_can_be_counted_are_none():
    with pytest.raises(OverflowError):
        units_needed(1.0, 1e-12, ONE)


@pytest.mark.parametrize("value", [0.1, -0.3])
def test_differences_that_never_vary_tell_of_the_noise_what_one_unit_more_would(value):
    differences = [value] * 12

    assert noise_of(differences) == pytest.approx(np.std([*differences, 0.0], ddof=1))
    found = reach(differences, 50, 2.0)
    low, high = found.between
    assert 0.0 < low < found.smallest < high
    assert noise_of([0.0] * 12) == 0.0
