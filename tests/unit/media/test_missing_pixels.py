"""A picture of which a part is missing is no picture, though its file ends as it should."""

import struct
import sys
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, picture, png_chunk

from harness.errors import DataError
from harness.media import load, probe

END = b"\xff\xd9"
NOISE = Image.effect_noise((70, 50), 80)
MISSING = "image cannot be decoded: .* \\(pixels are missing at its end\\)"


def probed(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    return probe(tmp_path / "a")


def png_of(rows, size, bits=8, colour=0, interlaced=0):
    header = struct.pack(">IIBBBBB", *size, bits, colour, 0, 0, interlaced)
    palette = png_chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    body = png_chunk(b"IHDR", header) + palette + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


KINDS = [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (4, 3), (8, 4), (16, 4), (8, 6)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@pytest.mark.parametrize(("bits", "colour"), KINDS)
def test_rows_that_a_png_has_not_are_missed(bits, colour, tmp_path):
    row = b"\0" + bytes((13 * bits * CHANNELS[colour] + 7) // 8)
    black = png_of(row * 9, (13, 9), bits, colour)
    assert load(probed(tmp_path, black)).size == (13, 9)
    with pytest.raises(DataError, match=MISSING):
        load(probed(tmp_path, png_of(row * 8, (13, 9), bits, colour)))


@given(size=st.tuples(st.integers(1, 40), st.integers(1, 40)), colour=st.sampled_from([0, 2, 6]))
def test_an_interlaced_png_is_whole_if_all_its_passes_are(tmp_path_factory, size, colour):
    """Pillow writes none; the passes are those of the PNG specification, 8.2."""
    width, height = size
    y, x = np.mgrid[:height, :width]
    number = np.array(
        [
            [1, 6, 4, 6, 2, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [3, 6, 4, 6, 3, 6, 4, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
            [5, 6, 5, 6, 5, 6, 5, 6],
            [7, 7, 7, 7, 7, 7, 7, 7],
        ]
    )[y % 8, x % 8]
    rows = b""
    for each in range(1, 8):
        for line in number == each:
            if line.any():
                rows += b"\0" + b"\7" * (int(line.sum()) * CHANNELS[colour])
    folder = tmp_path_factory.mktemp("png")
    whole = load(probed(folder, png_of(rows, size, colour=colour, interlaced=1)))
    assert whole.size == size
    with pytest.raises(DataError, match="image cannot be decoded"):
        load(probed(folder, png_of(rows[:-1], size, colour=colour, interlaced=1)))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("share", [0.4, 0.6, 0.8, 0.95])
def test_a_jpeg_that_was_given_an_end_too_early_is_missed(mode, share, tmp_path):
    photo = encoded(NOISE.convert(mode), "JPEG")
    assert load(probed(tmp_path, photo)).size == (70, 50)
    with pytest.raises(DataError, match=MISSING):
        load(probed(tmp_path, photo[: int(len(photo) * share)] + END))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("level", range(124, 133))
def test_a_grey_jpeg_that_is_whole_is_taken(mode, level, tmp_path):
    grey = Image.new("RGB", (40, 33), (level,) * 3)
    for options in ({}, {"progressive": True}, {"optimize": True}, {"restart_marker_blocks": 2}):
        photo = encoded(grey.convert(mode), "JPEG", **options)
        for content in (photo, photo + b"a camera's notes", photo + photo):
            assert load(probed(tmp_path, content)).size == (40, 33)


@pytest.mark.parametrize("size", [(1, 1), (3, 50), (8, 8), (17, 9)])
def test_small_pictures_are_taken(size, tmp_path):
    for form in ("PNG", "JPEG"):
        for image in (NOISE.resize(size), Image.new("RGB", size), Image.new("L", size, 128)):
            assert load(probed(tmp_path, encoded(image, form))).size == size


def test_black_and_transparent_ends_are_no_missing_ones(tmp_path):
    for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"):
        image = picture(mode) if mode == "I;16" else Image.new(mode, (20, 20))
        content = encoded(image, "PNG")
        assert (
            load(probed(tmp_path, content)).tobytes() == load(probed(tmp_path, content)).tobytes()
        )
        assert Image.open(BytesIO(content)).size == load(probed(tmp_path, content)).size
