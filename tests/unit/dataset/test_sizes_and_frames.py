"""What a dataset says of its images' frames, and which it leaves out for their size."""

import pytest
from PIL import Image

from harness.config.load import load_dataset
from harness.config.schema.dataset_file import MAX_MEGAPIXELS
from harness.dataset.samples import load_samples
from harness.errors import ConfigErrors
from harness.media import MAX_PIXELS


def animated(folder, *names):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    for i, name in enumerate(names):
        first = Image.new("RGB", (8, 6), (i, 9, 9))
        first.save(folder / f"{name}.png", save_all=True, append_images=frames)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["one"], "1 image has several frames or pages, of which the first is shown"),
        (["one", "two"], "2 images have several frames or pages, of which the first is shown"),
    ],
)
def test_animated_images_are_counted(names, said, make, pictures):
    animated(pictures, *names)
    rows = "".join(f"{name},{name},Soup,x\n" for name in names)
    loaded = load_samples(make(f"{rows}again,{names[0]},Soup,x\nred,red,Soup,x\n"))
    assert loaded.notes == (f"d.csv: {said}",)
    several = {sample.id: sample.media[0].several_frames for sample in loaded.samples}
    assert several == dict.fromkeys([*names, "again"], True) | {"red": False}


@pytest.fixture
def limited(make, tmp_path):
    """The dataset of these rows, with a limit to the size of its images."""

    def _limited(rows, limit):
        config = make(rows)
        path = config.where.path
        path.write_text(path.read_text().replace("suffix: .png", f"max_megapixels: {limit}"))
        return load_dataset(path)

    return _limited


def test_images_over_the_datasets_own_limit_are_left_out_with_it(limited, pictures):
    for name, size in (("wide", (301, 100)), ("fits", (300, 100))):
        Image.new("L", size).save(pictures / f"{name}.png")
    loaded = load_samples(limited("a,wide.png,Soup,x\nb,fits.png,Soup,x\n", "0.03"))
    assert [sample.id for sample in loaded.samples] == ["b"]
    [dropped] = loaded.dropped
    assert (dropped.id, dropped.reason) == ("a", "unreadable_image")
    assert dropped.detail == (
        "image of 301×100 pixels, more than the 0.03 megapixels of 'images.max_megapixels': "
        f"{pictures / 'wide.png'}"
    )


@pytest.mark.parametrize("limit", ["0", "-1", "101", "many"])
def test_a_limit_that_cannot_be_is_refused_with_its_line(limit, limited):
    with pytest.raises(ConfigErrors, match=r"d\.yaml:3: 'images.max_megapixels'"):
        limited("a,red.png,Soup,x\n", limit)


def test_no_dataset_allows_more_than_is_read_anywhere():
    assert MAX_MEGAPIXELS * 1_000_000 == MAX_PIXELS
