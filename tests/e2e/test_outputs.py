"""Where the command's output cannot be written, it is no trace, and no silence about a result."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = str(Path(sys.executable).parent / "harness")
SUITE = "prompts/titles"
RUN = f"run {SUITE} --json"
TABLE = f"run {SUITE}"
HINT = "hint: stdout is closed or full; what was written to files is there"


@pytest.fixture(scope="module")
def shell():
    """Run a command line in which ``harness`` is the command."""

    def run(line, cwd, **more):
        return subprocess.run(
            ["bash", "-c", f'harness() {{ "{HARNESS}" "$@"; }}; {line}'],
            cwd=cwd,
            capture_output=True,
            check=False,
            timeout=300,
            env={**os.environ, "COLUMNS": "160", **more},
        )

    return run


@pytest.fixture
def done(project, harness):
    """A project with a finished run."""
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("[bleu, rouge_l, cider]", "[exact_match]"))
    path = project / SUITE / "plain.yaml"
    path.write_text("user: Wie heißt das Gericht? 結果\npostprocess: [strip]\n", encoding="utf-8")
    assert harness("run", SUITE, cwd=project).returncode == 0
    return project


@pytest.mark.parametrize(
    ("verb", "where"),
    [
        (RUN, ">&-"),
        (TABLE, ">/dev/full"),
        ("list runs results", ">/dev/full"),
        (f"render {SUITE}", ">&-"),
    ],
)
def test_a_result_that_cannot_be_printed_is_told(done, shell, verb, where):
    run = shell(f"harness {verb} {where}", done)
    shown = run.stderr.decode()
    assert run.returncode == 1, shown
    assert "error: what was to be printed is lost ([Errno " in shown
    assert HINT in shown
    assert "Traceback" not in shown
    assert "Exception ignored" not in shown


@pytest.mark.parametrize(("verb", "where"), [(RUN, "2>&-"), (TABLE, "2>/dev/full")])
def test_without_a_stderr_the_result_is_there(done, shell, verb, where):
    run = shell(f"harness {verb} {where}", done)
    assert run.returncode == 0
    assert run.stdout == shell(f"harness {verb}", done).stdout


def test_a_new_run_without_outputs_is_whole(project, shell):
    """The first file that is opened must not become stdout, and hold what is printed."""
    run = shell(f"harness {RUN} 0<&- >&- 2>&-", project)
    assert run.returncode == 1
    [folder] = (project / "results/titles").iterdir()
    for name in ("completions.jsonl", "samples.jsonl"):
        for line in (folder / name).read_text().splitlines():
            json.loads(line)
    assert json.loads((folder / "summary.json").read_text())["suite"] == "titles"
    again = shell(f"harness {RUN}", project)
    assert json.loads(again.stdout)["generated"] == 0


def test_an_error_without_a_stderr_is_still_an_error(done, shell):
    for where in ("2>/dev/full", ">&- 2>&-"):
        assert shell(f"harness run nowhere {where}", done).returncode == 1


def test_a_question_without_a_stdin_is_refused(done, shell):
    [folder] = (done / "results/titles").iterdir()
    run = shell(f"harness remove {folder} <&-", done)
    assert run.returncode in (1, 2)
    assert "Traceback" not in run.stderr.decode()
    assert folder.exists()


@pytest.mark.parametrize("verb", ["list runs results", RUN])
def test_a_reader_that_has_seen_enough_ends_it_quietly(done, shell, verb):
    run = shell(f"harness {verb} | head -c 1; exit ${{PIPESTATUS[0]}}", done)
    assert run.returncode == 0
    assert len(run.stdout) == 1
    assert "Traceback" not in run.stderr.decode()
    assert "error" not in run.stderr.decode()


@pytest.mark.parametrize(
    ("verb", "encoding"),
    [(TABLE, "latin-1"), (f"render {SUITE}", "latin-1"), (f"render {SUITE} --json", "cp1252")],
)
def test_letters_that_the_output_lacks_are_escaped(done, shell, verb, encoding):
    run = shell(f"harness {verb}", done, PYTHONIOENCODING=encoding)
    assert run.returncode == 0, run.stderr
    assert b"Traceback" not in run.stderr
    text = run.stdout.decode(encoding)
    if "--json" in verb:
        assert json.loads(text) == json.loads(shell(f"harness {verb}", done).stdout)
    elif "render" in verb:
        assert "Wie heißt das Gericht? \\u7d50\\u679c" in text


def test_a_plain_locale_is_no_trace(done, shell):
    run = shell(f"harness {TABLE}", done, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert run.returncode == 0, run.stderr
    assert b"Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("data check dishes --to {}", "dropped.csv"),
        ("data card dishes --to {}", "card.html"),
        ("data split dishes --to .", "dishes.splits.csv"),
        ("schema suite --to .", "suite.schema.json"),
        ("leaderboard --html {}", "board.html"),
        ("history titles --html {}", "history.html"),
        ("compare titles --fail-if-worse EXACT:0.9 --junit {}", "gates.xml"),
    ],
)
def test_a_file_that_is_named_takes_the_place_of_its_own_kind_alone(words, name, done, harness):
    for _ in range(2):
        assert harness(*words.format(name).split(), cwd=done).returncode in (0, 3)
        assert (done / name).stat().st_size > 0
    others = [done / "datasets/dishes/samples.jsonl", done / "datasets/dishes.yaml"]
    for other in others if "{}" in words else [done / name]:
        if "{}" not in words:
            other.write_text("id,title\n1,Soup\n")
        before = other.read_bytes()
        refused = harness(*words.format(other).split(), cwd=done)
        assert refused.returncode == 1
        assert f"{other.name} is there, and is no file that this command wrote" in refused.stderr
        assert other.read_bytes() == before
