"""Candidates are ranked by the words of a field or by their pictures, ties by their place."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dataset.similar import ImageLikeness, WordLikeness, order
from harness.records import FilePlace, MediaRef, Sample

WORD = st.sampled_from(["egg", "Egg!", "leek", "rice", "basil", "番茄"])
FIELDS = st.one_of(st.none(), st.integers(), st.lists(WORD, max_size=4), WORD)


def sample(name, *images, **metadata):
    return Sample(
        id=name,
        media=tuple(
            MediaRef(place=FilePlace(path=str(Path(i))), sha256=i, width=1, height=1)
            for i in images
        ),
        references=("x",),
        metadata=metadata,
    )


def ranked(candidates, asked):
    return order(WordLikeness(candidates, "has").to(asked))


def test_shared_words_count_and_rare_ones_more():
    candidates = [
        sample("a", has=["salt", "egg"]),
        sample("b", has=["salt", "truffle"]),
        sample("c", has=["salt", "leek"]),
        sample("d", has="rice"),
    ]
    assert ranked(candidates, sample("q", has=["SALT", "Truffle."]))[0] == 1
    assert ranked(candidates, sample("q", has=["salt"])) == [0, 1, 2, 3]
    assert ranked(candidates, sample("q", has=["rice"]))[0] == 3


def test_without_words_all_are_alike_and_the_first_comes_first():
    candidates = [sample("a", has="egg"), sample("b"), sample("c", has=3)]
    assert ranked(candidates, sample("q")) == [0, 1, 2]


@given(st.lists(FIELDS, min_size=1, max_size=8), FIELDS)
def test_likeness_is_a_cosine_and_ties_go_to_the_first(fields, asked):
    candidates = [sample(str(i), has=value) for i, value in enumerate(fields)]
    likeness = WordLikeness(candidates, "has").to(sample("q", has=asked))
    assert ((likeness >= 0) & (likeness <= 1 + 1e-9)).all()
    places = order(likeness)
    assert sorted(places) == list(range(len(fields)))
    for first, second in pairwise(places):
        near = math.isclose(likeness[first], likeness[second], abs_tol=1e-9)
        assert likeness[first] > likeness[second] or (near and first < second)


@given(st.lists(FIELDS, min_size=1, max_size=6), st.data())
def test_a_candidate_with_the_same_words_is_as_alike_as_can_be(fields, data):
    candidates = [sample(str(i), has=value) for i, value in enumerate(fields)]
    asked = data.draw(st.sampled_from(candidates))
    likeness = WordLikeness(candidates, "has").to(asked)
    if likeness.any():
        assert likeness.max() == pytest.approx(likeness[int(asked.id)]) == pytest.approx(1)


def test_pictures_are_alike_by_the_bits_of_their_looks_and_the_nearest_of_several_counts():
    looks = {"a": "0" * 64, "b": "f" * 64, "c": "0" * 60 + "ffff", "flat": ""}
    candidates = [sample("1", "b"), sample("2", "b", "c"), sample("3", "flat"), sample("4")]
    likeness = ImageLikeness(candidates, lambda ref: looks[ref.sha256]).to(sample("q", "a"))
    assert np.allclose(likeness, [0, 1 - 16 / 256, 0, 0])
    assert order(likeness) == [1, 0, 2, 3]
