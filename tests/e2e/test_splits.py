"""A dataset that is divided: runs use the first split unless another is named."""

import csv
import json

import pytest

HALVES = "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n"


@pytest.fixture
def divided(project):
    """The project with a dataset that has splits: s2 and s4 are in dev, s1 and s3 in test."""
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + HALVES)
    return project


def asked(folder):
    return {json.loads(line)["id"] for line in (folder / "samples.jsonl").read_text().splitlines()}


def newest(project):
    return sorted((project / "results" / "titles").glob("*/run.json"))[-1].parent


def test_a_run_uses_the_first_split_and_says_which(divided, harness):
    done = harness("run", "prompts/titles", cwd=divided)
    assert done.returncode == 0, done.stderr
    assert "split dev of the dataset (shares: dev 0.5, test 0.5)" in done.stdout
    dev = newest(divided)
    assert asked(dev) == {"s2", "s4"}
    record = json.loads((dev / "run.json").read_text())
    assert record["dataset"]["split"]["name"] == "dev"
    assert record["dataset"]["split"]["sealed"] == ["test"]
    row = next(csv.DictReader((dev / "table.csv").read_text().splitlines()))
    assert row["split"] == "dev"
    assert "split dev" in (dev / "report.html").read_text()
    summary = json.loads((dev / "summary.json").read_text())
    assert all("|split:dev|" in result["signature"] for result in summary["results"])
    assert "split dev" in harness("show", dev, cwd=divided).stdout

    done = harness("run", "prompts/titles", "--split", "test", cwd=divided)
    assert "split test (sealed) of the dataset" in done.stdout
    assert asked(newest(divided)) == {"s1", "s3"}


def test_a_split_that_is_not_there_is_refused(divided, harness):
    done = harness("run", "prompts/titles", "--split", "tset", cwd=divided)
    assert done.returncode == 1
    assert "dataset 'dishes' has no split 'tset'" in done.stderr
    assert "did you mean 'test'?" in done.stderr
    assert not (divided / "results" / "titles").exists()


def test_verbs_that_read_samples_take_a_split(divided, harness):
    def out(*words):
        done = harness(*words, cwd=divided)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "sample s1" in out("render", "prompts/titles", "--split", "test")
    assert "sample s2" in out("render", "prompts/titles")
    said = out("check", "prompts/titles", "--split", "test")
    assert "chosen: 2 of 4 by split (test)" in said
    assert "chosen: 2 of 4 by split (test)" in out("check", "--split", "test")
    assert "2 of 4 by split (test)" in out("data", "check", "dishes", "--split", "test")
    both = out("check", "datasets/dishes.yaml", "--data")
    assert "2 of 4 by split (dev)" in both
    assert "2 of 4 by split (test)" in both
    (divided / "mine.csv").write_text("id,text\ns1,Shrimp\ns2,Salad\n")
    words = ("--predictions", "mine.csv", "--dataset", "dishes", "--metric", "bleu")
    scored = out("score", *words, "--split", "test", "--json")
    assert json.loads(scored)["systems"][0]["n"] == 2
    out("run", "prompts/titles")
    power = json.loads(
        out("power", "prompts/titles", "--from", "results/titles", "--split", "test", "--json")
    )
    assert power["samples"] == 2
    assert harness("power", "titles", "--split", "test", cwd=divided).returncode == 2


def test_exemplars_are_never_of_a_sealed_split(divided, harness):
    path = divided / "prompts" / "titles" / "title.yaml"
    text = path.read_text()
    path.write_text(text + "exemplars: {dataset: dishes, ids: [s3]}\n")
    done = harness("check", "prompts/titles", cwd=divided)
    assert done.returncode == 1
    assert "title.yaml:3: dataset 'dishes' has 's3' in the sealed split 'test'" in done.stdout
    path.write_text(text + "exemplars: {dataset: dishes, ids: [s2]}\n")
    done = harness("run", "prompts/titles", "--split", "test", cwd=divided)
    assert done.returncode == 0, done.stderr


def test_declarations_on_different_splits_are_different_ones(divided, harness):
    suite = divided / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text() + "decide: {metric: CIDEr, baseline: plain}\n")
    for split in ("dev", "test"):
        assert harness("run", "prompts/titles", "--split", split, cwd=divided).returncode == 0
    records = [
        json.loads(path.read_text()) for path in (divided / "results/titles").glob("*/run.json")
    ]
    assert len({record["decide"]["sha256"] for record in records}) == 2
    assert {record["decide"]["looks"] for record in records} == {1}


def test_numbers_of_two_splits_mean_the_same_and_say_what_they_are_of(divided, harness):
    import harness as api

    harness("run", "prompts/titles", cwd=divided)
    dev = api.load_run(newest(divided))
    harness("run", "prompts/titles", "--split", "test", cwd=divided)
    test = api.load_run(newest(divided))
    assert "BLEU_1" not in dev.incomparable(test)
    differences = dev.summary.results[0].signature.differences(test.summary.results[0].signature)
    assert ("split", "dev", "test") in differences.data
