"""Many runs make one ranked table: each system once, beside nothing that means something else."""

import csv
import io
import json
import re

import pytest
from PIL import Image

SUITE = "prompts/titles"


@pytest.fixture
def runs(project, told):
    """Two runs of sixty samples: ``title`` is edited between them, ``plain`` is not."""
    rows = []
    for i in range(60):
        Image.new("RGB", (8, 8), (4 * i, 0, 0)).save(project / f"datasets/dishes/images/d{i}.png")
        rows.append({"id": f"d{i}", "image": f"d{i}.png", "title": f"dish number {i}", "n": i})
    (project / "datasets/dishes/samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    first = told("run", SUITE)["folder"]
    (project / SUITE / "title.yaml").write_text("user: Give a short recipe title.\n")
    return first, told("run", SUITE)["folder"]


def test_each_system_stands_once_from_its_newest_run(runs, told):
    first, second = (folder.rpartition("/")[2] for folder in runs)

    [board] = told("leaderboard")["boards"]

    found = {(each["name"], each["run"], each["others"]) for each in board["standings"]}
    assert found == {
        ("plain", second, 1),
        (f"{first}:title", first, 0),
        (f"{second}:title", second, 0),
    }
    assert any("1 older measurement" in note for note in board["notes"])


def test_versions_of_the_data_are_apart(project, runs, told):
    path = project / "datasets/dishes/samples.jsonl"
    path.write_text(path.read_text().replace("dish number 7", "dish number seven"))
    third = told("run", SUITE)["folder"]

    boards = told("leaderboard")["boards"]

    assert [len(board["standings"]) for board in boards] == [3, 2]
    assert [len(board["runs"]) for board in boards] == [2, 1]
    assert boards[1]["runs"][0].endswith(third.rpartition("/")[2])
    assert boards[0]["version"] != boards[1]["version"]


def test_a_number_that_was_computed_otherwise_is_left_out_and_said(project, runs, told, harness):
    path = project / runs[0] / "summary.json"
    path.write_text(re.sub(r"ROUGE_L\|tok:none", "ROUGE_L|tok:other", path.read_text()))

    [board] = told("leaderboard")["boards"]
    shown = harness("leaderboard", cwd=project).stdout

    old = next(each for each in board["standings"] if each["run"] in runs[0])
    assert "ROUGE_L" not in old["values"]
    assert "CIDEr" in old["values"]
    assert re.search(r"ROUGE_L of .*:title was computed otherwise .* tok \(none, other\)", shown)


def test_reported_figures_stand_beside_marked(project, runs, told, harness):
    (project / SUITE / "reported.csv").write_text("system,CIDEr\nA study,0.5\n")
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text() + "reported: reported.csv\n")
    told("run", SUITE, "--with-reported")

    shown = harness("leaderboard", cwd=project).stdout

    assert re.search(r"A study †.*0\.500", shown)
    assert "† reported elsewhere, not measured here" in shown


def test_every_form_holds_the_same(project, runs, told, harness):
    [board] = told("leaderboard")["boards"]
    markdown = harness("leaderboard", "--markdown", cwd=project).stdout
    rows = list(csv.DictReader(io.StringIO(harness("leaderboard", "--csv", cwd=project).stdout)))
    done = harness("leaderboard", "--html", "board.html", cwd=project)
    page = (project / "board.html").read_text()

    assert done.returncode == 0, done.stderr
    for each, row in zip(board["standings"], rows, strict=True):
        assert row["system"] == each["name"]
        assert float(row["CIDEr"]) == each["values"]["CIDEr"]
        assert f"{each['values']['CIDEr']:.4f}" in markdown
        assert each["name"] in page
    assert "<svg" in page
    assert "default-src 'none'" in page


def test_names_are_no_markup(project, runs, told, harness):
    for name in ("run.json", "summary.json", "completions.jsonl"):
        path = project / runs[1] / name
        path.write_text(path.read_text().replace('"title"', '"<script>alert(1)</script>"'))

    done = harness("leaderboard", "--html", "board.html", cwd=project)

    assert done.returncode == 0, done.stderr
    page = (project / "board.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_what_is_not_there_is_said(project, runs, harness):
    (project / runs[0] / "summary.json").unlink()

    metric = harness("leaderboard", "--metric", "CIDER", cwd=project)
    passed = harness("leaderboard", cwd=project)
    nothing = harness("leaderboard", "titels", cwd=project)

    assert "no run has the metric 'CIDER'" in metric.stderr
    assert "did you mean 'CIDEr'" in metric.stderr
    assert "did not finish" in passed.stdout
    assert "no run 'titels'" in nothing.stderr
    assert (metric.returncode, passed.returncode, nothing.returncode) == (1, 0, 1)
