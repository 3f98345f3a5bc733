"""Which samples are one independent observation, and how many there are."""

import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest

from harness.records import FilePlace, MediaRef, Sample
from harness.units import clusters_of, units_of


def sample(name, images="", cluster=None, places=()):
    """A sample; each letter of ``images`` is an image."""
    media = tuple(
        MediaRef(place=FilePlace(path=f"{name}-{i}"), sha256=i, width=1, height=1) for i in images
    )
    return Sample(id=name, media=media, references=("t",), cluster=cluster, places=tuple(places))


def test_samples_that_share_an_image_or_a_cluster_belong_together():
    samples = [
        sample("a", "x"),
        sample("b", "x"),
        sample("c", "y", "cook"),
        sample("d", "z", "cook"),
        sample("e"),
    ]
    assert clusters_of(samples).tolist() == [0, 0, 1, 1, 2]
    assert clusters_of(samples[1:3]) is None


@pytest.mark.parametrize(
    ("samples", "numbers"),
    [
        pytest.param([sample("a", "xy"), sample("b", "zy")], [0, 0], id="second image"),
        pytest.param(
            [sample("a", "x"), sample("b", "y"), sample("c", "yz"), sample("d", "zx")],
            [0, 0, 0, 0],
            id="by a chain whose ends come first",
        ),
        pytest.param(
            [sample("a", "x", "Ann"), sample("b", "x", "Bob"), sample("c", "y", "Bob")],
            [0, 0, 0],
            id="an image of two clusters",
        ),
        pytest.param(
            [sample("a", "x", "Ann"), sample("b", "x")], [0, 0], id="an image of a cluster and none"
        ),
        pytest.param(
            [sample("a", places=["p"]), sample("b", "x", places=["p", "q"]), sample("c", "x")],
            [0, 0, 0],
            id="a place, an image",
        ),
        pytest.param(
            [sample("x"), sample("b", "x", "y"), sample("c", "y", "x"), sample("d", places=["x"])],
            None,
            id="an image is no cluster of its name, nor a place",
        ),
        pytest.param(
            [sample("a", cluster=""), sample("b", cluster=""), sample("c", cluster=" \u00a0")],
            None,
            id="blank clusters are none",
        ),
        pytest.param([sample("a", "xx"), sample("b", "y")], None, id="one image twice"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_what_is_joined(samples, numbers):
    found = clusters_of(samples)
    assert (None if found is None else found.tolist()) == numbers


def test_units_are_counted_among_the_samples_that_are_meant():
    clusters = clusters_of([sample(str(i), cluster="ab"[i % 2]) for i in range(9)])
    everything = units_of(clusters, np.ones(9, dtype=bool))
    assert (everything.samples, everything.units, everything.largest) == (9, 2, 5)
    assert str(everything) == "9 samples in 2 units"
    odd = units_of(clusters, np.arange(9) % 2 == 1)
    assert str(odd) == "4 samples in 1 unit"
    assert str(units_of(clusters, np.arange(9) < 2)) == "2 samples"
    alone = units_of(None, np.array([True, False, False]))
    assert (str(alone), alone.units, alone.largest) == ("1 sample", 1, 1)
    nothing = units_of(clusters, np.zeros(9, dtype=bool))
    assert (nothing.samples, nothing.units, nothing.largest) == (0, 0, 0)


class SameHash(str):
    """A name whose hash is that of all others."""

    __slots__ = ()

    def __hash__(self):
        return 7


def test_names_that_have_one_hash_and_differ_join_nobody():
    names = ["p", "q", "p", "r", "q"]
    samples = [sample(str(i), places=[SameHash(name)]) for i, name in enumerate(names)]
    assert clusters_of(samples).tolist() == [0, 1, 0, 2, 1]


def test_a_sample_takes_numbers_and_none_of_its_names():
    """Found: 0.3 kB a sample whose picture is its own, for the hashes of pictures by themselves."""

    def peak(size):
        samples = (sample(f"{i}", places=[f"{i:064}"]) for i in range(size))
        made = Made(samples, size)
        tracemalloc.start()
        assert clusters_of(made) is None
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert (peak(6_000) - peak(2_000)) / 4_000 < 130


class Made(Sequence):
    """Samples that nobody holds."""

    def __init__(self, samples, size):
        self._samples, self._size = samples, size

    def __len__(self):
        return self._size

    def __iter__(self):
        return self._samples

    def __getitem__(self, place):
        raise AssertionError(f"sample {place} is looked at twice")


def test_a_long_chain_is_followed_in_no_time_that_grows_with_its_square():
    size = 200_000
    chain = [sample(str(i), places=[str(i), str(i + 1)]) for i in range(size)]
    for linked in (chain, chain[::-1], [*chain[::2], *chain[1::2]]):
        assert not clusters_of(linked).any()
