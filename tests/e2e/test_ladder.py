"""``decide: {ladder: true}``: a table of dev shows a new best where it gains more than noise."""

import csv
import json
import random

import pytest
from PIL import Image

SAMPLES = 120


@pytest.fixture
def tried(project, script):
    """The project with 120 samples; how often a prompt is right stands in its own text."""
    images = project / "datasets" / "dishes" / "images"
    rows = []
    for i in range(SAMPLES):
        Image.new("RGB", (8, 6), (2 * i, 0, 0)).save(images / f"d{i}.png")
        rows.append({"id": f"d{i}", "image": f"d{i}.png", "title": f"Dish number {i}", "n": i})
    (project / "datasets" / "dishes" / "samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n")
    suite = project / "prompts" / "titles" / "suite.yaml"
    text = suite.read_text().replace("[bleu, rouge_l, cider]", "[exact_match, bleu]")
    suite.write_text(text + "decide: {metric: EXACT, baseline: plain, ladder: true}\n")
    edit(project, "plain", 0.3)
    edit(project, "title", 0.3, "Give in")

    def answer(asked):
        text = "".join(
            p.text for m in asked.rendered.messages for p in m.parts if hasattr(p, "text")
        )
        share = float(text.split()[-1])
        right = random.Random(asked.key).random() < share
        return f"Dish number {asked.sample_id[1:]}" if right else "No"

    script.answer = answer
    return project


def edit(project, name, share, words="Right in"):
    path = project / "prompts" / "titles" / f"{name}.yaml"
    path.write_text(f"user: {words} {share}\npostprocess: [strip]\n")


@pytest.fixture
def run(tried, harness):
    def _run(*words):
        done = harness("run", "prompts/titles", *words, cwd=tried)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return _run


def newest(project):
    return sorted((project / "results" / "titles").glob("*/run.json"))[-1].parent


def ladder(project):
    return json.loads((newest(project) / "summary.json").read_text())["ladder"]


def states(project):
    return {rung["system"]: rung["state"] for rung in ladder(project)["rungs"]}


def score(project, system):
    summary = json.loads((newest(project) / "summary.json").read_text())
    return next(
        r["value"] for r in summary["results"] if (r["system"], r["metric"]) == (system, "EXACT")
    )


def test_a_gain_within_the_noise_is_not_shown_and_one_beyond_it_is(tried, run):
    said = run()
    assert states(tried) == {"plain": "new best", "title": "best stays"}
    plain, title = score(tried, "plain"), score(tried, "title")
    assert plain != title
    assert f"{plain:.4f}" in said
    assert f"{title:.4f}" not in said
    assert f"= {plain:.4f}" in said
    assert "told apart" not in said
    edit(tried, "title", 0.9)
    said = run()
    assert states(tried) == {"plain": "shown before", "title": "new best"}
    assert f"ladder: a new best, title with EXACT {score(tried, 'title'):.4f}, more than" in said
    best = score(tried, "title")
    edit(tried, "title", 0.9, "Correct in")
    said = run()
    assert states(tried) == {"plain": "shown before", "title": "best stays"}
    assert f"= {best:.4f}" in said
    assert ladder(tried)["value"] == best


def test_what_is_not_shown_stands_in_no_table_and_no_page(tried, run, harness):
    run()
    folder = newest(tried)
    plain, title = score(tried, "plain"), score(tried, "title")
    for page in ("table.md", "table.tex", "table.csv", "table_by_metric.md", "report.html"):
        text = (folder / page).read_text()
        shown = {"table.csv": repr, "table_by_metric.md": "{:.3f}".format}.get(
            page, "{:.4f}".format
        )
        assert shown(plain) in text, page
        assert shown(title) not in text, page
    rows = list(csv.DictReader((folder / "table.csv").read_text().splitlines()))
    assert [row["ladder"] for row in rows] == ["new best", "best stays"]
    assert rows[1]["EXACT"] == rows[0]["EXACT"]
    assert rows[1]["BLEU_1"] == rows[1]["EXACT_low"] == ""
    assert "are not told apart" not in (folder / "report.html").read_text()
    data = (folder / "report_files" / "data.js").read_text()
    assert f"{title:.3f}"[:5] not in data
    assert "are not told apart" not in data
    for words in (
        ("report", "titles"),
        ("score", "titles"),
        ("score", "titles", "--metric", "chrf"),
    ):
        again = harness(*words, cwd=tried)
        assert again.returncode == 0, again.stderr
        assert f"{title:.4f}" not in again.stdout
    assert states(tried) == {"plain": "new best", "title": "best stays"}
    compared = harness("compare", "titles", cwd=tried).stdout
    assert "the ladder of this suite shows no more than its table" in compared


def test_the_best_is_remembered_when_its_run_is_deleted(tried, run, harness):
    edit(tried, "title", 0.9)
    run()
    best = score(tried, "title")
    for folder in (tried / "results" / "titles").iterdir():
        harness("rm", folder, "--yes", cwd=tried)
    edit(tried, "title", 0.85)
    said = run()
    assert states(tried) == {"plain": "shown before", "title": "best stays"}
    assert f"= {best:.4f}" in said
    [kept] = (tried / "results" / "dishes.bests").iterdir()
    kept.unlink()
    edit(tried, "title", 0.99)
    said = run()
    assert states(tried)["title"] == "best stays"
    assert "its answers are not there any more" in said


def test_other_samples_are_another_ladder_and_what_is_sealed_has_none(tried, run):
    run()
    run("--limit", "30")
    assert states(tried) == {"plain": "new best", "title": "best stays"}
    said = run("--split", "test")
    assert ladder(tried) is None
    assert f"{score(tried, 'title'):.2f} " in said


def test_an_unchanged_run_shows_what_it_showed(tried, run):
    table = run().partition("\n\n")[0]
    again = run()
    assert "nothing has changed" in again
    assert again.startswith(table)
    assert states(tried) == {"plain": "new best", "title": "best stays"}


def test_a_ladder_needs_splits(project, harness):
    suite = project / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text() + "decide: {metric: CIDEr, ladder: true}\n")
    done = harness("check", "prompts/titles", cwd=project)
    assert done.returncode == 1
    assert "suite.yaml:7: 'decide.ladder' is for a dataset with splits" in done.stdout


def test_controls_of_what_is_not_shown_are_not_shown(tried, run):
    suite = tried / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text() + "controls: [grey]\n")
    said = run()
    assert "title: of which from the picture" in said
    rows = csv.DictReader((newest(tried) / "table.csv").read_text().splitlines())
    scores = {row["system"]: row["EXACT"] for row in rows}
    assert scores["title{grey}"] == scores["title: of which from the picture (against grey)"] == ""
    assert scores["plain{grey}"]
    assert scores["plain: of which from the picture (against grey)"]
