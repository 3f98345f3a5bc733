"""What many tests share: a small project on disk, and the command run as a user runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

REPOSITORY = Path(__file__).parent.parent

TITLES = {
    "s1": "Lemon-Garlic Shrimp Skillet",
    "s2": "Avocado and Tomato Salad",
    "s3": "Mushroom Toast with Egg",
    "s4": "Creamy Corn Chowder",
}


@pytest.fixture
def repository() -> Path:
    return REPOSITORY


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a dataset of four pictures and a suite of two prompts on the fake engine."""
    root = tmp_path / "project"
    images = root / "datasets" / "dishes" / "images"
    images.mkdir(parents=True)
    rows = []
    for i, (sample_id, title) in enumerate(TITLES.items()):
        Image.new("RGB", (64, 48), (40 * i, 100, 200 - 40 * i)).save(images / f"{sample_id}.png")
        rows.append({"id": sample_id, "image": f"{sample_id}.png", "title": title, "n": i})
    (root / "datasets" / "dishes" / "samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    _write(
        root / "datasets" / "dishes.yaml",
        """
        source: {format: jsonl, path: dishes/samples.jsonl}
        columns: {id: id, image: image, references: [title], metadata: [n]}
        images: {root: dishes/images}
        """,
    )
    suite = root / "prompts" / "titles"
    _write(suite / "plain.yaml", "user: Name the dish.\npostprocess: [strip]\n")
    _write(suite / "title.yaml", "user: Give a recipe title.\npostprocess: [strip]\n")
    _write(
        suite / "suite.yaml",
        """
        dataset: dishes
        variants: [plain, title]
        models: [{name: stand-in, engine: fake, model: none}]
        metrics: [bleu, rouge_l, cider]
        tokenizer: none
        """,
    )
    return root


@pytest.fixture
def write() -> Callable[[Path, str], Path]:
    """Write an indented block of text as a file."""
    return _write


@pytest.fixture(scope="session")
def harness() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command as a user does."""
    return _harness


def _write(path: Path, text: str) -> Path:
    """Write an indented text block as a file, making its folder."""
    lines = text.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(line[indent:] for line in lines) + "\n", encoding="utf-8")
    return path


def _harness(
    *words: str | Path,
    cwd: Path | None = None,
    timeout: float = 600,
    stderr: int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    return subprocess.run(
        [str(Path(sys.executable).parent / "harness"), *map(str, words)],
        cwd=cwd or REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        timeout=timeout,
        env={**os.environ, "COLUMNS": "160"},
        check=False,
    )
