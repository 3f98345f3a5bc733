"""``harness export parquet``: a run as a dataset of Hugging Face, with the same numbers."""

import json
import math

import datasets
import pytest
import yaml

import harness as api
from harness import frames
from harness.parquet_folder import TABLES


@pytest.fixture
def exported(project, harness):
    (project / "mine.jsonl").write_text(
        "".join(
            f"{json.dumps({'id': name, 'text': text})}\n"
            for name, text in [("s1", "Lemon-Garlic Shrimp Skillet"), ("s2", ""), ("s3", "| `x`")]
        )
    )
    words = ["--dataset", "dishes", "--metric", "exact_match", "--metric", "rouge_l"]
    assert harness("score", "--predictions", "mine.jsonl", *words, cwd=project).returncode == 0
    run = "results/dishes-predictions"
    done = harness("export", "parquet", run, "--to", "out/folder", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "4 predictions" in done.stdout
    return project


def load(project, name, tmp_path):
    folder = str(project / "out/folder")
    return datasets.load_dataset(folder, name, split="train", cache_dir=str(tmp_path / "cache"))


def test_every_table_is_a_configuration_with_the_columns_of_the_frames(exported, tmp_path):
    folder = exported / "out/folder"
    names = datasets.get_dataset_config_names(str(folder))
    assert sorted(names) == sorted(TABLES)
    for name in TABLES:
        assert load(exported, name, tmp_path).column_names == list(getattr(frames, name.upper()))


def test_it_holds_the_numbers_and_texts_of_the_run(exported, tmp_path):
    run = api.load_run(exported / "results/dishes-predictions")
    scores = load(exported, "scores", tmp_path)
    for row, (_, ours) in zip(scores, run.scores.iterrows(), strict=True):
        assert (row["sample_id"], row["metric"], row["status"]) == (
            ours["sample_id"], ours["metric"], ours["status"]
        )  # fmt: skip
        assert row["value"] == ours["value"] or (row["value"] is None and math.isnan(ours["value"]))
    said = load(exported, "predictions", tmp_path)
    assert said["status"] == ["ok", "empty", "ok", "failed"]
    assert said["value"] == ["Lemon-Garlic Shrimp Skillet", "", "| `x`", None]
    samples = load(exported, "samples", tmp_path)
    assert samples[0]["references"] == list(run.samples[0].references)
    assert json.loads(samples[0]["metadata"]) == {"n": 0}


def test_its_card_says_what_it_is(exported):
    card = (exported / "out/folder/README.md").read_text()
    _, head, body = card.split("---\n", 2)
    assert [c["config_name"] for c in yaml.safe_load(head)["configs"]] == list(TABLES)
    assert "| scores | 12 |" in body
    assert "4 samples of dishes" in body


def test_a_folder_that_holds_something_is_left_alone(exported, harness):
    (exported / "mine").mkdir()
    (exported / "mine/notes.txt").write_text("mine")
    for there in ("mine", "mine.jsonl", "out/folder"):
        done = harness(
            "export", "parquet", "results/dishes-predictions", "--to", there, cwd=exported
        )
        assert done.returncode == 1
        assert f"{there} is there already" in done.stderr
    assert [path.name for path in (exported / "mine").iterdir()] == ["notes.txt"]
