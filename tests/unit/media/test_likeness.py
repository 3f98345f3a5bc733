"""A look stays when a picture is encoded anew, scaled or cut a little, and tells dishes apart."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.media import NEAR, Looks, look, probe

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def demo():
    """The pictures of the demo: 200 under test, 60 for exemplars."""
    names = ("recipes-demo", "recipes-demo-train")
    loaded = [load_samples(load_dataset(REPOSITORY / f"datasets/{name}.yaml")) for name in names]
    return [[sample.media[0] for sample in data.samples] for data in loaded]


@pytest.fixture(scope="module")
def looks(demo):
    return [[look(ref) for ref in refs] for refs in demo]


def encoded(image, form, **options):
    content = io.BytesIO()
    image.save(content, form, **options)
    return content.getvalue()


def cut(image, share):
    """Cut a share of width and height off at each side."""
    w, h = image.width * share, image.height * share
    return image.crop((round(w), round(h), round(image.width - w), round(image.height - h)))


CHANGES = {
    "JPEG of quality 90": lambda i: encoded(i, "JPEG", quality=90),
    "JPEG of quality 20": lambda i: encoded(i, "JPEG", quality=20),
    "WebP": lambda i: encoded(i, "WEBP", quality=60),
    "half the size": lambda i: encoded(i.resize((i.width // 2, i.height // 2)), "PNG"),
    "1.7 times the size": lambda i: encoded(i.resize((380, 380)), "PNG"),
    "another shape": lambda i: encoded(i.resize((224, 180)), "PNG"),
    "grey": lambda i: encoded(i.convert("L"), "PNG"),
    "1 % cut off at each side": lambda i: encoded(cut(i, 0.01), "PNG"),
    "1 % cut off, half the size, JPEG of quality 40": lambda i: encoded(
        cut(i, 0.01).resize((112, 112)), "JPEG", quality=40
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_picture_that_was_changed_a_little_is_known_again(demo, looks, tmp_path, change):
    known = Looks(looks[0])
    for i, ref in enumerate(demo[0][::10]):
        with Image.open(ref.path) as image:
            (tmp_path / f"{i}").write_bytes(CHANGES[change](image.convert("RGB")))
        assert known.near(look(probe(tmp_path / f"{i}"))) == [10 * i]


def test_9_of_10_are_known_again_with_2_percent_cut_off(demo, looks, tmp_path):
    found = 0
    for i, ref in enumerate(demo[0][::4]):
        with Image.open(ref.path) as image:
            (tmp_path / f"{i}").write_bytes(encoded(cut(image.convert("RGB"), 0.02), "PNG"))
        found += Looks([looks[0][4 * i]]).near(look(probe(tmp_path / f"{i}"))) == [0]
    assert found >= 45


def test_no_two_of_the_demos_dishes_are_one_picture(looks):
    """12,000 pairs of a picture under test and one for exemplars; the nearest is 44 bits apart."""
    evaluated, train = looks
    nearest = min(int(Looks(train).distances(text).min()) for text in evaluated)
    assert nearest > NEAR
    assert nearest == 44


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_pictures_of_one_colour_are_like_none(tmp_path, mode):
    for name in ("a", "b"):
        Image.new(mode, (40, 30)).save(tmp_path / f"{name}.png")
    one, other = (look(probe(tmp_path / f"{name}.png")) for name in ("a", "b"))
    assert one == other == ""
    assert Looks([one]).near(other) == []


@given(
    words=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=8),
    asked=st.binary(min_size=32, max_size=32),
)
def test_a_distance_is_the_number_of_bits_that_differ(words, asked):
    expected = [(int.from_bytes(w) ^ int.from_bytes(asked)).bit_count() for w in words]
    assert Looks([w.hex() for w in words]).distances(asked.hex()).tolist() == expected


def test_of_no_looks_none_is_near():
    assert Looks([]).near("0" * 64) == []
    assert Looks(["", "f" * 64]).distances("f" * 64).tolist() == [257, 0]
    assert np.array_equal(Looks(["f" * 64]).distances(""), [257])
