"""The sentences: what is said, how sure it is, over what; never that a difference is there."""

from dataclasses import replace

import pytest

from harness.contrast import ordered, p_text, sentence, sentences, units_text
from harness.contrast.words import pictures_in_short
from harness.records import Comparison

PAIR = Comparison(
    metric="CIDEr",
    baseline="plain",
    candidate="title",
    baseline_value=0.5,
    candidate_value=0.62,
    delta=0.12,
    verdict="told apart",
    reason=None,
    confirmatory=True,
    family=1,
    interval=(0.02, 0.22),
    p_value=0.0312,
    p_single=0.0312,
    smallest=0.09,
    share=False,
    unit_sd=0.4,
    bar=1.96,
    rough=False,
    margin=None,
    needed=None,
    wins=100,
    ties=20,
    losses=80,
    n_paired=200,
    units=200,
    exchanges=10_000,
    seed=0,
)
ALIKE = replace(
    PAIR,
    verdict="not told apart",
    candidate_value=0.51,
    delta=0.01,
    interval=(-0.09, 0.11),
    p_value=0.84,
)
BLIND = replace(
    PAIR,
    verdict="cannot tell",
    reason="fewer than 6 independent units",
    units=5,
    **dict.fromkeys(("interval", "p_value", "p_single", "smallest", "unit_sd", "bar")),
)


def test_told_apart():
    assert sentence(PAIR) == (
        "On CIDEr, title beats plain by 0.1200 (95 % interval +0.0200 to +0.2200): unlikely to be "
        "chance (p = 0.0312, over 1 comparison, on this data: 200 samples); a difference of 0.0900 "
        "would have shown."
    )


def test_the_winner_is_named_first_and_its_interval_is_turned_with_it():
    lost = replace(PAIR, delta=-0.12, interval=(-0.22, -0.02))

    assert sentence(lost).startswith(
        "On CIDEr, plain beats title by 0.1200 (95 % interval +0.0200 to +0.2200)"
    )


def test_not_told_apart_says_where_the_truth_is_and_what_would_have_shown():
    assert sentence(ALIKE) == (
        "On CIDEr, title and plain are not told apart: the true difference lies between -0.0900 "
        "and +0.1100 (p = 0.8400, over 1 comparison, on this data: 200 samples); a difference of "
        "0.0900 would have shown."
    )


def test_scores_that_print_alike_are_said_to_be_alike():
    assert "title and plain score alike, and are not told apart" in sentence(
        replace(ALIKE, delta=0.00004)
    )
    # Of one that is told apart the difference is never printed as nothing.
    assert "beats plain by 4.0e-05 (" in sentence(replace(PAIR, delta=0.00004))


def test_this_data_cannot_tell_says_why_and_over_what():
    """Fault: with 5 clusters the output said "100 samples"."""
    assert sentence(replace(BLIND, n_paired=100)) == (
        "On CIDEr, this data cannot tell title from plain: fewer than 6 independent units (100 "
        "samples in 5 clusters)."
    )


def test_equivalent():
    pair = replace(ALIKE, verdict="equivalent", margin=0.2)

    assert sentence(pair) == (
        "On CIDEr, title and plain are equivalent within ±0.2: the true difference lies between "
        "-0.0900 and +0.1100 (p = 0.8400, over 1 comparison, on this data: 200 samples); a "
        "difference of 0.0900 would have shown."
    )


@pytest.mark.parametrize("delta", [0.01, -0.01])
def test_not_worse_is_said_of_the_candidate_and_what_would_decide(delta):
    pair = replace(ALIKE, verdict="not worse", margin=0.1, needed=1234, delta=delta)

    assert sentence(pair) == (
        "On CIDEr, title is not worse than plain by 0.1 or more: the true difference lies between "
        "-0.0900 and +0.1100 (p = 0.8400, over 1 comparison, on this data: 200 samples); a "
        "difference of 0.0900 would have shown; about 1,300 samples would tell 0.1 from none."
    )


def test_undecided_says_how_many_would_decide_but_not_fewer_than_there_are():
    pair = replace(ALIKE, margin=0.05, needed=900)

    assert sentence(pair).endswith("would have shown; about 900 samples would tell 0.05 from none.")
    assert sentence(replace(pair, units=40)).endswith(
        "; about 900 clusters would tell 0.05 from none."
    )
    assert "from none" not in sentence(replace(pair, needed=150))


def test_a_difference_that_few_samples_carry_is_called_rough():
    assert sentence(replace(PAIR, rough=True)).endswith(
        "; rough, for few samples carry most of the difference."
    )


def test_told_apart_and_smaller_than_the_margin():
    assert (
        "(p = 0.0312, over 1 comparison, on this data: 200 samples), though by less than the 0.25 "
        "that matters; a difference of 0.0900 would have shown."
    ) in sentence(replace(PAIR, margin=0.25))
    assert "that matters" not in sentence(replace(PAIR, margin=0.2))


def test_what_was_picked_says_that_it_is_exploratory():
    for pair in (PAIR, ALIKE, BLIND):
        assert sentence(replace(pair, confirmatory=False)).endswith(" (exploratory).")
        assert "exploratory" not in sentence(pair)


def test_clusters_and_comparisons_are_counted():
    text = sentence(replace(PAIR, units=40, family=21))

    assert "(p = 0.0312, over 21 comparisons, on this data: 200 samples in 40 clusters)" in text
    assert units_text(1, 1) == "1 sample"
    assert units_text(12, 1) == "12 samples in 1 cluster"
    assert units_text(12, None) == "12 samples"


def test_more_is_not_always_better():
    longer = replace(PAIR, metric="LENGTH_RATIO")

    assert sentence(longer).startswith("On LENGTH_RATIO, title is higher than plain by 0.1200")


@pytest.mark.parametrize(
    ("p_value", "text"), [(0.0312, "0.0312"), (1e-4, "0.0001"), (0.00002, "2.0e-05"), (None, "–")]
)
def test_a_p_value_is_never_zero(p_value, text):
    assert p_text(replace(PAIR, p_value=p_value)) == text


def test_no_sentence_says_real_or_significant_or_proves():
    """Fault: "the difference is real" of 0.0000 against 0.0000."""
    verdicts = ("told apart", "equivalent", "not worse", "not told apart")
    pairs = [replace(ALIKE, verdict=verdict, margin=0.2) for verdict in verdicts] + [BLIND]
    for text in sentences(pairs):
        for word in ("real", "significan", "prove", "certain", "same"):
            assert word not in text.lower()


def test_declared_pairs_come_first_then_the_winner_and_its_runner_up():
    values = {"a": 0.5, "b": 0.9, "c": 0.7}
    pairs = [
        replace(
            PAIR,
            baseline=a,
            candidate=b,
            baseline_value=values[a],
            candidate_value=values[b],
            delta=values[b] - values[a],
            confirmatory=confirmatory,
        )
        for a, b, confirmatory in (("a", "b", False), ("a", "c", True), ("b", "c", False))
    ]
    assert [{pair.baseline, pair.candidate} for pair in ordered(pairs)] == [
        {"a", "c"},
        {"b", "c"},
        {"a", "b"},
    ]
    assert [text.split(" by ")[0] for text in sentences(pairs)] == [
        "On CIDEr, c beats a",
        "On CIDEr, b beats c",
        "On CIDEr, b beats a",
    ]


def test_what_the_picture_adds_to_many_prompts_is_one_sentence():
    def said(*deltas):
        pairs = [
            replace(PAIR, delta=delta, verdict="told apart" if delta else "not told apart")
            for delta in deltas
        ]
        return pictures_in_short(pairs, "grey").partition("the picture ")[2]

    assert said(0.5, 0.25) == "adds to all 2 (+0.2500 to +0.5000)"
    assert said(0.5, -0.1, 0.0) == (
        "adds to 1 of 3 (+0.5000 to +0.5000), takes from 1, of 1 it is not told"
    )
    assert said(0.0, 0.0) == "adds to 0 of 2, of 2 it is not told"


def test_the_order_is_by_the_values_on_the_most_samples():
    """A system that lacks samples moves no other: plain is at 0.9 on the few that it has."""
    few = replace(PAIR, candidate="few", candidate_value=0.55, baseline_value=0.9, n_paired=20)
    lower = replace(PAIR, candidate="low", candidate_value=0.4)
    assert [pair.candidate for pair in ordered((few, lower, PAIR))] == ["title", "few", "low"]
