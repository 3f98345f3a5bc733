"""What a dataset says of its images' frames, and which it leaves out for their size."""

import pytest
from PIL import Image

from harness.dataset.samples import load_samples


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
