"""How a run's memory grows with its samples: ``python benchmarks/run_memory.py [--quick]``.

``harness run`` in a process of its own, on the fake engine: N different pictures of 64 × 64 with
different titles, two prompts of which one names the sample, BLEU, ROUGE_L and CIDEr on COCO's
tokeniser. METEOR is left out: it is a Java process with a heap of its own. The resident memory of
the process, and that of the tokeniser's Java, is read every 20 ms and counted for the stage that
its stderr said last.

The growth is what 1,000 samples more add to a stage's peak, from one size to the next.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import psutil
from PIL import Image

SIZES = (1_000, 3_000, 10_000)
SECONDS = 0.02
STAGES = {
    "reading": "reading",
    "starting": "generating",
    "generating": "generating",
    "scoring": "scoring",
    "writing": "report",
}
"""First word of a stage on stderr → the column it counts for."""
COLUMNS = tuple(dict.fromkeys(STAGES.values()))
SUITE = """
dataset: pictures
models: [{name: stand-in, engine: fake, model: none}]
metrics: [bleu, rouge_l, cider]
"""
DATASET = """
source: {format: jsonl, path: pictures.jsonl}
columns: {id: id, image: image, references: [title]}
images: {root: images}
"""

Peaks = dict[str, float]
"""Column, or "java" → megabytes."""


def make_project(root: Path, samples: int) -> Path:
    """Write a suite of two prompts and its dataset; give the suite's folder."""
    draw = random.Random(samples)  # some pictures and titles, not a secret
    syllables = [a + b for a in "bcdfghjklmnprstv" for b in "aeiou"]
    images, suite = root / "datasets" / "images", root / "prompts" / "titles"
    images.mkdir(parents=True)
    suite.mkdir(parents=True)
    with (root / "datasets" / "pictures.jsonl").open("w", encoding="utf-8") as rows:
        for number in range(samples):
            picture = Image.frombytes("RGB", (8, 8), draw.randbytes(192)).resize((64, 64))
            picture.save(images / f"{number}.jpg")
            title = " ".join("".join(draw.choices(syllables, k=2)) for _ in range(6))
            row = {"id": f"{number:06}", "image": f"{number}.jpg", "title": f"{title} {number}"}
            rows.write(f"{json.dumps(row)}\n")
    (root / "datasets" / "pictures.yaml").write_text(DATASET, encoding="utf-8")
    (suite / "suite.yaml").write_text(SUITE, encoding="utf-8")
    (suite / "plain.yaml").write_text("user: Name the dish.\n", encoding="utf-8")
    (suite / "title.yaml").write_text("user: Give a recipe title ({{ id }}).\n", encoding="utf-8")
    return suite


def peaks_of(suite: Path) -> Peaks:
    """Run a suite and give the peak of each stage."""
    command = [str(Path(sys.executable).parent / "harness"), "run", str(suite)]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    process = psutil.Process(run.pid)
    peaks: Peaks = defaultdict(float)
    stage, lines = COLUMNS[0], []

    def listen() -> None:
        nonlocal stage
        for line in run.stderr or ():
            lines.append(line)
            stage = STAGES.get(line.partition("] ")[2].split(" ")[0].rstrip(";\n"), stage)

    listener = threading.Thread(target=listen)
    listener.start()
    while run.poll() is None:
        now, own, beside = stage, 0, 0
        try:
            own = process.memory_info().rss
            java = [c for c in process.children(recursive=True) if c.name() == "java"]
            beside = sum(child.memory_info().rss for child in java)
        except psutil.Error:
            pass  # one of them has ended
        peaks[now] = max(peaks[now], own / 1e6)
        peaks["java"] = max(peaks["java"], beside / 1e6)
        time.sleep(SECONDS)
    listener.join()
    if run.returncode:
        sys.exit(f"the run failed:\n{''.join(lines)}")
    return peaks


def main() -> None:
    """Run each size and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a fast look at small sizes")
    sizes = [size // 10 for size in SIZES] if parser.parse_args().quick else SIZES
    found: list[Peaks] = []
    for size in sizes:
        print(f"{size:,} samples …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            found.append(peaks_of(make_project(Path(folder), size)))
    names = [*COLUMNS, "java"]
    print(f"{'peak memory, MB':24}" + "".join(f"{name:>12}" for name in names))
    for size, peaks in zip(sizes, found, strict=True):
        print(f"{f'{size:,} samples × 2':24}" + "".join(f"{peaks[n]:12.0f}" for n in names))
    for i in range(1, len(sizes)):
        more = (sizes[i] - sizes[i - 1]) / 1_000
        growth = "".join(f"{(found[i][n] - found[i - 1][n]) / more:12.1f}" for n in names)
        print(f"{f'per 1,000 more, to {sizes[i]:,}':24}{growth}")


if __name__ == "__main__":
    main()
