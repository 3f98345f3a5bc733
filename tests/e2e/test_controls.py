"""Controls: each variant asked again with something else in the place of its images."""

import csv
import json

import pytest

SUITE = "prompts/titles"


@pytest.fixture
def declare(project):
    """Give the suite another line."""

    def declare(line):
        path = project / SUITE / "suite.yaml"
        path.write_text(path.read_text().rstrip() + f"\n{line}\n")

    return declare


def completions(folder):
    lines = (folder / "completions.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def keys(lines):
    """Give the keys of all systems but the controls."""
    return {(x["system"], x["sample_id"]): x["key"] for x in lines if "{" not in x["system"]}


def folder_of(summary, project):
    return project / "results" / "titles" / summary["run"]


def test_a_blind_control_is_asked_beside_each_prompt(project, declare, run):
    plain = run()
    declare("controls: [blind]")
    summary = run()
    systems = {s["system"]: (s["control"], s["control_of"]) for s in summary["systems"]}
    assert systems == {
        "plain": (None, None),
        "title": (None, None),
        "plain{blind}": ("blind", "plain"),
        "title{blind}": ("blind", "title"),
    }
    # One prompt without a picture is the same for every sample, and is asked once.
    assert summary["generated"] == 2
    lines = completions(folder_of(summary, project))
    assert [line["system"] for line in lines[:4]] == list(systems)
    kept = {len(line["ingredients"]["images"]) for line in lines if "{" in line["system"]}
    assert kept == {0}
    before = {
        (x["system"], x["sample_id"]): x["key"] for x in completions(folder_of(plain, project))
    }
    after = {(x["system"], x["sample_id"]): x["key"] for x in lines if "{" not in x["system"]}
    assert after == before


def test_the_table_says_what_is_from_the_picture(project, declare, run):
    declare("controls: [blind]")
    summary = run()
    folder = folder_of(summary, project)
    with (folder / "table.csv").open() as file:
        rows = {row["system"]: row for row in csv.DictReader(file)}
    difference = rows["title: of which from the picture (against blind)"]
    real, blind = rows["title"], rows["title{blind}"]
    assert (real["source"], blind["source"], difference["source"]) == (
        "measured", "control", "difference",
    )  # fmt: skip
    for metric in ("BLEU_1", "ROUGE_L", "CIDEr"):
        assert float(difference[metric]) == pytest.approx(
            float(real[metric]) - float(blind[metric])
        )
