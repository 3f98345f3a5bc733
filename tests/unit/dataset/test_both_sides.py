"""What stands in two splits: pictures that look alike, and ids."""

import pytest
from PIL import Image, ImageDraw

from harness import media
from harness.dataset.both_sides import BothSides
from harness.records import FilePlace, Sample


@pytest.fixture
def sample(tmp_path):
    """A sample of an id that shows pictures of these names; each is drawn by its first letter."""

    def _sample(sample_id, *pictures):
        refs = []
        for name in pictures:
            path = tmp_path / name
            image = Image.new("RGB", (96, 96), "white")
            draw = ImageDraw.Draw(image)
            if name.startswith("a"):
                draw.ellipse((10, 20, 60, 90), fill="black")
            elif name.startswith("b"):
                draw.rectangle((50, 5, 90, 40), fill="black")
            image.save(path, quality=60) if path.suffix == ".jpg" else image.save(path)
            refs.append(media.probe(FilePlace(path=str(path))))
        return Sample(id=sample_id, references=("x",), media=tuple(refs), metadata={})

    return _sample


def pairs(twins):
    return [(t.id, t.split, t.earlier_id, t.earlier_split) for t in twins]


def test_a_picture_encoded_anew_in_a_later_split_is_found_whichever_of_its_images_it_is(sample):
    sides = BothSides()
    sides.add("dev", [sample("d1", "b.png"), sample("d2", "a.png")], media.look)
    sides.add("shots", [sample("s1", "c.png")], media.look)
    sides.add("test", [sample("t1", "c.jpg"), sample("t2", "c2.png", "a.jpg")], media.look)
    # A picture of one colour (c) has nothing to be known by.
    assert pairs(sides.alike) == [("t2", "test", "d2", "dev")]
    assert sides.alike[0].bits <= 40


def test_pictures_alike_within_a_split_are_on_one_side(sample):
    sides = BothSides()
    sides.add("dev", [sample("d1", "a.png"), sample("d2", "a.jpg")], media.look)
    sides.add("test", [sample("t1", "b.png"), sample("t2", "b.jpg")], media.look)
    assert sides.alike == []


def test_the_earlier_split_is_the_one_in_which_the_picture_stands(sample):
    sides = BothSides()
    sides.add("one", [sample("x", "b.png")], media.look)
    sides.add("two", [sample("y", "a.png")], media.look)
    sides.add("three", [sample("z", "a.jpg"), sample("w", "b.jpg")], media.look)
    assert pairs(sides.alike) == [("z", "three", "y", "two"), ("w", "three", "x", "one")]


def test_looks_are_not_taken_where_nobody_asks(sample):
    def look(ref):
        raise AssertionError(ref)

    sides = BothSides(looking=False)
    ids = sides.add("dev", [sample("d1", "a.png"), sample("d2", "b.png")], look)
    assert [ids[0], ids[1]] == ["d1", "d2"]
    sides.add("test", [sample("d2", "a.png")], look)
    assert pairs(sides.same_id) == [("d2", "test", "d2", "dev")]


def test_a_picture_that_has_gone_is_like_none(sample, tmp_path):
    sides = BothSides()
    gone = sample("t1", "a.jpg")
    sides.add("dev", [sample("d1", "a.png")], media.look)
    (tmp_path / "a.jpg").unlink()
    sides.add("test", [gone], media.look)
    assert sides.alike == []
