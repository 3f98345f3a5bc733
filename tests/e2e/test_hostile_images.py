"""Over a hundred hostile and odd images: none crashes, hangs or is scored in silence."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from hostile_images import CASES, CHANGING, COLOURS, Fails, Kept, LeftOut, Unsuitable, dataset

from harness import media
from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import DataError

SECONDS = 240
"""For all of them, torch and a model included; one that hangs takes longer."""
TINT = 40
"""By which a level may differ: JPEG and its relatives are lossy."""


def cases(kind):
    return {name: case.becomes for name, case in CASES.items() if isinstance(case.becomes, kind)}


LEFT_OUT = Counter(left.reason for left in cases(LeftOut).values())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A project with all cases in one dataset, and a suite that asks the demo's model."""
    root = tmp_path_factory.mktemp("hostile")
    dataset(root / "datasets/hostile")
    (root / "datasets/hostile.yaml").write_text(
        "source: {format: jsonl, path: hostile/rows.jsonl}\n"
        "columns: {id: id, image: image, references: [title]}\n"
        "images: {root: hostile/images}\n"
    )
    suite = root / "prompts/odd"
    suite.mkdir(parents=True)
    (suite / "plain.yaml").write_text("user: Name the dish.\ngeneration: {max_tokens: 4}\n")
    model = Path(__file__).parents[2] / "harness/demo/model"
    (suite / "suite.yaml").write_text(
        "dataset: hostile\n"
        "variants: [plain]\n"
        f"models: [{{name: demo, engine: transformers, model: {model}}}]\n"
        "controls: [grey]\n"
        "metrics: [bleu]\n"
        "tokenizer: none\n"
    )
    return root


@pytest.fixture(scope="module")
def loaded(hostile):
    return load_samples(load_dataset(hostile / "datasets/hostile.yaml"))


def seen(picture, corner):
    """Name the colour of a corner, counted from the top left."""
    across, down = corner % 2, corner // 2
    level = picture.getpixel((across * (picture.width - 1), down * (picture.height - 1)))
    known = {**COLOURS, "W": (255, 255, 255), "K": (0, 0, 0)}
    near = (name for name, c in known.items() if max(map(abs, map(int.__sub__, c, level))) < TINT)
    return next(near, "?")


def test_there_are_enough():
    assert len(CASES) > 130
    assert {type(case.becomes) for case in CASES.values()} == {Kept, Unsuitable, LeftOut, Fails}


@pytest.mark.parametrize("name", CASES)
def test_each_becomes_what_it_has_to(name, loaded):
    becomes = CASES[name].becomes
    samples = {sample.id: sample for sample in loaded.samples}
    if isinstance(becomes, LeftOut):
        [dropped] = [row for row in loaded.dropped if row.id == name]
        assert dropped.reason == becomes.reason
        assert becomes.words in dropped.detail
        return
    [ref] = samples[name].media
    if isinstance(becomes, Fails):
        with pytest.raises(DataError, match=becomes.words):
            media.load(ref)
        return
    picture = media.load(ref)
    assert picture.mode == "RGB"
    assert picture.size == media.upright_size(ref) == becomes.size
    if isinstance(becomes, Kept):
        assert (ref.pixels, ref.several_frames) == (becomes.rules, becomes.several_frames)
        colours = [seen(picture, corner) for corner in range(4)]
        assert [c for c, wanted in zip(colours, becomes.corners, strict=True) if wanted != "-"] == [
            wanted for wanted in becomes.corners if wanted != "-"
        ]


def test_check_tells_of_all_and_goes_on(hostile, harness):
    for target in ("datasets/hostile.yaml", "prompts/odd"):
        done = harness("check", target, "--data", cwd=hostile)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        assert "Traceback" not in said
        assert f"{len(cases(Fails))} images cannot be decoded" in said
        for reason, count in LEFT_OUT.items():
            assert f"{count} {reason}" in said
        several = sum(kept.several_frames for kept in cases(Kept).values())
        assert f"{several} images have several frames or pages, of which the first is" in said
    assert f"{len(cases(Unsuitable))} unsuitable_image" in said


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_out_what_is_no_image_and_says_so(hostile, harness):
    done = harness("run", "prompts/odd", "--engine", "fake", "--out", "r", cwd=hostile)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    [folder] = (hostile / "r/odd").glob("2*")
    dropped = {row["id"]: row["reason"] for row in rows_of(folder / "dropped.csv")}
    assert dropped == {name: left.reason for name, left in cases(LeftOut).items()}
    media = {
        line["id"]: line["media"][0]
        for line in map(json.loads, (folder / "samples.jsonl").read_text().splitlines())
    }
    assert media.keys() == CASES.keys() - dropped.keys()
    assert media["of 16 bits"]["pixels"] == 2
    assert media["moving GIF"]["several_frames"]
    assert media["a PNG"]["place"] == {
        "type": "file",
        "path": "datasets/hostile/images/a PNG.jpg",
    }


@pytest.fixture(scope="module")
def answered(hostile):
    """A run of the demo's model, by the transformers engine in one process, while files change."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    script = Path(__file__).with_name("hostile_session.py")
    done = subprocess.run(
        [sys.executable, script, hostile / "prompts/odd", hostile / "datasets/hostile"],
        capture_output=True,
        check=False,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    [folder] = (hostile / "results/odd").glob("2*")
    return folder


def test_a_model_answers_about_every_other_image(answered):
    failing = {name: fails.words for name, fails in cases(Fails).items()} | CHANGING
    asked = cases((Kept, Fails)).keys()
    lines = [json.loads(line) for line in (answered / "completions.jsonl").read_text().splitlines()]
    assert {(line["system"], line["sample_id"]) for line in lines} == {
        (system, name) for system in ("plain", "plain{grey}") for name in asked
    }
    for line in lines:
        words = failing.get(line["sample_id"]) if line["system"] == "plain" else None
        if words is None:
            assert line["error"] is None
            assert line["completion_tokens"] > 0
        else:
            assert words in line["error"]


def test_what_was_not_asked_or_not_answered_stands_under_the_table(answered):
    table = (answered / "table.md").read_text()
    failing = len(cases(Fails)) + len(CHANGING)
    unsuitable = len(cases(Unsuitable))
    assert f"unscored: plain {failing} (" in table
    assert f"{sum(LEFT_OUT.values()) + unsuitable} rows of the dataset left out: " in table
    assert f"{unsuitable} unsuitable_image" in table
    dropped = {row["id"]: row for row in rows_of(answered / "dropped.csv")}
    for name in cases(Unsuitable):
        assert dropped[name]["reason"] == "unsuitable_image"
        assert "is none for the model 'demo' (one side is" in dropped[name]["detail"]
