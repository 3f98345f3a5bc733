"""Two systems share a letter exactly if they are not told apart."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stats import letters


def test_systems_told_apart_have_letters_of_their_own_and_others_share():
    assert letters([0.30, 0.10, 0.31], {(0, 1), (1, 2)}) == ("a", "b", "a")


def test_one_in_the_middle_has_both_letters():
    assert letters([3.0, 2.0, 1.0], {(2, 0)}) == ("a", "ab", "b")


def test_all_alike_share_one_and_all_different_are_a_to_d():
    assert letters([1, 2, 3, 4], set()) == ("a",) * 4
    assert letters([1, 2, 3, 4], set(combinations(range(4), 2))) == ("d", "c", "b", "a")


def test_the_best_has_an_a_however_scores_are_ordered():
    assert letters([0.1, 0.9, 0.5], {(0, 1)}) == ("b", "a", "ab")
    assert letters([-0.1, -0.9], {(0, 1)}) == ("a", "b")


def test_no_system_and_one_system():
    assert letters([], set()) == ()
    assert letters([0.5], set()) == ("a",)


def test_after_z_comes_aa_and_letters_are_told_from_each_other():
    alone = letters([-i for i in range(30)], set(combinations(range(30), 2)))
    assert alone[:2] == ("a", "b")
    assert alone[25:28] == ("z", "aa", "ab")
    # Each is told apart from all but its neighbours.
    chain = {(i, j) for i, j in combinations(range(30), 2) if j > i + 1}
    held = letters([-i for i in range(30)], chain)
    assert held[0] == "a"
    assert held[1] == "a,b"
    assert held[26] == "z,aa"


@st.composite
def leaderboards(draw):
    n = draw(st.integers(1, 9))
    scores = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    pairs = list(combinations(range(n), 2))
    apart = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    return scores, pairs, apart


@given(leaderboards())
@settings(max_examples=300)
def test_two_systems_share_a_letter_exactly_if_they_are_not_told_apart(leaderboard):
    scores, pairs, apart = leaderboard

    held = letters(scores, apart)

    for i, j in pairs:
        assert bool(set(held[i]) & set(held[j])) == ((i, j) not in apart)
    every = {letter for own in held for letter in own}
    assert every == set("abcdefghijklmnopqrstuvwxyz"[: len(every)])
    assert all(held)
    assert all(list(own) == sorted(own) for own in held)
    assert held[scores.index(max(scores))][0] == "a"
    assert letters(scores, {(j, i) for i, j in apart}) == held


@given(leaderboards(), st.randoms(use_true_random=False))
def test_the_order_of_systems_of_different_scores_does_not_matter(leaderboard, order):
    scores, _, apart = leaderboard
    scores = [10 * score + i for i, score in enumerate(scores)]
    place = list(range(len(scores)))
    order.shuffle(place)

    moved = letters(
        [scores[i] for i in place], {(place.index(i), place.index(j)) for i, j in apart}
    )

    held = letters(scores, apart)
    assert moved == tuple(held[i] for i in place)


def test_letters_need_scores():
    with pytest.raises(ValueError, match="no rank"):
        letters([1.0, float("nan")], set())
