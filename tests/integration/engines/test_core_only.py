"""What a person sees who has installed the harness without an engine."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from asking import MODEL

REPOSITORY = Path(__file__).parents[3]
EXTRAS = (
    "accelerate", "bitsandbytes", "httpx2", "num2words", "qwen_vl_utils", "torch", "torchao",
    "transformers", "vllm",
)  # fmt: skip
"""Packages that only an engine needs. Hub ids want httpx2 as well, and the demo model is none."""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Everything that is installed here but for the engines' packages, as links."""
    folder = tmp_path_factory.mktemp("site")
    for name in ("purelib", "platlib"):
        for entry in Path(sysconfig.get_path(name)).iterdir():
            package = entry.name.partition(".")[0].partition("-")[0].lower()
            if package not in EXTRAS and not (folder / entry.name).exists():
                (folder / entry.name).symlink_to(entry)
    return folder


def harness(*words: str, site: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing on the path but the folder ``site``."""
    program = "import sys; from harness.cli import main; sys.argv[0] = 'harness'; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-S", "-c", program, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{site}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def suite(project: Path, write, model: str) -> None:
    write(
        project / "prompts" / "titles" / "suite.yaml",
        f"""
        dataset: dishes
        variants: [plain]
        models: [{{name: asked, {model}}}]
        metrics: [exact_match]
        tokenizer: none
        """,
    )


@pytest.mark.parametrize(
    ("model", "missing", "command"),
    [
        ("engine: vllm, model: DEMO", "engine: vllm needs vllm", "pip install -e '.[cpu]'"),
        (
            "engine: transformers, model: DEMO",
            "engine: transformers needs torch, transformers",
            "pip install -e '.[transformers]'",
        ),
        (
            "engine: openai, model: m, args: {base_url: 'http://127.0.0.1:1/v1'}",
            "engine: openai needs httpx2",
            "pip install -e '.[openai]'",
        ),
    ],
)
def test_what_is_missing_is_said_before_a_run_is_begun(
    model, missing, command, project, write, site
):
    """Found 2026-11-25: a trace of 30 frames and an unfinished run."""
    suite(project, write, model.replace("DEMO", str(MODEL)))
    # Folders of these names are no packages; a project may well have them.
    for name in EXTRAS:
        (project / name).mkdir()
    run = harness("run", "prompts/titles", site=site, cwd=project)
    assert run.returncode == 1, run.stderr
    assert "Traceback" not in run.stderr
    assert missing in run.stderr
    assert f"hint: {command}" in run.stderr
    assert not list((project / "results").rglob("run.json"))


def test_what_needs_no_package_runs_without_any(project, write, site):
    suite(project, write, "engine: fake, model: none")
    run = harness("run", "prompts/titles", site=site, cwd=project)
    assert run.returncode == 0, run.stderr
