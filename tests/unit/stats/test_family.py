"""One rule for interval, p-value and sentence: against scipy, against all exchanges, and in games.

What chance finds is counted in simulations; benchmarks/statistics.py has more of them.
"""

from itertools import combinations, product

import numpy as np
import pytest
import sacrebleu
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sacrebleu.significance import PairedTest

from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import Block, exchange_signs, pseudo_values, tell_apart

BLEU = Bleu(ScoringTools(tokenizer="none"))


def block(values, pairs=None, *, shares=False, units=None, sizes=None):
    """Tests of rows of values; all pairs by default."""
    values = np.asarray(values, dtype=float)
    pairs = list(combinations(range(len(values)), 2)) if pairs is None else pairs
    n = values.shape[1]
    return Block(
        units=np.arange(n) if units is None else np.asarray(units),
        values=values,
        pairs=np.asarray(pairs),
        shares=np.full(len(pairs), shares),
        sizes=np.ones(n) if sizes is None else np.asarray(sizes, dtype=float),
    )


def differences(values, pairs=None, *, exchanges=2_000, seed=0, **options):
    family = tell_apart([block(values, pairs, **options)], exchanges=exchanges, seed=seed)
    return family.differences[0]


def all_exchanges(differences):
    """Give |Σd| / √Σd² after every exchange, (2^n, tests), and as it is."""
    differences = np.asarray(differences, dtype=float)
    signs = np.array(list(product((1.0, -1.0), repeat=differences.shape[1])))
    scale = np.sqrt((differences**2).sum(axis=1))
    return np.abs(signs @ differences.T) / scale, np.abs(differences.sum(axis=1)) / scale


def monte_carlo(p_value, exchanges):
    """Four standard errors."""
    return 4 * (p_value * (1 - p_value) / exchanges) ** 0.5 + 2 / exchanges


@st.composite
def leaderboards(draw):
    """Two to five systems on 2 to 40 units: skewed, tied, equal, lopsided, huge or tiny."""
    n = draw(st.integers(2, 40))
    systems = draw(st.integers(2, 5))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    kind = draw(st.sampled_from(["normal", "skewed", "shares", "tied", "constant gap"]))
    gaps = random.normal(0, draw(st.sampled_from([0.0, 0.3, 1.0, 5.0])), (systems, 1))
    if kind == "shares":
        return (random.random((systems, n)) < 0.5 + gaps / 10).astype(float), True
    values = {
        "normal": lambda: random.normal(size=(systems, n)) + gaps,
        "skewed": lambda: random.gamma(0.2, size=(systems, n)) + gaps,
        "tied": lambda: np.round(random.normal(size=(systems, n)) + gaps),
        "constant gap": lambda: random.normal(size=n) + gaps,
    }[kind]()
    return values * draw(st.sampled_from([1e-6, 1.0, 1e6])), False


# The one rule


@given(leaderboards(), st.sampled_from([25, 199]), st.integers(0, 99))
@settings(max_examples=400)
def test_interval_p_value_and_decision_never_contradict_each_other(leaderboard, exchanges, seed):
    values, shares = leaderboard

    for found in differences(values, shares=shares, exchanges=exchanges, seed=seed):
        assert found.told_apart == (found.p_value < 0.05)
        assert 0 < found.p_single <= found.p_value <= 1
        if found.interval is None:
            assert not found.told_apart
            assert found.smallest is None
            continue
        low, high = found.interval
        assert found.told_apart == (low > 0 or high < 0)
        slack = 1e-9 * (1 + abs(found.delta))
        assert low - slack <= found.delta <= high + slack
        if found.told_apart:
            assert (found.delta > 0) == (low > 0)


@given(leaderboards(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_the_order_of_systems_and_pairs_and_which_is_the_baseline_do_not_matter(given_, order):
    values, shares = given_
    pairs = list(combinations(range(len(values)), 2))
    plain = dict(zip(pairs, differences(values, pairs, shares=shares, exchanges=199), strict=True))

    place = list(range(len(values)))
    order.shuffle(place)
    moved = [(place.index(b), place.index(a)) for a, b in pairs]  # and turned round
    order.shuffle(moved)
    found = differences(values[place], moved, shares=shares, exchanges=199)

    for (b, a), other in zip(moved, found, strict=True):
        pair = plain[place[a], place[b]]
        assert other.p_value == pytest.approx(pair.p_value, abs=1e-12)
        assert other.p_single == pytest.approx(pair.p_single, abs=1e-12)
        assert other.told_apart == pair.told_apart
        assert other.delta == pytest.approx(-pair.delta)
        if pair.interval is not None:
            low, high = pair.interval
            assert other.interval == pytest.approx((-high, -low), rel=1e-6, abs=1e-12)


@given(leaderboards(), st.floats(0.01, 100))
@settings(max_examples=100)
def test_another_scale_moves_intervals_alone(given_, scale):
    values, shares = given_
    assume(not shares)
    plain, other = (differences(each, exchanges=199) for each in (values, values * scale))

    rounding = 1e-6 * scale * np.abs(values).max()
    for one, two in zip(plain, other, strict=True):
        assert two.p_value == pytest.approx(one.p_value, abs=1e-9)
        assert two.told_apart == one.told_apart
        assert two.unit_sd == pytest.approx(one.unit_sd * scale, rel=1e-6, abs=rounding)
        assert (two.interval is None) == (one.interval is None)
        if one.interval is not None:
            scaled = [end * scale for end in one.interval]
            assert two.interval == pytest.approx(scaled, rel=1e-6, abs=rounding)


@given(leaderboards())
@settings(max_examples=100)
def test_a_system_that_equals_another_moves_no_single_p_value(given_):
    values, shares = given_
    before = differences(values, shares=shares, exchanges=199)
    pairs = list(combinations(range(len(values)), 2))
    again = [*pairs, *((i, len(values)) for i in range(len(values)))]

    after = differences(np.vstack([values, values[:1]]), again, shares=shares, exchanges=199)

    for one, two in zip(before, after, strict=False):
        assert two.p_single == one.p_single
        # Its tests are copies of others, and a copy costs nothing.
        assert two.p_value == one.p_value
    equal = after[len(pairs)]
    assert (equal.delta, equal.p_value, equal.told_apart) == (0.0, 1.0, False)


@given(leaderboards(), st.integers(0, 99))
@settings(max_examples=50)
def test_more_tests_never_make_a_p_value_smaller(given_, seed):
    values, shares = given_
    (alone,) = differences(values, [(0, 1)], shares=shares, exchanges=199, seed=seed)

    first, *_ = differences(values, shares=shares, exchanges=199, seed=seed)

    assert first.p_value >= alone.p_value
    assert first.p_single == pytest.approx(alone.p_single)


# Against others' numbers


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.8])
def test_a_single_p_value_is_the_larger_of_scipys_permutations_and_students(shift):
    random = np.random.default_rng(round(shift * 10))
    values = random.gamma(1.0, size=(2, 12))
    values[1] += shift
    exact = scipy.stats.permutation_test(
        (values[1], values[0]),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
    )
    student = scipy.stats.ttest_rel(values[1], values[0])

    (found,) = differences(values, exchanges=10_000)

    assert found.delta == pytest.approx(values[1].mean() - values[0].mean())
    larger = max(exact.pvalue, student.pvalue)
    assert found.p_single == pytest.approx(larger, abs=monte_carlo(larger, 10_000))
    assert found.p_value == found.p_single  # nothing else was tested


def test_adjusted_p_values_are_those_of_all_exchanges():
    random = np.random.default_rng(4)
    values = random.normal(size=(4, 11)) + np.array([[0.0], [0.4], [0.9], [1.5]])
    pairs = list(combinations(range(4), 2))
    every, observed = all_exchanges([values[b] - values[a] for a, b in pairs])
    exact = (every.max(axis=1)[:, None] >= observed - 1e-9).mean(axis=0)

    found = differences(values, pairs, exchanges=20_000)

    for one, p_value, (a, b) in zip(found, exact, pairs, strict=True):
        expected = max(p_value, scipy.stats.ttest_rel(values[b], values[a]).pvalue)
        assert one.p_value == pytest.approx(expected, abs=monte_carlo(expected, 20_000))
    assert min(exact) < 0.05 < max(exact)


def test_an_interval_holds_the_differences_that_the_test_would_not_rule_out():
    """Moved by either end, the difference is on the edge of what the bar lets pass."""
    random = np.random.default_rng(8)
    values = random.normal(size=(3, 40)) + np.array([[0.0], [0.2], [1.0]])
    values -= values.mean(axis=1, keepdims=True)
    values = np.concatenate([values, -values], axis=1)  # so that no difference is skewed
    values += np.array([[0.0], [0.2], [1.0]])
    family = tell_apart([block(values)])

    for pair, found in zip(combinations(range(3), 2), family.differences[0], strict=True):
        d = values[pair[1]] - values[pair[0]]
        for end in found.interval:
            moved = d - end
            statistic = abs(moved.sum()) / np.sqrt((moved**2).sum())
            assert statistic == pytest.approx(family.bar, rel=1e-6)


def test_one_pair_on_many_units_has_students_interval():
    random = np.random.default_rng(3)
    values = random.normal(size=(2, 2_000))
    theirs = scipy.stats.ttest_rel(values[1], values[0]).confidence_interval(0.95)

    (found,) = differences(values, exchanges=10_000)

    width = theirs.high - theirs.low
    assert found.interval == pytest.approx((theirs.low, theirs.high), abs=0.02 * width)


def test_a_bar_of_all_pairs_is_near_tukeys():
    """Systems of like noise; the exchanges' bar on many units is that of the studentised range."""
    values = np.random.default_rng(6).normal(size=(5, 1_000))

    family = tell_apart([block(values)])

    tukey = scipy.stats.studentized_range.ppf(0.95, 5, np.inf) / np.sqrt(2)
    assert family.bar == pytest.approx(tukey, rel=0.03)


def texts(n=250):
    """References, and what three systems make of them: 0.30, 0.32 or 0.33 of the words wrong."""
    random = np.random.default_rng(17)
    words = np.array([f"w{i}" for i in range(60)])
    references = [words[random.integers(0, 60, random.integers(6, 16))] for _ in range(n)]
    systems = [
        [
            " ".join(np.where(random.random(len(r)) < wrong, random.choice(words, len(r)), r))
            for r in references
        ]
        for wrong in (0.30, 0.32, 0.33)
    ]
    return [" ".join(reference) for reference in references], systems


def test_bleu_is_about_as_sure_as_sacrebleus_randomisation_says():
    references, systems = texts()
    metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", references=[references])
    named = [(str(index), system) for index, system in enumerate(systems)]
    _, scores = PairedTest(
        named, {"BLEU": metric}, references=None, test_type="ar", n_samples=5_000
    )()
    first, *others = scores["BLEU"]
    rows = np.stack([BLEU.statistics(answers_of(s, [[r] for r in references])) for s in systems])
    values = pseudo_values(rows, BLEU.contrasted)[..., 3]

    found = differences(values, [(0, 1), (0, 2)], exchanges=10_000)

    for one, other in zip(found, others, strict=True):
        assert one.delta == pytest.approx((other.score - first.score) / 100, abs=1e-9)
        assert one.p_single == pytest.approx(other.p_value, abs=0.03)
    assert found[0].p_single > 0.05 > found[1].p_single


# What chance finds


@pytest.mark.parametrize(("systems", "n"), [(2, 20), (3, 20), (8, 20), (8, 60)])
def test_of_equal_systems_any_two_are_told_apart_in_5_of_100_runs(systems, n):
    """600 runs: their share varies by 0.9 points. Whoever picks a pair after looking is covered."""
    random = np.random.default_rng(systems * n)
    wrong = 0
    for trial in range(600):
        values = random.beta(0.5, 1.5, (systems, n))
        found = differences(values, exchanges=399, seed=trial)
        wrong += any(one.told_apart for one in found)

    assert wrong / 600 < 0.078


def test_of_equal_systems_any_two_on_any_of_seven_columns_are_told_apart_in_5_of_100_runs():
    random = np.random.default_rng(7)
    wrong = 0
    pairs = [(7 * a + c, 7 * b + c) for a, b in combinations(range(3), 2) for c in range(7)]
    for trial in range(400):
        good = random.normal(size=(3, 1, 40))
        columns = (good + random.normal(size=(3, 7, 40))).reshape(21, 40)
        wrong += any(
            one.told_apart for one in differences(columns, pairs, exchanges=399, seed=trial)
        )

    assert wrong / 400 < 0.083


@pytest.mark.parametrize("clusters", [6, 10, 30])
def test_clusters_of_any_size_are_no_better_at_finding_what_is_not_there(clusters):
    random = np.random.default_rng(clusters)
    wrong = 0
    for trial in range(600):
        sizes = random.integers(1, 12, clusters).astype(float)
        values = random.normal(size=(2, clusters)) * sizes / sizes.mean()
        (found,) = differences(values, sizes=sizes, exchanges=399, seed=trial)
        wrong += found.told_apart

    assert wrong / 600 < 0.078


def test_the_smallest_difference_is_found_in_four_of_five_trials():
    random = np.random.default_rng(21)
    told, smallest = 0, []
    for trial in range(400):
        values = random.normal(size=(3, 60))
        values[1] += 0.6
        found, *_ = differences(values, exchanges=399, seed=trial)
        told += found.told_apart
        smallest.append(found.smallest)
    # A difference of 0.6 where about this much was claimed to show in 80 %.
    claimed = np.mean(smallest)
    assert claimed == pytest.approx(0.6, rel=0.06)
    assert told / 400 == pytest.approx(0.8, abs=0.07)


# What there is little of


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_five_units_tell_nothing_whatever_they_say(n):
    values = np.vstack([np.zeros(n), np.full(n, 7.0) + np.arange(n)])

    (found,) = differences(values, exchanges=10_000)

    assert not found.told_apart
    assert found.p_single >= 2 / 2**n - monte_carlo(2 / 2**n, 10_000)


def test_six_units_that_all_say_the_same_may_tell():
    values = np.vstack([np.zeros(6), np.full(6, 7.0) + np.arange(6) / 10])

    (found,) = differences(values, exchanges=10_000)

    assert found.told_apart
    assert found.p_value == pytest.approx(2 / 64, abs=monte_carlo(2 / 64, 10_000))


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("n", [2, 7, 100])
def test_equal_systems_do_not_differ(n, shares):
    values = np.tile(np.random.default_rng(n).integers(0, 2, n), (3, 1))

    for found in differences(values, shares=shares):
        assert (found.delta, found.p_value, found.p_single) == (0.0, 1.0, 1.0)
        assert not found.told_apart
        if not shares:
            assert found.unit_sd == 0.0
            assert found.interval in (None, (0.0, 0.0))


def test_equal_shares_are_not_sure_to_be_equal():
    """Fault: 0 of 20 against 0 of 20 left nothing that could be."""
    (few,) = differences(np.zeros((2, 20)), shares=True)
    (many,) = differences(np.zeros((2, 2_000)), shares=True)

    assert few.interval[0] == pytest.approx(-few.interval[1])
    assert 0.05 < few.interval[1] < 0.2
    # Tango's: z² / (n + z²), which is near the exact bound.
    z = scipy.stats.norm.ppf(0.975)
    assert many.interval[1] == pytest.approx(z**2 / (2_000 + z**2), rel=1e-3)
    assert few.smallest > many.smallest > 0


def test_three_of_three_discordant_shares_prove_nothing_and_thirty_do():
    first = np.zeros(200)
    few, many = first.copy(), first.copy()
    few[:3] = many[:30] = 1.0

    some, lots = differences(np.vstack([first, few, many]), [(0, 1), (0, 2)], shares=True)

    assert not some.told_apart
    assert lots.told_apart
    assert some.interval[0] < 0 < some.interval[1]


def test_no_share_differs_by_more_than_all():
    (found,) = differences(np.vstack([np.zeros(8), np.ones(8)]), shares=True)

    assert found.delta == 1.0
    assert found.told_apart
    assert found.interval[1] == 1.0
    assert found.interval[0] > 0


def test_the_same_gain_everywhere_is_told_as_if_one_unit_more_did_not_gain():
    first = np.random.default_rng(0).random(50)

    (found,) = differences(np.vstack([first, first + 0.1]))

    assert found.told_apart
    assert found.delta == pytest.approx(0.1)
    assert found.unit_sd == pytest.approx(np.std([0.1] * 50 + [0.0], ddof=1))
    low, high = found.interval
    assert 0.09 < low < 0.0965
    assert high == pytest.approx(0.2 - low)


def test_an_end_that_skewness_would_move_over_a_0_that_is_ruled_out_is_students():
    gains = np.array([0.3] * 7 + [-0.2])

    (found,) = differences(np.vstack([np.zeros(8), gains]))

    assert found.told_apart
    low, high = found.interval
    assert low > 0.05
    assert high == pytest.approx(2 * gains.mean() - low)


def test_sums_that_were_rounded_apart_are_no_difference():
    first = np.random.default_rng(0).random(50)

    (found,) = differences(np.vstack([first, (first * 3.0) / 3.0]))

    assert (found.delta, found.p_value) == (0.0, 1.0)


def test_a_p_value_is_never_zero_and_no_number_of_tests_puts_it_out_of_reach():
    """Fault: from 33 systems the least p-value times the tests reached 5 %."""
    random = np.random.default_rng(1)
    values = random.normal(0, 0.1, (33, 60))
    values[7] += 1.0

    found = differences(values, exchanges=999)

    pairs = list(combinations(range(33), 2))
    for pair, one in zip(pairs, found, strict=True):
        if 7 in pair:
            assert one.told_apart
            assert one.p_value == pytest.approx(1 / 1_000)


def test_too_few_exchanges_tell_nothing_apart():
    values = np.vstack([np.zeros(60), np.linspace(0.5, 1, 60)])

    for exchanges in (1, 10, 19):
        (found,) = differences(values, exchanges=exchanges)
        assert not found.told_apart
        assert found.p_value >= 1 / 20
    assert differences(values, exchanges=20)[0].told_apart


# Blocks on other units, and the exchanges themselves


def test_blocks_on_parts_of_the_units_are_one_family():
    random = np.random.default_rng(5)
    values = random.normal(size=(2, 40))
    values[1, :20] += 1.0
    whole, part = block(values), block(values[:, 10:30], units=np.arange(10, 30))

    family = tell_apart([whole, part], exchanges=999)

    assert family.tests == 2
    ((one,), (two,)) = family.differences
    assert (one.units, two.units) == (40, 20)
    (alone,) = differences(values, exchanges=999)
    assert one.p_single == alone.p_single
    assert one.p_value >= alone.p_value
    # The same units' answers are exchanged in both: a block twice is as one.
    twice = tell_apart([whole, whole], exchanges=999)
    assert twice.differences[0] == twice.differences[1] == (alone,)


def test_signs_are_fair_coins_and_chunks_change_nothing():
    chunks = list(exchange_signs(30_001, 150, seed=3))
    assert len(chunks) > 1

    signs = np.vstack(chunks)
    words = np.random.default_rng(3).integers(0, 2**64, (150, 469), dtype=np.uint64)
    assert set(np.unique(signs)) == {-1.0, 1.0}
    # 150 × 30,001 coins: a standard deviation of 0.0005.
    assert abs(signs.mean()) < 0.002
    assert ((signs[:, 0] < 0) == (words[:, 0] % 2).astype(bool)).all()


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    values = np.random.default_rng(1).random((3, 50))

    first, again, other = (differences(values, exchanges=99, seed=seed) for seed in (4, 4, 5))

    assert first == again
    assert first != other


@pytest.mark.parametrize(("units", "exchanges"), [(0, 10), (10, 0)])
def test_nothing_to_exchange_is_an_error(units, exchanges):
    with pytest.raises(ValueError, match="nothing to exchange"):
        list(exchange_signs(units, exchanges))


def test_a_family_has_a_test():
    with pytest.raises(ValueError, match="without a test"):
        tell_apart([])


def test_a_pair_that_few_units_carry_is_rough():
    """Two of equal score, one of them all or nothing: the t of 20 such differences is not one."""
    random = np.random.default_rng(6)
    steady = random.normal(1.0, 0.3, 20)
    rare = np.where(np.arange(20) < 2, 10.0, 0.0)

    (found,) = differences(np.stack([steady, rare]))
    (fair,) = differences(random.normal(size=(2, 200)))

    assert (found.rough, fair.rough) == (True, False)


def test_what_a_wider_interval_would_tell_apart_too_is_not_rough():
    """The same two systems, further and further apart: the skewness stays, the doubt does not."""
    random = np.random.default_rng(6)
    steady = random.normal(1.0, 0.3, 20)
    rare = np.where(np.arange(20) < 2, 10.0, 0.0)

    found = [
        difference
        for shift in np.linspace(0.0, 12.0, 60)
        for difference in differences(np.stack([steady, rare + shift]), exchanges=499)
    ]

    told = [each for each in found if each.told_apart]
    assert all(each.rough for each in found if not each.told_apart)
    assert all(each.rough == (each.interval[0] <= each.delta / 2) for each in told)
    assert {each.rough for each in told} == {True, False}


def test_an_end_is_never_nearer_than_students():
    random = np.random.default_rng(8)
    values = random.gamma(0.5, size=(2, 40))
    d = values[1] - values[0]

    (found,) = differences(values, exchanges=2_000)

    student = scipy.stats.ttest_1samp(d, 0.0).confidence_interval(0.95)
    assert found.interval[0] <= student.low + 1e-9
    assert found.interval[1] >= student.high - 1e-9
