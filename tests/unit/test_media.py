import pytest
from PIL import Image

from harness.errors import DataError
from harness.media import load, probe


def test_an_image_is_measured_and_hashed(tmp_path):
    Image.new("RGB", (5, 3)).save(tmp_path / "a.png")
    ref = probe(tmp_path / "a.png")
    assert (ref.width, ref.height, len(ref.sha256)) == (5, 3, 64)


def test_transparent_pixels_become_white(tmp_path):
    Image.new("RGBA", (2, 2), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert load(probe(tmp_path / "a.png")).getpixel((0, 0)) == (255, 255, 255)


def test_a_turned_photo_is_upright(tmp_path):
    photo = Image.new("RGB", (6, 2))
    exif = photo.getexif()
    exif[0x0112] = 6  # turned by 90°
    photo.save(tmp_path / "a.jpg", exif=exif)
    assert load(probe(tmp_path / "a.jpg")).size == (2, 6)


def test_a_file_cut_short_fails_when_its_pixels_are_asked_for(tmp_path):
    noise = Image.effect_noise((200, 200), 80)
    noise.save(tmp_path / "a.jpg")
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    ref = probe(tmp_path / "a.jpg")
    with pytest.raises(DataError, match="cannot be decoded"):
        load(ref)


def test_a_decompression_bomb_is_refused(tmp_path):
    Image.new("1", (20_000, 20_000)).save(tmp_path / "bomb.png")
    with pytest.raises(DataError, match=r"pixels|readable"):
        probe(tmp_path / "bomb.png")


def test_an_image_that_was_overwritten_since_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (4, 4), "red").save(path)
    ref = probe(path)
    Image.new("RGB", (4, 4), "blue").save(path)
    with pytest.raises(DataError, match="image has changed since the run began"):
        load(ref)
