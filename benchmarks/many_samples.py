"""How memory grows with the samples: ``python benchmarks/many_samples.py [--sizes 10000 100000]``.

A CSV of N rows with different titles over a few hundred small pictures, one prompt, one model of
the fake engine, BLEU, ROUGE_L and CIDEr on COCO's tokeniser (METEOR is left out: it is a Java
process with a heap of its own). Each command runs in a process of its own: ``check``,
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
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from PIL import Image
from scoring import captions
from scoring_predictions import shortened

SIZES = (10_000, 100_000)
PICTURES = 400
CAPTIONS = 40_000
SECONDS = 0.02
SUITE = """
dataset: pictures
models: [{name: stand-in, engine: fake, model: none}]
metrics: [bleu, rouge_l, cider]
"""
DATASET = """
source: {format: csv, path: pictures.csv}
columns: {id: id, image: image, references: [title]}
images: {root: images}
"""
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


def make_project(root: Path, samples: int, *, own_pictures: bool) -> None:
    """Write a suite of one prompt and its dataset."""
    draw = random.Random(samples)  # some pictures and titles, not a secret
    suite, images = root / "prompts" / "titles", root / "datasets" / "images"
    for folder in (suite, images):
        folder.mkdir(parents=True)
    pictures = [picture(draw, root / "picture.jpg") for _ in range(PICTURES)]
    for number in range(samples if own_pictures else PICTURES):
        content = pictures[number % PICTURES]
        if own_pictures:  # a comment behind the first marker changes the bytes and no pixel
            content = content[:2] + b"\xff\xfe\x00\x0a%08d" % number + content[2:]
        (images / f"{number:07}.jpg").write_bytes(content)
    first, others = captions(CAPTIONS)
    halves = [shortened(text, draw).split() for text in (*first, *others[0])]
    with (root / "datasets" / "pictures.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "image", "title"))
        for number in range(samples):
            one, other = draw.choice(halves), draw.choice(halves)
            words = [*one[: len(one) // 2 + 1], *other[len(other) // 2 :]]
            image = number if own_pictures else number % PICTURES
            rows.writerow((f"{number:07}", f"{image:07}.jpg", " ".join(words)))
    (root / "datasets" / "pictures.yaml").write_text(DATASET, encoding="utf-8")
    (suite / "suite.yaml").write_text(SUITE, encoding="utf-8")
    (suite / "plain.yaml").write_text("user: Give a title of this dish.\n", encoding="utf-8")


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
    parser.add_argument("--own-pictures", action="store_true")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    options = parser.parse_args()
    found: list[dict[str, Taken]] = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            make_project(Path(folder), size, own_pictures=options.own_pictures)
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
