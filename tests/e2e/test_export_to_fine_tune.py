"""``harness export sft``: chats with images of what was not evaluated, and refusals of the rest."""

import json
from pathlib import Path

import pytest
from PIL import Image

from harness.pipeline.handing.fine_tuning import _unseen
from harness.records import FilePlace, MediaRef, Sample

THIRDS = "splits: {dev: 0.4, test: 0.2, train: 0.4, sealed: [test]}\n"


@pytest.fixture
def divided(project, harness):
    """The project with twelve dishes of two references each, in three splits, and a run on dev."""
    data = project / "datasets"
    rows = []
    for i in range(12):
        Image.new("RGB", (40 + i, 30), (20 * i, 90, 7)).save(data / f"dishes/images/x{i}.png")
        rows.append(
            {"id": f"x{i}", "image": f"x{i}.png", "title": [f"Soup {i} – «é»", f"Broth {i}"]}
        )
    (data / "dishes/samples.jsonl").write_text("".join(f"{json.dumps(r)}\n" for r in rows))
    path = data / "dishes.yaml"
    path.write_text(path.read_text().replace(", metadata: [n]", "") + THIRDS)
    (project / "prompts/titles/title.yaml").write_text(
        "system: You name dishes.\nuser: |\n  Here: {{ image }}\n  Give a recipe title.\n"
    )
    done = harness("run", "prompts/titles", cwd=project)
    assert done.returncode == 0, done.stderr
    return project


def split_of(harness, project, name):
    done = harness("data", "split", "dishes", "--to", project / name, cwd=project)
    assert done.returncode == 0, done.stderr
    lines = (project / name / "dishes.splits.csv").read_text().splitlines()[1:]
    return {line.split(",")[0]: line.split(",")[1] for line in lines}


def test_lines_are_chats_of_another_split_with_each_reference(divided, harness):
    splits = split_of(harness, divided, "told")
    done = harness(
        "export", "sft", "titles", "--variant", "title", "--to", "a/sft.jsonl", cwd=divided
    )
    assert done.returncode == 0, done.stderr
    assert "of split train; the run evaluated dev, which is locked out" in done.stdout
    lines = [json.loads(line) for line in (divided / "a/sft.jsonl").read_text().splitlines()]
    train = [name for name, split in splits.items() if split == "train"]
    assert len(train) > 1
    assert [line["id"] for line in lines] == [name for name in train for _ in range(2)]
    for line in lines:
        assert line["split"] == "train"
        system, user, assistant = line["messages"]
        number = line["id"].removeprefix("x")
        reference = [f"Soup {number} – «é»", f"Broth {number}"][line["reference"]]
        assert system == {
            "role": "system",
            "content": [{"type": "text", "text": "You name dishes."}],
        }
        assert [part["type"] for part in user["content"]] == ["text", "image", "text"]
        assert user["content"][2]["text"].strip() == "Give a recipe title."
        assert assistant["content"] == [{"type": "text", "text": reference}]
        [image] = line["images"]
        with Image.open(divided / "a" / image) as opened:
            assert opened.size == (40 + int(number), 30)


def test_hugging_faces_datasets_read_it_back(divided, harness, tmp_path, monkeypatch):
    import datasets

    done = harness("export", "sft", "titles", "--variant", "title", cwd=divided)
    assert done.returncode == 0, done.stderr
    file = divided / "titles-title-train.jsonl"
    monkeypatch.chdir(divided)  # images are named from the file's folder
    read = datasets.load_dataset(
        "json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache")
    )
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(read) == len(lines)
    assert read[0]["id"] == lines[0]["id"]
    text = [part["text"] for part in read[0]["messages"][-1]["content"]]
    assert text == [lines[0]["messages"][-1]["content"][0]["text"]]
    pictures = read.cast_column("images", datasets.List(datasets.Image()))
    assert pictures[0]["images"][0].size == (40 + int(lines[0]["id"].removeprefix("x")), 30)


def test_a_models_own_template_takes_what_was_read_back(divided, harness, tmp_path, monkeypatch):
    """The template of a Qwen2-VL model writes each turn, and the image at its place."""
    import datasets
    from transformers import AutoTokenizer

    from harness.demo import build

    assert harness("export", "sft", "titles", "--variant", "title", cwd=divided).returncode == 0
    monkeypatch.chdir(divided)
    [file] = map(str, divided.glob("titles-*.jsonl"))
    read = datasets.load_dataset("json", data_files=file, split="train", cache_dir=str(tmp_path))
    tokenizer = AutoTokenizer.from_pretrained(Path(build.__file__).parent / "model")
    text = tokenizer.apply_chat_template(read[0]["messages"], tokenize=False)
    assert text.count("<|image_pad|>") == 1
    assert text.index("You name dishes.") < text.index("Here:") < text.index("<|image_pad|>")
    reference = read[0]["messages"][-1]["content"][0]["text"]
    assert text.rstrip().endswith(f"<|im_start|>assistant\n{reference}<|im_end|>")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--split", "dev"], "split 'dev' was evaluated by this run, and is never exported"),
        (["--split", "test"], "split 'test' is sealed, and is never exported"),
        (["--split", "trian"], "has no split 'trian'"),
        (["--variant", "titel"], "has no prompt variant 'titel'"),
    ],
)
def test_what_was_evaluated_or_is_sealed_is_never_exported(divided, harness, words, said):
    done = harness("export", "sft", "titles", "--variant", "title", *words, cwd=divided)
    assert done.returncode == 1
    assert said in done.stderr
    assert not list(divided.glob("titles-*"))


def test_a_variable_has_the_value_that_the_run_gave_it(divided, harness):
    path = divided / "prompts/titles/title.yaml"
    path.write_text("vars: {words: 3}\nuser: |\n  {{ image }} A title of {{ words }} words.\n")
    assert harness("run", "prompts/titles", "--set", "title.words=7", cwd=divided).returncode == 0
    done = harness("export", "sft", "titles", "--variant", "title", "--to", "v.jsonl", cwd=divided)
    assert done.returncode == 0, done.stderr
    first = json.loads((divided / "v.jsonl").read_text().splitlines()[0])
    assert "A title of 7 words." in first["messages"][0]["content"][-1]["text"]


def test_without_a_split_it_says_how_to_make_one(project, harness):
    harness("run", "prompts/titles", cwd=project)
    done = harness("export", "sft", "titles", "--variant", "title", cwd=project)
    assert done.returncode == 1
    assert "evaluated all of 'dishes'" in done.stderr
    assert "harness data split dishes" in done.stderr


def test_where_only_a_sealed_split_is_left_it_says_so(divided, harness):
    path = divided / "datasets/dishes.yaml"
    path.write_text(
        path.read_text().replace(THIRDS, "splits: {dev: 0.5, test: 0.5, sealed: [test]}\n")
    )
    done = harness("export", "sft", "titles", "--variant", "title", cwd=divided)
    assert "the splits of dataset 'dishes' have changed since run" in done.stderr
    assert harness("run", "prompts/titles", cwd=divided).returncode == 0
    done = harness("export", "sft", "titles", "--variant", "title", cwd=divided)
    assert done.returncode == 1
    assert "'dev' was evaluated, and 'test' is sealed" in done.stderr


def test_a_prompt_that_has_changed_is_refused(divided, harness):
    path = divided / "prompts/titles/title.yaml"
    path.write_text(path.read_text().replace("Give a", "Write a"))
    done = harness("export", "sft", "titles", "--variant", "title", cwd=divided)
    assert done.returncode == 1
    assert "variant 'title' has changed since run" in done.stderr
    assert ": user" in done.stderr


@pytest.mark.parametrize("there", ["sft.jsonl", "sft-images"])
def test_nothing_is_overwritten(divided, harness, there):
    (divided / there).write_text("mine")
    done = harness(
        "export", "sft", "titles", "--variant", "title", "--to", "sft.jsonl", cwd=divided
    )
    assert done.returncode == 1
    assert f"{there} is there already" in done.stderr
    assert (divided / there).read_text() == "mine"


def test_a_failure_leaves_nothing_behind(divided, harness):
    before = {path.name for path in divided.iterdir()}
    words = ["--variant", "title", "--to", "x" * 250 + ".jsonl"]
    done = harness("export", "sft", "titles", *words, cwd=divided)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert {path.name for path in divided.iterdir()} == before


def sample(name, image, cluster=None):
    ref = MediaRef(place=FilePlace(path=image), sha256=image, width=1, height=1)
    return Sample(id=name, media=(ref,), references=("x",), cluster=cluster)


def test_what_shares_an_id_an_image_or_a_cluster_with_the_evaluated_is_left_out():
    evaluated = [sample("a", "1", "cook"), sample("b", "2")]
    candidates = [
        sample("a", "9"),
        sample("c", "2"),
        sample("d", "8", "cook"),
        sample("e", "5"),
        sample("f", "7"),
        sample("g", "6", "other"),
    ]
    assert [s.id for s in _unseen(candidates, evaluated, [sample("shown", "5")])] == ["f", "g"]
