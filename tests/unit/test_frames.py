"""The data frames of a run: the same columns and dtypes always, and why what is missing is."""

import json
import math

import numpy as np
import pandas as pd
import pytest

import harness
from harness import frames
from harness.records import SampleScores

CASES = {
    "scores": frames.SCORES,
    "results": frames.RESULTS,
    "completions": frames.COMPLETIONS,
    "predictions": frames.PREDICTIONS,
}


@pytest.fixture
def run(project, monkeypatch):
    """Two systems on four samples: a third is read from a file with an empty and no answer."""
    monkeypatch.chdir(project)
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(suite.read_text().replace("cider]", "cider, meteor]"))
    monkeypatch.setenv("HARNESS_JAVA", "/nowhere/java")
    rows = [
        {"id": "s1", "text": "  Lemon-Garlic Shrimp Skillet"},
        {"id": "s2", "text": ""},
        {"id": "s3", "text": "Toast"},
    ]
    (project / "mine.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return harness.score_file(
        "mine.jsonl", "dishes", steps=["strip"], metrics=["exact_match", "meteor"]
    )


@pytest.mark.parametrize("name", CASES)
def test_a_frame_has_its_documented_columns_and_dtypes(run, name):
    frame = getattr(run, name)
    assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == CASES[name]
    assert len(frame) > 0


def test_scores_of_samples_say_why_one_is_missing(run):
    scores = run.scores
    assert len(scores) == 4 * len(run.summary.metrics)
    exact = scores[scores.metric == "EXACT"].set_index("sample_id")
    assert exact["status"].to_dict() == {
        "s1": "scored", "s2": "scored", "s3": "scored", "s4": "failed"
    }  # fmt: skip
    assert exact["value"].to_dict() == {"s1": 1.0, "s2": 0.0, "s3": 0.0, "s4": pytest.approx(
        math.nan, nan_ok=True)}  # fmt: skip
    meteor = scores[scores.metric == "METEOR"]
    assert list(meteor["status"]) == ["missing"] * 3 + ["failed"]
    assert (scores["value"].isna() == (scores["status"] != "scored")).all()


def test_results_say_why_a_number_or_its_interval_is_missing(run):
    results = run.results.set_index("metric")
    assert results.loc["METEOR", "status"] == "missing"
    assert "ava" in results.loc["METEOR", "reason"]
    assert results.loc["EXACT", "value"] == run.summary.value("mine", "EXACT")
    for result in run.summary.results:
        row = results.loc[result.metric]
        assert (row["n_scored"], row["n_unscored"]) == (result.n_scored, result.n_unscored)
        assert row["signature"] == result.signature.long()
        if result.interval:
            assert (row["low"], row["high"]) == result.interval


def test_predictions_and_completions_are_missing_exactly_where_they_failed(run):
    said = run.predictions.set_index("sample_id")
    assert said["status"].to_dict() == {"s1": "ok", "s2": "empty", "s3": "ok", "s4": "failed"}
    assert said.loc["s1", ["value", "steps"]].tolist() == ["Lemon-Garlic Shrimp Skillet", "strip"]
    assert said.loc["s2", "value"] == ""
    assert said.loc["s4", "value"] is pd.NA
    assert said.loc["s4", "reason"] == "no prediction in the file"
    raw = run.completions.set_index("sample_id")
    assert raw["text"].isna().to_dict() == {"s1": False, "s2": False, "s3": False, "s4": True}
    assert raw.loc["s1", "text"] == "  Lemon-Garlic Shrimp Skillet"


def test_a_score_that_does_not_apply_is_told_from_one_that_failed():
    column = SampleScores(system="a", metric="KEY", sample_ids=("s2",), values=(0.5,))

    class Result:
        system, metric, value = "a", "KEY", 0.5

    frame = frames.score_frame(
        [column], [Result], ["s1", "s2", "s3"], {"a": np.array([True, True, False])}
    )
    assert list(frame["status"]) == ["not applicable", "scored", "failed"]
    assert list(frame["value"].isna()) == [True, False, True]


def test_draws_of_a_run_stand_one_under_another(project, monkeypatch):
    monkeypatch.chdir(project)
    run = harness.evaluate("prompts/titles", repeats=2)
    assert set(run.predictions["draw"]) == {0, 1}
    assert len(run.predictions) == len(run.completions) == 2 * 2 * 4
    keys = ["system", "draw", "sample_id"]
    assert not run.predictions.duplicated(keys).any()


def test_pairs_are_what_the_comparison_holds(project, monkeypatch):
    monkeypatch.chdir(project)
    compared = harness.evaluate("prompts/titles").compare()
    every = [pair for metric in compared.metrics for pair in metric.pairs]
    pairs = frames.pair_frame(every)
    assert len(pairs) == len(every) > 0
    first = every[0]
    assert pairs.loc[(first.metric, first.candidate, first.baseline), "delta"] == first.delta
