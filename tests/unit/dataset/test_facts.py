"""What samples are like as a whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.dataset.facts import facts_of, shapes, spread
from harness.media import probe
from harness.records import Sample


def sample(sample_id, *references, media=()):
    return Sample(id=sample_id, references=references, media=tuple(media))


@given(st.dictionaries(st.integers(0, 100_000), st.integers(1, 50), min_size=1))
def test_every_number_is_in_one_bar_and_there_are_few_of_them(counts):
    found = spread(counts)
    assert sum(bar.count for bar in found.bars) == sum(counts.values())
    assert len(found.bars) <= 26
    assert (found.least, found.most) == (min(counts), max(counts))


def test_numbers_are_put_into_round_ranges_without_a_gap():
    found = spread({203: 2, 260: 1, 499: 4})
    assert [bar.label for bar in found.bars[:2]] == ["200–219", "220–239"]
    assert [bar.count for bar in found.bars] == [2, 0, 0, 1, *[0] * 10, 4]
    assert [bar.label for bar in spread({1: 1, 4: 1}).bars] == ["1", "2", "3", "4"]


def test_no_range_begins_at_0_where_nothing_is_0():
    assert spread({1: 40, 400: 60}).bars[0].label == "1–19"
    assert spread({0: 40, 400: 60}).bars[0].label == "0–19"
    assert spread({1: 40, 30: 60}).bars[0].label == "1"


def test_a_long_tail_is_one_open_range():
    found = spread({1: 500, 3: 499, 90: 1})
    assert [(bar.label, bar.count) for bar in found.bars][-1] == ("4 or more", 1)
    assert found.most == 90


@pytest.mark.parametrize(
    ("counts", "median"),
    [({1: 1, 2: 1}, 1.5), ({1: 1, 2: 1, 9: 1}, 2), ({3: 4}, 3), ({1: 3, 9: 1}, 1)],
)
def test_the_median_is_that_of_the_numbers(counts, median):
    assert spread(counts).median == median


def test_an_image_is_of_the_shape_that_it_is_nearest_to():
    sizes = {(100, 100): 1, (102, 100): 1, (640, 480): 2, (3, 4): 1, (1000, 100): 1, (100, 900): 1}
    assert [(bar.label, bar.count) for bar in shapes(sizes)] == [
        ("taller than 9:16", 1), ("3:4", 1), ("1:1", 2), ("4:3", 2), ("wider than 16:9", 1),
    ]  # fmt: skip
    assert [bar.label for bar in shapes({(115, 100): 1})] == ["wider than 1:1"]


def test_words_are_counted_once_a_reference_and_function_words_not():
    facts = facts_of(
        [sample("a", "Soup of the soup", "a Soup"), sample("b", "Corn soup in 2 pots")]
    )
    assert {bar.label: bar.count for bar in facts.frequent} == {"soup": 3, "corn": 1, "pots": 1}
    assert facts.references == 3
    assert (facts.lengths.least, facts.lengths.most) == (2, 5)
    assert (facts.shortest, facts.longest) == ("a Soup", "Corn soup in 2 pots")


def test_repeated_references_are_found_whatever_their_case():
    facts = facts_of(
        [
            sample("a", "Corn Soup"),
            sample("b", "corn soup!"),
            sample("c", "Pie"),
            sample("d", "Tart"),
        ]
    )
    (alike,) = facts.same_references.examples
    assert (alike.ids, alike.samples) == (("a", "b"), 2)
    assert (facts.same_references.groups, facts.same_references.samples) == (1, 2)


def test_a_sample_that_says_one_thing_twice_repeats_nobody():
    assert facts_of([sample("a", "Pie", "pie")]).same_references.groups == 0


def test_repeated_images_make_samples_one_unit(tmp_path):
    Image.new("RGB", (8, 6), "red").save(tmp_path / "red.png")
    Image.new("RGB", (9, 6), "red").save(tmp_path / "other.png")
    red, other = (probe(tmp_path / name) for name in ("red.png", "other.png"))
    facts = facts_of(
        [sample("a", "A", media=[red]), sample("b", "B", media=[other, red]), sample("c", "C")]
    )
    (alike,) = facts.same_images.examples
    assert (alike.ids, alike.image) == (("a", "b"), red)
    assert (facts.samples, facts.units, facts.images) == (3, 2, 3)
    assert (facts.images_each.least, facts.images_each.most) == (0, 2)


def test_a_sample_in_two_groups_counts_once():
    facts = facts_of([sample("a", "Pie"), sample("b", "Pie", "Tart"), sample("c", "Tart")])
    assert (facts.same_references.groups, facts.same_references.samples) == (2, 3)


def test_a_photo_is_measured_as_it_is_seen(tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (80, 60), "red").save(tmp_path / "lying.jpg", exif=turned)
    facts = facts_of([sample("a", "A", media=[probe(tmp_path / "lying.jpg")])])
    assert facts.smallest == facts.largest == (60, 80)
    assert [bar.label for bar in facts.shapes] == ["3:4"]


def test_samples_without_images_have_no_sizes():
    facts = facts_of([sample("a", "A")])
    assert (facts.images, facts.longer_sides, facts.shapes) == (0, None, ())
