"""Variance components: planted ones are found again, and ANOVA tables by sums over groups agree."""

import numpy as np
import pytest

from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import pseudo_values
from harness.stats.components import (
    difference_components,
    layout_components,
    noise_floor,
    unit_components,
)

SETS = 500


def within_two_percent(found, truth, sets=SETS):
    """Whether the mean of what many seeds gave is the truth, as sure as so many seeds can be."""
    found = np.asarray(found)
    error = found.std(axis=0, ddof=1) / np.sqrt(sets)
    return bool((np.abs(found.mean(axis=0) - truth) <= np.maximum(3.5 * error, 0.02 * truth)).all())


def layer(random, variance, *shape):
    """Skewed effects with that variance, for nothing here is normal."""
    return np.sqrt(variance) * (random.exponential(size=shape) - 1.0)


def punched(random, values, axis=-1, share=0.25):
    """Values with gaps, a whole row of columns at a time; the first draw is kept."""
    gone = random.random(values.shape[:axis]) < share
    gone[..., 0, :] = False
    values = values.copy()
    values[gone] = np.nan
    return values


def test_a_balanced_table_by_hand():
    # Units 1, 5, 9 on average; draws at ±1 of them: SSW = 6 over 3, MSB = 2 · 32 ÷ 2.
    values = np.array([[0.0, 4.0, 8.0], [2.0, 6.0, 10.0]])[..., None]

    parts = unit_components(values)

    assert parts.within == pytest.approx([2.0])
    assert parts.between == pytest.approx([(32.0 - 2.0) / 2])
    assert parts.standard_error == pytest.approx([4.0 / np.sqrt(3)])
    assert (parts.units, parts.draws) == (3, 2.0)
    assert parts.equal_units == pytest.approx([3 * 17.0 / 16.0])


def test_four_draws_of_200_images_may_tell_as_much_as_one_of_260():
    random = np.random.default_rng(3)
    values = layer(random, 0.625, 1, 20_000, 1) + layer(
        random, 0.375, 4, 20_000, 1
    )  # (1) ÷ (.625 + .375 ÷ 4) = 1.39

    assert unit_components(values).equal_units / 20_000 == pytest.approx([1.391], rel=0.02)
    # Draws that are all alike tell nothing new, and draws that are all there is tell k times.
    alike = np.broadcast_to(values[:1], values.shape)
    assert unit_components(alike).equal_units == pytest.approx([20_000])
    constant = unit_components(np.ones((4, 10, 2)))
    assert constant.equal_units == pytest.approx([10, 10])


@pytest.mark.parametrize("gaps", [False, True])
def test_planted_components_are_found_again(gaps):
    found, errors, means = [], [], []
    for seed in range(SETS):
        random = np.random.default_rng(seed)
        values = layer(random, 2.0, 1, 40, 2) + layer(random, 0.5, 4, 40, 2)
        if gaps:
            values = punched(random, values, axis=2)
        parts = unit_components(values)
        found.append([parts.between, parts.within])
        errors.append(parts.standard_error**2)
        means.append(np.nanmean(values, axis=0).mean(axis=0))

    assert within_two_percent(found, np.array([[2.0], [0.5]]))
    # The standard error is that of the score: means over draws, then over units.
    assert np.mean(errors) == pytest.approx(np.var(means, axis=0).mean(), rel=0.1)


def test_unequal_draws_are_an_anova_table_by_sums_of_groups():
    random = np.random.default_rng(11)
    groups = [random.normal(mean, 1.0, size) for mean, size in ((0, 1), (3, 4), (1, 2), (5, 3))]
    values = np.full((4, 4, 1), np.nan)
    for unit, group in enumerate(groups):
        values[: len(group), unit, 0] = group
    # By sums and sums of squares (Searle, Casella & McCulloch 1992, table 3.1).
    every = np.concatenate(groups)
    n, a = len(every), len(groups)
    correction = every.sum() ** 2 / n
    of_groups = sum(group.sum() ** 2 / len(group) for group in groups)
    msb = (of_groups - correction) / (a - 1)
    mse = ((every**2).sum() - of_groups) / (n - a)
    n0 = (n - sum(len(group) ** 2 for group in groups) / n) / (a - 1)

    parts = unit_components(values)

    assert parts.within == pytest.approx([mse])
    assert parts.between == pytest.approx([(msb - mse) / n0])
    assert parts.draws == pytest.approx(4 / (1 + 1 / 4 + 1 / 2 + 1 / 3))
    assert parts.left == pytest.approx([mse / parts.draws])


@pytest.mark.parametrize("draws", [(4, 3), (4, 1)])
def test_components_of_a_difference_are_found_again(draws):
    found, errors, deltas = [], [], []
    for seed in range(SETS):
        random = np.random.default_rng(seed)
        shared = layer(random, 5.0, 1, 40, 1)
        noise = (0.8, 0.4 if draws[1] > 1 else 0.0)
        first, second = (
            shared + layer(random, 1.0, 1, 40, 1) + layer(random, variance, count, 40, 1)
            for count, variance in zip(draws, noise, strict=True)
        )
        first = punched(random, first, axis=2)
        parts = difference_components(first, second)
        found.append([parts.between, parts.within])
        errors.append(parts.standard_error**2)
        deltas.append(second.mean() - np.nanmean(first, axis=0).mean())

    # What both share falls out; each system's own liking of units is left, and its draws.
    assert within_two_percent(found, np.array([[2.0], [sum(noise)]]))
    assert np.mean(errors) == pytest.approx(np.var(deltas), rel=0.15)


def test_units_that_a_system_lacks_are_in_no_difference():
    random = np.random.default_rng(5)
    first, second = random.normal(size=(2, 3, 9, 1))
    first[:, 2] = second[:, 4] = np.nan
    kept = [0, 1, 3, 5, 6, 7, 8]

    parts = difference_components(first, second)

    whole = difference_components(first[:, kept], second[:, kept])
    assert parts.units == 7
    assert parts.between == pytest.approx(whole.between)
    assert parts.standard_error == pytest.approx(whole.standard_error)


@pytest.mark.parametrize("gaps", [False, True])
def test_the_two_way_layout_is_found_again(gaps):
    truth = (1.5, 2.0, 0.6, 0.9)
    found = []
    for seed in range(SETS):
        random = np.random.default_rng(seed)
        values = (
            layer(random, truth[0], 8, 1, 1, 1)
            + layer(random, truth[1], 1, 1, 30, 1)
            + layer(random, truth[2], 8, 1, 30, 1)
            + layer(random, truth[3], 8, 3, 30, 1)
        )
        parts = layout_components(punched(random, values, axis=3) if gaps else values)
        found.append([parts.prompt, parts.image, parts.interaction, parts.draw])

    assert within_two_percent(found, np.array(truth)[:, None])


def test_a_balanced_two_way_layout_is_the_table_by_sums():
    random = np.random.default_rng(8)
    s, k, u = 3, 2, 5
    values = random.normal(size=(s, k, u, 1)) + 3 * random.normal(size=(s, 1, 1, 1))
    x = values[..., 0]
    correction = x.sum() ** 2 / x.size
    of_systems = (x.sum(axis=(1, 2)) ** 2).sum() / (k * u) - correction
    of_units = (x.sum(axis=(0, 1)) ** 2).sum() / (s * k) - correction
    of_cells = (x.sum(axis=1) ** 2).sum() / k - correction
    ms_system, ms_unit = of_systems / (s - 1), of_units / (u - 1)
    ms_mixed = (of_cells - of_systems - of_units) / ((s - 1) * (u - 1))
    ms_rest = ((x**2).sum() - correction - of_cells) / (s * u * (k - 1))

    parts = layout_components(values)

    assert parts.draw == pytest.approx([ms_rest])
    assert parts.interaction == pytest.approx([max(0.0, (ms_mixed - ms_rest) / k)])
    assert parts.image == pytest.approx([max(0.0, (ms_unit - ms_mixed) / (s * k))])
    assert parts.prompt == pytest.approx([max(0.0, (ms_system - ms_mixed) / (u * k))])


def test_a_system_drawn_once_and_units_that_one_lacks():
    random = np.random.default_rng(2)
    values = random.normal(size=(3, 2, 6, 1))
    values[0, 1] = np.nan
    values[2, :, 3] = np.nan
    kept = [0, 1, 2, 4, 5]

    parts = layout_components(values)

    assert parts.units == 5
    of_rest = [unit_components(values[i][:, kept]).within for i in (1, 2)]
    assert parts.draw == pytest.approx(np.mean(of_rest, axis=0))


@pytest.mark.parametrize(
    ("split", "shape"),
    [
        (unit_components, (1, 5, 1)),
        (unit_components, (3, 1, 1)),
        (unit_components, (3, 5)),
        (layout_components, (1, 2, 5, 1)),
        (layout_components, (2, 1, 5, 1)),
        (lambda values: difference_components(values, values), (1, 5, 1)),
    ],
)
def test_what_tells_nothing_of_draws_or_units_is_an_error(split, shape):
    with pytest.raises(ValueError, match=r"drawn twice|one unit|of shape|two systems"):
        split(np.random.default_rng(0).normal(size=shape))


def test_pseudo_values_of_a_mean_are_the_values_and_of_bleu_have_its_mean():
    random = np.random.default_rng(4)
    scores = random.gamma(1.0, size=(2, 7))
    rows = np.stack([scores, np.ones_like(scores)], axis=-1)
    assert pseudo_values(rows, lambda totals: totals[..., :1] / totals[..., 1:])[..., 0] == (
        pytest.approx(scores)
    )

    length = random.integers(4, 12, (2, 9))
    rows = np.stack([length, length + 1, *(length - i for i in range(4))], axis=-1)
    rows = np.concatenate([rows, random.binomial(rows[..., 2:], 0.5)], axis=-1).astype(float)
    bleu = Bleu(ScoringTools(tokenizer="none"))
    values = pseudo_values(rows, bleu.aggregate)
    assert values.mean(axis=1) == pytest.approx(bleu.aggregate(rows.sum(axis=1)))
    clustered = pseudo_values(rows, bleu.aggregate, np.arange(9) // 3)
    assert clustered.shape == (2, 3, 4)
    assert clustered.mean(axis=1) == pytest.approx(bleu.aggregate(rows.sum(axis=1)))


def test_the_noise_floor_by_hand():
    # Variances 2 (of one degree) and 1 (of two); the third system was not repeated.
    scores = [[[1.0], [3.0], [np.nan]], [[4.0], [5.0], [6.0]], [[9.0], [np.nan], [np.nan]]]

    noise = noise_floor(scores)

    assert noise.degrees.tolist() == [3]
    assert noise.sd == pytest.approx([np.sqrt((2 * 1 + 1 * 2) / 3)])
    share = (1 / 2 + 1 / 3 + 1) / 3
    assert noise.difference_sd == pytest.approx(noise.sd * np.sqrt(2 * share))
    assert np.isnan(noise_floor(np.ones((3, 1, 2))).sd).all()


def test_the_noise_floor_does_not_grow_with_repeats_or_systems():
    """Fault: a largest range did, so that more work told less."""
    random = np.random.default_rng(9)
    sds, ranges = {}, {}
    for systems, repeats in ((2, 3), (14, 3), (2, 10), (14, 10)):
        found, largest = [], []
        for _ in range(SETS):
            scores = random.normal(0.5, 0.02, (systems, repeats, 1))
            noise = noise_floor(scores)
            found.append(noise.sd**2)
            assert noise.difference_sd == pytest.approx(noise.sd * np.sqrt(2 / repeats))
            largest.append(np.ptp(scores, axis=1).max())
        sds[systems, repeats] = np.sqrt(np.mean(found))
        ranges[systems, repeats] = np.mean(largest)

    assert list(sds.values()) == pytest.approx([0.02] * 4, rel=0.05)
    assert ranges[14, 10] > 2 * ranges[2, 3]  # what it would be as a range
