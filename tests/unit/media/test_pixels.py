"""What pixels are made of which picture, and by which version of the rules."""

import dataclasses
import io
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, grey_tiff, picture, png_chunk

from harness.errors import DataError
from harness.media import PIXEL_RULES, decode, load, plain_format, probe
from harness.media.formats import DEEP, FORMATS, SHALLOW, open_header

WIDE = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def probed(tmp_path, content, name="a"):
    (tmp_path / name).write_bytes(content)
    return probe(tmp_path / name)


def grey_of(image):
    """The levels of a picture that is to be grey."""
    channels = np.asarray(image)
    assert image.mode == "RGB"
    assert (channels == channels[..., :1]).all()
    return channels[..., 0]


def png16(values, chunks=b"", colour=0):
    """A PNG of 16 bits a sample; Pillow writes no RGB one."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + chunks + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + png_chunk(b"IEND", b"")


# --- version 2 ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png16(WIDE << 4), id="png"),
        pytest.param(grey_tiff(WIDE << 4, 16), id="tiff"),
        pytest.param(grey_tiff(WIDE, 12), id="tiff of 12 bits"),
        pytest.param(grey_tiff(65535 - (WIDE << 4), 16, photometric=0), id="white is zero"),
        pytest.param(b"P5 64 64 65535\n" + (WIDE << 4).astype(">u2").tobytes(), id="netpbm"),
        pytest.param(
            encoded(Image.fromarray((WIDE << 4).astype("<u2")), "TIFF", compression="tiff_lzw"),
            id="packed tiff",
        ),
    ],
)
def test_the_upper_eight_of_sixteen_bits_are_seen(content, tmp_path):
    ref = probed(tmp_path, content)
    assert ref.pixels == 2
    assert (grey_of(load(ref)) == WIDE >> 4).all()


def test_sixteen_bits_of_grey_look_like_sixteen_bits_of_red_green_and_blue(tmp_path):
    values = WIDE << 4
    grey = probed(tmp_path, png16(values), "grey")
    colour = probed(tmp_path, png16(np.stack([values] * 3, -1), colour=2), "colour")
    assert (grey.pixels, colour.pixels) == (2, 1)
    assert load(grey).tobytes() == load(colour).tobytes()


def test_the_transparent_value_of_a_16_bit_grey_picture_becomes_white(tmp_path):
    values = WIDE << 4
    ref = probed(tmp_path, png16(values, png_chunk(b"tRNS", struct.pack(">H", 0x0100))))
    levels = grey_of(load(ref))
    assert levels[0, 16] == 255
    assert (levels.ravel()[:16] == 0).all()


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        pytest.param([[0.0, 0.25], [0.5, 1.0]], [[0, 64], [128, 255]], id="shares of white"),
        pytest.param([[0.2, 0.4], [0.4, 0.2]], [[51, 102], [102, 51]], id="a dark one stays dark"),
        pytest.param([[-1.0, 0.0], [1.0, 3.0]], [[0, 64], [128, 255]], id="others are stretched"),
        pytest.param([[0.0, 255.0], [51.0, 102.0]], [[0, 255], [51, 102]], id="up to 255"),
        pytest.param([[np.nan, 0.0], [1.0, np.inf]], [[0, 0], [255, 255]], id="no numbers"),
        pytest.param([[-3e38, 3e38], [0, 0]], [[0, 255], [128, 128]], id="as wide as they come"),
        pytest.param([[1e-45, 2.0], [2.0, 2.0]], [[0, 255], [255, 255]], id="as small"),
        pytest.param([[7.0, 7.0], [7.0, 7.0]], [[255, 255], [255, 255]], id="one value"),
        pytest.param([[-7.0, -7.0], [-7.0, -7.0]], [[0, 0], [0, 0]], id="one negative value"),
    ],
)
def test_floating_point_pictures_keep_their_gradient(values, levels, tmp_path):
    ref = probed(tmp_path, grey_tiff(np.array(values, np.float32), 32, sample_format=3))
    assert ref.pixels == 2
    assert grey_of(load(ref)).tolist() == levels


@pytest.mark.parametrize(
    ("kind", "sample_format", "bits"), [("<i2", 2, 16), ("<u4", 1, 32), ("<i4", 2, 32)]
)
def test_whole_numbers_without_a_full_range_go_from_black_to_white(
    kind, sample_format, bits, tmp_path
):
    low, high = np.iinfo(kind).min // 2, np.iinfo(kind).max
    values = np.linspace(low, high, 1024).astype(kind).reshape(32, 32)
    levels = grey_of(load(probed(tmp_path, grey_tiff(values, bits, sample_format=sample_format))))
    assert (levels.min(), levels.max(), len(np.unique(levels))) == (0, 255, 256)
    assert (np.diff(levels.ravel().astype(int)) >= 0).all()


def test_a_picture_without_any_number_is_refused(tmp_path):
    nothing = grey_tiff(np.full((2, 2), np.nan, np.float32), 32, sample_format=3)
    ref = probed(tmp_path, nothing)
    with pytest.raises(DataError, match="holds no number"):
        load(ref)


def test_a_large_picture_is_scaled_in_blocks_as_a_small_one_is(tmp_path, monkeypatch):
    values = np.linspace(-5, 5, 4096, dtype=np.float32).reshape(64, 64)
    ref = probed(tmp_path, grey_tiff(values, 32, sample_format=3))
    whole = load(ref).tobytes()
    monkeypatch.setattr("harness.media.pixels._BLOCK", 100)  # one row, and a bit
    assert load(ref).tobytes() == whole


# --- version 1, as the pictures of most datasets ------------------------------------------------


def version_0_1(path):
    """The pixels as version 0.1 of the harness made them (harness/media.py at d83dd3f)."""
    from PIL import ImageOps

    with Image.open(path) as image:
        ImageOps.exif_transpose(image, in_place=True)
        image.load()
        if image.mode == "RGB" and "transparency" not in image.info:
            return image.copy()
        if "transparency" in image.info or image.mode in ("RGBA", "LA", "PA"):
            layer = image.convert("RGBA")
            opaque = Image.new("RGBA", layer.size, "white")
            opaque.alpha_composite(layer)
            return opaque.convert("RGB")
        return image.convert("RGB")


CASES = [
    *((form, mode) for form in ("PNG", "TIFF", "WEBP") for mode in ("RGB", "RGBA")),
    *((form, mode) for form in ("PNG", "TIFF") for mode in ("1", "L", "LA", "P")),
    *((form, mode) for form in ("JPEG", "TIFF") for mode in ("L", "RGB", "CMYK")),
    *((form, mode) for form in ("BMP", "GIF", "PPM") for mode in ("1", "L", "RGB")),
    ("AVIF", "RGB"),
    ("AVIF", "RGBA"),
    ("TIFF", "YCbCr"),
]


@pytest.mark.parametrize(("form", "mode"), CASES)
def test_pixels_of_ordinary_pictures_are_those_of_version_0_1(form, mode, tmp_path):
    ref = probed(tmp_path, encoded(picture(mode), form))
    assert ref.pixels == 1
    assert load(ref).tobytes() == version_0_1(tmp_path / "a").tobytes()


@pytest.mark.parametrize("name", ["turned.jpg", "turned.png", "turned.tif", "turned.webp"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_turned_photo_is_upright_as_in_version_0_1(name, turn, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = turn
    photo = picture("RGB").crop((0, 0, 16, 8))
    photo.save(tmp_path / name, exif=exif)
    shown = load(probe(tmp_path / name))
    assert shown.size == ((16, 8) if turn < 5 else (8, 16))
    assert shown.tobytes() == version_0_1(tmp_path / name).tobytes()


def test_transparent_pixels_become_white(tmp_path):
    clear = Image.new("RGBA", (2, 2), (255, 0, 0, 0))
    palette = Image.new("P", (2, 2), 3)
    palette.putpalette([200, 0, 0] * 256)
    for number, content in enumerate(
        [encoded(clear, "PNG"), encoded(palette, "PNG", transparency=3)]
    ):
        assert load(probed(tmp_path, content, str(number))).getpixel((0, 0)) == (255, 255, 255)


def test_of_an_animation_the_first_frame_is_seen(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for form in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        content = encoded(frames[0], form, save_all=True, append_images=frames[1:])
        red, _, blue = load(probed(tmp_path, content, form)).getpixel((1, 1))
        assert red > 200 > 50 > blue, form


# --- which version a picture has ----------------------------------------------------------------


def test_every_kind_of_colours_has_its_rules():
    assert not DEEP & SHALLOW
    assert {"I", "F", "I;16", "I;16B"} <= DEEP


@pytest.mark.parametrize(("form", "mode"), [*CASES, ("TIFF", "I"), ("TIFF", "F"), ("PNG", "I;16")])
def test_the_header_knows_the_kind_of_colours_that_the_pixels_have(form, mode):
    image = open_header(io.BytesIO(encoded(picture(mode), form)), "a")
    before = image.mode
    image.load()
    assert image.mode == before
    assert form in FORMATS


def test_what_a_run_of_version_0_1_saw_is_shown_as_it_saw_it(tmp_path):
    ref = probed(tmp_path, png16(WIDE << 4))
    before = dataclasses.replace(ref, pixels=1)
    content = (tmp_path / "a").read_bytes()
    assert (grey_of(decode(content, before)) == 255).mean() > 0.9  # nearly all white: the fault
    assert len(np.unique(grey_of(decode(content, ref)))) == 256


def test_rules_of_a_later_version_are_not_guessed(tmp_path):
    ref = dataclasses.replace(probed(tmp_path, png16(WIDE)), pixels=PIXEL_RULES + 1)
    with pytest.raises(DataError, match="rules 3 for pixels are not known here"):
        load(ref)


# --- which files every reader sees alike --------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (encoded(picture("RGB"), "PNG"), "png"),
        (encoded(picture("L"), "JPEG"), "jpeg"),
        (encoded(picture("RGB"), "WEBP"), "webp"),
        (encoded(picture("RGB"), "TIFF"), None),
        (encoded(picture("RGB"), "BMP"), None),
        (encoded(picture("CMYK"), "JPEG"), None),
        (encoded(picture("RGBA"), "PNG"), None),
        (encoded(picture("1"), "PNG"), None),
        (png16(WIDE), None),
        (png16(np.stack([WIDE] * 3, -1), colour=2), None),
    ],
)
def test_only_plain_files_are_read_alike_everywhere(content, kind, tmp_path):
    assert plain_format(content, probed(tmp_path, content)) == kind
