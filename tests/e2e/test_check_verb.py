"""`harness check`, as a person meets it: what it says, and how it ends."""

import json
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


def test_a_warning_has_a_name_and_fails_only_where_that_is_asked_for(project, harness):
    path = project / SUITE / "plain.yaml"
    path.write_text(path.read_text() + "vars: {spare: 1}\n")
    said = [
        f"warning: {SUITE}/plain.yaml:3: unused variable 'spare': no template names it "
        "[unused_variable]",
        "  hint: write {{ spare }} where it is meant, or take it out",
    ]
    for words, code in ((("check", SUITE), 0), (("check", SUITE, "--strict"), 1)):
        done = harness(*words, cwd=project)
        assert (done.returncode, done.stderr) == (code, "")
        *lines, note, verdict = done.stdout.splitlines()
        assert lines == said
        assert note.startswith("note: ")
        assert verdict.startswith("1 warning; looked at 1 suite")
    (project / SUITE / "title.yaml").write_text("user: '{{ nothing }}'\n")
    wrong = harness("check", SUITE, cwd=project).stdout.splitlines()
    assert "'nothing' is undefined" in wrong[0]
    assert wrong[2:4] == said
    assert wrong[-1].startswith("1 problem, 1 warning; looked at")


def test_strict_is_content_where_nothing_is_to_be_said(project, harness):
    assert harness("check", SUITE, "--strict", cwd=project).returncode == 0


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--strict",), 1)])
def test_what_was_found_is_json_too(project, harness, words, code):
    path = project / SUITE / "plain.yaml"
    path.write_text(path.read_text() + "vars: {spare: 1}\n")
    done = harness("check", SUITE, "--json", *words, cwd=project)
    found = json.loads(done.stdout)
    assert done.returncode == code
    assert [lint["name"] for lint in found["lints"]] == ["unused_variable"]
    assert (found["problems"], len(found["notices"])) == ([], 1)


def test_several_paths_have_one_verdict(project, harness):
    done = harness("check", f"{SUITE}/plain.yaml", "datasets/dishes.yaml", cwd=project)
    assert done.stdout == (
        "nothing is wrong; looked at 1 variant, 1 dataset (each prompt for one sample)\n"
    )


def test_a_run_says_in_a_line_that_there_are_warnings(project, harness):
    path = project / SUITE / "plain.yaml"
    path.write_text(path.read_text() + "vars: {spare: 1}\n")
    said = f"1 warning about these prompts; see harness check {SUITE}\n"
    assert said in harness("run", SUITE, cwd=project).stderr
    # What another variant uses is used, whether that is asked or not.
    (project / SUITE / "title.yaml").write_text("extends: plain\nuser: '{{ spare }} titles'\n")
    assert "warning" not in harness("run", SUITE, "--only", "plain", cwd=project).stderr
    (project / SUITE / "title.yaml").write_text("user: Titles?\n")
    path.write_text(path.read_text() + "silence: [unused_variable]\n")
    assert "warning" not in harness("run", SUITE, cwd=project).stderr


@pytest.mark.parametrize("words", [["check"], ["data", "check", "dishes"]])
def test_check_imports_nothing_heavy(project, words):
    program = (
        f"import sys; sys.argv = {['harness', *words]}\n"
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
