"""Shrunk slices lie nearer to the truth than raw ones, and their intervals are honest."""

import numpy as np
import pytest

from harness.stats.pooling import pool_slices


def slices(random, count, spread):
    """Slices of very unequal sizes, each with noise of its own: truth, estimate, error, size."""
    sizes = np.maximum(5, np.exp(random.normal(3.3, 1.2, count))).astype(int)
    truth = random.normal(0.0, spread, count)
    noise = np.exp(random.normal(0.0, 0.4, count))
    units = [random.normal(t, s, n) for t, s, n in zip(truth, noise, sizes, strict=True)]
    values = np.array([unit.mean() for unit in units])
    errors = np.array([unit.std(ddof=1) / np.sqrt(len(unit)) for unit in units])
    return truth, values, errors, sizes


@pytest.mark.parametrize("count", [4, 12, 30])
@pytest.mark.parametrize(
    ("spread", "most"),
    [(0.0, 0.8), (0.1, 0.8), (0.3, 0.8), (5.0, 1.05)],
    ids=["equal", "near", "apart", "far"],
)
def test_shrunk_slices_are_nearer_to_the_truth(count, spread, most):
    """Their mean squared error is at most this share of the raw ones'."""
    random = np.random.default_rng(count)
    raw, shrunk, held = [], [], []
    for _ in range(400):
        truth, values, errors, sizes = slices(random, count, spread)
        pooled = pool_slices(values, errors, sizes)
        raw.append(((values - truth) ** 2).mean())
        shrunk.append(((pooled.estimates - truth) ** 2).mean())
        held.append((np.abs(pooled.estimates - truth) < 1.96 * pooled.standard_errors).mean())

    assert np.mean(shrunk) < most * np.mean(raw)
    assert np.mean(held) > 0.93


def test_the_intervals_of_the_slices_furthest_out_hold_less_than_they_say():
    """What the docstring warns of: the truth that is furthest from the center is pulled in."""
    random = np.random.default_rng(1)
    held = []
    for _ in range(600):
        truth, values, errors, sizes = slices(random, 30, 0.3)
        pooled = pool_slices(values, errors, sizes)
        far = np.abs(truth).argmax()
        held.append(abs(pooled.estimates - truth)[far] < 1.96 * pooled.standard_errors[far])

    assert 0.7 < np.mean(held) < 0.93


def test_by_hand():
    # All weights are alike: center 3, Q = 32, between = (32 − 4) ÷ (5 − 1) = 7; of B = 1/8, half.
    values = np.array([-1.0, 3.0, 3.0, 3.0, 7.0])
    pulled = 1 / 8 * 2 / 4

    pooled = pool_slices(values, np.ones(5))

    assert pooled.center == pytest.approx([3.0])
    assert pooled.between == pytest.approx([7.0])
    assert pooled.kept == pytest.approx([1 - pulled] * 5)
    assert pooled.estimates == pytest.approx(3.0 + (1 - pulled) * (values - 3.0))
    unsure = 2 / 2 * pulled**2 * (values - 3.0) ** 2  # all variances are alike
    assert pooled.standard_errors**2 == pytest.approx(1 - pulled * 4 / 5 + unsure)


def test_under_four_slices_nothing_moves():
    values, errors = np.array([0.1, 0.9, 0.4]), np.array([0.3, 0.2, 0.5])
    for count in (1, 2, 3):
        pooled = pool_slices(values[:count], errors[:count])
        assert pooled.estimates == pytest.approx(values[:count])
        assert pooled.standard_errors == pytest.approx(errors[:count])


def test_columns_are_pooled_by_themselves_and_what_is_not_known_is_left_out():
    random = np.random.default_rng(7)
    values, errors = random.normal(size=(6, 2)), random.uniform(0.5, 1.0, (6, 2))
    values[2, 0], errors[4, 1] = np.nan, 0.0

    pooled = pool_slices(values, errors)

    for column, gone in ((0, 2), (1, 4)):
        rest = [i for i in range(6) if i != gone]
        alone = pool_slices(values[rest, column], errors[rest, column])
        assert pooled.estimates[rest, column] == pytest.approx(alone.estimates)
        assert pooled.standard_errors[rest, column] == pytest.approx(alone.standard_errors)
        assert np.isnan(pooled.estimates[gone, column])
    # With sizes the noise of the others stands in for that of a few units that are all alike.
    steadied = pool_slices(values, errors, [40, 40, 40, 40, 5, 40])
    assert steadied.standard_errors[4, 1] > 0
    assert np.isnan(pool_slices([np.nan], [1.0]).center).all()


@pytest.mark.parametrize(
    "arguments",
    [
        ([1.0, 2.0], [1.0]),
        ([1.0], [-1.0]),
        ([1.0, 2.0], [1.0, 1.0], [3]),
        ([1.0, 2.0], [1.0, 1.0], [3, 0]),
    ],
)
def test_what_does_not_go_together_is_an_error(arguments):
    with pytest.raises(ValueError, match=r"error|size"):
        pool_slices(*arguments)
