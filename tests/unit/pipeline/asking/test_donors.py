"""Whose images a sample is shown in a shuffled control."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DataError
from harness.pipeline.asking.donors import donors_of
from harness.records import FilePlace, MediaRef, Sample


def sample(number, images, cluster=None):
    media = tuple(
        MediaRef(place=FilePlace(path=f"{name}.png"), sha256=str(name), width=8, height=8)
        for name in images
    )
    return Sample(id=f"s{number}", media=media, references=("Soup",), cluster=cluster)


def related(one, other):
    images = {ref.sha256 for ref in one.media} & {ref.sha256 for ref in other.media}
    return bool(images) or (one.cluster is not None and one.cluster == other.cluster)


some_samples = st.lists(
    st.tuples(
        st.lists(st.integers(0, 30), min_size=1, max_size=2, unique=True),
        st.sampled_from([None, None, "a", "b", "c"]),
    ),
    min_size=1,
    max_size=30,
).map(lambda rows: [sample(i, *row) for i, row in enumerate(rows)])


@given(some_samples)
def test_nobody_is_shown_an_image_of_its_own(samples):
    try:
        donors = donors_of(samples)
    except DataError:
        return
    for one, donor in zip(samples, donors, strict=True):
        assert not related(one, samples[donor])
        assert len(samples[donor].media) == len(one.media)


@given(st.integers(2, 60))
def test_everybodys_image_is_shown_once_where_that_can_be(n):
    samples = [sample(i, [i]) for i in range(n)]
    assert sorted(donors_of(samples)) == list(range(n))


@given(st.lists(st.integers(1, 6), min_size=2, max_size=8), st.randoms())
def test_clusters_exchange_whole_where_none_is_larger_than_all_others(sizes, random):
    owners = [name for name, size in enumerate(sizes) for _ in range(size)]
    random.shuffle(owners)
    samples = [sample(i, [i], cluster=f"c{owner}") for i, owner in enumerate(owners)]
    donors = donors_of(samples)
    assert all(owners[i] != owners[donor] for i, donor in enumerate(donors))
    if 2 * max(sizes) <= sum(sizes):
        assert set(Counter(donors).values()) == {1}


def test_what_is_shown_is_the_same_every_time_and_no_mere_neighbour():
    samples = [sample(i, [i]) for i in range(50)]
    donors = donors_of(samples)
    assert donors == donors_of(samples)
    assert donors != donors_of(samples, seed=1)
    assert len({donor - i for i, donor in enumerate(donors)}) > 10


def test_samples_that_are_kin_by_way_of_another_are_one():
    kin = [sample(0, [1, 2]), sample(1, [2, 3]), sample(2, [3, 4])]
    strangers = [sample(3 + i, [10 + i, 20 + i]) for i in range(3)]
    donors = donors_of([*kin, *strangers])
    assert set(donors[:3]) == {3, 4, 5}


@pytest.mark.parametrize(
    "samples",
    [
        [sample(0, [1])],
        [sample(0, [1], "a"), sample(1, [2], "a")],
        [sample(0, [1]), sample(1, [1])],
        [sample(0, [1]), sample(1, [2]), sample(2, [3, 4])],
    ],
    ids=["alone", "one cluster", "one image", "as many images"],
)
def test_who_has_nobody_to_take_an_image_from_is_named(samples):
    with pytest.raises(DataError, match=r"no other sample with . images? to show for 's"):
        donors_of(samples)


def test_images_that_nobody_has_seen_are_told_apart_by_their_places():
    unseen = [Sample(id=n, media=(), references=("Soup",), places=(f"{n}.png",)) for n in "abc"]
    assert sorted(donors_of(unseen)) == [0, 1, 2]
    assert all(i != donor for i, donor in enumerate(donors_of(unseen)))
    with pytest.raises(DataError, match="no other sample with 1 image to show for 'a'"):
        donors_of(unseen[:1])
