"""Several runs at once on one store: a model is asked once a key, and all end as one would."""

import json
import signal

import pytest

SUITE = "prompts/titles"
TOTAL = 200
SLOW = "args: {delay: 0.2, in_flight: 7}"
"""About six seconds for one run; 7 does not divide the number that is claimed at once."""


def test_two_runs_share_the_work_and_write_the_same(
    enlarge, started, harness, tmp_path, committed, newest, written
):
    project = enlarge(TOTAL // 2, SLOW)
    shared, alone = tmp_path / "shared", tmp_path / "alone"
    words = ("run", SUITE, "--json", "--out")
    first = started(*words, shared, cwd=project)
    first.wait_for("generating")
    first.signal(signal.SIGSTOP)  # until the other one is there, however slow its start
    second = started(*words, shared, cwd=project)
    second.wait_for("generating")
    first.signal(signal.SIGCONT)
    ends = [first.end(), second.end()]
    assert [code for code, _ in ends] == [0, 0], first.screen + second.screen
    asked = [json.loads(stdout)["generated"] for _, stdout in ends]
    assert sum(asked) == TOTAL
    assert min(asked) > 0
    assert harness(*words, alone, cwd=project).returncode == 0
    expected = written(newest(alone))
    folders = [path.parent for path in shared.glob("titles/*/summary.json")]
    assert len(folders) == 2
    results = json.loads((newest(alone) / "summary.json").read_text())["results"]
    for folder in folders:
        assert written(folder) == expected
        assert json.loads((folder / "summary.json").read_text())["results"] == results
    assert len(committed(shared / "store.sqlite")) == TOTAL


def test_runs_may_begin_a_new_store_at_the_same_moment(enlarge, started, tmp_path, committed):
    project = enlarge(40, "args: {delay: 0.02, in_flight: 5}")
    for attempt in range(4):
        out = tmp_path / f"out {attempt}"
        runs = [started("run", SUITE, "--json", "--out", out, cwd=project) for _ in range(3)]
        ends = [run.end() for run in runs]
        assert [code for code, _ in ends] == [0, 0, 0], "".join(run.screen for run in runs)
        assert sum(json.loads(stdout)["generated"] for _, stdout in ends) == 80
        assert len(committed(out / "store.sqlite")) == 80


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_other_run_takes_over_what_a_stopped_one_had_begun(
    enlarge, started, tmp_path, number, committed, newest, answers
):
    project = enlarge(TOTAL // 2, SLOW)
    out = tmp_path / "out"
    words = ("run", SUITE, "--json", "--out", out)
    first = started(*words, cwd=project)
    first.wait_for(rf"([7-9]\d|1\d\d)/{TOTAL}")
    kept = len(committed(out / "store.sqlite"))
    first.signal(signal.SIGSTOP)  # until the other one is there, however slow its start
    assert kept > 0
    second = started(*words, cwd=project)
    second.wait_for("generating")
    first.signal(number)
    if number != signal.SIGKILL:
        first.signal(signal.SIGCONT)
    first.end()
    code, stdout = second.end()
    assert code == 0, second.screen
    lines = answers(newest(out))
    assert [line["error"] for line in lines] == [None] * TOTAL
    assert 0 < json.loads(stdout)["generated"] <= TOTAL - kept
    assert len(committed(out / "store.sqlite")) == TOTAL


def test_two_runs_resume_after_a_kill_together(enlarge, started, tmp_path, committed):
    project = enlarge(TOTAL // 2, SLOW)
    out = tmp_path / "out"
    words = ("run", SUITE, "--json", "--out", out)
    killed = started(*words, cwd=project)
    killed.wait_for(rf"([7-9]\d|1\d\d)/{TOTAL}")
    assert killed.kill()
    kept = len(committed(out / "store.sqlite"))
    assert kept > 0
    runs = [started(*words, cwd=project) for _ in range(2)]
    ends = [run.end() for run in runs]
    assert [code for code, _ in ends] == [0, 0], "".join(run.screen for run in runs)
    assert sum(json.loads(stdout)["generated"] for _, stdout in ends) == TOTAL - kept
