"""What is found out about an image before any model is asked, and what no file can do to a run."""

import os
import random
import sys
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, picture
from odd_files import BOMBS, PNG, STRANGERS, WHOLE, png

from harness.errors import DataError
from harness.media import decode, load, plain_format, probe
from harness.media.formats import ends_well, open_header
from harness.records import FilePlace, MediaRef


def written(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    return path


def test_an_image_is_measured_and_hashed(tmp_path):
    Image.new("RGB", (5, 3)).save(tmp_path / "a.png")
    ref = probe(tmp_path / "a.png")
    assert (ref.width, ref.height, len(ref.sha256), ref.pixels) == (5, 3, 64, 1)
    assert ref == probe(FilePlace(path=str(tmp_path / "a.png")))
    assert (ref.path, ref.name) == (tmp_path / "a.png", str(tmp_path / "a.png"))


@pytest.mark.parametrize("kind", WHOLE)
def test_every_format_that_is_read_is_read_under_any_name(kind, tmp_path):
    ref = probe(written(tmp_path, WHOLE[kind]))
    assert load(ref).mode == "RGB"
    assert load(ref).size == (ref.width, ref.height)


@pytest.mark.parametrize("kind", [kind for kind in WHOLE if not kind.startswith("PPM")])
def test_whole_files_are_not_decoded_to_be_probed(kind):
    file = BytesIO(WHOLE[kind])
    assert ends_well(open_header(file, "a"), file)


@pytest.mark.filterwarnings("ignore")  # outside of the tests a warning is no exception either
@pytest.mark.parametrize("kind", [kind for kind in WHOLE if kind != "PPM of letters"])
def test_a_file_cut_short_is_found_before_a_model_is_asked(kind, tmp_path):
    content = WHOLE[kind]
    whole = load(probe(written(tmp_path, content))).tobytes()
    refused = 0
    for end in range(0, len(content), max(1, len(content) // 60)):
        try:
            ref = probe(written(tmp_path, content[:end]))
        except DataError:
            refused += 1
        else:  # what is missing shows nothing: notes, further frames, the mark of the end
            assert load(ref).tobytes() == whole, end
    assert refused > 10


def test_a_large_photo_cut_short_is_found_before_a_model_is_asked(tmp_path):
    photo = encoded(Image.effect_noise((400, 400), 80), "JPEG")
    with pytest.raises(DataError, match="not a readable image"):
        probe(written(tmp_path, photo[: len(photo) // 2]))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_whole_file_with_something_after_its_end_is_an_image(kind, tmp_path):
    content = WHOLE[kind] + b"a camera's own notes"
    assert load(probe(written(tmp_path, content))).size == (16, 16)


def test_a_file_damaged_in_its_middle_is_found_when_its_pixels_are_made(tmp_path):
    content = bytearray(PNG)
    content[len(PNG) // 2] ^= 255
    ref = probe(written(tmp_path, bytes(content)))
    with pytest.raises(DataError, match=r"image cannot be decoded: .*a\.png \("):
        load(ref)


def test_an_image_that_was_overwritten_since_is_refused(tmp_path):
    ref = probe(written(tmp_path, PNG))
    written(tmp_path, encoded(picture("L"), "PNG"))
    with pytest.raises(DataError, match="image has changed since the run began"):
        load(ref)


# --- bombs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BOMBS)
def test_a_decompression_bomb_is_refused(kind, tmp_path):
    began = time.monotonic()
    with pytest.raises(DataError, match=r"a\.png"):
        load(probe(written(tmp_path, BOMBS[kind])))
    assert time.monotonic() - began < 10


def test_pixels_up_to_the_limit_are_read_and_one_more_is_not(tmp_path):
    with pytest.raises(DataError, match="image of 10001×10000 pixels, more than 100,000,000"):
        probe(written(tmp_path, png(size=(10_001, 10_000))))
    assert probe(written(tmp_path, png(size=(10_000, 10_000)))).width == 10_000


def test_a_file_of_too_many_bytes_is_refused_unread(tmp_path):
    path = written(tmp_path, PNG)
    os.truncate(path, 64 * 1024 * 1024 + 1)  # with a hole
    with pytest.raises(DataError, match="image of 67,108,865 bytes, more than 67,108,864"):
        probe(path)


# --- what is no image that is read here ---------------------------------------------------------


@pytest.mark.parametrize("kind", STRANGERS)
def test_what_is_no_image_that_is_read_here_is_one_data_error(kind, tmp_path):
    path = written(tmp_path, STRANGERS[kind])
    with pytest.raises(DataError, match=r"a\.png") as refused:
        load(probe(path))
    assert " at 0x" not in str(refused.value)
    # The same bytes by another way into the decoder.
    ref = MediaRef(place=FilePlace(path=str(path)), sha256="", width=1, height=1)
    with pytest.raises(DataError):
        decode(STRANGERS[kind], ref)


def test_ghostscript_is_never_called(tmp_path, monkeypatch):
    called = tmp_path / "called"
    for name in ("gs", "gswin32c", "gswin64c"):
        (tmp_path / name).write_text(f"#!/bin/sh\ntouch '{called}'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("a.eps", "a.ps", "a.png"):
        (tmp_path / name).write_bytes(STRANGERS["EPS"])
        with pytest.raises(DataError, match=r"none of JPEG, PNG, WEBP, GIF, BMP, TIFF"):
            probe(tmp_path / name)
    assert not called.exists()


def test_names_that_no_file_can_have_are_one_data_error(tmp_path):
    (tmp_path / "itself").symlink_to("itself")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("itself", "folder", "pipe", "n" * 300, "nul\0", "\ud800", "missing", "a.png/b"):
        with pytest.raises(DataError):
            probe(tmp_path / name)


def test_a_file_that_may_not_be_read_is_one_data_error(tmp_path):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    with pytest.raises(DataError, match=r"a\.png \(Permission denied\)"):
        probe(written(tmp_path, PNG), refuse)


# --- anything at all ----------------------------------------------------------------------------


def damaged(content, chance):
    """Cut, overwrite, drop or put in some bytes, more often near the front."""
    content = bytearray(content)
    if chance.random() < 0.2:
        del content[chance.randrange(len(content)) :]
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        if not content:
            break
        place = chance.randrange(min(len(content), chance.choice([32, 200, 10**9])))
        match chance.randrange(4):
            case 0:
                content[place] = chance.choice([0, 1, 127, 128, 255, chance.randrange(256)])
            case 1:
                number = chance.choice([0, 1, 10_000, 2**31 - 1, 2**32 - 1])
                content[place : place + 4] = number.to_bytes(4, chance.choice(["big", "little"]))
            case 2:
                del content[place : place + chance.randrange(1, 9)]
            case 3:
                content[place:place] = chance.randbytes(chance.randrange(1, 9))
    return bytes(content)


@pytest.mark.filterwarnings("ignore")  # outside of the tests a warning is no exception either
@pytest.mark.parametrize("kind", WHOLE)
def test_a_damaged_file_is_an_image_or_one_data_error(kind, tmp_path):
    chance = random.Random(f"{kind}, damaged")
    fine = refused = 0
    for _ in range(60):
        content = damaged(WHOLE[kind], chance)
        began = time.monotonic()
        try:
            ref = probe(written(tmp_path, content))
            shown = load(ref)
            plain_format(content, ref)
        except DataError:
            refused += 1
        else:
            fine += 1
            assert shown.mode == "RGB"
            assert sorted(shown.size) == sorted((ref.width, ref.height))
        assert time.monotonic() - began < 20
    assert refused > 5
    assert fine + refused == 60
