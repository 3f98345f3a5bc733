"""How memory grows with the samples: ``python benchmarks/many_samples.py [--sizes 10000 100000]``.

A CSV of N rows with different titles over a few hundred small pictures, or as many samples in
WebDataset's tar shards (``--format webdataset``, 1,000 a shard), one prompt, one model of the fake
engine, BLEU, ROUGE_L and CIDEr on COCO's tokeniser (METEOR is left out: it is a Java process with
a heap of its own). Each command runs in a process of its own: ``check``,
``check --data``, the plan (all of its requests are made, none is asked), ``run`` and ``report``.
Its peak is what the kernel counts (VmHWM), and so is that of the tokeniser's Java beside it.

``--own-pictures`` gives every row a picture of its own bytes, so that no two samples are one unit:
an inode and 4 KB of disk a row. The last line is the figure: what a sample more takes.

The titles are made of people's captions of COCO images, as in ``scoring_predictions.py``, the
first words of one before the last words of another, so that a million of them differ.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PIL import Image
from scoring import captions
from scoring_predictions import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (10_000, 100_000)
PICTURES = 400
CAPTIONS = 40_000
SECONDS = 0.1
SUITE = """
dataset: pictures
models: [{name: stand-in, engine: fake, model: none}]
metrics: [bleu, rouge_l, cider]
"""
DATASETS = {
    "csv": """
source: {format: csv, path: pictures.csv}
columns: {id: id, image: image, references: [title]}
images: {root: images}
""",
    "webdataset": """
source: {format: webdataset, path: "shards/*.tar"}
columns: {id: __key__, image: image, references: [txt]}
""",
}
SHARD = 1_000
"""Samples of a shard."""
COMMAND = "import sys; from harness.cli import main; sys.exit(main())"
PLAN = """
from pathlib import Path
from harness.config.load import load_suite
from harness.pipeline.asking.plan import Choice, make_plan
plan = make_plan(load_suite(Path("prompts/titles")), Choice())
print(sum(1 for _ in plan.requests()), "requests")
"""
PARTS = {
    "check": [COMMAND, "check", "prompts/titles"],
    "check --data": [COMMAND, "check", "prompts/titles", "--data"],
    "plan": [PLAN],
    "run": [COMMAND, "run", "prompts/titles", "--engine", "fake"],
    "report": [COMMAND, "report", "results/titles"],
}
"""What is measured → Python's arguments after -c, in the project's folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a command took."""

    megabytes: float
    """At its peak."""
    java: float
    """The same of the tokeniser's processes, each by itself."""
    seconds: float
    cpu: float
    """Of it and its children."""


def make_project(root: Path, samples: int, *, form: str, own_pictures: bool) -> None:
    """Write a suite of one prompt and its dataset."""
    draw = random.Random(samples)  # some pictures and titles, not a secret
    suite, data = root / "prompts" / "titles", root / "datasets"
    suite.mkdir(parents=True)
    data.mkdir()
    pictures = [picture(draw, root / "picture.jpg") for _ in range(PICTURES)]
    if form == "csv":
        write_csv(data, samples, draw, pictures, own_pictures=own_pictures)
    else:
        write_shards(data, samples, draw, pictures, own_pictures=own_pictures)
    (data / "pictures.yaml").write_text(DATASETS[form], encoding="utf-8")
    (suite / "suite.yaml").write_text(SUITE, encoding="utf-8")
    (suite / "plain.yaml").write_text("user: Give a title of this dish.\n", encoding="utf-8")


def write_csv(
    data: Path, samples: int, draw: random.Random, pictures: list[bytes], *, own_pictures: bool
) -> None:
    """Write a table, and its pictures beside it."""
    (data / "images").mkdir()
    for number in range(samples if own_pictures else PICTURES):
        content = content_of(number, pictures, own=own_pictures)
        (data / "images" / f"{number:07}.jpg").write_bytes(content)
    with (data / "pictures.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "image", "title"))
        for number, title in enumerate(titles(samples, draw)):
            image = number if own_pictures else number % PICTURES
            rows.writerow((f"{number:07}", f"{image:07}.jpg", title))


def write_shards(
    data: Path, samples: int, draw: random.Random, pictures: list[bytes], *, own_pictures: bool
) -> None:
    """Write tar shards of pictures and titles."""
    (data / "shards").mkdir()
    every = enumerate(titles(samples, draw))
    while shard := list(islice(every, SHARD)):
        path = data / "shards" / f"{shard[0][0] // SHARD:06}.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for number, title in shard:
                content = content_of(number, pictures, own=own_pictures)
                for name, part in (
                    (f"{number:07}.jpg", content),
                    (f"{number:07}.txt", title.encode()),
                ):
                    member = tarfile.TarInfo(name)
                    member.size = len(part)
                    tar.addfile(member, BytesIO(part))
                tar.members.clear()  # type: ignore[attr-defined]


def titles(count: int, draw: random.Random) -> Iterator[str]:
    """Make titles: the first words of one caption before the last words of another."""
    first, others = captions(CAPTIONS)
    halves = [shortened(text, draw).split() for text in (*first, *others[0])]
    for _ in range(count):
        one, other = draw.choice(halves), draw.choice(halves)
        yield " ".join([*one[: len(one) // 2 + 1], *other[len(other) // 2 :]])


def content_of(number: int, pictures: list[bytes], *, own: bool) -> bytes:
    """Give the bytes of a sample's picture; its own have a comment, which changes no pixel."""
    content = pictures[number % PICTURES]
    return content[:2] + b"\xff\xfe\x00\x0a%08d" % number + content[2:] if own else content


def picture(draw: random.Random, path: Path) -> bytes:
    """Make a small JPEG."""
    Image.frombytes("RGB", (8, 8), draw.randbytes(192)).resize((64, 64)).save(path)
    return path.read_bytes()


def taken(arguments: list[str], root: Path) -> Taken:
    """Run a command in a project and watch its memory."""
    began = time.monotonic()
    own, java = 0.0, {0: 0.0}
    with (root / "said").open("w") as said:
        command = [sys.executable, "-c", *arguments]
        process = subprocess.Popen(command, cwd=root, stdout=said, stderr=said)
        watched = psutil.Process(process.pid)
        cpu = 0.0
        while process.poll() is None:
            try:
                own = max(own, peak(process.pid))
                times = watched.cpu_times()
                cpu = sum(times[:4])
                for child in watched.children(recursive=True):
                    if child.name() == "java":
                        java[child.pid] = max(java.get(child.pid, 0.0), peak(child.pid))
            except (psutil.Error, OSError):
                pass  # one of them has ended
            time.sleep(SECONDS)
    if process.returncode:
        sys.exit(f"{arguments[1:]} failed:\n{(root / 'said').read_text()}")
    return Taken(megabytes=own, java=max(java.values()), seconds=time.monotonic() - began, cpu=cpu)


def peak(pid: int) -> float:
    """Give the most memory that a process has held, in MB."""
    held = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(held[1]) * 1024 / 1e6 if held else 0.0


def main() -> None:
    """Run each size, and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--format", choices=list(DATASETS), default="csv")
    parser.add_argument("--own-pictures", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    found: list[dict[str, Taken]] = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            make_project(Path(folder), size, form=options.format, own_pictures=options.own_pictures)
            print(f"{size:,} samples", flush=True)
            found.append({})
            for part in options.parts:
                found[-1][part] = one = taken(PARTS[part], Path(folder))
                print(
                    f"  {part:14}{one.megabytes:8.0f} MB{one.java:8.0f} MB of Java"
                    f"{one.seconds:8.1f} s{one.cpu:8.1f} s of CPU",
                    flush=True,
                )
    for i in range(1, len(found)):
        more = (options.sizes[i] - options.sizes[i - 1]) / 1_000
        growth = ", ".join(
            f"{part} {(found[i][part].megabytes - found[i - 1][part].megabytes) / more:.2f}"
            for part in options.parts
        )
        print(f"kB a sample from {options.sizes[i - 1]:,} to {options.sizes[i]:,}: {growth}")


if __name__ == "__main__":
    main()
