"""A table that changes while it is read is refused: its rows would contradict each other."""

import io
import json
import os
import tarfile

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from harness import media
from harness.config.load import load_dataset
from harness.dataset.predictions import read_predictions
from harness.dataset.samples import load_samples
from harness.errors import DataError
from harness.pipeline.looking.data_check import check_data
from harness.pipeline.looking.data_convert import convert_data
from harness.pipeline.looking.data_split import split_data

TITLES = [f"Dish {n}" for n in range(40)]


def table_text(kind):
    between = {"csv": ",", "tsv": "\t"}.get(kind)
    records = [{"id": f"r{n}", "image": f"{n}.png", "title": t} for n, t in enumerate(TITLES)]
    if between:
        return "".join(f"{between.join(r)}\n" for r in (records[0], *(r.values() for r in records)))
    return "".join(f"{json.dumps(record)}\n" for record in records)


def write_shard(path):
    with tarfile.open(path, "w") as tar:
        for n, title in enumerate(TITLES):
            picture = (path.parent / "images" / f"{n}.png").read_bytes()
            for name, content in ((f"r{n}.png", picture), (f"r{n}.txt", title.encode())):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))


def write_coco(path):
    images = [{"id": n, "file_name": f"{n}.png", "width": 4, "height": 4} for n in range(40)]
    captions = [{"id": n, "image_id": n, "caption": title} for n, title in enumerate(TITLES)]
    path.write_text(json.dumps({"images": images, "annotations": captions}))


def write_table(path, kind):
    if kind == "webdataset":
        write_shard(path)
    elif kind == "coco":
        write_coco(path)
    elif kind == "parquet":
        rows = [json.loads(line) for line in table_text("jsonl").splitlines()]
        parquet.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text(table_text(kind))


@pytest.fixture
def dataset(tmp_path, write, monkeypatch):
    """A dataset of forty pictures, and its table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    for n in range(40):
        Image.new("RGB", (4, 4), (n, 0, 0)).save(tmp_path / "images" / f"{n}.png")

    def _dataset(kind="csv", more=""):
        write_table(tmp_path / "d.table", kind)
        own = kind in ("webdataset", "coco")
        columns = "" if own else "columns: {id: id, image: image, references: [title]}"
        images = "" if kind == "webdataset" else "images: {root: images}"
        text = f"source: {{format: {kind}, path: d.table}}\n{columns}\n{images}\n{more}\n"
        return load_dataset(write(tmp_path / "d.yaml", text)), tmp_path / "d.table"

    return _dataset


class Changing:
    """Changes a file when something is begun, or when so many images have been looked at."""

    def __init__(self, change, begun="", images=0):
        self._change = change
        self._begun = begun
        self._images = f"{images} images" if images else None

    def stage(self, text):
        if self._begun and text.startswith(self._begun):
            self._change()

    def so_far(self, text):
        if text == self._images:
            self._change()


def appended(path):
    with path.open("ab") as file:
        file.write(b"\n")


def replaced(path):
    """As an editor saves: another file with the same bytes takes the name."""
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def rewritten(path):
    """The same size, as where one letter is another."""
    facts = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))


def changing(path, change, after):
    """Give what probes images, and changes a file when it has probed so many."""
    probed = []

    def probe(place):
        probed.append(place)
        if len(probed) == after:
            change(path)
        return media.probe(place)

    return probe


@pytest.mark.parametrize("change", [appended, replaced, rewritten, os.remove])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet", "coco", "webdataset"])
def test_a_table_that_changes_while_it_is_read_is_refused(kind, change, dataset):
    config, table = dataset(kind)
    assert len(load_samples(config).samples) == 40
    with pytest.raises(DataError, match="changed while it was read") as caught:
        load_samples(config, probe=changing(table, change, after=5))
    assert caught.value.where.path == table


@pytest.mark.parametrize(
    "more",
    ["limit: 5", "sample: {n: 5}", "splits: {dev: 0.5, test: 0.5}", "clean: [off_topic]"],
)
def test_so_it_is_where_rows_are_read_in_part_or_several_times(more, dataset):
    config, table = dataset("csv", more)
    with pytest.raises(DataError, match="changed while it was read"):
        load_samples(config, probe=changing(table, appended, after=3))


def test_a_row_that_is_torn_by_the_change_is_not_what_is_blamed(dataset):
    config, table = dataset("csv")

    def cut(path):
        with path.open("r+b") as file:
            file.truncate(40)

    table.write_text(table.read_text() + "".join(f"s{n},0.png,{'x' * 90}\n" for n in range(2000)))
    with pytest.raises(DataError, match="changed while it was read"):
        load_samples(config, probe=changing(table, cut, after=2))


def test_two_splits_are_of_one_state_of_the_table(dataset, tmp_path):
    _, table = dataset("csv", "splits: {dev: 0.5, test: 0.5}")
    for begun in ("reading test", "reading dev"):  # what changed before all was read is no fault
        progress = Changing(lambda: appended(table), begun)
        for told in (
            lambda shown=progress: split_data("d.yaml", shown, looking=False),
            lambda shown=progress, to=begun: convert_data("d.yaml", tmp_path / to, shown),
        ):
            if begun == "reading dev":
                told()
                continue
            with pytest.raises(DataError, match="changed while it was read"):
                told()


def test_a_check_of_data_ends_with_it(dataset):
    _, table = dataset("csv")
    with pytest.raises(DataError, match="changed while it was read"):
        check_data("d.yaml", Changing(lambda: appended(table), images=7))


def test_a_file_of_predictions_that_changes_is_refused(dataset, tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("id,text\n" + "".join(f"r{n},Soup\n" for n in range(40)))

    class Ids(list):
        def __contains__(self, name):
            if name == "r7":
                appended(path)
            return super().__contains__(name)

    with pytest.raises(DataError, match="changed while it was read"):
        read_predictions(path, Ids(f"r{n}" for n in range(40)))
