"""Habits that hold for the whole repository."""

import re
import subprocess
import sys

import pytest
from hypothesis import settings

HEAVY = {
    "torch", "vllm", "transformers", "evaluate", "datasets", "pandas", "pyarrow", "scipy",
    "qwen_vl_utils", "httpx2", "pycocoevalcap", "sacrebleu", "bert_score", "sentence_transformers",
    "huggingface_hub",
}  # fmt: skip


@pytest.mark.parametrize(
    "imports", ["harness", "harness.cli", "harness.cli, harness.cli.verbs", "harness.records"]
)
def test_importing_it_loads_nothing_heavy(imports):
    code = f"import sys, {imports}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(run.stdout.split()) == set()


def test_hypothesis_works_alike_in_all_tests(repository):
    assert settings.default.deadline is None
    own = re.compile(r"settings\([^)]*\b(deadline|database|derandomize)\b")
    for path in repository.glob("tests/**/*.py"):
        if path != repository / "tests/conftest.py":
            assert not own.search(path.read_text()), f"{path}: the profile in conftest.py says so"
