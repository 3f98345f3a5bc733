"""Small pictures of a run: they stay with it when it is copied, and nothing else comes in."""

import hashlib
import io
import json
import os
import shutil
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from harness.media import probe
from harness.records import FilePlace, MediaRef, Sample, UrlPlace
from harness.report.sample_files import Said, SampleFiles
from harness.report.thumbnails import FOLDER, OLD_FOLDER, Size, Thumbnails, size_for

SMALL = Size(longest_side=160, quality=80, most=10_000)
LONGEST_SIDE = SMALL.longest_side


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


def columns_of(run, *refs):
    """Write one sample's file; give what stands in it, and how many pictures could not be made."""
    sample = Sample(id="s", media=refs, references=("a dish",))
    written = {}
    none = np.zeros((1, 0, 1), dtype=np.float32)
    files = SampleFiles(written.__setitem__, ["plain"], none, [], Thumbnails(run, SMALL), run)
    files.add(sample, {"plain": Said(text="soup", raw=None, reason=None, flags=0)})
    files.close()
    [(name, text)] = written.items()
    assert name == "samples-0.js"
    columns = json.loads(text.removeprefix("harnessSamples(").removesuffix(");\n"))
    return columns, files.absent


def test_a_picture_is_shown_whole_and_kept_with_the_run(run, image):
    ref = probe(image)
    webp = Thumbnails(run, SMALL).webp(ref)
    assert (run / FOLDER / f"{ref.sha256}.webp").read_bytes() == webp
    with Image.open(run / FOLDER / f"{ref.sha256}.webp") as small:
        assert small.size == (LONGEST_SIDE, 50)
    assert [path.name for path in (run / FOLDER).iterdir()] == [f"{ref.sha256}.webp"]


def test_a_run_whose_images_are_gone_keeps_its_pictures(run, image, tmp_path):
    (before, _), gone = columns_of(run, probe(image)), probe(image)
    image.unlink()
    copy = run.rename(tmp_path / "copy")
    after, absent = columns_of(copy, gone)
    assert after["pictures"] == before["pictures"] == [[f"{gone.sha256}.webp"]]
    assert absent == 0


def test_a_copied_run_of_before_keeps_its_pictures(run, image):
    ref = probe(image)
    webp = Thumbnails(run, SMALL).webp(ref)
    (run / FOLDER).rename(run / OLD_FOLDER)
    image.unlink()
    assert Thumbnails(run, SMALL).webp(ref) == webp
    assert (run / FOLDER / f"{ref.sha256}.webp").read_bytes() == webp


def test_pictures_that_are_nowhere_are_counted(run, image):
    ref = probe(image)
    image.unlink()
    columns, absent = columns_of(run, ref, ref)
    assert (columns["pictures"], columns["more"], absent) == ([[]], [2], 2)


def test_a_sample_with_many_images_shows_the_first_and_says_how_many(run, image):
    columns, absent = columns_of(run, *(probe(image),) * 6)
    assert (len(columns["pictures"][0]), columns["more"], absent) == (4, [2], 0)


def test_a_sample_without_images_lacks_none(run):
    columns, absent = columns_of(run)
    assert (columns["pictures"], columns["more"], absent) == ([[]], [0], 0)


def test_the_image_itself_is_named_only_where_it_is_in_the_project(tmp_path, image):
    run = tmp_path / "results" / "suite" / "run"
    run.mkdir(parents=True)
    columns, _ = columns_of(run, probe(image))
    assert columns["originals"] == [["../../../images/wide.png"]]
    elsewhere = tmp_path / "a" / "results" / "suite" / "run"
    elsewhere.mkdir(parents=True)
    columns, _ = columns_of(elsewhere, probe(image))
    assert columns["originals"] == [[None]]


def test_pictures_of_many_images_are_smaller(run, image):
    sizes = [size_for(images) for images in (1, 2_000, 2_001, 13_500, 1_000_000)]
    assert [size.most for size in sizes] == [262_144, 20_000, 19_990, 2_962, 1_500]
    assert [size.longest_side for size in sizes] == [400, 400, 240, 160, 160]


def test_a_picture_that_takes_too_much_is_made_smaller(run, tmp_path):
    path = tmp_path / "noise.png"
    Image.effect_noise((640, 480), 120).save(path)
    size = Size(longest_side=160, quality=80, most=3_000)
    webp = Thumbnails(run, size).webp(probe(path))
    assert 1_500 < len(webp) <= 3_000  # a step down takes a third off; noise is drawn anew
    with Image.open(io.BytesIO(webp)) as small:
        assert small.width / small.height == pytest.approx(4 / 3, rel=0.02)
        assert small.width < 160


def test_a_strangers_run_brings_no_file_of_this_machine_into_the_page(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("a key")
    none = FilePlace(path=str(tmp_path / "none.png"))
    digest = hashlib.sha256(b"x").hexdigest()
    (run / FOLDER).mkdir(parents=True)
    (run / FOLDER / f"{digest}.webp").symlink_to(secret)
    linked = MediaRef(place=none, sha256=digest, width=1, height=1)
    assert Thumbnails(run, SMALL).webp(linked) is None
    (tmp_path / "other.webp").write_bytes(b"RIFF\0\0\0\0WEBPVP8 ")
    outside = MediaRef(place=none, sha256="../../other", width=1, height=1)
    assert Thumbnails(run, SMALL).webp(outside) is None
    (run / FOLDER / f"{digest}.webp").unlink()
    (run / FOLDER / f"{digest}.webp").write_bytes(b"RIFF\0\0\0\0WEBP" + bytes(1_000_000))
    assert Thumbnails(run, SMALL).webp(linked) is None


def test_a_deep_picture_is_shown_as_the_model_saw_it(run, tmp_path):
    gradient = np.linspace(0, 65535, 640, dtype=np.uint16)[None, :].repeat(320, 0)
    Image.fromarray(gradient).save(tmp_path / "a.png")
    small = Image.open(io.BytesIO(Thumbnails(run, SMALL).webp(probe(tmp_path / "a.png"))))
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
    assert {name: Thumbnails(run, SMALL).webp(ref) for name, ref in refs.items()} == dict.fromkeys(
        refs
    )


def test_a_strangers_run_makes_no_page_fetch_anything(run, image):
    url = f"memory://{image.parent.parent.name}/a.png"
    with fsspec.open(url, "wb") as file:
        file.write(image.read_bytes())
    ref = probe(UrlPlace(url=url))  # it is there, and could be had
    shutil.rmtree(Path(os.environ["HARNESS_CACHE"]) / "images")
    assert Thumbnails(run, SMALL).webp(ref) is None


def test_what_has_been_fetched_is_shown_without_the_network(run, image):
    url = f"memory://{image.parent.parent.name}/b.png"
    with fsspec.open(url, "wb") as file:
        file.write(image.read_bytes())
    ref = probe(UrlPlace(url=url))
    fsspec.filesystem("memory").rm(url)
    assert Thumbnails(run, SMALL).webp(ref) == Thumbnails(run, SMALL).webp(probe(image))
