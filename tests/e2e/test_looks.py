"""Looks at a sealed split are counted before they are taken, and nothing forgets them."""

import json
import shutil

import pytest

HALVES = "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n"


@pytest.fixture
def divided(project):
    """The project with a dataset that has splits: s2 and s4 are in dev, s1 and s3 in test."""
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + HALVES)
    return project


@pytest.fixture
def run(divided, harness):
    """Run the suite and give what its run records of the split."""

    def _run(*words):
        done = harness("run", "prompts/titles", "--json", "--allow-failures", *words, cwd=divided)
        assert done.returncode == 0, done.stderr
        return split_of(json.loads(done.stdout)["folder"], divided)

    return _run


def split_of(folder, project):
    return json.loads((project / folder / "run.json").read_text())["dataset"]["split"]


def write_variant(project, name, text):
    (project / "prompts" / "titles" / f"{name}.yaml").write_text(f"user: {text}\n")
    suite = project / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text().replace("[plain, title", f"[plain, title, {name}"))


def looks(project):
    path = project / "results" / "dishes.looks.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_look_at_what_is_sealed_is_counted_and_told(divided, harness, run):
    assert run() == {
        "name": "dev", "shares": {"dev": 0.5, "test": 0.5}, "sealed": ["test"], "column": None,
        "look": None, "tried": 2, "counted_in": "results/dishes.looks.jsonl",
    }  # fmt: skip
    first = run("--split", "test")
    assert (first["look"], first["tried"]) == (1, 2)
    write_variant(divided, "long", "Name the dish at length.")
    run()
    done = harness("run", "prompts/titles", "--split", "test", cwd=divided)
    said = (
        "look 2 at the sealed test split; 3 prompts were tried on dev before "
        "(counted in results/dishes.looks.jsonl)"
    )
    assert said in done.stdout
    assert "look 2 at the sealed test split: earlier runs saw other answers there" in done.stdout
    newest = sorted((divided / "results" / "titles").glob("*/run.json"))[-1].parent
    for page in ("table.md", "report.html"):
        assert said in (newest / page).read_text().replace("&#39;", "'")
    table = (newest / "table.tex").read_text()
    assert "look 2 at the sealed test split" in table.partition("\\bottomrule")[0]
    kinds = [(line["kind"], line["split"]) for line in looks(divided)]
    assert kinds == [("tried", "dev"), ("look", "test"), ("tried", "dev"), ("look", "test")]
    last = looks(divided)[-1]
    assert last["variants"] == ["plain", "title", "long"]
    assert last["run"] == newest.name


def test_what_was_seen_may_be_seen_again(divided, harness, run):
    assert run("--split", "test")["look"] == 1
    before = looks(divided)
    for words in (
        ("report", "titles"),
        ("compare", "titles"),
        ("show", "results/titles"),
        ("score", "titles", "--metric", "chrf"),
        ("score", "titles"),
    ):
        done = harness(*words, cwd=divided)
        assert done.returncode == 0, done.stderr
    assert "look 1 at the sealed test split" in harness("report", "titles", cwd=divided).stdout
    run("--split", "test")  # unchanged
    suite = divided / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text().replace("[bleu, rouge_l, cider]", "[bleu, chrf]"))
    assert run("--split", "test")["look"] == 1  # the same answers by another metric
    assert run("--split", "test", "--only", "plain")["look"] == 1
    assert looks(divided) == before


def test_other_prompts_samples_steps_or_references_are_another_look(divided, run):
    assert run("--split", "test", "--limit", "1")["look"] == 1
    assert run("--split", "test")["look"] == 2
    path = divided / "prompts" / "titles" / "plain.yaml"
    path.write_text(path.read_text().replace("strip", "lowercase"))
    assert run("--split", "test")["look"] == 3
    path.write_text(path.read_text().replace("lowercase", "strip"))
    assert run("--split", "test")["look"] == 2
    rows = divided / "datasets" / "dishes" / "samples.jsonl"
    rows.write_text(rows.read_text().replace("Shrimp", "Prawn"))
    assert run("--split", "test")["look"] == 4
    assert run("--split", "test", "--repeat", "2")["look"] == 5


def test_a_look_is_not_forgotten_with_the_run_it_was(divided, harness, run):
    run()
    run("--split", "test")
    for folder in (divided / "results" / "titles").iterdir():
        assert harness("rm", folder, "--yes", cwd=divided).returncode == 0
    (divided / "results" / "store.sqlite").unlink()
    write_variant(divided, "long", "Name the dish at length.")
    split = run("--split", "test")
    assert (split["look"], split["tried"]) == (2, 2)
    shutil.rmtree(divided / "results" / "titles")
    assert run("--split", "test")["look"] == 2


def test_a_look_is_counted_before_anything_is_asked(divided, harness, write):
    suite = divided / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text().replace("engine: fake", "engine: openai"))
    text = suite.read_text()
    suite.write_text(
        text.replace("model: none", "model: none, args: {base_url: 'http://127.0.0.1:9/v1'}")
    )
    done = harness("run", "prompts/titles", "--split", "test", cwd=divided)
    assert done.returncode == 1
    [look] = looks(divided)
    assert look["split"] == "test"


def test_what_cannot_be_counted_is_not_asked(divided, harness):
    (divided / "results").mkdir()
    (divided / "results" / "dishes.looks.jsonl").mkdir()
    done = harness("run", "prompts/titles", "--split", "test", cwd=divided)
    assert done.returncode == 1
    assert "looks cannot be counted" in done.stderr
    assert "generating" not in done.stderr


def test_predictions_are_looks_and_tries_too(divided, harness):
    words = (
        "score",
        "--predictions",
        "mine.csv",
        "--dataset",
        "dishes",
        "--metric",
        "bleu",
        "--json",
    )
    tried = []
    for text in ("Shrimp", "Salad", "Salad"):
        (divided / "mine.csv").write_text(f"id,text\ns1,{text}\ns2,{text}\n")
        for split in ("dev", "test"):
            done = harness(*words, "--split", split, cwd=divided)
            folder = json.loads(done.stdout)["folder"]
            found = split_of(folder, divided)
            tried.append((found["tried"], found["look"]))
    assert tried == [(1, None), (1, 1), (2, None), (2, 2), (2, None), (2, 2)]


def test_a_dataset_without_splits_counts_nothing(project, harness):
    assert harness("run", "prompts/titles", cwd=project).returncode == 0
    assert not list((project / "results").glob("*.jsonl"))


def test_controls_and_few_samples_are_no_further_prompts(divided, run):
    suite = divided / "prompts" / "titles" / "suite.yaml"
    suite.write_text(suite.read_text() + "controls: [blind, grey]\n")
    assert run("--limit", "1")["tried"] == 2
    assert run()["tried"] == 2
    path = divided / "prompts" / "titles" / "title.yaml"
    path.write_text(path.read_text().replace("a recipe title", "a title"))
    assert run()["tried"] == 3
    assert run("--only", "plain")["tried"] == 3


def test_a_seal_that_was_off_for_a_while_forgets_nothing(divided, run):
    path = divided / "datasets" / "dishes.yaml"
    sealed = path.read_text()
    path.write_text(sealed.replace(", sealed: [test]", ""))
    assert run("--split", "test")["look"] is None
    path.write_text(sealed)
    assert run("--split", "test")["look"] == 2
    path.write_text(sealed.replace("test", "kept"))
    write_variant(divided, "long", "Name the dish at length.")
    assert run("--split", "kept")["look"] == 2  # the look of before, under another name, and this
