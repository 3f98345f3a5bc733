"""Kendall's τ-b against scipy's, and the count of the metrics on which one is better."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.stats.metric_agreement import Tally, rank_correlation, tally

SCORES = arrays.arrays(
    float, st.tuples(st.integers(2, 9), st.integers(1, 4)), elements=st.sampled_from([0, 0.1, 2, 5])
)


@given(SCORES)
def test_it_is_scipys(scores):
    found = rank_correlation(scores)

    for i, one in enumerate(scores.T):
        for j, other in enumerate(scores.T):
            theirs = scipy.stats.kendalltau(one, other, variant="b").statistic
            assert found[i, j] == pytest.approx(theirs, nan_ok=True)


def test_a_missing_score_leaves_its_system_out_of_that_pair_of_metrics_alone():
    scores = np.random.default_rng(2).normal(size=(8, 3))
    scores[3, 1] = np.nan

    found = rank_correlation(scores)

    kept = [i for i in range(8) if i != 3]
    for i, j in ((0, 1), (1, 2), (1, 1)):
        theirs = scipy.stats.kendalltau(scores[kept, i], scores[kept, j]).statistic
        assert found[i, j] == found[j, i] == pytest.approx(theirs)
    whole = scipy.stats.kendalltau(scores[:, 0], scores[:, 2]).statistic
    assert found[0, 2] == pytest.approx(whole)


def test_better_on_four_of_seven_metrics():
    found = tally(
        [0.1, 0.2, -0.3, 0.00004, 0.3, -0.00005, 0.4, np.nan],
        [True, False, True, True, False, False, True, True],
        equal_within=0.00005,
    )

    assert found == Tally(better=4, worse=1, equal=2, told_better=2, told_worse=1)
    assert found.metrics == 7
    assert tally([0.1, 0.0]) == Tally(better=1, worse=0, equal=1, told_better=0, told_worse=0)


def test_what_is_no_list_is_an_error():
    with pytest.raises(ValueError, match="list of differences"):
        tally([0.1], [True, False])
    with pytest.raises(ValueError, match="not of shape"):
        rank_correlation([0.1, 0.2])
