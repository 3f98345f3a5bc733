"""docs/how-to/ci-gate.md: its workflow is valid, and its commands run as they are written."""

import re
import shlex
import shutil

import pytest
import yaml

FAKE = "models: [{name: stand-in, engine: fake, model: none}]"


@pytest.fixture
def workflow(repository):
    page = (repository / "docs/how-to/ci-gate.md").read_text()
    [block] = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return yaml.safe_load(block)


def test_the_workflow_has_what_a_workflow_needs(workflow):
    assert workflow["name"] == "prompts"
    assert workflow[True] == {"pull_request": {"paths": ["prompts/**", "datasets/**"]}}  # on:
    [job] = workflow["jobs"].values()
    assert job["runs-on"]
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_its_commands_run_as_written(workflow, repository, harness, tmp_path):
    """On the shipped suite, its model replaced by one that needs nothing."""
    for place in (tmp_path, tmp_path / "base"):
        for folder in ("prompts/recipe-titles", "datasets"):
            shutil.copytree(repository / folder, place / folder)
        suite = place / "prompts/recipe-titles/suite.yaml"
        suite.write_text(re.sub(r"^models: .*$", FAKE, suite.read_text(), flags=re.MULTILINE))
    edited = tmp_path / "prompts/recipe-titles/title-style.yaml"
    edited.write_text(edited.read_text().replace("Give a", "Please give a"))
    [job] = workflow["jobs"].values()
    commands = [
        shlex.split(step["run"])
        for step in job["steps"]
        if step.get("run", "").startswith("harness")
    ]

    done = [harness(*words, cwd=tmp_path) for _, *words in commands]

    assert [words[1] for words in commands] == ["run", "run", "compare"]
    assert [each.returncode for each in done[:2]] == [0, 0], [each.stderr for each in done]
    assert done[2].returncode in (0, 3), done[2].stderr
    assert "baseline and" in done[2].stdout
    assert "are one system" in done[2].stdout
    assert "title-style" in done[2].stdout
    assert (tmp_path / "gates.xml").is_file()
