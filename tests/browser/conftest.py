"""A run with something to see, its page opened from disk in Chromium, which may ask nobody."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
DISHES = ("soup", "salad", "curry")
SAMPLES = 60


@pytest.fixture(scope="module")
def browser():
    """Start Chromium for the tests of a file: as long as it is there, an event loop runs here, in
    which no other file's tests can run one of their own.
    """
    if not CHROMIUM.exists() and not os.environ.get("CI"):
        pytest.skip("no /usr/bin/chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


def title(i):
    return f"{('Lemon', 'Garlic', 'Smoky', 'Green')[i % 4]} {DISHES[i % 3]} with rice number {i}"


def said(i):
    """What three systems say of a sample: the second is right most often."""
    right = title(i)
    return {
        "plain": f"A bowl of {DISHES[i % 3]}" if i % 7 else right,
        "better": right if i % 5 else f'Sure! Here is a title: "{right}"',
        "worse": "Something" if i % 6 else "",
    }


@pytest.fixture(scope="session")
def made(tmp_path_factory, harness):
    """Make a run of what three systems say of pictures, and its page."""

    def _made(name, titles, answers, *, ids="s{:03}", file="{}.png", **more):
        root = tmp_path_factory.mktemp(name)
        images = root / "datasets" / "dishes"
        images.mkdir(parents=True)
        rows = []
        for i, text in enumerate(titles):
            size = (320, 120) if i % 2 else (120, 320)
            Image.new("RGB", size, (4 * i % 256, 120, 200 - 3 * i % 200)).save(
                images / file.format(i)
            )
            row = {
                "id": ids.format(i),
                "image": file.format(i),
                "title": text,
                "dish": DISHES[i % 3],
            }
            rows.append({**row, **{key: each(i) for key, each in more.items()}})
        (root / "datasets" / "rows.jsonl").write_text(
            "".join(f"{json.dumps(row)}\n" for row in rows)
        )
        (root / "datasets" / "dishes.yaml").write_text(
            "source: {format: jsonl, path: rows.jsonl}\n"
            "columns: {id: id, image: image, references: [title], "
            f"metadata: [{', '.join(['dish', *more])}]}}\n"
            "images: {root: dishes}\n"
        )
        lines = [
            {"id": row["id"], "text": text, "system": system}
            for i, row in enumerate(rows)
            for system, text in answers(i).items()
        ]
        (root / "said.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        words = ("--dataset", "dishes", "--step", "strip_preamble", "--step", "strip_quotes")
        metrics = ("--metric", "bleu", "--metric", "rouge_l", "--metric", "cider")
        done = harness("score", "--predictions", "said.jsonl", *words, *metrics, cwd=root)
        assert done.returncode == 0, done.stderr
        [page] = root.glob("results/*/*/report.html")
        return page

    return _made


@pytest.fixture(scope="session")
def report(made):
    """Give the page of a run of 60 samples and three systems."""
    return made("dishes", [title(i) for i in range(SAMPLES)], said)


@pytest.fixture
def opened(browser):
    """Open pages; at the end none may have complained, or asked for anything but its own files."""
    contexts, faults = [], []

    def _opened(path, at="", *, width=1400, scheme="light", script=True, missing=None):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        folder = path.resolve().parents[3].as_uri()
        page.on(
            "console",
            lambda said: (
                None
                if missing and missing in said.location["url"]
                else faults.append(f"console: {said.text}")
            ),
        )
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (faults.append("dialog"), dialog.dismiss()))
        page.on(
            "request",
            lambda asked: (
                None
                if asked.url.startswith((f"{folder}/", "data:image/"))
                else faults.append(f"request: {asked.url}")
            ),
        )
        page.goto(f"{path.resolve().as_uri()}{at}")
        if script:
            page.wait_for_selector("html[data-ready]", state="attached")
            page.wait_for_selector("#gallery .count:not(:has-text('reading'))")
        return page

    yield _opened
    for context in contexts:
        context.close()
    assert faults == []
