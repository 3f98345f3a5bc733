"""list runs, show and rm, as a user calls them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SUITE = "prompts/titles"
HARNESS = str(Path(sys.executable).parent / "harness")


def run_suite(project, harness, *words):
    """Run the suite and give its folder, relative to the project."""
    run = harness("run", SUITE, "--json", *words, cwd=project)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)["folder"]


def stop_a_run(project):
    """Start a run that takes long, and kill it once its folder is there."""
    suite = project / SUITE / "suite.yaml"
    text = suite.read_text()
    suite.write_text(text.replace("model: none", "model: none, args: {delay: 60, in_flight: 3}"))
    before = set(project.glob("results/titles/*/samples.jsonl"))
    running = subprocess.Popen([HARNESS, "run", SUITE], cwd=project, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (new := set(project.glob("results/titles/*/samples.jsonl")) - before):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.kill()
    running.wait()
    suite.write_text(text)
    return str(new.pop().parent.relative_to(project))


def test_runs_are_listed_the_newest_first(project, harness):
    assert "no run under results" in harness("list", "runs", cwd=project).stderr
    assert json.loads(harness("list", "runs", "--json", cwd=project).stdout) == []
    first = run_suite(project, harness)
    second = run_suite(project, harness, "--limit", "2", "--only", "title")
    third = stop_a_run(project)
    listed = harness("list", "runs", cwd=project)
    assert listed.returncode == 0, listed.stderr
    rows = [line.split() for line in listed.stdout.splitlines() if " titles " in line]
    assert [row[0] for row in rows] == [Path(p).name for p in (third, second, first)]
    assert rows[0][3:] == ["unfinished", "plain,", "title", "4", "–"]
    assert rows[1][3:] == ["finished", "title", "2", "0"]
    as_json = json.loads(harness("list", "runs", "results/titles", "--json", cwd=project).stdout)
    assert [row["folder"] for row in as_json] == [third, second, first]
    assert as_json[2]["systems"] == ["plain", "title"]
    [one] = json.loads(harness("list", "runs", second, "--json", cwd=project).stdout)
    assert (one["samples"], one["state"], one["unscored"]) == (2, "finished", 0)
    wrong = harness("list", "runs", "result", cwd=project)
    assert (wrong.returncode, "there is no folder result" in wrong.stderr) == (1, True)


def test_a_damaged_run_is_listed_as_such_and_hides_no_other(project, harness):
    good = run_suite(project, harness)
    bad = project / "results" / "titles" / "20200101-000000-000000"
    bad.mkdir()
    (bad / "run.json").write_text('{"id": ')
    rows = json.loads(harness("list", "runs", "--json", cwd=project).stdout)
    assert [(row["folder"], row["state"]) for row in rows] == [
        (good, "finished"),
        (str(bad.relative_to(project)), "damaged"),
    ]
    assert "damaged" in harness("list", "runs", cwd=project).stdout


def test_names_are_listed_still(project, harness):
    assert "fake" in harness("list", "engines", cwd=project).stdout.split()
    assert "strip" in json.loads(harness("list", "steps", "--json", cwd=project).stdout)
    assert harness("list", "metrix", cwd=project).returncode == 2
    assert harness("list", "metrics", "results", cwd=project).returncode == 2


def test_show_says_what_a_run_is(project, harness):
    title = project / SUITE / "title.yaml"
    title.write_text(title.read_text() + "description: Asks for a title.\n")
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("model: none", "model: none, args: {fail: 0.5}"))
    folder = run_suite(project, harness)
    shown = harness("show", "results/titles", cwd=project)
    assert shown.returncode == 0, shown.stderr
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert f"run: {Path(folder).name}" in lines
    assert "dataset: dishes, 4 samples" in lines
    assert "commit: none: the prompts are not under git" in lines
    assert "metrics: bleu, rouge_l, cider" in lines
    assert "stand-in: fake, none (fail=0.5)" in lines
    assert "title: Asks for a title." in lines
    assert "greedy: temperature=0, max_tokens=128" in lines
    found = json.loads(harness("show", folder, "--json", cwd=project).stdout)
    assert found["run"] == json.loads((project / folder / "run.json").read_text())
    assert found["summary"] == json.loads((project / folder / "summary.json").read_text())
    cost = found["summary"]["cost"]
    assert 0 < cost["failed"] < 8
    said = f"generated {8 - cost['failed']}, failed {cost['failed']}, the others from the store"
    assert f"requests: 8; {said}" in lines
    tokens = f"tokens: prompt {cost['prompt_tokens']} (cached 0), "
    assert f"{tokens}completion {cost['completion_tokens']}" in lines
    work = "asked 1.00, decoded 0.00, processed 0.00, encoded 0.00"
    assert f"images for each completion: {work}" in lines
    [plain, _] = found["summary"]["systems"]
    assert f"plain: 4 samples; unscored {plain['unscored']}, empty 0, truncated 0" in lines
    reasons = [int(line.split()[0]) for line in lines if "× a fault that was asked for" in line]
    assert sum(reasons) == cost["failed"]
    assert any(line.endswith("completions.jsonl") for line in lines)


def test_show_says_what_money_a_run_cost(project, harness):
    summary = project / run_suite(project, harness) / "summary.json"
    found = json.loads(summary.read_text())
    found["cost"]["money"] = {"currency": "USD", "now": 0.25, "run": 1.5}
    summary.write_text(json.dumps(found))
    assert "money: USD 0.2500 now, 1.5000" in harness("show", "results/titles", cwd=project).stdout


def test_show_says_how_an_unfinished_run_goes_on(project, harness):
    folder = stop_a_run(project)
    shown = harness("show", folder, cwd=project)
    assert shown.returncode == 0, shown.stderr
    assert "unfinished" in shown.stdout
    assert "to go on: harness run prompts/titles" in shown.stdout
    assert json.loads(harness("show", folder, "--json", cwd=project).stdout)["summary"] is None


def test_rm_deletes_runs_and_leaves_the_store(project, harness):
    first, second = run_suite(project, harness), run_suite(project, harness, "--limit", "2")
    gone = harness("rm", first, second, first, "--yes", cwd=project)
    assert gone.returncode == 0, gone.stderr
    assert gone.stdout.splitlines() == [f"removed {first}", f"removed {second}"]
    assert "the store keeps the completions" in gone.stderr
    assert list((project / "results" / "titles").iterdir()) == []
    again = json.loads(harness("run", SUITE, "--json", cwd=project).stdout)
    assert again["generated"] == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("results/titles", "name one run, such as results/titles/2"),
        ("results", "name one run, such as results/titles/2"),
        ("datasets", "has no run.json"),
        ("nowhere", "has no run.json"),
        ("other", "not the record of a run"),
    ],
)
def test_rm_refuses_what_is_not_one_run(project, harness, name, said):
    folder = run_suite(project, harness)
    (project / "other").mkdir()
    (project / "other" / "run.json").write_text('{"id": "of another program"}')
    before = sorted(project.rglob("*"))
    refused = harness("rm", folder, name, "--yes", cwd=project)
    assert (refused.returncode, said in refused.stderr) == (1, True), refused.stderr
    assert sorted(project.rglob("*")) == before


def test_rm_asks_on_a_terminal_and_refuses_without_one(project, harness):
    folder = run_suite(project, harness)
    without = subprocess.run(
        [HARNESS, "rm", folder],
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert without.returncode == 1
    assert "no terminal" in without.stderr
    assert "--yes" in without.stderr
    codes = []
    for answer in (b"n\n", b"y\n"):
        ours, theirs = os.openpty()
        os.write(ours, answer)
        asked = subprocess.run(
            [HARNESS, "rm", folder],
            cwd=project,
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
        )
        os.close(ours)
        os.close(theirs)
        assert "Delete this run?" in asked.stderr
        codes.append((asked.returncode, (project / folder).exists()))
    assert codes == [(1, True), (0, False)]
