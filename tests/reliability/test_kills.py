"""``kill -9`` at any moment: nothing committed is lost or comes twice, and the end is the same."""

import json
import random
import re
import time

import pytest

KILLS = 50
SAMPLES = 200
REPEATS = 4
TOTAL = SAMPLES * 2 * REPEATS
GROUP = 64
"""Completions that are committed together."""
GENERATING = "generating with|scoring"
NEAR_THE_END = "scoring|writing the report"


def test_fifty_kills_lose_nothing_and_end_as_an_undisturbed_run(
    enlarge, started, tmp_path, committed, newest, answers, record_property, written
):
    project = enlarge(SAMPLES, "args: {delay: 0.04, in_flight: 8}")
    calm, troubled = tmp_path / "calm", tmp_path / "troubled"
    words = ("run", "prompts/titles", "--repeat", str(REPEATS), "--json", "--out")
    undisturbed = started(*words, calm, cwd=project)
    dice = random.Random(20261121)
    kills = begun = late = uncommitted = 0
    kept = {}
    while kills < KILLS:
        # While the command starts, while it generates, and (once nothing is missing) while it
        # scores and writes.
        moment = "" if kills % 5 == 0 else GENERATING if len(kept) < TOTAL else NEAR_THE_END
        run = started(*words, troubled, cwd=project)
        if moment:
            run.wait_for(moment)
        time.sleep(dice.uniform(0.0, 0.7 if len(kept) < TOTAL else 0.3))
        if not run.kill():
            break  # it was done before its kill
        kills += 1
        begun += bool(re.search(GENERATING, run.screen))
        late += len(kept) == TOTAL
        found = committed(troubled / "store.sqlite")
        assert kept.items() <= found.items()
        done = run.shown(TOTAL)
        assert done - len(found) <= GROUP
        uncommitted = max(uncommitted, done - len(found))
        kept = found
    last = started(*words, troubled, cwd=project)
    code, stdout = last.end()
    assert code == 0, last.screen
    assert json.loads(stdout)["generated"] == TOTAL - len(kept)
    assert undisturbed.end()[0] == 0, undisturbed.screen
    assert written(newest(troubled)) == written(newest(calm))
    lines = answers(newest(troubled))
    assert len(lines) == TOTAL
    assert {line["key"]: line["text"] for line in lines} == committed(troubled / "store.sqlite")
    assert len({(line["system"], line["sample_id"], line["draw"]) for line in lines}) == TOTAL
    # What killed runs leave behind does not pile up: each run that asks removes it.
    assert len(list(troubled.glob("store.sqlite-owners/*"))) <= 1
    facts = f"{kills}, {begun} behind the start, {late} at the end; uncommitted: {uncommitted}"
    record_property("kills", facts)
    assert kills >= KILLS // 2
    assert begun >= KILLS // 4


def test_a_slow_model_loses_about_a_second(enlarge, started, tmp_path, committed):
    # Ten completions a second: a group of 64 would take six.
    project = enlarge(60, "args: {delay: 0.2, in_flight: 2}")
    run = started("run", "prompts/titles", "--out", tmp_path / "out", cwd=project)
    assert run.wait_for(r"\b(2[5-9]|[3-9]\d)/120")
    assert run.kill()
    found = committed(tmp_path / "out" / "store.sqlite")
    assert len(found) >= 5
    assert run.shown(120) - len(found) <= 20


def test_a_run_killed_while_it_scores_asks_nothing_again(enlarge, started, harness):
    project = enlarge(20, metrics="[exact_match, meteor]")
    run = started("run", "prompts/titles", cwd=project)
    assert run.wait_for("scoring")
    assert run.kill()
    again = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)
    assert again["generated"] == 0
    assert all(system["unscored"] == 0 for system in again["systems"])


@pytest.mark.parametrize("lacking", ["report.html", "summary.json"])
def test_a_run_killed_before_its_last_file_gets_it(project, harness, lacking):
    first = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)
    (project / first["folder"] / lacking).unlink()
    (project / first["folder"] / "report.html").unlink(missing_ok=True)
    again = json.loads(harness("run", "prompts/titles", "--json", cwd=project).stdout)
    assert again["generated"] == 0
    assert again["results"] == first["results"]
    assert (project / again["folder"] / "report.html").is_file()
    assert (again["folder"] == first["folder"]) == (lacking == "report.html")
