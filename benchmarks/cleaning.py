"""What the rules of ``clean:`` find and what they take for it: ``python benchmarks/cleaning.py``.

Near duplicates: of each of the demo's 260 drawn pictures variants are made, and counted is how many
are taken for the picture they were made of, and how many pairs of different dishes for one picture.

Off topic: of people's captions of COCO images, which every install has inside pycocoevalcap's SPICE
jar, how many are left out though they belong there; and how many captions are found among the
demo's titles, alone and twenty at a time.
"""

from __future__ import annotations

import io
import json
import random
import time
import zipfile
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.dataset.topics import Topics
from harness.media import NEAR, Looks, SeenLooks, look, probe
from harness.metrics.java import find_jar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.records import MediaRef

DATASETS = Path(__file__).parents[1] / "datasets"
SIZES = (50, 100, 200, 500, 1_000, 5_000)
DRAWS = 20


def encoded(image: Image.Image, form: str, quality: int = 90) -> bytes:
    """Write a picture as a file."""
    content = io.BytesIO()
    image.save(content, form, quality=quality)
    return content.getvalue()


def scaled(image: Image.Image, times: float) -> Image.Image:
    """Give a picture so many times as wide and high."""
    return image.resize((round(image.width * times), round(image.height * times)))


def cut(image: Image.Image, share: float) -> Image.Image:
    """Cut a share of width and height off at each side."""
    x, y = image.width * share, image.height * share
    return image.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


CHANGES: Mapping[str, Callable[[Image.Image], bytes]] = {
    "JPEG of quality 90": lambda i: encoded(i, "JPEG", 90),
    "JPEG of quality 20": lambda i: encoded(i, "JPEG", 20),
    "half the size": lambda i: encoded(scaled(i, 0.5), "PNG"),
    "1.7 times the size": lambda i: encoded(scaled(i, 1.7), "PNG"),
    "1 % cut off at each side": lambda i: encoded(cut(i, 0.01), "PNG"),
    "2 % cut off": lambda i: encoded(cut(i, 0.02), "PNG"),
    "3 % cut off": lambda i: encoded(cut(i, 0.03), "PNG"),
    "5 % cut off": lambda i: encoded(cut(i, 0.05), "PNG"),
    "mirrored": lambda i: encoded(i.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"),
}


def near_duplicates() -> None:
    """Count variants that are found, and dishes that are taken for one another."""
    names = ("recipes-demo", "recipes-demo-train")
    every = [load_samples(load_dataset(DATASETS / f"{name}.yaml")) for name in names]
    refs = [sample.media[0] for data in every for sample in data.samples]
    looks = [look(ref) for ref in refs]
    distances = [
        Looks([looks[i]]).distances(looks[j])[0] for i, j in combinations(range(len(looks)), 2)
    ]
    print(f"{len(refs)} pictures; of 256 bits {NEAR} may differ")
    print(
        f"different dishes: {len(distances):,} pairs, the nearest {min(distances)} bits apart, "
        f"{sum(d <= NEAR for d in distances)} taken for one picture"
    )
    seen = SeenLooks()
    for text in looks:
        seen.add(text)
    with TemporaryDirectory() as folder:
        for name, change in CHANGES.items():
            found = [seen.near(variant(ref, change, Path(folder))) for ref in refs]
            right = sum(near is not None and near.place == i for i, near in enumerate(found))
            wrong = sum(near is not None and near.place != i for i, near in enumerate(found))
            print(f"  {name:<26} {right / len(refs):7.1%} found, {wrong} taken for another dish")


def variant(ref: MediaRef, change: Callable[[Image.Image], bytes], folder: Path) -> str:
    """Give the look of a picture that was changed."""
    assert ref.path is not None
    with Image.open(ref.path) as image:
        (folder / "x").write_bytes(change(image.convert("RGB")))
    return look(probe(folder / "x"))


def off_topic() -> None:
    """Count captions that are left out, and strange titles that are found."""
    with zipfile.ZipFile(find_jar("spice/spice-1.0.jar")) as jar:
        annotations = json.loads(jar.read("coco/annotations/captions_val2014.json"))["annotations"]
    by_image: dict[int, list[str]] = {}
    for each in sorted(annotations, key=lambda a: (a["image_id"], a["id"])):
        by_image.setdefault(each["image_id"], []).append(each["caption"])
    captions = list(by_image.values())
    begun = time.perf_counter()
    whole = strays(captions)
    print(
        f"captions of {len(captions):,} images, all of an image together: {len(whole)} left out "
        f"({time.perf_counter() - begun:.1f} s)"
    )
    alone = [stray for k in range(5) for stray in strays([[texts[k]] for texts in captions])]
    print(f"one caption an image, five times: {len(alone)} of {5 * len(captions):,} left out:")
    for text in alone:
        print(f"    {text[0].strip()}")
    draw = random.Random(0)
    first = [texts[:1] for texts in captions]
    for size in SIZES:
        wrong = sum(len(strays(draw.sample(first, size))) for _ in range(DRAWS))
        print(f"  of {size:>5,} captions {wrong / DRAWS / size:7.2%} left out ({DRAWS} draws)")
    demo = [
        s.references for s in load_samples(load_dataset(DATASETS / "recipes-demo.yaml")).samples
    ]
    print(f"the demo's {len(demo)} titles: {len(strays(demo))} left out")
    for together in (1, 20):
        found = 0
        for _ in range(500 // together):
            strangers = draw.sample(first, together)
            found += sum(text in strangers for text in strays([*demo, *strangers]))
        print(f"  of 500 captions among them, {together} at a time, {found / 500:.0%} are found")


def strays(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Give the rows that share no word with another."""
    topics = Topics(rows)
    return [row for row in rows if not topics.has(row)]


if __name__ == "__main__":
    near_duplicates()
    off_topic()
