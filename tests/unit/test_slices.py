import pytest

from harness.records import Sample
from harness.slices import LEAST, slices


def sample(i, *references, **metadata):
    return Sample(id=f"s{i}", media=(), references=references, metadata=metadata)


def places(samples, field):
    return {one.value: one.rows for one in slices(samples, field)}


def test_a_list_puts_a_sample_into_several_slices():
    samples = [sample(i, "x", ingredients=["Egg", "Corn"] if i < 6 else ["Egg"]) for i in range(9)]
    assert places(samples, "ingredients") == {
        "Egg": tuple(range(9)),
        "Corn": tuple(range(6)),
    }


def test_the_largest_slice_is_first():
    samples = [sample(i, "x", vessel="bowl" if i < LEAST - 1 else "plate") for i in range(20)]
    samples += [sample(i, "x", vessel="pan") for i in range(LEAST)]
    assert [one.value for one in slices(samples, "vessel")] == ["plate", "pan", "bowl"]


def test_a_field_that_no_sample_has_is_an_error():
    with pytest.raises(KeyError):
        slices([sample(1, "x", vessel="bowl")], "vesel")


def test_missing_values_are_in_no_slice():
    samples = [sample(i, "x", vessel=None if i % 2 else "bowl") for i in range(12)]
    assert places(samples, "vessel") == {"bowl": (0, 2, 4, 6, 8, 10)}


def test_fields_that_every_dataset_has():
    samples = [sample(i, " ".join(["word"] * (2 + 5 * (i % 2)))) for i in range(12)]
    assert set(places(samples, "reference_words")) == {"1–3 words", "7–9 words"}
    assert set(places(samples, "references")) == {"1 references"}


def test_rarity_ranks_by_the_rarest_word():
    samples = [sample(i, "common soup") for i in range(10)]
    samples += [sample(i, f"common unique{i}") for i in range(10, 20)]
    rows = places(samples, "reference_rarity")
    [rare] = [value for value in rows if value.startswith("rare words")]
    assert rows[rare] == tuple(range(10, 20))
