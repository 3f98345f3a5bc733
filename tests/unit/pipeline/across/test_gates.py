"""A gate passes what it may in as few cases as it says, and its bounds are those of others."""

import numpy as np
import pytest
import scipy.stats

from harness.contrast import MeasuredMetric
from harness.errors import MetricError
from harness.metrics.registry import create
from harness.metrics.tools import ScoringTools
from harness.pipeline.across.gates import Gate, gate_of_pair
from harness.records import Resampling
from harness.stats import least_difference, units_for_least

MARGIN = 0.1
TRIALS = 300


def passes(random, draw, n, metric="rouge_l"):
    """Say how often a gate passes systems whose differences are drawn so."""
    tool = create(metric, ScoringTools(tokenizer="none"))
    passed = 0
    for _ in range(TRIALS):
        first = random.uniform(0.3, 0.7, n)
        values = np.stack([first, first + draw(n)])
        measured = MeasuredMetric(
            metric=tool,
            statistics=np.stack([values, np.ones(values.shape)], axis=-1),
            scored=np.ones(values.shape, dtype=bool),
        )
        result = gate_of_pair(
            Gate(metric=tool.columns[0], margin=MARGIN),
            {metric: measured},
            ("old", "new"),
            ("old", "new"),
            {},
            None,
            Resampling(replicates=2_000),
        )
        passed += result.passed
    return passed / TRIALS


@pytest.mark.parametrize(
    ("shape", "n"), [("normal", 20), ("normal", 80), ("skewed up", 40), ("skewed down", 40)]
)
def test_a_loss_of_the_margin_passes_in_one_of_forty(shape, n):
    """One-sided 2.5 %; within what 300 trials can tell of it (three standard errors).

    Of 20 samples with exponential losses it is 4 %: benchmarks/gate_errors.py.
    """
    random = np.random.default_rng(7)

    def draw(size):
        if shape == "normal":
            return random.normal(-MARGIN, 0.15, size)
        drawn = (random.exponential(0.15, size) - 0.15) * (1 if shape == "skewed up" else -1)
        return drawn - MARGIN

    most = 0.025 + 3 * np.sqrt(0.025 * 0.975 / TRIALS)
    assert passes(random, draw, n) <= most


def test_equal_systems_pass_as_often_as_their_number_promises():
    """As many samples as the gate asks for show equal systems to be so in four trials of five."""
    random = np.random.default_rng(3)
    n = round(((1.96 + 0.8416) * 0.3 / MARGIN) ** 2)

    assert passes(random, lambda size: random.normal(0, 0.3, size), n) == pytest.approx(
        0.8, abs=3 * np.sqrt(0.16 / TRIALS)
    )


@pytest.mark.parametrize(("losses", "units"), [(0, 60), (3, 60), (9, 200), (60, 60)])
def test_rare_losses_are_bounded_as_clopper_and_pearson_do(losses, units):
    exact = scipy.stats.binomtest(losses, units).proportion_ci(0.95, method="exact").high

    assert least_difference(losses, units, 10.0) == pytest.approx(-10.0 * exact)


def test_as_many_units_as_are_asked_for_bring_the_bound_above_the_margin():
    needed = units_for_least(0.0, 0.1, 1.0)

    assert least_difference(0, needed, 1.0) > -0.1 >= least_difference(0, needed - 1, 1.0)
    assert units_for_least(0.2, 0.1, 1.0) is None


def test_no_share_is_of_nothing():
    with pytest.raises(ValueError, match="3 losses of 2 units"):
        least_difference(3, 2, 1.0)


def test_more_words_are_no_better():
    gate, tool = Gate.parse("LENGTH_RATIO:0.1"), create("length_ratio", ScoringTools())
    measured = MeasuredMetric(metric=tool, statistics=np.ones((2, 9, 2)), scored=np.ones((2, 9)))
    with pytest.raises(MetricError, match="more of it is not better"):
        gate_of_pair(
            gate, {"length_ratio": measured}, "ab", ("a", "b"), {}, None, Resampling(replicates=9)
        )
