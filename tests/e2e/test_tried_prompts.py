"""How many prompts were tried on dev, and what the best of them gains by chance."""

import json
import random
import re
import statistics

import pytest
from PIL import Image

from harness.stats import expected_maximum

SAMPLES = 60


@pytest.fixture
def equal(project, script):
    """The project with sixty samples, half of them dev, and answers that are right by chance."""
    images = project / "datasets" / "dishes" / "images"
    rows = []
    for i in range(SAMPLES):
        Image.new("RGB", (8, 6), (4 * i, 0, 0)).save(images / f"d{i}.png")
        rows.append({"id": f"d{i}", "image": f"d{i}.png", "title": f"Dish number {i}", "n": i})
    (project / "datasets" / "dishes" / "samples.jsonl").write_text(
        "".join(f"{json.dumps(row)}\n" for row in rows)
    )
    path = project / "datasets" / "dishes.yaml"
    path.write_text(path.read_text() + "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n")
    suite = project / "prompts" / "titles" / "suite.yaml"
    text = suite.read_text().replace("[bleu, rouge_l, cider]", "[exact_match]")
    suite.write_text(text + "decide: {metric: EXACT, baseline: plain}\n")
    script.answer = lambda asked: (
        f"Dish number {asked.sample_id[1:]}" if random.Random(asked.key).random() < 0.4 else "No"
    )
    return project


@pytest.fixture
def run(equal, harness):
    def _run(*words):
        done = harness("run", "prompts/titles", *words, cwd=equal)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return _run


def newest(project):
    return sorted((project / "results" / "titles").glob("*/run.json"))[-1].parent


def edit(project, text):
    path = project / "prompts" / "titles" / "title.yaml"
    path.write_text(f"user: {text}\npostprocess: [strip]\n")


def test_a_table_of_dev_says_how_many_were_tried_and_what_chance_makes_of_it(equal, run):
    run()
    for i in range(5):
        edit(equal, f"Name dish {i}.")
        said = run()
    gain = re.search(
        r"7 prompts tried on dev so far; the best of 7 equal ones would seem (\S+) EXACT better "
        "by chance alone",
        said,
    )
    assert gain
    folder = newest(equal)
    summary = json.loads((folder / "summary.json").read_text())
    scores = {}
    for line in (folder / "completions.jsonl").read_text().splitlines():
        answer = json.loads(line)
        right = answer["text"] == f"Dish number {answer['sample_id'][1:]}"
        scores.setdefault(answer["system"], {})[answer["sample_id"]] = float(right)
    differences = [scores["title"][name] - scores["plain"][name] for name in scores["plain"]]
    noise = statistics.variance(differences) / len(differences)
    expected = expected_maximum(7) * (noise / 2) ** 0.5
    assert summary["luck"] == {
        "metric": "EXACT", "tried": 7, "gain": pytest.approx(expected),
    }  # fmt: skip
    assert float(gain[1]) == pytest.approx(expected, abs=0.0001)
    assert gain[0] in (folder / "table.md").read_text()


def test_tries_are_not_forgotten_with_their_runs(equal, run, harness):
    run()
    for folder in (equal / "results" / "titles").iterdir():
        harness("rm", folder, "--yes", cwd=equal)
    edit(equal, "Name it.")
    assert "3 prompts tried on dev so far; the best of 3 equal ones" in run()
    edit(equal, "Give a recipe title.")  # as it was
    assert "3 prompts tried on dev so far" in run()
    assert (
        "3 prompts tried on dev so far; the best" in harness("report", "titles", cwd=equal).stdout
    )


def test_a_run_of_one_prompt_says_how_many_and_no_more(equal, run):
    assert re.search(r"1 prompt tried on dev so far\n", run("--only", "plain"))
    assert re.search(r"2 prompts tried on dev so far\n", run("--only", "title"))


def test_nothing_is_said_of_chance_on_what_is_sealed(equal, run):
    said = run("--split", "test")
    assert "by chance alone" not in said
    assert "look 1 at the sealed test split; 0 prompts were tried on dev before" in said


def test_prompts_are_compared_with_prompts_of_the_same_model(equal, run):
    """Two models that differ a lot tell nothing of how much prompts do."""
    suite = equal / "prompts" / "titles" / "suite.yaml"
    one = "{name: stand-in, engine: scripted, model: none}"
    other = "{name: other, engine: scripted, model: else}"
    suite.write_text(suite.read_text().replace(one, f"{one}, {other}"))
    assert "2 prompts tried on dev so far; the best of 2" in run()
    edit(equal, "Name it.")
    said = run("--only", "title")
    assert re.search(r"3 prompts tried on dev so far\n", said)
