"""The same pictures and titles, kept in each way that people keep them: checked, run, shown.

What a model sees and what its answers are scored by must not depend on the way they are kept.
"""

import io
import json
import tarfile

import pyarrow as pa
import pytest
from datasets import Dataset, Features, Image, List, Value
from pyarrow import parquet

TITLES = {"s1": "1984", "s2": "NA", "s3": "None", "s4": "true"}
"""Texts that a program that guesses takes for something else."""


def as_files(folder, pictures):
    rows = [{"id": name, "image": f"{name}.png", "title": TITLES[name]} for name in pictures]
    for name, content in pictures.items():
        (folder / f"{name}.png").write_bytes(content)
    (folder / "samples.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return """
    source: {format: jsonl, path: dishes/samples.jsonl}
    columns: {id: id, image: image, references: [title]}
    images: {root: dishes}
    """


def in_parquet(folder, pictures):
    cells = [{"bytes": content, "path": None} for content in pictures.values()]
    titles = [TITLES[name] for name in pictures]
    table = pa.table({"id": list(pictures), "title": titles, "image": cells})
    parquet.write_table(table, folder / "rows.parquet")
    return """
    source: {format: parquet, path: dishes/rows.parquet}
    columns: {id: id, image: image, references: [title]}
    """


def in_coco(folder, pictures):
    for name, content in pictures.items():
        (folder / f"{name}.png").write_bytes(content)
    images = [{"id": name, "file_name": f"{name}.png"} for name in pictures]
    annotations = [
        {"id": i, "image_id": name, "caption": TITLES[name]} for i, name in enumerate(pictures)
    ]
    content = {"images": images, "annotations": annotations[::-1]}
    (folder / "captions.json").write_text(json.dumps(content))
    return """
    source: {format: coco, path: dishes/captions.json}
    images: {root: dishes}
    """


def in_a_folder(folder, pictures):
    (folder / "photos").mkdir()
    for name, content in pictures.items():
        (folder / "photos" / f"{name}.png").write_bytes(content)
        (folder / "photos" / f"{name}.txt").write_text(f"{TITLES[name]}\n")
    return "source: {format: folder, path: dishes/photos}"


def in_shards(folder, pictures):
    names = list(pictures)
    for shard, part in enumerate((names[:3], names[3:])):
        with tarfile.open(folder / f"d-{shard:03}.tar", "w") as tar:
            for name in part:
                for extension, content in (("txt", TITLES[name].encode()), ("png", pictures[name])):
                    member = tarfile.TarInfo(f"{name}.{extension}")
                    member.size = len(content)
                    tar.addfile(member, io.BytesIO(content))
    return 'source: {format: webdataset, path: "dishes/d-{000..001}.tar"}'


def saved_by_hugging_face(folder, pictures):
    rows = {
        "id": list(pictures),
        "image": [{"bytes": content, "path": None} for content in pictures.values()],
        "captions": [[TITLES[name]] for name in pictures],
    }
    features = Features(
        {"id": Value("string"), "image": Image(), "captions": List(Value("string"))}
    )
    Dataset.from_dict(rows, features=features).save_to_disk(folder / "saved")
    return """
    source: {format: hf, path: dishes/saved}
    columns: {id: id, image: image, references: [captions]}
    """


KINDS = [in_parquet, in_coco, in_a_folder, in_shards, saved_by_hugging_face]


@pytest.fixture
def dishes(project, write):
    """Keep the project's four pictures in one of these ways."""
    images = project / "datasets" / "dishes" / "images"
    pictures = {path.stem: path.read_bytes() for path in sorted(images.iterdir())}
    for path in images.iterdir():
        path.unlink()

    def _keep(kind):
        write(project / "datasets" / "dishes.yaml", kind(project / "datasets" / "dishes", pictures))
        return project

    return _keep


def ran(project, harness):
    """Run the suite; give what models were shown and answered, the scores, and the page."""
    done = harness("run", "prompts/titles", "--json", cwd=project)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    folder = project / summary["folder"]
    lines = (folder / "completions.jsonl").read_text().splitlines()
    answers = [(c["sample_id"], c["system"], c["key"], c["text"]) for c in map(json.loads, lines)]
    samples = map(json.loads, (folder / "samples.jsonl").read_text().splitlines())
    references = [(sample["id"], sample["references"]) for sample in samples]
    scores = [(row["system"], row["metric"], row["value"]) for row in summary["results"]]
    said = (folder / "report_files" / "samples-0.js").read_text()
    columns = json.loads(said.removeprefix("harnessSamples(").removesuffix(");\n"))
    return answers, references, scores, sum(map(len, columns["pictures"]))


@pytest.mark.parametrize("kind", KINDS)
def test_models_see_and_scores_say_the_same_however_data_are_kept(dishes, harness, kind):
    expected = ran(dishes(as_files), harness)
    assert [len(part) for part in expected[:-1]] == [8, 4, 12]
    assert expected[-1] >= 4
    project = dishes(kind)
    check = harness("check", "prompts/titles", "--data", cwd=project)
    assert check.returncode == 0, check.stdout + check.stderr
    again = harness("run", "prompts/titles", "--json", cwd=project)
    assert json.loads(again.stdout)["generated"] == 0  # each picture is known by its bytes
    (project / "results").rename(project / "of-files")
    assert ran(project, harness) == expected
