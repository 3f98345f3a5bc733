"""A grey picture of any size, made without a file."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness import media
from harness.errors import DataError
from harness.fingerprint import sha256_bytes
from harness.media.made import grey_bytes
from harness.records import GreyPlace, MediaRef


@given(st.integers(1, 900), st.integers(1, 900))
def test_it_is_grey_throughout_and_as_large_as_asked(width, height):
    ref = media.grey(width, height)
    picture = media.load(ref)
    assert picture.size == (ref.width, ref.height) == (width, height)
    assert picture.getcolors() == [(width * height, (128, 128, 128))]


def test_its_hash_is_the_same_on_every_machine():
    """Of the bytes as they were first written; keys of answers hold it."""
    assert sha256_bytes(grey_bytes(64, 48)) == (
        "0d76c8dea984aa610d38defc9de4772a8e9a67bf59a28b0cb29128f94843f260"
    )
    assert media.grey(64, 48).sha256 != media.grey(48, 64).sha256


def test_it_is_known_by_what_stands_in_a_runs_files():
    ref = media.grey(5, 7)
    again = MediaRef(place=GreyPlace(width=5, height=7), sha256=ref.sha256, width=5, height=7)
    assert Image.open(BytesIO(media.open(again))).size == (5, 7)


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (100_001, 100_001)])
def test_a_size_that_no_picture_has_is_refused(size):
    with pytest.raises(DataError, match="no picture can have"):
        media.grey(*size)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_an_image_has_the_size_that_is_seen_of_it(tmp_path, kind, turn):
    path = tmp_path / "x"
    exif = Image.Exif()
    exif[274] = turn
    Image.new("RGB", (40, 30)).save(path, kind, exif=exif)
    ref = media.probe(path)
    assert media.upright_size(ref) == media.load(ref).size == ((40, 30), (30, 40))[turn > 4]
