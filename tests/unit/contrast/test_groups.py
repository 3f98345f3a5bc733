"""Which pairs are compared, on what, and what counts as a difference."""

import numpy as np
import pytest

from harness.contrast import grouped
from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu
from harness.metrics.tools import ScoringTools
from harness.stats import TOO_FEW_UNITS


def by_pair(groups):
    return {(t.metric, t.pair): t for group in groups for t in group.tests}


def only(groups):
    [test] = [test for group in groups for test in group.tests]
    return test


def test_a_pair_is_compared_on_the_samples_that_both_have(measured, varying):
    values = varying(0.5, 0.6, 0.7)
    scored = np.ones(values.shape, dtype=bool)
    scored[0, :20] = False
    scored[1, 10:30] = False
    values[~scored] = 99.0  # what stands there must not matter

    groups = grouped(measured(values, scored=scored), [(0, 1), (0, 2), (1, 2)], None)

    assert [group.samples for group in groups] == [90, 100, 100]
    found = by_pair(groups)["ROUGE_L", (0, 1)]
    both = scored[0] & scored[1]
    assert found.scores == pytest.approx(values[:2, both].mean(axis=1))
    assert groups[0].units.tolist() == np.flatnonzero(both).tolist()


def test_pairs_on_the_same_samples_are_taken_together(measured, varying):
    values = varying(0.5, 0.6, 0.7, 0.8)
    scored = np.ones(values.shape, dtype=bool)
    scored[3, 0] = False

    groups = grouped(
        measured(values, scored=scored), [(i, j) for j in range(4) for i in range(j)], None
    )

    assert [(len(group.tests), group.samples) for group in groups] == [(3, 120), (3, 119)]


def test_systems_without_a_common_sample_are_not_compared(measured, varying):
    values = varying(0.5, 0.6)
    scored = np.ones(values.shape, dtype=bool)
    scored[0, :60] = scored[1, 60:] = False

    assert grouped(measured(values, scored=scored), [(0, 1)], None) == []


def test_a_slice_is_its_rows(measured, varying):
    values = varying(0.5, 0.6)
    rows = np.arange(120) % 4 == 0

    found = only(grouped(measured(values), [(0, 1)], None, rows))

    assert found.scores == pytest.approx(values[:, rows].mean(axis=1))
    assert found.wins + found.ties + found.losses == 30


def test_clusters_are_the_units_and_samples_are_counted(measured, varying):
    values = varying(0.5, 0.6)
    [group] = grouped(measured(values), [(0, 1)], np.arange(120) // 10 + 5)

    assert group.units.tolist() == list(range(5, 17))
    assert group.sizes.tolist() == [10.0] * 12
    assert group.samples == 120
    [test] = group.tests
    assert test.wins + test.ties + test.losses == 120
    assert group.values.mean(axis=1)[:, 0] == pytest.approx(values.mean(axis=1))


@pytest.mark.parametrize(("clusters", "reason"), [(5, TOO_FEW_UNITS), (6, None)])
def test_five_clusters_tell_nothing_whatever_the_samples(measured, varying, clusters, reason):
    """Fault: with 5 clusters the test can never reject, and the output said "100 samples"."""
    values = varying(0.5, 5.6)

    assert only(grouped(measured(values), [(0, 1)], np.arange(120) % clusters)).reason == reason


@pytest.mark.parametrize(
    ("different", "reason"),
    [
        (0, "they score alike on every sample"),
        (1, "they differ on 1 sample only"),
        (9, "they differ on 9 samples only"),
        (10, None),
    ],
)
def test_a_handful_of_samples_that_differ_tells_nothing(measured, different, reason):
    values = np.tile(np.random.default_rng(1).random(200), (2, 1))
    values[1, :different] += 0.5

    found = only(grouped(measured(values), [(0, 1)], None))

    assert found.reason == reason
    assert (found.wins, found.ties, found.losses) == (different, 200 - different, 0)


def test_shares_are_told_by_an_interval_that_needs_no_ten(measured):
    values = np.zeros((2, 200))
    values[1, 0] = 1.0

    groups = grouped(measured(values, metric="exact_match"), [(0, 1)], None)

    assert all(test.share and test.reason is None for test in by_pair(groups).values())
    # Zeros of another metric may be on any scale.
    nothing = only(grouped(measured(np.zeros((2, 200))), [(0, 1)], None))
    assert (nothing.share, nothing.reason) == (False, "they score alike on every sample")


def test_each_column_is_a_share_or_not_by_itself(measured):
    chosen = measured(np.eye(2, 200), metric="exact_match")
    chosen.statistics[..., 1] = 0.5 + chosen.statistics[..., 1] / 10

    found = by_pair(grouped(chosen, [(0, 1)], None))

    assert found["EXACT", (0, 1)].share
    assert not found["EXACT_NORM", (0, 1)].share


def test_what_four_decimals_do_not_show_is_no_win(measured):
    values = np.tile(np.random.default_rng(1).random(60), (2, 1))
    values[1] += 1e-6

    found = only(grouped(measured(values), [(0, 1)], None))

    assert (found.wins, found.ties, found.losses) == (0, 60, 0)
    assert found.reason == "they score alike on every sample"


def test_zero_against_zero_is_no_difference_whatever_the_lengths(measured):
    """Fault: BLEU's tiny terms were "real, p = 1.0e-04", with 40 wins."""
    references = [[f"word{i} other{i} third{i} fourth{i}"] for i in range(60)]
    texts = [["nothing"] * 60, ["nothing of it is ever in them"] * 60]

    groups = grouped(measured(texts=texts, references=references, metric="bleu"), [(0, 1)], None)

    for test in by_pair(groups).values():
        assert (test.wins, test.ties, test.losses) == (0, 60, 0)
        assert test.reason == "they score alike on every sample"
        assert test.scores == pytest.approx((0, 0), abs=1e-8)


def test_an_order_without_a_match_is_no_difference_beside_orders_with_one(measured):
    references = [[f"word{i} other{i} third{i} fourth{i} fifth{i}"] for i in range(60)]
    one = [f"word{i} x y z" for i in range(60)]  # a word each, no two beside each other
    longer = [f"word{i} x y z v w u" for i in range(60)]

    groups = grouped(
        measured(texts=[one, longer], references=references, metric="bleu"), [(0, 1)], None
    )

    found = by_pair(groups)
    assert found["BLEU_1", (0, 1)].reason is None
    assert found["BLEU_1", (0, 1)].losses == 60
    assert found["BLEU_2", (0, 1)].ties == 60


def test_a_score_of_its_own_is_the_same_for_tests_as_in_the_table():
    metric = Bleu(ScoringTools(tokenizer="none"))
    rows = metric.statistics(answers_of(["a b c d e"], [["a b c d x"]]))
    assert metric.contrasted(rows).tolist() == metric.aggregate(rows).tolist()
