"""Which files hold frames or pages behind the one that is seen."""

import sys
from pathlib import Path

import pytest
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, picture

from harness.media import load, probe

FRAMES = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue", "lime")]
SEVERAL = {"save_all": True, "append_images": FRAMES[1:]}


def probed(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    return probe(tmp_path / "a")


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_file_of_several_frames_is_told_from_one_of_a_single(form, tmp_path):
    moving = encoded(FRAMES[0], form, **SEVERAL)
    assert probed(tmp_path, moving).several_frames
    assert load(probed(tmp_path, moving)).getpixel((1, 1))[0] > 200  # red is the first
    assert not probed(tmp_path, encoded(FRAMES[0], form)).several_frames


@pytest.mark.parametrize("form", ["JPEG", "BMP", "PPM"])
def test_a_format_of_one_picture_has_no_others(form, tmp_path):
    assert not probed(tmp_path, encoded(picture("RGB"), form)).several_frames


def test_what_a_phone_puts_behind_a_photo_is_no_frame_of_it(tmp_path):
    photo = encoded(picture("RGB"), "MPO", save_all=True, append_images=[picture("L")])
    assert not probed(tmp_path, photo).several_frames


def test_a_second_frame_that_is_broken_was_one(tmp_path):
    moving = encoded(FRAMES[0], "GIF", **SEVERAL)
    second = moving.index(b",", moving.index(b",") + 1)
    assert probed(tmp_path, moving[: second + 6] + b"\0;").several_frames
