from dataclasses import replace

import numpy as np
import pytest

from harness.contrast import Resampling, compare_systems, verdict, verdicts
from harness.metrics.bare_texts import answers_of
from harness.metrics.caption import Bleu, RougeL
from harness.metrics.tools import ScoringTools

FEW = Resampling(replicates=999, seed=1)


@pytest.fixture
def metric():
    return RougeL(ScoringTools(tokenizer="none"))


def systems(*means, n=120, noise=0.1):
    """Statistics of systems whose scores vary together about these means."""
    rng = np.random.default_rng(3)
    shared = rng.normal(0, 0.2, n)
    scores = [mean + shared + rng.normal(0, noise, n) for mean in means]
    return np.stack([np.stack([score, np.ones(n)], axis=-1) for score in scores])


def everyone(statistics):
    return np.ones(statistics.shape[:2], dtype=bool)


def test_a_clear_difference_is_real_and_a_small_one_is_not(metric):
    statistics = systems(0.5, 0.6, 0.602)
    [rouge] = compare_systems(metric, ["a", "b", "c"], statistics, everyone(statistics), FEW)
    a_b, a_c, b_c = rouge.pairs
    assert (a_b.baseline, a_b.candidate) == ("a", "b")
    assert a_b.delta == pytest.approx(a_b.candidate_value - a_b.baseline_value)
    assert a_b.p_adjusted < 0.01
    assert a_b.interval[0] > 0
    assert b_c.p_adjusted >= 0.05
    assert rouge.bands["a"] == (2,)
    assert rouge.bands["b"] == rouge.bands["c"] == (1,)
    assert a_c.wins + a_c.ties + a_c.losses == a_c.n_paired == 120


def test_holm_is_over_all_pairs_of_the_metric(metric):
    statistics = systems(0.5, 0.6, 0.7)
    [rouge] = compare_systems(metric, ["a", "b", "c"], statistics, everyone(statistics), FEW)
    assert [pair.p_value for pair in rouge.pairs] == [1 / 1000] * 3
    assert [pair.p_adjusted for pair in rouge.pairs] == pytest.approx([3 / 1000] * 3)


def test_a_pair_is_compared_on_the_samples_that_both_have(metric):
    statistics = systems(0.5, 0.6, 0.7)
    scored = everyone(statistics)
    scored[0, :20] = False
    scored[1, 10:30] = False
    statistics[~scored] = 99.0  # what stands there must not matter
    [rouge] = compare_systems(metric, ["a", "b", "c"], statistics, scored, FEW)
    assert [pair.n_paired for pair in rouge.pairs] == [90, 100, 100]
    both = scored[0] & scored[1]
    means = statistics[:2, both, 0].mean(axis=1)
    assert rouge.pairs[0].delta == pytest.approx(means[1] - means[0])


def test_systems_without_a_common_sample_are_not_compared(metric):
    statistics = systems(0.5, 0.6, 0.7)
    scored = everyone(statistics)
    scored[0, :60] = scored[1, 60:] = False
    [rouge] = compare_systems(metric, ["a", "b", "c"], statistics, scored, FEW)
    assert [(pair.baseline, pair.candidate) for pair in rouge.pairs] == [("a", "c"), ("b", "c")]
    assert rouge.bands == {}


def test_the_verdict_names_the_winner_whichever_stands_first(metric):
    statistics = systems(0.7, 0.5)
    [rouge] = compare_systems(metric, ["a", "b"], statistics, everyone(statistics), FEW)
    [pair] = rouge.pairs
    assert verdict(pair).startswith(f"On ROUGE_L, a beats b by {-pair.delta:.4f} (95 % interval +")
    assert verdict(pair).endswith("the difference is real.")
    unsure = replace(pair, p_adjusted=0.4)
    assert "cannot be told apart" in verdict(unsure)


def test_more_is_not_always_better(metric):
    statistics = systems(0.7, 0.5)
    [rouge] = compare_systems(metric, ["a", "b"], statistics, everyone(statistics), FEW)
    longer = replace(rouge.pairs[0], metric="LENGTH_RATIO")
    assert verdict(longer).startswith("On LENGTH_RATIO, a is higher than b by")


def test_the_winner_and_its_runner_up_come_first(metric):
    statistics = systems(0.5, 0.9, 0.7)
    [rouge] = compare_systems(metric, ["a", "b", "c"], statistics, everyone(statistics), FEW)
    assert [sentence.split(" (")[0].split(" by ")[0] for sentence in verdicts(rouge)] == [
        "On ROUGE_L, b beats c",
        "On ROUGE_L, b beats a",
        "On ROUGE_L, c beats a",
    ]


def test_the_same_seed_gives_the_same_numbers(metric):
    statistics = systems(0.5, 0.52)
    two = [
        compare_systems(metric, ["a", "b"], statistics, everyone(statistics), FEW) for _ in range(2)
    ]
    assert two[0] == two[1]


def bleu_of(*systems, references):
    metric = Bleu(ScoringTools(tokenizer="none"))
    rows = np.stack([metric.statistics(answers_of(texts, references)) for texts in systems])
    names = [f"s{i}" for i in range(len(systems))]
    return {one.metric: one for one in compare_systems(metric, names, rows, everyone(rows), FEW)}


def test_zero_against_zero_is_no_difference_whatever_the_lengths():
    """BLEU's tiny terms were "real, p = 1.0e-04", 200 ties of 200 (found 2026-11-25)."""
    references = [[f"word{i} other{i} third{i} fourth{i}"] for i in range(60)]
    short, long = ["nothing"] * 60, ["nothing of it is ever in them"] * 60
    for compared in bleu_of(short, long, references=references).values():
        [pair] = compared.pairs
        assert (pair.delta, pair.p_value, pair.ties) == (0.0, 1.0, 60)
        assert compared.bands == {"s0": (1,), "s1": (1,)}
        assert "score alike" in verdict(pair)


def test_an_order_without_a_match_is_no_difference_beside_orders_with_one():
    references = [[f"word{i} other{i} third{i} fourth{i} fifth{i}"] for i in range(60)]
    one = [f"word{i} x y z" for i in range(60)]  # a word each, no two beside each other
    longer = [f"word{i} x y z v w u" for i in range(60)]
    compared = bleu_of(one, longer, references=references)
    [unigrams] = compared["BLEU_1"].pairs
    [bigrams] = compared["BLEU_2"].pairs
    assert unigrams.p_value < 0.05
    assert (bigrams.delta, bigrams.p_value, bigrams.ties) == (0.0, 1.0, 60)


def test_a_score_of_its_own_is_the_same_for_tests_as_in_the_table():
    metric = Bleu(ScoringTools(tokenizer="none"))
    rows = metric.statistics(answers_of(["a b c d e"], [["a b c d x"]]))
    assert metric.contrasted(rows).tolist() == metric.aggregate(rows).tolist()


def test_what_four_decimals_do_not_show_is_no_win(metric):
    statistics = systems(0.5, 0.5)
    statistics[1, :, 0] = statistics[0, :, 0] + 1e-6
    [rouge] = compare_systems(metric, ["a", "b"], statistics, everyone(statistics), FEW)
    assert rouge.pairs[0].p_value < 0.05
    assert "score alike" in verdict(rouge.pairs[0])
