"""What the best of equal prompts gains by chance, against drawing them."""

import numpy as np
import pytest

from harness.stats import chance_gain, expected_maximum


@pytest.mark.parametrize(
    ("count", "expected"),
    # Harter (1961), "Expected Values of Normal Order Statistics", Biometrika 48, table 1.
    [(1, 0.0), (2, 0.56419), (3, 0.84628), (5, 1.16296), (10, 1.53875), (50, 2.24907),
     (100, 2.50759)],
)  # fmt: skip
def test_the_expected_maximum_is_that_of_the_tables(count, expected):
    assert expected_maximum(count) == pytest.approx(expected, abs=1e-5)


def test_the_largest_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no variables"):
        expected_maximum(0)


@pytest.mark.parametrize("wrong", [[], [-1.0], [np.nan]])
def test_what_is_no_variance_is_refused(wrong):
    with pytest.raises(ValueError, match="no variances"):
        chance_gain(wrong, 3)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_it_is_what_the_best_of_correlated_scores_gains(correlation):
    random = np.random.default_rng(0)
    common = random.standard_normal((20_000, 1)) * correlation**0.5
    scores = 0.02 * (common + random.standard_normal((20_000, 31)) * (1.0 - correlation) ** 0.5)
    said = chance_gain([2.0 * 0.02**2 * (1.0 - correlation)], 31)
    assert scores.max(axis=1).mean() == pytest.approx(said, rel=0.02)


def test_of_prompts_that_are_unevenly_alike_it_is_near_and_rather_too_much():
    """Ten prompts that are all but the same, and ten others."""
    random = np.random.default_rng(0)
    own = random.standard_normal((20_000, 20))
    own[:, :10] = random.standard_normal((20_000, 1)) * 0.95 + own[:, :10] * 0.3
    pairs = [(own[:, i] - own[:, j]).var() for i in range(20) for j in range(i)]
    gained, said = own.max(axis=1).mean(), chance_gain(pairs, 20)
    assert gained <= said <= 1.15 * gained


def test_one_prompt_gains_nothing():
    assert chance_gain([1.0], 1) == pytest.approx(0.0, abs=1e-12)
