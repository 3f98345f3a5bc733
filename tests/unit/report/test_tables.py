import csv
import io

import pytest

from harness.errors import DataError
from harness.report.tables import ComparisonTable, read_reported


def summary(values, **changes):
    systems = [
        {
            "system": name,
            "n": 100,
            "draws": 1,
            **dict.fromkeys(("unscored", "empty", "truncated", "malformed"), 0),
        }
        for name in values
    ]
    results = [
        {
            "system": name,
            "metric": "BLEU_1",
            "value": value,
            "interval": None if value is None else [value - 0.1, value + 0.1],
            "missing": None,
        }
        for name, value in values.items()
    ]
    return {
        "metrics": ["BLEU_1"],
        "systems": systems,
        "results": results,
        "texts": [{"system": name, "overlong": 0} for name in values],
        "reported": [],
        "dropped": 0,
        "unknown_ids": [],
        "short_references": 0,
        "raw": {},
        "noise_floor": None,
        "best_of": {},
        **changes,
    }


def test_the_best_is_bold_and_ties_share_it():
    table = ComparisonTable.of(summary({"a": 0.5, "b": 0.25, "c": 0.50001}))
    assert table.markdown().splitlines()[2:] == [
        "| a | **0.5000** | 100 | 0 |",
        "| b | 0.2500 | 100 | 0 |",
        "| c | **0.5000** | 100 | 0 |",
    ]


def test_a_single_system_is_not_the_best_of_anything():
    assert "**" not in ComparisonTable.of(summary({"a": 0.5})).markdown()


def test_reported_figures_stand_below_and_never_win():
    reported = [{"system": "paper", "scores": {"BLEU_1": 0.9}}]
    table = ComparisonTable.of(summary({"a": 0.5, "b": 0.4}, reported=reported))
    lines = table.markdown().splitlines()
    assert lines[2] == "| a | **0.5000** | 100 | 0 |"
    assert lines[4] == "| paper † | 0.900 | – | – |"
    assert lines[-1].strip() == "† reported elsewhere, not measured by this run"


def test_unscored_samples_and_missing_metrics_are_told():
    told = summary({"a": None, "b": None})
    told["systems"][0].update(unscored=3, truncated=2)
    for result in told["results"]:
        result["missing"] = "no Java"
    table = ComparisonTable.of(told)
    assert table.rows[0].n == 97
    assert table.notes == (
        "unscored: the model gave no answer: a 3",
        "cut off at max_tokens: a 2",
        "BLEU_1 is missing: no Java",
    )


def test_a_reason_that_several_metrics_share_is_told_once():
    told = summary({"a": None})
    told["results"] = [{**told["results"][0], "metric": m, "missing": "no Java"} for m in "XYZ"]
    told["results"][2]["missing"] = "no model"
    assert ComparisonTable.of(told).notes == (
        "X, Y are missing: no Java",
        "Z is missing: no model",
    )


def test_few_samples_and_short_references_are_warned_of():
    told = summary({"a": 0.5, "b": 0.4}, short_references=5, metrics=["CIDEr"])
    for system in told["systems"]:
        system["n"] = 12
    for result in told["results"]:
        result["metric"] = "CIDEr"
    few, short = ComparisonTable.of(told).notes
    assert few.startswith("only 12 samples")
    assert short.startswith("5 of 12 samples have references under 4 words")


def test_texts_that_meteor_does_not_see_whole_are_told():
    told = summary({"a": 0.5, "b": 0.4})
    told["texts"][1]["overlong"] = 4
    assert ComparisonTable.of(told).notes == ()
    told["metrics"] = ["METEOR"]
    told["results"] = [{**result, "metric": "METEOR"} for result in told["results"]]
    (note,) = ComparisonTable.of(told).notes
    assert note == "over 300 words, and METEOR matches no more than those: b 4"


def test_what_post_processing_moved_is_told():
    told = summary({"a": 0.5, "b": 0.4}, raw={"a": {"BLEU_1": 0.45}, "b": {"BLEU_1": 0.4}})
    assert ComparisonTable.of(told).notes == ("post-processing moved a: BLEU_1 +0.0500",)


def test_the_table_can_be_turned_round_as_papers_print_it():
    reported = [{"system": "paper", "scores": {"BLEU_1": 0.139}}]
    table = ComparisonTable.of(summary({"a": 0.12345, "b": None}, reported=reported))
    assert table.by_metric().splitlines() == [
        "| metric | a | b | paper † |",
        "| :-- | --: | --: | --: |",
        "| BLEU_1 | 0.123 | – | 0.139 |",
    ]


def test_csv_keeps_every_digit_and_starts_no_formula():
    text = ComparisonTable.of(summary({"=cmd()": 1 / 3, "b": 0.1})).csv()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows[0]["system"] == "'=cmd()"
    assert float(rows[0]["BLEU_1"]) == 1 / 3
    assert float(rows[0]["BLEU_1_low"]) == 1 / 3 - 0.1
    assert float(rows[1]["BLEU_1_high"]) == 0.1 + 0.1


def test_latex_escapes_what_latex_would_read():
    text = ComparisonTable.of(summary({"a_b & 50%": 0.5, "c": 0.1})).latex()
    assert r"a\_b \& 50\% & \textbf{0.5000} & 100 & 0 \\" in text
    assert r"BLEU\_1" in text


def test_reported_csv_is_read_with_its_gaps(tmp_path):
    path = tmp_path / "reported.csv"
    path.write_text("system,BLEU_1,METEOR\npaper,.139,\n")
    assert read_reported(path) == [{"system": "paper", "scores": {"BLEU_1": 0.139}}]


def test_reported_csv_names_the_line_of_a_fault(tmp_path):
    path = tmp_path / "reported.csv"
    path.write_text("system,BLEU_1\nx,.1\npaper,n/a\n")
    with pytest.raises(DataError, match=r"reported.csv:3: not a number"):
        read_reported(path)
