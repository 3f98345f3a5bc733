"""Ids and references are the texts that stand in the data, in every source."""

import io
import json
import tarfile

import pyarrow as pa
import pytest
from datasets import Dataset
from pyarrow import parquet

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples

TEXTS = ["1984", "007", "NA", "None", "null", "true", "1e3", "-0", "nan", "yes", "#N/A", "0x1F"]
"""Each is an id, and the reference of the sample that has it."""
COLUMNS = "columns: {id: id, image: image, references: [title]}"
IMAGES = "images: {root: images}"
EMPTY = "z-empty"
"""The id of a row whose reference is the empty text."""


def rows():
    return [(text, text) for text in TEXTS] + [(EMPTY, "")]


def csv(folder, picture):
    lines = ["id,image,title", *(f"{name},red.png,{text}" for name, text in rows())]
    (folder / "d.csv").write_text("\n".join(lines))
    return f"source: {{format: csv, path: d.csv}}\n{COLUMNS}\n{IMAGES}"


def tsv(folder, picture):
    lines = ["id\timage\ttitle", *(f"{name}\tred.png\t{text}" for name, text in rows())]
    (folder / "d.tsv").write_text("\n".join(lines))
    return f"source: {{format: tsv, path: d.tsv}}\n{COLUMNS}\n{IMAGES}"


def jsonl(folder, picture):
    lines = [json.dumps({"id": n, "image": "red.png", "title": text}) for n, text in rows()]
    (folder / "d.jsonl").write_text("\n".join(lines))
    return f"source: {{format: jsonl, path: d.jsonl}}\n{COLUMNS}\n{IMAGES}"


def in_parquet(folder, picture):
    ids, titles = zip(*rows(), strict=True)
    table = pa.table({"id": ids, "image": [picture] * len(ids), "title": titles})
    parquet.write_table(table, folder / "d.parquet")
    return f"source: {{format: parquet, path: d.parquet}}\n{COLUMNS}"


def coco(folder, picture):
    images = [{"id": name, "file_name": "red.png"} for name, _ in rows()]
    annotations = [
        {"id": i, "image_id": name, "caption": text} for i, (name, text) in enumerate(rows())
    ]
    (folder / "d.json").write_text(json.dumps({"images": images, "annotations": annotations}))
    return f"source: {{format: coco, path: d.json}}\n{IMAGES}"


def image_folder(folder, picture):
    for name, text in rows():
        path = folder / "photos" / f"{name}.png"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(picture)
        path.with_suffix(".txt").write_text(text)
    return "source: {format: folder, path: photos}"


def shards(folder, picture):
    with tarfile.open(folder / "d.tar", "w") as tar:
        for name, text in rows():
            for extension, content in (("png", picture), ("txt", text.encode())):
                member = tarfile.TarInfo(f"{name}.{extension}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return "source: {format: webdataset, path: d.tar}"


def saved(folder, picture):
    ids, titles = zip(*rows(), strict=True)
    cells = [{"bytes": picture, "path": None}] * len(ids)
    Dataset.from_dict({"id": ids, "image": cells, "title": titles}).save_to_disk(folder / "saved")
    return f"source: {{format: hf, path: saved}}\n{COLUMNS}"


SOURCES = [csv, tsv, jsonl, in_parquet, coco, image_folder, shards, saved]


@pytest.mark.parametrize("put", SOURCES)
def test_a_text_stands_as_it_is_and_an_empty_one_is_missing(tmp_path, pictures, write, put):
    text = put(tmp_path, (pictures / "red.png").read_bytes())
    loaded = load_samples(load_dataset(write(tmp_path / "d.yaml", text)))
    found = {sample.id: sample.references for sample in loaded.samples}
    assert found == {text: (text,) for text in TEXTS}
    assert [(row.id, row.reason) for row in loaded.dropped] == [(EMPTY, "missing_reference")]
