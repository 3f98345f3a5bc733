"""A project, its store and its run as version 0.2 left them are read; nothing was declared then."""

import json
import shutil

import pytest

import harness
from harness.pipeline.reading.scoring import rescore
from harness.store.run_folder import RunFolder


@pytest.fixture
def before(repository, tmp_path):
    shutil.copytree(repository / "tests" / "golden" / "version-2", tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def folder(before):
    [path] = (before / "results" / "titles").glob("*/run.json")
    return RunFolder(path.parent)


def test_its_run_is_read_as_it_was_written(folder):
    written = json.loads((folder.path / "summary.json").read_text())
    assert written["schema"] == 2
    run, summary = folder.run(), folder.summary()
    assert (run.schema, run.decide) == (3, None)
    assert summary.schema == 3
    assert [spec.label for spec in summary.specs][3:] == ['keywords(field="tags")']
    assert summary.dropped == {"missing_image": 1}
    assert {(r.system, r.metric): r.value for r in summary.results} == {
        (r["system"], r["metric"]): r["value"] for r in written["results"]
    }
    assert len(folder.samples()) == 3
    assert len(list(folder.completions())) == 6


def test_it_is_scored_again_to_the_same_numbers(folder):
    before = {(r.system, r.metric): r.value for r in folder.summary().results}
    again = rescore(folder)
    assert {(r.system, r.metric): r.value for r in again.results} == before


def test_its_answers_are_older_than_what_is_declared_now(before):
    suite = before / "prompts" / "titles"
    with (suite / "suite.yaml").open("a") as file:
        file.write("decide: {metric: CIDEr, baseline: plain}\n")
    run = harness.evaluate(suite)
    assert run.generation.generated == 0
    assert run.record.decide.answers_before == 6


def test_its_intervals_tell_of_how_many_samples_they_are(folder):
    path = folder.path / "summary.json"
    written = json.loads(path.read_text())
    assert "resampling" in written
    assert all("percentile" in result for result in written["results"])
    results = folder.summary().results
    assert [r.interval for r in results] == [
        result["interval"] and tuple(result["interval"]) for result in written["results"]
    ]
    assert {(r.interval is None, r.units) for r in results} == {(False, 3)}
    for result in written["results"]:
        result["interval"] = None  # as of a metric of evaluate
    path.write_text(json.dumps(written))
    assert {r.units for r in folder.summary().results} == {None}


@pytest.mark.parametrize(
    ("counts", "uneven"),
    [
        ({"plain": (3, 0), "title": (3, 0)}, ()),
        ({"plain": (2, 1), "title": (3, 0)}, ("BLEU_1",)),
        ({"plain": (2, 1), "title": (2, 1)}, ("BLEU_1",)),  # maybe not the same two
        ({"plain": (0, 3), "title": (3, 0)}, ()),  # one that has no score beats nobody
    ],
)
def test_which_of_its_systems_were_scored_on_the_same_samples_is_told_as_far_as_it_is_known(
    folder, counts, uneven
):
    path = folder.path / "summary.json"
    written = json.loads(path.read_text())
    for result in written["results"]:
        if result["metric"] == "BLEU_1":
            result["n_scored"], result["n_unscored"] = counts[result["system"]]
    path.write_text(json.dumps(written))
    assert folder.summary().uneven == uneven
