"""`silence:` of a file: which lints are not heard of, and what it leaves as it is."""

import json

import pytest

from harness.config.load import load_suite
from harness.errors import ConfigErrors
from harness.pipeline.asking.inputs import inputs_hash
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.looking.check import check

SPARE = "vars: {spare: 1}\n"
SILENCE = "silence: [unused_variable]\n"


@pytest.fixture
def folder(project):
    return project / "prompts" / "titles"


def lints(path):
    return [str(lint).replace(f"{path}/", "") for lint in check(path).lints]


def add(path, text):
    path.write_text(path.read_text() + text)


def unused(file, line):
    return f"{file}.yaml:{line}: unused variable 'spare': no template names it [unused_variable]"


def test_a_file_silences_what_is_said_of_it(folder):
    add(folder / "plain.yaml", SPARE)
    add(folder / "title.yaml", SPARE)
    assert lints(folder) == [unused("plain", 3), unused("title", 3)]
    add(folder / "plain.yaml", SILENCE)
    assert lints(folder) == [unused("title", 3)]
    assert check(folder / "plain.yaml").lints == ()


def test_a_suite_silences_for_all_of_its_variants(folder):
    add(folder / "plain.yaml", SPARE)
    add(folder / "title.yaml", SPARE)
    add(folder / "suite.yaml", SILENCE)
    assert lints(folder) == []


def test_a_file_does_not_silence_what_is_said_of_one_that_extends_it(folder):
    add(folder / "plain.yaml", SILENCE)
    (folder / "title.yaml").write_text(f"extends: plain\nuser: y\n{SPARE}")
    assert lints(folder) == [unused("title", 3)]


def test_what_stands_in_an_extended_file_is_silenced_there_by_whoever_extends_it(folder, write):
    write(folder.parent / "base" / "first.yaml", f"user: x\n{SPARE}")
    (folder / "title.yaml").write_text("extends: ../base/first\n")
    [lint] = check(folder).lints
    assert lint.where.path == folder.parent / "base" / "first.yaml"
    add(folder.parent / "base" / "first.yaml", SILENCE)
    assert check(folder).lints == ()


def test_a_file_silences_what_it_makes_of_an_extended_file(folder, write):
    """Its own variant is the only one that the lint is about."""
    write(folder.parent / "base" / "first.yaml", f"user: x\n{SPARE}")
    (folder / "title.yaml").write_text(f"extends: ../base/first\n{SILENCE}")
    assert check(folder).lints == ()
    (folder / "plain.yaml").write_text("extends: ../base/first\nsystem: y\n")
    assert len(check(folder).lints) == 1


def test_a_silence_that_silences_nothing_is_said(folder):
    add(folder / "plain.yaml", SILENCE)
    add(folder / "suite.yaml", SILENCE)
    said = [notice for notice in check(folder).notices if "'silence'" in notice]
    assert said == [
        f"{folder / 'plain.yaml'}:3: 'silence' names unused_variable, and silences none",
        f"{folder / 'suite.yaml'}:7: 'silence' names unused_variable, and silences none",
    ]
    add(folder / "plain.yaml", SPARE)
    assert not [notice for notice in check(folder).notices if "'silence'" in notice]


def test_of_a_suite_with_a_problem_no_silence_is_called_idle(folder):
    (folder / "plain.yaml").write_text(f"user: '{{{{ nothing }}}}'\n{SILENCE}")
    assert not [notice for notice in check(folder).notices if "'silence'" in notice]


@pytest.mark.parametrize("file", ["plain", "suite"])
def test_a_lint_that_does_not_exist_is_an_error_with_the_nearest_name(folder, file):
    add(folder / f"{file}.yaml", "silence:\n  - unusd_variable\n")
    with pytest.raises(ConfigErrors) as caught:
        load_suite(folder)
    [problem] = caught.value.problems
    assert "'silence.0'" in str(problem)
    assert problem.where.line == (4 if file == "plain" else 8)
    assert problem.hint == "did you mean 'unused_variable'?"


def test_silencing_changes_no_key_and_nothing_that_a_run_depends_on(folder):
    def run_of():
        plan = make_plan(load_suite(folder), Choice())
        return [p.request.key for p in plan.requests()], inputs_hash(plan, "keys", [])

    before = run_of()
    add(folder / "plain.yaml", SILENCE)
    add(folder / "suite.yaml", SILENCE)
    assert run_of() == before


def test_lints_are_data_too(folder):
    add(folder / "plain.yaml", SPARE)
    add(folder / "title.yaml", "silance: []\n")
    found = json.loads(json.dumps(check(folder).json()))
    assert found["lints"] == [
        {
            "name": "unused_variable",
            "file": str(folder / "plain.yaml"),
            "line": 3,
            "message": "unused variable 'spare': no template names it",
            "hint": "write {{ spare }} where it is meant, or take it out",
            "variants": ["plain"],
        }
    ]
    assert found["problems"] == [
        {
            "file": str(folder / "title.yaml"),
            "line": 3,
            "message": "unknown key 'silance'",
            "hint": "did you mean 'silence'?",
        }
    ]
    assert found["looked_at"] == {"suite": 1, "variant": 2, "dataset": 1}
