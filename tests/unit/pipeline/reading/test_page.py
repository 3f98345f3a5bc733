"""What a page is given of a run: leaderboards, samples that are shown, files beside it."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from made_runs import record, said, system, title

from harness.errors import StoreError
from harness.metrics.tools import ScoringTools
from harness.pipeline.reading import shown_samples
from harness.pipeline.reading.answered import Answered
from harness.pipeline.reading.reporting import write_reports
from harness.pipeline.reading.scoring import score_run
from harness.records import MetricSpec, Sample
from harness.store.run_folder import RunFolder

SIZE = 40


def data(folder, name):
    text = (folder.path / "report_files" / name).read_text()
    return json.loads(text.partition("(")[2].removesuffix(");\n"))


@pytest.fixture
def scored(tmp_path):
    """A run of two prompts, of which b is right on most samples, and its scores."""
    folder = RunFolder.create(tmp_path, "titles")
    run = replace(record(SIZE, system("a"), system("b")), id=folder.path.name)
    samples = [
        Sample(
            id=f"s{i}",
            media=(),
            references=(title(i * 7 + 3),),
            metadata={"half": "first" if i < SIZE / 2 else "second"},
        )
        for i in range(SIZE)
    ]
    folder.write_run(run)
    folder.write_samples(samples)
    lines = [
        said(name, i, title(i * 7 + 3) if (name == "b") == (i % 8 > 0) else f"tart {title(i)}")
        for i in range(SIZE)
        for name in ("a", "b")
    ]
    folder.write_completions(lines)
    specs = [MetricSpec(name=name) for name in ("bleu", "rouge_l", "cider")]
    with ScoringTools(tokenizer="none") as tools:
        summary = score_run(folder, Answered(folder, run, samples), tools, specs, cost=None)
    return folder, summary


def test_the_leaderboard_is_what_the_summary_and_the_comparison_say(scored):
    folder, summary = scored
    compared = write_reports(folder, summary)
    page = data(folder, "data.js")
    assert [board["metric"] for board in page["boards"]] == list(summary.metrics)
    board = page["boards"][page["deciding"]]
    assert board["metric"] == compared.deciding == "CIDEr"
    names = [page["systems"][row["system"]]["name"] for row in board["rows"]]
    assert names == ["b", "a"]
    assert [row["best"] for row in board["rows"]] == [True, False]
    [pair] = compared.metric("CIDEr").pairs
    assert board["rows"][0]["delta"]["value"] == pair.delta
    assert board["rows"][0]["delta"]["low"] == pair.interval[0]
    assert board["rows"][1]["delta"] is None
    assert board["rows"][0]["score"]["value"] == summary.value("b", "CIDEr")
    assert board["said"].startswith("b beats a: CIDEr +")
    assert board["pairs"][0]["sentence"] in (folder.path / "report.html").read_text()


def test_every_sample_is_there_with_its_scores(scored):
    folder, summary = scored
    write_reports(folder, summary)
    columns = data(folder, "samples-0.js")
    scores = {(s.system, s.metric): s.values for s in folder.scores()}
    assert columns["ids"] == [f"s{i}" for i in range(SIZE)]
    for place, name in enumerate(("a", "b")):
        for column, metric in enumerate(summary.metrics):
            shown = columns["answers"][place]["scores"][column]
            assert shown == pytest.approx(scores[name, metric], abs=6e-5)
    page = data(folder, "data.js")
    fields = {field["name"]: field["values"] for field in page["gallery"]["fields"]}
    assert sorted(fields["half"]) == ["first", "second"]
    place = [field["name"] for field in page["gallery"]["fields"]].index("half")
    first = fields["half"].index("first")
    assert [values == [first] for values in columns["fields"][place]] == [
        i < SIZE / 2 for i in range(SIZE)
    ]


def test_a_page_written_after_scoring_is_the_one_that_is_written_later(scored):
    """What scoring knew of the texts is taken over, and found again where it is not at hand."""
    folder, _ = scored
    run, lines = folder.run(), list(folder.completions())
    long = replace(lines[3], completion=replace(lines[3].completion, text="Sure! Here it is: Soup"))
    lines[3] = long
    folder.write_completions(lines)
    answered = Answered(folder, run, folder.samples(), lines)
    with ScoringTools(tokenizer="none") as tools:
        specs = [MetricSpec(name="rouge_l")]
        summary = score_run(folder, answered, tools, specs, cost=None)
    assert answered.at_hand is lines
    assert answered.marks["b"][1] > 0
    write_reports(folder, summary, answered)
    first = data(folder, "samples-0.js")
    write_reports(folder, summary)
    assert data(folder, "samples-0.js") == first
    assert first["answers"][1]["flags"][1] == answered.marks["b"][1]


def test_of_very_many_samples_some_are_drawn_and_the_largest_differences_are_there(
    scored, monkeypatch
):
    folder, summary = scored
    monkeypatch.setattr(shown_samples, "MOST", 20)
    monkeypatch.setattr(shown_samples, "DRAWN", 15)
    write_reports(folder, summary)
    page, columns = data(folder, "data.js"), data(folder, "samples-0.js")
    assert (page["gallery"]["samples"], page["gallery"]["shown"]) == (SIZE, 20)
    said_ = "15 of the 40 samples, drawn with seed 0, and the 5 others on which systems differ most"
    assert page["gallery"]["chosen"] == f"{said_} on CIDEr"
    assert said_ in (folder.path / "report.html").read_text()
    assert columns["ids"] == sorted(columns["ids"], key=lambda each: int(each[1:]))
    scores = folder.score_matrix(["a", "b"], ["CIDEr"], [f"s{i}" for i in range(SIZE)])
    apart = np.abs(scores[1, 0] - scores[0, 0])
    drawn = set(np.random.default_rng(0).permutation(SIZE)[:15].tolist())
    others = [i for i in np.argsort(-apart, kind="stable").tolist() if i not in drawn]
    assert {int(each[1:]) for each in columns["ids"]} == drawn | set(others[:5])


def test_files_of_a_longer_report_of_before_are_gone(scored):
    folder, summary = scored
    write_reports(folder, summary)
    old = folder.path / "report_files" / "samples-7.js"
    old.write_text("")
    write_reports(folder, summary)
    assert not old.exists()
    assert (folder.path / "report_files" / "samples-0.js").is_file()


def test_a_folder_that_leads_elsewhere_is_not_written_to(scored, tmp_path):
    folder, summary = scored
    (tmp_path / "elsewhere").mkdir()
    (folder.path / "report_files").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="report_files is a link"):
        write_reports(folder, summary)
    assert list((tmp_path / "elsewhere").iterdir()) == []
