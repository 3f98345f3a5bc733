"""Mended references are said under the table, kept with the run, and stand in every signature."""

import json

import pytest


@pytest.fixture
def run_of(project, harness):
    rows = project / "datasets/dishes/samples.jsonl"
    rows.write_text(rows.read_text().replace("Tomato Salad", "Tomato  Salad"))
    dataset = project / "datasets/dishes.yaml"
    text = dataset.read_text()

    def run(mend):
        dataset.write_text(text + mend)
        done = harness("run", "prompts/titles", "--json", cwd=project)
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        return summary, json.loads((project / summary["folder"] / "run.json").read_text())

    return run


def test_mending_makes_numbers_that_do_not_compare_and_asks_nobody_again(run_of, harness, project):
    plain, run = run_of("")
    assert run["dataset"]["mended"] == []
    mended, run = run_of("mend: [white_space, html_entities]\n")
    assert mended["generated"] == 0
    assert mended["folder"] != plain["folder"]
    assert [(m["step"], m["references"], m["first"]) for m in run["dataset"]["mended"]] == [
        ("html_entities", 0, ""),
        ("white_space", 1, "s2"),
    ]
    assert "samples.jsonl: white_space changed 1 reference" in mended["notices"]
    assert all("refmend" not in r["signature"] for r in plain["results"])
    fields = "refmend:html_entities+white_space"
    assert all(fields in r["signature"].split("|") for r in mended["results"])
    shown = harness("report", mended["folder"], "--signatures", cwd=project).stdout
    assert "rm:html_entities+white_space" in shown
    assert "rm refmend" in shown


def test_what_is_scored_again_keeps_its_signature(run_of, harness, project):
    mended, _ = run_of("mend: [white_space]\n")
    done = harness("score", mended["folder"], "--metric", "length_ratio", "--json", cwd=project)
    again = json.loads(done.stdout)
    assert {r["metric"] for r in again["results"]} > {r["metric"] for r in mended["results"]}
    assert all("refmend:white_space" in r["signature"].split("|") for r in again["results"])
    assert again["notices"] == mended["notices"]
