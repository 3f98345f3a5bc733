"""`harness check`, as a person meets it: what it says, and how it ends."""

import subprocess
import sys

import pytest

SUITE = "prompts/titles"


def test_a_project_that_is_right_is_told_what_was_looked_at(project, harness):
    fine = harness("check", cwd=project)
    assert (fine.returncode, fine.stderr) == (0, "")
    assert fine.stdout == (
        "note: prompts/titles declares no comparison, so its verdicts will be exploratory; to "
        "declare, add this line to suite.yaml before it is run: "
        "decide: {metric: CIDEr, baseline: plain}\n"
        "nothing is wrong; looked at 1 suite, 2 variants, 1 dataset (each prompt for one sample)\n"
    )


@pytest.mark.parametrize("path", ["gone", "datasets/dishes", "prompts/titles/suite.yml"])
def test_what_holds_nothing_to_check_ends_with_an_error(project, harness, path):
    nothing = harness("check", path, cwd=project)
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert nothing.stderr.startswith("error: ")
    assert "Traceback" not in nothing.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("user: Name the dish.", "user: '{{ references }}'"),
        ("postprocess: [strip]", "generation: {temprature: 1}"),
        ("postprocess: [strip]", "exemplars: {dataset: dishes, ids: [s9]}"),
    ],
)
def test_run_and_check_refuse_in_the_same_words(project, harness, old, new):
    path = project / SUITE / "plain.yaml"
    path.write_text(path.read_text().replace(old, new))
    run = harness("run", SUITE, cwd=project)
    check = harness("check", SUITE, cwd=project)
    assert (run.returncode, check.returncode) == (1, 1)
    said = [line for line in run.stderr.splitlines() if line.startswith((SUITE, "  hint: "))]
    assert len(said) == 2
    assert check.stdout.splitlines()[:2] == said
    assert "1 problem; looked at 1 suite" in check.stdout


def test_check_imports_nothing_heavy(project):
    program = (
        "import sys; sys.argv = ['harness', 'check']\n"
        "from harness.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'vllm', 'evaluate', 'datasets', 'huggingface_hub'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=project, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
