"""Small pictures of a run: they stay with it when it is copied, and nothing else comes in."""

import hashlib
import io
import os
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from harness.media import probe
from harness.records import Answer, Completion, FilePlace, MediaRef, Prediction, Sample, UrlPlace
from harness.report.gallery import gallery
from harness.report.thumbnails import FOLDER, LONGEST_SIDE, Thumbnails


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "images" / "wide.png"
    path.parent.mkdir()
    Image.new("RGB", (640, 200), "red").save(path)
    return path


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def cards_of(run, *refs):
    sample = Sample(id="s", media=refs, references=("a dish",))
    said = Prediction(value="soup", status="ok", steps=())
    made = Completion(key="", text="soup", finish_reason="stop")
    answers = {"plain": [Answer(sample=sample, completion=made, prediction=said)]}
    return gallery([sample], answers, [], Thumbnails(run))


def test_a_picture_is_shown_whole_and_kept_with_the_run(run, image):
    ref = probe(image)
    webp = Thumbnails(run).webp(ref)
    assert (run / FOLDER / f"{ref.sha256}.webp").read_bytes() == webp
    with Image.open(run / FOLDER / f"{ref.sha256}.webp") as small:
        assert small.size == (LONGEST_SIDE, 50)
    assert [path.name for path in (run / FOLDER).iterdir()] == [f"{ref.sha256}.webp"]


def test_a_run_whose_images_are_gone_keeps_its_pictures(run, image, tmp_path):
    [before] = cards_of(run, probe(image))
    gone = probe(image)
    image.unlink()
    copy = run.rename(tmp_path / "copy")
    [after] = cards_of(copy, gone)
    assert after == before
    assert after.absent == 0


def test_pictures_that_are_nowhere_are_counted(run, image):
    ref = probe(image)
    image.unlink()
    [card] = cards_of(run, ref, ref)
    assert (card.pictures, card.images, card.absent) == ((), 2, 2)


def test_a_sample_with_many_images_shows_the_first_and_says_how_many(run, image):
    [card] = cards_of(run, *(probe(image),) * 6)
    assert (len(card.pictures), card.images, card.absent) == (4, 6, 0)


def test_a_sample_without_images_lacks_none(run):
    [card] = cards_of(run)
    assert (card.pictures, card.images, card.absent) == ((), 0, 0)


def test_a_strangers_run_brings_no_file_of_this_machine_into_the_page(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a key")
    none = FilePlace(path=str(tmp_path / "none.png"))
    digest = hashlib.sha256(b"x").hexdigest()
    (run / FOLDER).mkdir()
    (run / FOLDER / f"{digest}.webp").symlink_to(secret)
    linked = MediaRef(place=none, sha256=digest, width=1, height=1)
    assert Thumbnails(run).webp(linked) is None
    (tmp_path / "other.webp").write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    outside = MediaRef(place=none, sha256="../../other", width=1, height=1)
    assert Thumbnails(run).webp(outside) is None
    (run / FOLDER / f"{digest}.webp").unlink()
    (run / FOLDER / f"{digest}.webp").write_bytes(b"RIFF\0\0\0\0WEBP" + bytes(1_000_000))
    assert Thumbnails(run).webp(linked) is None


def test_a_deep_picture_is_shown_as_the_model_saw_it(run, tmp_path):
    gradient = np.linspace(0, 65535, 640, dtype=np.uint16)[None, :].repeat(320, 0)
    Image.fromarray(gradient).save(tmp_path / "a.png")
    small = Image.open(io.BytesIO(Thumbnails(run).webp(probe(tmp_path / "a.png"))))
    assert small.size == (LONGEST_SIDE, LONGEST_SIDE // 2)
    row = np.asarray(small.convert("L"))[40].astype(int)
    assert row[0] < 10 < 118 < row[80] < 138 < 245 < row[-1]


def test_images_that_have_gone_changed_or_broken_have_no_picture(run, tmp_path):
    refs = {}
    for name in ("gone", "changed", "broken"):
        Image.effect_noise((64, 64), 80).save(tmp_path / f"{name}.png")
        if name == "broken":
            content = bytearray((tmp_path / "broken.png").read_bytes())
            content[len(content) // 2] ^= 255
            (tmp_path / "broken.png").write_bytes(content)
        refs[name] = probe(tmp_path / f"{name}.png")
    (tmp_path / "gone.png").unlink()
    Image.new("L", (64, 64)).save(tmp_path / "changed.png")
    assert {name: Thumbnails(run).webp(ref) for name, ref in refs.items()} == dict.fromkeys(refs)


def test_a_strangers_run_makes_no_page_fetch_anything(run, image):
    url = f"memory://{image.parent.parent.name}/a.png"
    with fsspec.open(url, "wb") as file:
        file.write(image.read_bytes())
    ref = probe(UrlPlace(url=url))  # it is there, and could be had
    shutil.rmtree(Path(os.environ["HARNESS_CACHE"]) / "images")
    assert Thumbnails(run).webp(ref) is None


def test_what_has_been_fetched_is_shown_without_the_network(run, image):
    url = f"memory://{image.parent.parent.name}/b.png"
    with fsspec.open(url, "wb") as file:
        file.write(image.read_bytes())
    ref = probe(UrlPlace(url=url))
    fsspec.filesystem("memory").rm(url)
    assert Thumbnails(run).webp(ref) == Thumbnails(run).webp(probe(image))
