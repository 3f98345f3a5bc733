"""What a dataset says on which of its rows are used, as a run shows it."""

import json


def test_a_run_asks_of_chosen_rows_alone_and_says_how_many_they_are(project, harness):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "where: {n: {min: 1}}\nsample: {n: 2}\n")
    done = harness("run", "prompts/titles", cwd=project)
    said = "chosen: 3 of 4 by where (n from 1); 2 of 3 by sample (seed 0)"
    assert said in done.stdout
    [folder] = (project / "results" / "titles").iterdir()
    for page in ("table.md", "table.tex", "report.html"):
        assert "3 of 4 by where" in (folder / page).read_text()
    record = json.loads((folder / "run.json").read_text())
    assert record["dataset"]["samples"] == 2
    assert [step["step"] for step in record["dataset"]["chosen"]] == ["where", "sample"]
    assert "4 completions generated" in done.stdout

    path.write_text(path.read_text().replace("min: 1", "min: 0"))  # other rows are another run
    done = harness("run", "prompts/titles", cwd=project)
    assert "nothing has changed" not in done.stdout
    assert "4 of 4 by where" in done.stdout


def test_check_says_which_rows_are_chosen_and_which_value_none_has(project, harness):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "where: {n: [1, 2, 9]}\n")
    done = harness("check", "prompts/titles", cwd=project)
    assert done.returncode == 0
    assert "chosen: 2 of 4 by where (n is 1 or 2 or 9)" in done.stdout
    assert "where: no row has n: 9" in done.stdout
    done = harness("check", "datasets/dishes.yaml", "--data", cwd=project)
    assert "dishes.yaml: chosen: 2 of 4 by where" in done.stdout


def test_predictions_of_rows_that_are_not_chosen_are_no_strangers(project, harness):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "where: {n: {max: 1}}\n")
    (project / "mine.csv").write_text("id,text\ns1,Shrimp\ns2,Salad\ns3,Toast\n")
    done = harness(
        "score", "--predictions", "mine.csv", "--dataset", "dishes", "--metric", "bleu",
        cwd=project,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "does not have" not in done.stdout
    assert "2 of 4 by where" in done.stdout


def test_a_look_at_the_data_says_which_rows_are_chosen(project, harness):
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "where: {n: {min: 2}}\n")
    done = harness("data", "check", "dishes", cwd=project)
    assert done.stdout.startswith("dishes: 2 rows, 2 samples\nchosen: 2 of 4 by where (n from 2)\n")
    assert json.loads(harness("data", "check", "dishes", "--json", cwd=project).stdout)["chosen"]
