import csv
import io
from dataclasses import replace

import pytest

from harness.errors import DataError
from harness.records import (
    DrawVariance,
    MetricResult,
    MetricSpec,
    NoiseFloor,
    ReportedRow,
    RunSummary,
    Signature,
    SystemSummary,
    TextsSummary,
)
from harness.report.tables import ComparisonTable, Row, read_reported


def summary(values, **changes):
    return RunSummary(
        run="r",
        inputs=None,
        suite="suite",
        dataset="dishes",
        baseline="a",
        specs=(MetricSpec(name="bleu"),),
        metrics=changes.pop("metrics", ("BLEU_1",)),
        systems=changes.pop("systems", tuple(system(name) for name in values)),
        texts=changes.pop("texts", tuple(texts(name) for name in values)),
        results=changes.pop("results", tuple(result(*item) for item in values.items())),
        reported=changes.pop("reported", ()),
        dropped=changes.pop("dropped", {}),
        unknown_ids=changes.pop("unknown_ids", ()),
        short_references=changes.pop("short_references", 0),
        raw=changes.pop("raw", {}),
        noise_floor=changes.pop("noise_floor", None),
        best_of=changes.pop("best_of", {}),
        cost=None,
        **changes,
    )


def system(name, **changes):
    counts = dict.fromkeys(("unscored", "failed", "empty", "truncated", "changed", "malformed"), 0)
    facts = {"n": 100, "draws": 1, "reasons": {}, **counts, **changes}
    return SystemSummary(system=name, model="m", variant=name, decoding="greedy", **facts)


def texts(name, overlong=0):
    nothing = dict.fromkeys(
        ("same_as_exemplar", "words", "vocabulary", "distinct_1", "distinct_2"), None
    )
    return TextsSummary(system=name, overlong=overlong, **nothing)


def result(name, value, metric="BLEU_1", missing=None, n=100, units=None):
    return MetricResult(
        system=name,
        metric=metric,
        family="bleu",
        value=value,
        n_scored=n,
        n_unscored=0,
        units=units,
        signature=Signature(metric=metric, fields=(("tok", "none"),)),
        interval=None if value is None else (value - 0.1, value + 0.1),
        missing=missing,
    )


def test_the_best_is_bold_and_ties_share_it():
    table = ComparisonTable.of(summary({"a": 0.5, "b": 0.25, "c": 0.50001}))
    assert table.markdown().splitlines()[2:] == [
        "| a | **0.50** |",
        "| b | 0.25 |",
        "| c | **0.50** |",
        "",
        "100 samples, all scored",
    ]


def test_a_single_system_is_not_the_best_of_anything():
    assert "**" not in ComparisonTable.of(summary({"a": 0.5})).markdown()


def test_reported_figures_stand_below_and_never_win():
    reported = (ReportedRow(system="paper", scores={"BLEU_1": 0.9}),)
    table = ComparisonTable.of(summary({"a": 0.5, "b": 0.4}, reported=reported))
    lines = table.markdown().splitlines()
    assert lines[2] == "| a | **0.50** |"
    at = lines.index("| reported elsewhere | BLEU_1 |")
    assert at > 4
    assert lines[at + 2] == "| paper † | 0.900 |"
    assert (
        lines[-1].strip() == "† reported elsewhere, not measured by this run; without a signature"
    )


def test_unscored_samples_and_missing_metrics_are_told():
    told = summary(
        {"a": None, "b": None},
        systems=(
            system("a", unscored=3, truncated=2, reasons={"timed out": 2, "HTTP 500": 1}),
            system("b", unscored=1, reasons={"no text in the file for this id": 1}),
        ),
        results=(result("a", None, missing="no Java"), result("b", None, missing="no Java")),
    )
    table = ComparisonTable.of(told)
    assert table.rows[0].n == 97
    assert table.notes == (
        "unscored: a 3 (2 × timed out, 1 × HTTP 500); b 1 (no text in the file for this id)",
        "cut off at max_tokens: a 2",
        "BLEU_1 is missing: no Java",
    )


def test_a_reason_that_several_metrics_share_is_told_once():
    missing = {"X": "no Java", "Y": "no Java", "Z": "no model"}
    told = summary(
        {"a": None}, results=tuple(result("a", None, m, reason) for m, reason in missing.items())
    )
    assert ComparisonTable.of(told).notes == (
        "X, Y are missing: no Java",
        "Z is missing: no model",
    )


def test_few_samples_and_short_references_are_warned_of():
    told = summary(
        {"a": 0.5, "b": 0.4},
        short_references=5,
        metrics=("CIDEr",),
        systems=(system("a", n=12), system("b", n=12)),
        results=(result("a", 0.5, "CIDEr", n=12), result("b", 0.4, "CIDEr", n=12)),
    )
    few, short = ComparisonTable.of(told).notes
    assert few == ("only 12 samples: too few to tell prompts apart, and CIDEr depends on each")
    assert short.startswith("5 of 12 samples have references under 4 words")


@pytest.mark.parametrize(
    ("n", "units", "told"),
    [
        (100, 100, []),
        (100, 30, []),
        (100, 29, ["only 29 clusters of 100 samples: too few to tell prompts apart"]),
        (100, 1, ["only 1 cluster of 100 samples: too few to tell prompts apart"]),
        (1, 1, ["only 1 sample: too few to tell prompts apart"]),
    ],
)
def test_few_clusters_are_warned_of_however_many_samples_they_are(n, units, told):
    """Fault: five clusters of 100 samples went without a word."""
    values = {"a": 0.5, "b": 0.4}
    results = tuple(result(name, value, n=n, units=units) for name, value in values.items())
    systems = tuple(system(name, n=n) for name in values)
    notes = ComparisonTable.of(summary(values, results=results, systems=systems)).notes
    assert list(notes) == told


def test_clusters_stand_beside_n_in_every_format():
    told = summary(
        {"a": 0.5, "b": 0.4},
        systems=(system("a", n=200), system("b", n=200, unscored=10)),
        results=(
            result("a", 0.5, n=200, units=40),
            result("b", 0.4, n=190, units=39),
            # Of a metric that applies to a part of them.
            result("b", 0.4, "KEYWORD_R", n=20, units=7),
        ),
    )
    table = ComparisonTable.of(told)
    assert [line[-2].text for line in table.cells()] == ["200 in 40 clusters", "190 in 39 clusters"]
    assert "| 200 in 40 clusters | 0 |" in table.markdown()
    assert "200 in 40 clusters" in table.latex()
    rows = list(csv.DictReader(io.StringIO(table.csv())))
    assert [(row["n"], row["units"]) for row in rows] == [("200", "40"), ("190", "39")]


def test_metrics_that_a_handful_of_samples_carries_are_named():
    few = {"no_interval": "too few matches", "interval": None}
    told = summary(
        {"a": 0.5, "b": 0.4},
        metrics=("BLEU_3", "BLEU_4", "CIDEr"),
        results=(
            result("a", 0.5, "CIDEr"),
            replace(result("a", 0.1, "BLEU_3"), **few),
            replace(result("b", 0.1, "BLEU_4"), **few),
            replace(result("a", 0.1, "BLEU_4"), **few),
        ),
    )
    assert ComparisonTable.of(told).notes == ("BLEU_3, BLEU_4 have no interval: too few matches",)


def test_where_only_some_systems_have_no_interval_they_are_named():
    few = {"no_interval": "too few matches", "interval": None}
    systems = ("a", "b{blind}", "b{grey}", "b{shuffled}", "c{blind}")
    told = summary(
        dict.fromkeys(systems, 0.5),
        metrics=("BLEU_4", "CIDEr"),
        results=(
            result("a", 0.5, "BLEU_4"),
            result("a", 0.5, "CIDEr"),
            *(replace(result(name, 0.1, "BLEU_4"), **few) for name in systems[1:]),
            *(result(name, 0.1, "CIDEr") for name in systems[2:]),
            replace(result("b{blind}", 0.1, "CIDEr"), **few),
        ),
    )
    assert ComparisonTable.of(told).notes[:2] == (
        "BLEU_4 has no interval for b{blind}, b{grey}, b{shuffled} and 1 more: too few matches",
        "CIDEr has no interval for b{blind}: too few matches",
    )


def test_none_is_best_where_systems_were_scored_on_other_samples():
    """Fault: a mark for one that was scored on fewer, easier samples."""
    told = summary({"a": 0.5, "b": 0.25}, uneven=("BLEU_1",))
    table = ComparisonTable.of(told)
    assert "**" not in table.markdown()
    assert "no best is marked: the systems were not scored on the same samples" in table.notes


def test_texts_that_meteor_does_not_see_whole_are_told():
    overlong = (texts("a"), texts("b", 4))
    assert ComparisonTable.of(summary({"a": 0.5, "b": 0.4}, texts=overlong)).notes == ()
    results = (result("a", 0.5, "METEOR"), result("b", 0.4, "METEOR"))
    told = summary({"a": 0.5, "b": 0.4}, texts=overlong, metrics=("METEOR",), results=results)
    (note,) = ComparisonTable.of(told).notes
    assert note == "over 300 words, and METEOR matches no more than those: b 4"


def test_what_post_processing_moved_is_told():
    told = summary({"a": 0.5, "b": 0.4}, raw={"a": {"BLEU_1": 0.45}, "b": {"BLEU_1": 0.4}})
    assert ComparisonTable.of(told).notes == ("post-processing moved a: BLEU_1 +0.0500",)


def varied(**equal_units):
    """What metrics vary by, of 200 samples drawn 4 times."""
    return {
        metric: DrawVariance(units=200, draws=4.0, between=1.0, within=1.0, equal_units=worth)
        for metric, worth in equal_units.items()
    }


def test_what_draws_are_worth_is_told_of_each_system_in_one_line():
    scored = replace(result("a", 0.5, "CIDEr"), n_scored=200)
    of_clusters = replace(result("b", 0.4, "chrF"), n_scored=350)
    told = summary(
        {"a": None, "b": None},
        draw_variance={
            "a": varied(BLEU_1=300.0, ROUGE_L=231.4, CIDEr=259.7),
            "b": varied(chrF=200.0),
            "c": {},
        },
        results=(scored, of_clusters),
    )
    assert ComparisonTable.of(told).notes == (
        "a: 4 draws of 200 samples tell as much as 1 draw of 260 (CIDEr), 231 (ROUGE_L)",
        "b: 4 draws of 200 clusters tell as much as 1 draw of 200 (chrF)",
    )


@pytest.mark.parametrize(
    ("sds", "says"),
    [
        ({"BLEU_1": 0.0123}, "BLEU_1 0.0123"),
        ({}, "not measured as a standard deviation ('harness score' on the run does)"),
    ],
)
def test_the_noise_floor_is_told_as_what_it_is(sds, says):
    noise = NoiseFloor(repeats=3, difference_sd=sds, differing={"a": 7, "b": 0})
    (note,) = ComparisonTable.of(summary({"a": 0.5, "b": 0.4}, noise_floor=noise)).notes
    assert note == (
        f"noise floor of 3 repeats, as the standard deviation of a difference: {says}; "
        "samples whose texts differ between repeats: a 7, b 0"
    )


def test_the_table_can_be_turned_round_as_papers_print_it():
    reported = (ReportedRow(system="paper", scores={"BLEU_1": 0.139}),)
    table = ComparisonTable.of(summary({"a": 0.12345, "b": None}, reported=reported))
    assert table.by_metric().splitlines() == [
        "| metric | a | b | paper † |",
        "| :-- | --: | --: | --: |",
        "| BLEU_1 | 0.12 | – | 0.139 |",
        "",
        "100 samples, all scored  ",
        "† reported elsewhere, not measured by this run; without a signature",
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
    assert r"a\_b \& 50\% & \textbf{0.50} \\" in text
    caption = "Scores on dishes: 100 samples, all scored. Bold: the best on a metric."
    assert rf"\caption{{{caption}}}" in text
    assert r"\label{tab:suite}" in text
    assert r"BLEU\_1" in text


def test_reported_csv_is_read_with_its_gaps(tmp_path):
    path = tmp_path / "reported.csv"
    path.write_text("system,BLEU_1,METEOR\npaper,.139,\n")
    assert read_reported(path) == [ReportedRow(system="paper", scores={"BLEU_1": 0.139})]


def test_reported_csv_names_the_line_of_a_fault(tmp_path):
    path = tmp_path / "reported.csv"
    path.write_text("system,BLEU_1\nx,.1\npaper,n/a\n")
    with pytest.raises(DataError, match=r"reported.csv:3: not a number"):
        read_reported(path)


def test_rows_that_were_left_out_are_told_by_their_kind():
    dropped = {"missing_image": 3, "duplicate_image": 2}
    assert ComparisonTable.of(summary({"a": 0.5}, dropped=dropped)).notes == (
        "5 rows of the dataset left out: 3 missing_image, 2 duplicate_image "
        "(dropped.csv names each)",
    )


def test_what_post_processing_did_not_do_is_told_by_step():
    systems = (
        system("a", unapplied={"json:title": 12}),
        system("b", unapplied={"json:title": 3}, declined={"first_line": 1}),
    )
    told = summary({"a": 0.5, "b": 0.4}, systems=systems)
    assert ComparisonTable.of(told).notes == (
        "step first_line would have emptied a text, and left it as it was: b 1",
        "step json:title did not apply, and left the text as it was: a 12, b 3",
    )


def test_of_many_reasons_the_most_frequent_are_told_and_none_at_length():
    reasons = {"page " * 100: 5, "r2": 4, "r3": 3, "r4": 2, "r5": 1}
    told = summary({"a": 0.5}, systems=(system("a", unscored=15, reasons=reasons),))
    (note,) = ComparisonTable.of(told).notes
    assert note.startswith("unscored: a 15 (5 × page page ")
    assert note.endswith("…, 4 × r2, 3 × r3, 2 further reasons)")
    assert len(note) < 300


def test_what_the_run_has_noticed_stands_under_every_table():
    notices = ("exemplars are samples of the same dataset",)
    table = ComparisonTable.of(summary({"a": 0.5}, notices=notices))
    assert table.notes == ("exemplars are samples of the same dataset",)
    assert "exemplars are samples of the same dataset" in table.markdown()


@pytest.mark.parametrize(
    ("n", "units", "said"),
    [
        (12, None, "12"),
        (12, 12, "12"),
        (12, 5, "12 in 5 clusters"),
        (12, 1, "12 in 1 cluster"),
        (None, None, "–"),
    ],
)
def test_samples_are_counted_with_their_clusters_where_some_belong_together(n, units, said):
    row = Row(system="a", n=n, unscored=0, values=(), intervals=(), units=units)
    assert row.counted == said
