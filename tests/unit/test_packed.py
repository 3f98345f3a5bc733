"""Packed samples are those that were packed, in a fifth of the memory."""

import tracemalloc
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.packed import FEW, PackedSamples, Packing, packed_if_many
from harness.records import (
    CellPlace,
    FilePlace,
    GreyPlace,
    MediaRef,
    MemberPlace,
    Sample,
    UrlPlace,
)

TEXTS = st.text(st.characters(exclude_categories=()), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PATHS = st.lists(st.sampled_from(["a", "", "..", "é", "b.jpg", "\ud800"]), max_size=4).map("/".join)
PLACES = st.one_of(
    st.builds(FilePlace, path=PATHS),
    st.builds(MemberPlace, archive=PATHS, member=PATHS),
    st.builds(CellPlace, table=PATHS, column=TEXTS, row=st.integers(0, 2**40)),
    st.builds(UrlPlace, url=PATHS.map("s3://bucket/{}".format)),
    st.builds(GreyPlace, width=st.integers(1, 9), height=st.integers(1, 9)),
)
SIZES = st.integers(1, 100_000)
REFS = st.builds(
    MediaRef,
    place=PLACES,
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex) | st.sampled_from(["", "x", "AB"]),
    width=SIZES,
    height=SIZES,
    pixels=st.integers(1, 3),
    several_frames=st.booleans(),
)
SAMPLES = st.builds(
    Sample,
    id=TEXTS,
    media=st.lists(REFS, max_size=3).map(tuple),
    references=st.lists(TEXTS, max_size=3).map(tuple),
    cluster=st.none() | TEXTS,
    places=st.lists(TEXTS, max_size=2).map(tuple),
    metadata=st.dictionaries(TEXTS, JSON, max_size=3),
)


@given(st.lists(SAMPLES, max_size=6))
def test_every_sample_comes_back_as_it_was(samples):
    packed = PackedSamples(samples)
    assert list(packed) == [packed[i] for i in range(len(packed))] == samples
    assert packed[1:3] == samples[1:3]
    assert packed[-2:] == samples[-2:]
    if samples:
        assert packed[-1] == samples[-1]
    with pytest.raises(IndexError):
        packed[len(samples)]


def test_no_field_of_a_sample_or_an_image_is_forgotten():
    names = [field.name for field in fields(Sample)]
    assert names == ["id", "media", "references", "cluster", "places", "metadata"]
    drawn = {"kind", "place", "sha256", "width", "height", "pixels", "several_frames"}
    assert {field.name for field in fields(MediaRef)} == drawn


def made(size, folder="images/"):
    for i in range(size):
        place = FilePlace(path=f"/srv/data/recipes/{folder.format(i)}{i:07}.jpg")
        ref = MediaRef(place=place, sha256=f"{i:064x}", width=640, height=480)
        yield Sample(
            id=f"{i:07}",
            media=(ref,),
            references=("Roasted tomato soup with basil",),
            metadata={"cuisine": "Italian"},
        )


@pytest.mark.parametrize("folder", ["images/", "{0}/"])
def test_a_sample_takes_a_fifth_of_its_record(folder):
    """Found: 1.2 kB a sample, so that a million took 1.2 GB to check and to plan."""

    def held(size):
        tracemalloc.start()
        packed = PackedSamples(made(size, folder))
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(packed) == size
        return now

    assert (held(26_000) - held(22_000)) / 4_000 < 250


def test_few_stay_records_and_many_are_packed():
    few = packed_if_many(made(FEW))
    assert few[3] is few[3]
    many = packed_if_many(made(FEW + 1))
    assert many[3] is not many[3]
    assert list(many) == list(made(FEW + 1))


@pytest.mark.parametrize("few", [2, 100])
def test_samples_stand_in_the_order_of_their_rows_or_as_they_came(few):
    for rows in ([4, 9, 2, 5], [1, 2, 3, 4]):
        packing = Packing(few)
        for row, sample in zip(rows, made(4), strict=True):
            packing.append(row, sample)
        assert len(packing) == 4
        assert [sample.id for sample in packing.in_order()] == [f"{i:07}" for i in range(4)]
        ordered = [rows[int(sample.id)] for sample in packing.in_order_of_rows()]
        assert ordered == sorted(rows)
