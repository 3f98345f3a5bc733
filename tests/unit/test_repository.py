"""Habits that hold for the whole repository."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import settings

from harness.store.run_files import json_schemas

HEAVY = {
    "torch", "vllm", "transformers", "evaluate", "datasets", "pandas", "pyarrow", "scipy",
    "numpy", "qwen_vl_utils", "httpx2", "pycocoevalcap", "sacrebleu", "bert_score",
    "sentence_transformers", "huggingface_hub",
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


def test_every_package_of_others_has_a_door(repository):
    """What is not numpy is imported by the modules that pyproject.toml names for it."""
    contracts = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"]
    doors = [contract.get("protected_modules", []) for contract in contracts["contracts"]]
    known = {package for packages in doors for package in packages}
    ours = {"harness", "numpy", *sys.stdlib_module_names}
    for path in repository.glob("harness/**/*.py"):
        if "evaluate_modules" in path.parts:  # read by evaluate as scripts; they are no modules
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            unknown = {name.partition(".")[0] for name in names} - ours - known
            assert not unknown, f"{path}:{node.lineno}: {unknown} without a door in pyproject.toml"


def test_the_hooks_before_a_commit_are_those_of_make_lint(repository):
    """Each runs a program of .venv, so that it needs no network."""
    lint = (repository / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    hooks = yaml.safe_load((repository / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["language"] == "system"
        program, *words = hook["entry"].split()
        assert program.startswith(".venv/bin/")
        name = program.removeprefix(".venv/bin/")
        assert f"$(BIN)/{' '.join([name, *words[:1]])}" in lint
        assert Path(sys.executable).with_name(name).is_file()
    assert len(hooks[0]["hooks"]) == lint.count("$(BIN)/")


@pytest.fixture
def scheduling(repository, request):
    """What tests/conftest.py says of the order of tests."""
    return request.config.pluginmanager.get_plugin(str(repository / "tests" / "conftest.py"))


def test_what_begins_first_is_there(repository, scheduling):
    for name in (*scheduling.LONGEST_FIRST, *scheduling.TOGETHER, *scheduling.BY_FILE):
        assert (repository / "tests" / name).exists(), f"tests/conftest.py names {name}"


def test_a_set_up_is_made_once_and_everything_else_is_spread(scheduling):
    engines = "tests/integration/engines"
    vllm, same, other, family = (
        scheduling.scope(f"{engines}/{test}")
        for test in (
            "test_vllm_engine.py::test_one_beam_is_greedy",
            "test_transformers_engine.py::test_texts_are_those_of_vllm",
            "test_hub.py::test_a[x]",
            "test_tiny_models.py::test_texts_are_those_of_transformers[Qwen2.5-VL]",
        )
    )
    assert vllm == same
    assert len({vllm, other, family}) == 3
    one, two = (scheduling.scope(f"tests/unit/test_docs.py::test_a[{i}]") for i in (1, 2))
    assert one != two


def test_a_module_has_a_name_of_its_own(repository):
    """So that a name says which file is meant; found 2026-11-25: ten stood twice."""
    names = Counter(path.name for path in (repository / "harness").rglob("*.py"))
    del names["__init__.py"]
    assert [name for name, count in names.items() if count > 1] == []


def test_the_schema_of_a_runs_files_is_that_of_the_records(repository):
    """Written anew by: python -c "import json, harness.store.run_files as f; print(json.dumps(
    f.json_schemas(), indent=1, ensure_ascii=False))" > docs/reference/run-files.schema.json"""
    written = (repository / "docs" / "reference" / "run-files.schema.json").read_text()
    assert json.loads(written) == json_schemas()
