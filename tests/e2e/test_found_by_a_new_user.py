"""What somebody who had only read the README ran into (found 2026-11-26)."""

import json
import threading

import pytest

import harness as api
from harness.errors import ConfigError, DataError
from harness.pipeline.reading.scoring import rescore
from harness.records import MetricSpec
from harness.store.run_folder import RunFolder

SUITE = "prompts/titles"


def run(harness, project):
    done = harness("run", SUITE, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    return project / json.loads(done.stdout)["folder"]


def test_predictions_of_samples_that_share_a_picture_are_not_independent(project, harness):
    rows = project / "datasets" / "dishes" / "samples.jsonl"
    samples = [json.loads(line) for line in rows.read_text().splitlines()]
    many = [{**samples[i % 4], "id": f"x{i}"} for i in range(40)]
    rows.write_text("".join(f"{json.dumps(row)}\n" for row in many))
    texts = [{"id": row["id"], "text": row["title"].split("-")[0]} for row in many]
    (project / "mine.jsonl").write_text("".join(f"{json.dumps(text)}\n" for text in texts))
    words = ("score", "--predictions", "mine.jsonl", "--dataset", "dishes", "--metric", "rouge_l")
    done = harness(*words, "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    folder = project / json.loads(done.stdout)["folder"]
    media = [sample.media[0].sha256 for sample in RunFolder(folder).samples()]
    assert len(set(media)) == 4
    assert len(list((folder / "report_files" / "thumbs").iterdir())) == 4
    [result] = json.loads(done.stdout)["results"]
    four = [{**row, "id": row["id"]} for row in many[:4]]
    rows.write_text("".join(f"{json.dumps(row)}\n" for row in four))
    (project / "mine.jsonl").write_text("".join(f"{json.dumps(text)}\n" for text in texts[:4]))
    [few] = json.loads(harness(*words, "--json", cwd=project).stdout)["results"]
    assert result["interval"] == pytest.approx(few["interval"])  # four units either way


def test_predictions_need_no_pictures(project, harness):
    for path in (project / "datasets" / "dishes" / "images").iterdir():
        path.unlink()
    (project / "mine.csv").write_text("id,text\ns1,Shrimp\ns2,Salad\n")
    done = harness(
        "score", "--predictions", "mine.csv", "--dataset", "dishes", "--json", cwd=project
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["systems"][0]["n"] == 4


def test_two_scorings_at_once_lose_no_metric(project, harness):
    folder = RunFolder(run(harness, project))
    both = [
        threading.Thread(target=rescore, args=(folder, [MetricSpec(name=name)]))
        for name in ("exact_match", "chrf")
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert {"EXACT", "chrF", "CIDEr"} <= set(folder.summary().metrics)
    assert {"exact_match", "chrf", "cider"} <= folder.statistics()[1].keys()


def test_show_has_its_headings_on_lines_of_their_own(project, harness):
    run(harness, project)
    shown = harness("show", "results/titles", cwd=project).stdout
    assert "\\n" not in shown
    for heading in ("models", "variants", "decoding", "cost", "answers"):
        assert f"\n\n{heading}\n" in shown
    assert "report_files/ (9 files)" in shown


def test_show_says_what_the_suite_declared(project, harness):
    run(harness, project)
    assert "declared:" not in harness("show", "results/titles", cwd=project).stdout
    with (project / SUITE / "suite.yaml").open("a") as suite:
        suite.write("decide: {metric: CIDEr, baseline: plain, margin: 0.1}\n")
    run(harness, project)
    shown = harness("show", "results/titles", cwd=project).stdout
    [line] = [line for line in shown.splitlines() if line.startswith("declared:")]
    assert line.startswith("declared: 1 comparison with 'plain' on CIDEr (margin 0.1); since 20")
    assert line.endswith("; 8 answers were there before")


def test_a_metric_that_no_run_of_a_suite_has_is_told_with_the_nearest(project, harness):
    run(harness, project)
    done = harness("compare", "results/titles", "--metric", "ROUGE", cwd=project)
    assert done.returncode == 1
    assert "it has no metric 'ROUGE' (did you mean 'ROUGE_L'?)" in done.stderr


def test_no_star_is_explained_that_is_not_there(project, harness):
    suite = project / SUITE / "suite.yaml"
    suite.write_text(suite.read_text().replace("[bleu, rouge_l, cider]", "[exact_match]"))
    told = harness("run", SUITE, cwd=project).stdout
    assert "best of the column" not in told
    assert "CIDEr" not in told


def test_a_file_of_a_finished_run_that_is_gone_is_not_said_to_be_unfinished(project, harness):
    folder = run(harness, project)
    lines = (folder / "samples.jsonl").read_text().splitlines(keepends=True)
    (folder / "samples.jsonl").write_text("".join([*lines[:2], "{{", *lines[3:]]))
    done = harness("score", folder, cwd=project)
    assert "samples.jsonl:3 is damaged" in done.stderr
    (folder / "samples.jsonl").unlink()
    assert "though the run finished" in harness("score", folder, cwd=project).stderr


def test_from_python_a_mistake_is_no_silence(project, monkeypatch):
    monkeypatch.chdir(project)
    made = api.evaluate("titles", only="plain", limit=3)
    assert [system.system for system in made.summary.systems] == ["plain"]
    assert api.load_run("titles").path.resolve() == made.path.resolve()
    for system, metric in (("plian", "CIDEr"), ("plain", "CIDER")):
        with pytest.raises(KeyError):
            made.summary.value(system, metric)
    for wrong in (0, -1, 2.5, True):
        with pytest.raises(ConfigError, match="whole number"):
            api.evaluate("titles", limit=wrong)
    with pytest.raises(DataError, match="one text"):
        api.score("Soup", "Soup")
    assert "chrF" in made.rescore("chrf").summary.metrics
