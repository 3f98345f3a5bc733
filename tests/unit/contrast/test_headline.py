"""The sentence that stands first: short, about what matters, with no more digits than are known."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from test_words import ALIKE, BLIND, PAIR

from harness.contrast import signed_to, span_to
from harness.contrast.headline import headline
from harness.stats import digits_for


def said(*pairs, baselines=("plain",), digits=None):
    found = headline(pairs, baselines, digits=digits)
    return found.said, found.below


def test_the_winner_is_named_with_the_difference_and_its_interval():
    assert said(PAIR) == (
        "title beats plain: CIDEr +0.12 [0.02, 0.22]",
        "unlikely to be chance (p = 0.0312, 1 comparison, 200 samples)",
    )
    lost = replace(PAIR, delta=-0.12, interval=(-0.22, -0.02), p_value=0.00002, family=3)
    assert said(lost) == (
        "plain beats title: CIDEr +0.12 [0.02, 0.22]",
        "unlikely to be chance (p < 0.001, 3 comparisons, 200 samples)",
    )


def test_each_verdict_has_its_words():
    assert said(ALIKE)[0] == "title and plain are not told apart: CIDEr +0.01 [-0.09, 0.11]"
    assert said(ALIKE)[1].startswith("a difference of 0.09 would have shown; ")
    assert said(BLIND) == (
        "This data cannot tell title from plain on CIDEr",
        "fewer than 6 independent units (200 samples in 5 clusters)",
    )
    equal = replace(ALIKE, verdict="equivalent", margin=0.2)
    assert said(equal)[0].startswith("title and plain are equivalent within ±0.2: CIDEr +0.01 ")
    worse = replace(ALIKE, verdict="not worse", delta=-0.01, interval=(-0.11, 0.09), margin=0.15)
    assert said(worse)[0] == "title is not worse than plain by 0.15: CIDEr -0.01 [-0.11, 0.09]"


def test_what_was_not_declared_says_so_and_a_length_does_not_beat():
    assert said(replace(PAIR, confirmatory=False))[1].startswith("Exploratory: unlikely ")
    assert said(replace(PAIR, metric="LENGTH_RATIO"))[0].startswith("title is higher than plain")


def test_the_best_is_held_against_the_baseline_and_its_equals_are_named():
    second = replace(PAIR, candidate="other", candidate_value=0.6, delta=0.1)
    close = replace(ALIKE, baseline="other", baseline_value=0.6, candidate_value=0.62)
    said_, below = said(close, PAIR, second)
    assert said_.startswith("title beats plain")
    assert below.endswith("; title is not told apart from other")
    best = headline((close, PAIR, second), ("title",))
    assert best.pair == close


def test_of_declared_pairs_one_is_said_of_which_something_can_be_told():
    blind = replace(BLIND, candidate="best", candidate_value=0.9, delta=0.4)
    assert said(blind, PAIR)[0].startswith("title beats plain")
    assert said(blind)[0] == "This data cannot tell best from plain on CIDEr"


def test_a_pair_that_is_not_declared_is_not_said_where_one_is():
    """Also where what is declared is exploratory, for some of the answers were there before."""
    other = replace(PAIR, confirmatory=False, baseline="title", candidate="best", delta=0.3)
    other = replace(other, baseline_value=0.62, candidate_value=0.92)
    declared = replace(PAIR, confirmatory=False)
    found = headline((other, declared), ("plain",), declared={frozenset(("plain", "title"))})
    assert found.pair == declared
    assert headline((other, declared), ("title",)).pair == other
    assert headline((other, PAIR), ("title",)).pair == PAIR


def test_nothing_is_said_of_no_pair():
    assert headline((), ("plain",)) is None


@pytest.mark.parametrize(
    ("interval", "digits"),
    [
        ((0.4, 0.46), 2),
        ((0.40, 0.43), 3),
        ((0.4123, 0.4131), 4),
        ((2.5, 3.5), 1),
        ((10.0, 90.0), 1),
        ((0.004, 0.9), 3),
        ((1e-9, 0.9), 4),
        ((0.5, 0.5), 3),
        (None, 3),
    ],
)
def test_figures_have_as_many_digits_as_their_interval_is_narrow(interval, digits):
    assert digits_for([interval]) == digits


def test_a_sign_is_printed_of_what_is_not_nothing():
    assert (signed_to(0.004, 2), signed_to(-0.004, 2), signed_to(0.4, 2)) == (
        "0.00",
        "0.00",
        "+0.40",
    )
    assert span_to((-0.001, 0.2), 2) == "[0.00, 0.20]"
