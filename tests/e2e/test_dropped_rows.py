"""Whatever becomes no sample stands in the run's dropped.csv."""

import csv
import json

import pytest


@pytest.fixture
def dirty(project):
    """The project's data with three rows that become no sample."""
    rows = project / "datasets/dishes/samples.jsonl"
    faulty = [
        {"id": "=cmd", "image": "s1.png", "title": " ", "n": 5},
        {"id": "s6", "image": "gone.png", "title": "Soup", "n": 6},
        {"id": "s7", "image": "s1.png", "title": "mushroom toast, with egg", "n": 7},
    ]
    rows.write_text(rows.read_text() + "".join(f"{json.dumps(row)}\n" for row in faulty))
    dataset = project / "datasets/dishes.yaml"
    text = dataset.read_text()
    dataset.write_text(
        f"{text}clean: [missing_reference, missing_image, near_duplicate_reference]\n"
    )
    return project


def test_a_run_lists_each_row_with_its_line_and_why(dirty, harness):
    done = harness("run", "prompts/titles", cwd=dirty)
    assert done.returncode == 0, done.stderr
    note = "3 rows of the dataset left out: 1 missing_reference, 1 missing_image, 1 near_duplicate"
    assert note in done.stdout
    assert "(dropped.csv names each)" in done.stdout
    (path,) = dirty.glob("results/titles/*/dropped.csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["row"], row["reason"]) for row in rows] == [
        ("'=cmd", "5", "missing_reference"),
        ("s6", "6", "missing_image"),
        ("s7", "7", "near_duplicate_reference"),
    ]
    assert rows[2]["detail"] == "the same words as sample 's3': mushroom toast, with egg"
    record = json.loads((path.parent / "run.json").read_text())["dataset"]
    assert [row["id"] for row in record["dropped"]] == ["=cmd", "s6", "s7"]
    assert record["samples"] == 4


def test_predictions_made_elsewhere_are_cleaned_by_the_same_rules(dirty, harness):
    harness("run", "prompts/titles", cwd=dirty)
    (dirty / "mine.csv").write_text("id,text\ns1,Shrimp\ns2,Salad\ns7,Toast\n")
    words = ("score", "--predictions", "mine.csv", "--dataset", "dishes")
    done = harness(*words, "--metric", "exact_match", cwd=dirty)
    assert done.returncode == 0, done.stderr
    of_run, of_file = (
        {line.split(",")[0] for line in path.read_text().splitlines()}
        for path in sorted(dirty.glob("results/*/*/dropped.csv"))
    )
    # Scoring a file needs no images, so s6 is a sample like any other there.
    assert of_run - of_file | of_file - of_run == {"s6"}
    assert "1 sample has no image that can be read here, and predictions need none" in done.stdout
    (dirty / "datasets/dishes/images/s2.png").write_bytes(b"no picture")
    done = harness(*words, "--metric", "exact_match", cwd=dirty)
    assert "2 samples have no image that can be read here" in done.stdout
