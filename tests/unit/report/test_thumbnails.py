"""Small pictures of a run: they stay with it when it is copied, and nothing else comes in."""

import hashlib

import pytest
from PIL import Image

from harness.media import probe
from harness.records import Answer, Completion, MediaRef, Prediction, Sample
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
    digest = hashlib.sha256(b"x").hexdigest()
    (run / FOLDER).mkdir()
    (run / FOLDER / f"{digest}.webp").symlink_to(secret)
    linked = MediaRef(path=tmp_path / "none.png", sha256=digest, width=1, height=1)
    assert Thumbnails(run).webp(linked) is None
    (tmp_path / "other.webp").write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    outside = MediaRef(path=tmp_path / "none.png", sha256="../../other", width=1, height=1)
    assert Thumbnails(run).webp(outside) is None
    (run / FOLDER / f"{digest}.webp").unlink()
    (run / FOLDER / f"{digest}.webp").write_bytes(b"RIFF\0\0\0\0WEBP" + bytes(1_000_000))
    assert Thumbnails(run).webp(linked) is None
