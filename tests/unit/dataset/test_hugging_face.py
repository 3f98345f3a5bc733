"""Datasets that Hugging Face's ``datasets`` saved to disk."""

import io
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Image, List, Value
from PIL import Image as Pillow

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import ConfigErrors, DataError
from harness.media import open as open_media


def picture(colour):
    buffer = io.BytesIO()
    Pillow.new("RGB", (8, 6), colour).save(buffer, "PNG")
    return buffer.getvalue()


RED, BLUE = picture("red"), picture("blue")


def cell(content, path=None):
    return {"bytes": content, "path": path}


@pytest.fixture
def dataset(tmp_path, write):
    def _dataset(columns="{id: id, image: image, references: [captions]}", source="path: saved"):
        text = f"source: {{format: hf, {source}}}\ncolumns: {columns}\n"
        return load_dataset(write(tmp_path / "d.yaml", text))

    return _dataset


@pytest.fixture
def three():
    features = Features(
        {
            "id": Value("string"),
            "image": Image(),
            "captions": List(Value("string")),
            "cuisine": ClassLabel(names=["thai", "indian"]),
            "tags": List(ClassLabel(names=["hot", "sweet"])),
            "n": Value("int64"),
            "views": List(Image()),
        }
    )
    rows = {
        "id": ["007", "NA", "true"],
        "image": [cell(RED), cell(BLUE, "x.png"), cell(RED)],
        "captions": [["1984", "None"], ["null"], []],
        "cuisine": [1, -1, 0],
        "tags": [[0, 1], [], None],
        "n": [2**53 + 1, None, 3],
        "views": [[cell(BLUE), cell(RED)], [], None],
    }
    return Dataset.from_dict(rows, features=features)


def test_features_are_read_without_decoding_a_picture(dataset, three, tmp_path, monkeypatch):
    def refuse(*_):
        raise AssertionError("a picture is decoded")

    three.save_to_disk(tmp_path / "saved", num_shards=2)
    monkeypatch.setattr(Image, "decode_example", refuse)
    config = dataset("{id: id, image: image, references: [captions], metadata: [cuisine, tags, n]}")
    loaded = load_samples(config)
    assert [(s.id, s.references) for s in loaded.samples] == [
        ("007", ("1984", "None")),
        ("NA", ("null",)),
    ]
    assert [s.metadata for s in loaded.samples] == [
        {"cuisine": "indian", "tags": ["hot", "sweet"], "n": 2**53 + 1},
        {"cuisine": None, "tags": [], "n": None},
    ]
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [
        ("true", 3, "missing_reference")
    ]
    assert [open_media(s.media[0]) for s in loaded.samples] == [RED, BLUE]


def test_pictures_are_known_by_their_place_in_the_shards(dataset, three, tmp_path):
    three.save_to_disk(tmp_path / "saved", num_shards=2)
    config = dataset("{id: id, image: [views, image], references: [id]}")
    samples = load_samples(config).samples
    assert [[open_media(ref) for ref in s.media] for s in samples] == [
        [BLUE, RED, RED],
        [BLUE],
        [RED],
    ]
    places = [ref.place for ref in samples[0].media] + [samples[2].media[0].place]
    assert [(Path(p.table).name, p.column, p.row, p.item) for p in places] == [
        ("data-00000-of-00002.arrow", "views", 0, 0),
        ("data-00000-of-00002.arrow", "views", 0, 1),
        ("data-00000-of-00002.arrow", "image", 0, None),
        ("data-00001-of-00002.arrow", "image", 0, None),
    ]


def test_a_split_of_several_is_named(dataset, three, tmp_path):
    DatasetDict({"train": three, "test": three.select([1])}).save_to_disk(tmp_path / "saved")
    [one] = load_samples(dataset(source="path: saved, split: test")).samples
    assert (one.id, open_media(one.media[0])) == ("NA", BLUE)
    with pytest.raises(DataError, match=r"d\.yaml:1: .*saved: its split must be said\n  hint: spl"):
        load_samples(dataset())
    with pytest.raises(DataError, match=r"has no split 'tets'\n  hint: did you mean 'test'\?"):
        load_samples(dataset(source="path: saved, split: tets"))
    three.save_to_disk(tmp_path / "one")
    with pytest.raises(DataError, match="one is one dataset without splits\n  hint: leave 'split'"):
        load_samples(dataset(source="path: one, split: test"))


def test_rows_that_were_chosen_and_turned_round_are_those_that_are_read(dataset, three, tmp_path):
    three.select([1, 0]).save_to_disk(tmp_path / "saved")
    assert [s.id for s in load_samples(dataset()).samples] == ["NA", "007"]
    assert [open_media(s.media[0]) for s in load_samples(dataset()).samples] == [BLUE, RED]


def test_a_picture_without_bytes_is_a_file_below_the_root_or_missing(dataset, tmp_path):
    (tmp_path / "a.png").write_bytes(RED)
    cells = [cell(None, "a.png"), cell(None, __file__), None, cell(b"no picture")]
    rows = pa.table({"id": list("abcd"), "image": cells})
    Dataset(rows).save_to_disk(tmp_path / "saved")  # which packs files that are Images
    loaded = load_samples(dataset("{id: id, image: image, references: [id]}"))
    assert [s.media[0].path.name for s in loaded.samples] == ["a.png"]
    assert [row.reason for row in loaded.dropped] == [
        "image_outside",
        "missing_image",
        "unreadable_image",
    ]


def test_it_reads_what_datasets_reads(dataset, tmp_path):
    """Many rows in several record batches, sliced in odd places."""
    rows = {
        "id": [str(i) for i in range(3000)],
        "image": [cell(picture((i % 256, i // 256, 0))) if i % 7 else None for i in range(3000)],
        "views": [[cell(picture((i % 5, 0, k))) for k in range(i % 3)] for i in range(3000)],
    }
    features = Features({"id": Value("string"), "image": Image(), "views": List(Image())})
    made = Dataset.from_dict(rows, features=features)
    made.save_to_disk(tmp_path / "saved", num_shards=3)
    loaded = load_samples(dataset("{id: id, image: [image, views], references: [id]}"))
    theirs = made.cast_column("image", Image(decode=False)).cast_column(
        "views", List(Image(decode=False))
    )
    expected = {
        row["id"]: [c["bytes"] for c in [row["image"], *row["views"]] if c]
        for row in theirs
        if row["image"] or row["views"]
    }
    assert [s.id for s in loaded.samples] == list(expected)
    for sample in loaded.samples[::97]:
        assert [open_media(ref) for ref in sample.media] == expected[sample.id]


def test_what_is_no_saved_dataset_is_told(dataset, three, tmp_path):
    with pytest.raises(DataError, match=r"no such folder: .*saved\n.*'revision:' says which"):
        load_samples(dataset())
    (tmp_path / "saved").mkdir()
    with pytest.raises(
        DataError, match=r"saved: is no dataset that save_to_disk wrote \(.*\n  hin"
    ):
        load_samples(dataset())
    three.save_to_disk(tmp_path / "cut")
    [table] = (tmp_path / "cut").glob("*.arrow")
    table.write_bytes(table.read_bytes()[:-400])
    with pytest.raises(DataError, match=r"cut: .*(is damaged|cannot be read as Arrow|rows)"):
        load_samples(dataset(source="path: cut"))


def test_a_column_that_is_not_there_is_told(dataset, three, tmp_path):
    three.save_to_disk(tmp_path / "saved")
    with pytest.raises(DataError, match="has no column 'title'\n  hint: its columns: id, image, c"):
        load_samples(dataset("{id: id, image: image, references: [title]}"))


def test_what_is_for_the_hub_is_for_no_other_format(tmp_path, write):
    columns = "columns: {id: a, image: b, references: [c]}"
    text = f"source: {{format: parquet, path: x, split: train}}\n{columns}"
    with pytest.raises(ConfigErrors, match=r"'source\.split' is for hf, and the format is parq"):
        load_dataset(write(tmp_path / "d.yaml", text))


def test_a_table_of_arrow_that_is_not_of_pictures_stays_as_it_is(dataset, tmp_path):
    rows = {"id": ["1"], "data": pa.array([b"x"], pa.binary())}
    Dataset(pa.table(rows)).save_to_disk(tmp_path / "saved")
    with pytest.raises(DataError, match="'data' holds a picture where text is meant"):
        load_samples(dataset("{id: id, image: id, references: [data]}"))


@pytest.mark.parametrize("lost", ["state.json", "dataset_info.json", "*.arrow"])
def test_a_saved_dataset_without_one_of_its_files_is_damaged(dataset, three, tmp_path, lost):
    three.save_to_disk(tmp_path / "saved")
    next((tmp_path / "saved").glob(lost)).unlink()
    with pytest.raises(DataError, match=r"saved: is damaged: .*\n  hint: copy or save it"):
        load_samples(dataset())


def test_an_arrow_file_that_was_cut_is_damaged(dataset, three, tmp_path):
    three.save_to_disk(tmp_path / "saved")
    [file] = (tmp_path / "saved").glob("*.arrow")
    for size in (file.stat().st_size // 2, 10, 0):
        with file.open("r+b") as opened:
            opened.truncate(size)
        with pytest.raises(DataError, match=r"(is damaged|be read as Arrow|files hold)"):
            load_samples(dataset())
