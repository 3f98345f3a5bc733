"""How large and how quick a run's page is: ``python benchmarks/report_page.py [--samples 13500]``.

Captions that people wrote of COCO's images stand for six systems' predictions, each sample with a
picture of its own (noise over blocks of colour, 400 × 300, which compresses worse than a photo).
``harness score --predictions`` makes the run, then ``harness report`` writes its page again. The
page is opened from disk in Chromium, and there is measured: first paint, until all samples are
read, frames a second while it scrolls through them, and from a choice to the next painted frame
when samples are sorted and searched. Medians of ROUNDS.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright
from scoring import captions

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
COMMAND = "import sys; from harness.cli import main; sys.exit(main())"
SYSTEMS = 6
ROUNDS = 3
TEXTURES = 200
CUISINES = ("thai", "greek", "mexican", "indian", "french", "korean", "turkish", "cuban")
DATASET = """
source: {format: csv, path: rows.csv}
columns: {id: id, image: image, references: [title], metadata: [cuisine]}
images: {root: images}
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
SCROLL = """() => new Promise(resolve => {
  const start = performance.now();
  let frames = 0;
  scrollTo(0, document.querySelector('.cards').offsetTop);
  const step = now => {
    frames += 1;
    scrollBy(0, 150);
    if (now - start < 4000) requestAnimationFrame(step);
    else resolve(frames * 1000 / (now - start));
  };
  requestAnimationFrame(step);
})"""
CHANGE = """([id, value]) => new Promise(resolve => {
  const field = document.getElementById(id);
  const start = performance.now();
  field.value = value;
  field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - start)));
})"""


def make_project(root: Path, samples: int) -> None:
    """Write the samples, their pictures, and what the systems say."""
    draw = random.Random(samples)  # pictures, not a secret
    images = root / "datasets" / "images"
    images.mkdir(parents=True)
    references, systems = captions(samples)
    textures = [picture(draw) for _ in range(TEXTURES)]
    with (root / "datasets" / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "image", "title", "cuisine"))
        for i, text in enumerate(references):
            content = textures[i % TEXTURES]
            # A comment makes the bytes its own, and changes no pixel.
            own = content[:2] + b"\xff\xfe\x00\x0a%08d" % i + content[2:]
            (images / f"{i:05}.jpg").write_bytes(own)
            rows.writerow((f"{i:05}", f"{i:05}.jpg", text, draw.choice(CUISINES)))
    (root / "datasets" / "pictures.yaml").write_text(DATASET, encoding="utf-8")
    with (root / "said.jsonl").open("w", encoding="utf-8") as file:
        for i in range(samples):
            for k, texts in enumerate(systems[:SYSTEMS]):
                line = {"id": f"{i:05}", "system": f"system-{k + 1}", "text": texts[i]}
                file.write(f"{json.dumps(line)}\n")


def picture(draw: random.Random) -> bytes:
    """Make a JPEG of blocks of colour under noise."""
    blocks = Image.frombytes("RGB", (8, 6), draw.randbytes(144)).resize((400, 300))
    noise = Image.effect_noise((400, 300), 40).convert("RGB")
    buffer = BytesIO()
    Image.blend(blocks, noise, 0.3).save(buffer, "JPEG")
    return buffer.getvalue()


def command(root: Path, *words: str) -> float:
    """Run the command in a project; give its seconds."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", COMMAND, *words], cwd=root, check=True, text=True)
    return time.monotonic() - began


def measured(page: Page, address: str) -> dict[str, float]:
    """Open a page and use it."""
    page.goto(address)
    page.wait_for_selector("#gallery .count:not(:has-text('reading'))", timeout=120_000)
    found = {
        "all read, ms": float(page.evaluate("performance.now()")),
        "first paint, ms": float(page.evaluate(PAINT)),
        "frames a second": float(page.evaluate(SCROLL)),
    }
    page.evaluate("scrollTo(0, document.querySelector('#samples').offsetTop)")
    for name, field, value in (
        ("sort by win, ms", "choose-sort-by", "win"),
        ("sort by disagreement, ms", "choose-sort-by", "disagreement"),
        ("sort by id, ms", "choose-sort-by", "id"),
        ("first search, ms", "search", "dog"),
        ("next search, ms", "search", "dog on"),
        ("filter by flag, ms", "choose-flag", "2"),
    ):
        found[name] = float(page.evaluate(CHANGE, [field, value]))
    return found


def size_of(path: Path) -> float:
    """Give the megabytes of a file, or of all files in a folder."""
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6


def main() -> None:
    """Make a run, open its page, and print the figures last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=13_500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_project(root, options.samples)
        words = ("--predictions", "said.jsonl", "--dataset", "pictures")
        metrics = ("--metric", "bleu", "--metric", "rouge_l", "--metric", "cider")
        scoring = command(root, "score", *words, *metrics)
        [page] = root.glob("results/*/*/report.html")
        again = command(root, "report", str(page.parent))
        rounds = []
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
            )
            for _ in range(ROUNDS):
                context = browser.new_context(viewport={"width": 1400, "height": 900})
                rounds.append(measured(context.new_page(), page.as_uri()))
                context.close()
            browser.close()
        files = page.parent / "report_files"
        thumbs = size_of(files / "thumbs")
        text = size_of(page) + size_of(files) - thumbs
    print(f"{options.samples:,} × {SYSTEMS}: scored in {scoring:.0f} s, reported in {again:.0f} s")
    for name in rounds[0]:
        print(f"{name:>26}  {statistics.median(each[name] for each in rounds):8.1f}")
    print(f"{text + thumbs:.1f} MB with pictures, {text:.1f} MB without")


if __name__ == "__main__":
    main()
