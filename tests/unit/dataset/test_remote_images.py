"""Images and tables at URLs, from a server on the loopback."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parents[1] / "media"))
from file_server import serving

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import ConfigErrors, DataError
from harness.media import remote
from harness.store.file_hashes import FileHashes


@pytest.fixture
def server(monkeypatch, pictures):
    monkeypatch.setattr(remote, "WAITS", (0.01, 0.01))
    monkeypatch.setattr(remote, "_SILENCE", remote._Silence())
    with serving() as files:
        for path in pictures.iterdir():
            files.files[f"/photos/{path.name.replace(' ', '%20')}"] = path.read_bytes()
        yield files


@pytest.fixture
def dataset(tmp_path, write, server):
    def _dataset(
        rows=None, source="{format: jsonl, path: d.jsonl}", root=None, more="remote: true"
    ):
        if rows is not None:
            lines = (json.dumps(dict(zip(("id", "image", "title"), r, strict=True))) for r in rows)
            (tmp_path / "d.jsonl").write_text("\n".join(lines))
        text = f"""
            source: {source}
            columns: {{id: id, image: image, references: [title]}}
            images: {{root: {root or server.url + "/photos/"}}}
            {more}
        """
        return load_dataset(write(tmp_path / "d.yaml", text))

    return _dataset


def test_images_at_urls_are_those_of_samples_or_left_out_by_what_is_wrong(dataset, server):
    server.by_path["/photos/busy.png"] = 503
    server.by_path["/photos/other.png"] = 302
    server.location = "http://127.0.0.1:9/other.png"
    rows = [
        ("a", "red.png", "Soup"),
        ("b", "none.png", "x"),
        ("c", "broken.png", "x"),
        ("d", "../secret.png", "x"),
        ("e", "busy.png", "x"),
        ("f", f"{server.url}/photos/red%20again.png", "Salad"),
        ("g", ["blue.png", "red again.png"], "Two"),
        ("h", None, "x"),
        ("i", "https://me:secret@other.example/a.png", "x"),
        ("j", "other.png", "x"),
    ]
    loaded = load_samples(dataset(rows))
    assert [(s.id, len(s.media)) for s in loaded.samples] == [("a", 1), ("f", 1), ("g", 2)]
    assert loaded.samples[0].media[0].sha256 == loaded.samples[1].media[0].sha256
    assert loaded.samples[0].media[0].place.url == f"{server.url}/photos/red.png"
    assert [(row.id, row.reason) for row in loaded.dropped] == [
        ("b", "missing_image"),
        ("c", "unreadable_image"),
        ("d", "image_outside"),
        ("e", "unreadable_image"),
        ("h", "missing_image"),
        ("i", "image_outside"),
        ("j", "image_outside"),
    ]
    assert "the server answered 503" in loaded.dropped[3].detail
    assert "secret@" not in str(loaded)
    assert not any(path.endswith("secret.png") for _, path in server.asked)


def test_many_are_looked_at_together_in_the_order_of_rows(dataset, server, tmp_path):
    server.late = 0.05
    rows = [(f"{i:03}", f"{i}.png", "Soup") for i in range(100)]
    red = server.files["/photos/red.png"]
    server.files |= {f"/photos/{i}.png": red + bytes([0]) * i for i in range(100)}
    with FileHashes(tmp_path / "hashes.sqlite") as hashes:
        loaded = load_samples(dataset(rows), probe=hashes.probe)
    assert [s.id for s in loaded.samples] == [row[0] for row in rows]
    assert len({s.media[0].sha256 for s in loaded.samples}) == 100
    asked = len(server.asked)
    with FileHashes(tmp_path / "hashes.sqlite") as hashes:
        assert load_samples(dataset(rows), probe=hashes.probe) == loaded
    assert (asked, len(server.asked)) == (200, 300)
    assert server.count("GET") == 100


def test_a_limit_asks_for_no_more_than_is_needed(dataset, server):
    rows = [(str(i), "red.png" if i % 2 else "blue.png", "Soup") for i in range(50)]
    loaded = load_samples(dataset(rows), limit=3)
    assert [s.id for s in loaded.samples] == ["0", "1", "2"]
    assert server.count("GET") <= 3


def test_a_drawn_row_without_its_image_is_replaced_by_one_other(dataset, server):
    rows = [(str(i), "none.png" if i % 2 else "red.png", "Soup") for i in range(60)]
    here = load_samples(dataset(rows, root="images", more="sample: {n: 7}"))
    there = load_samples(dataset(rows, more="remote: true\n            sample: {n: 7}"))
    assert [s.id for s in there.samples] == [s.id for s in here.samples]
    assert len(there.samples) == 7
    assert [row.id for row in there.dropped] == [row.id for row in here.dropped]
    assert {row.reason for row in there.dropped} == {"missing_image"}


def test_a_copy_under_another_name_is_found_across_splits(dataset, server):
    rows = [(str(i), f"{i}.png", "Soup") for i in range(10)]
    red = server.files["/photos/red.png"]
    server.files |= {f"/photos/{i}.png": red for i in range(10)}
    splits = "remote: true\n            splits: {dev: 0.5, test: 0.5}"
    with pytest.raises(DataError, match=r"the same image as sample '\d' of the split 'dev'"):
        load_samples(dataset(rows, more=splits), split="test")
    for thread in threading.enumerate():  # what was asked ahead of the fault is on its way
        if thread.name.startswith("images at URLs"):
            thread.join()
    before = len(server.asked)
    load_samples(dataset(rows, more=splits), split="test", images=False)
    assert len(server.asked) == before


def test_samples_that_do_without_images_ask_nobody(dataset, server):
    loaded = load_samples(
        dataset([("a", "red.png", "Soup"), ("b", "x/../red.png", "x")]), images=False
    )
    assert server.asked == []
    assert [s.places for s in loaded.samples] == [(f"{server.url}/photos/red.png",)] * 2


TABLES = {
    "csv": b"id,image,title\n007,red.png,NA\n",
    "tsv": b"id\timage\ttitle\n007\tred.png\tNA\n",
    "jsonl": b'{"id": "007", "image": "red.png", "title": "NA"}\n',
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_may_be_at_a_url_too(dataset, server, kind):
    server.files["/rows"] = TABLES[kind]
    config = dataset(source=f"{{format: {kind}, path: {server.url}/rows}}")
    [one] = load_samples(config).samples
    assert (one.id, one.references, one.media[0].width) == ("007", ("NA",), 8)


def test_parquet_at_a_url_has_rows_but_no_pictures(dataset, server, tmp_path, pictures):
    red = (pictures / "red.png").read_bytes()
    table = pa.table({"id": ["1"], "image": ["red.png"], "title": ["NA"], "photo": [red]})
    parquet.write_table(table, tmp_path / "d.parquet")
    server.files["/d.parquet"] = (tmp_path / "d.parquet").read_bytes()
    config = dataset(source=f"{{format: parquet, path: {server.url}/d.parquet}}")
    assert [s.id for s in load_samples(config).samples] == ["1"]
    text = (tmp_path / "d.yaml").read_text().replace("image: image", "image: photo")
    (tmp_path / "d.yaml").write_text(text)
    with pytest.raises(DataError, match="pictures in the cells of a table at a URL are not read"):
        load_samples(load_dataset(tmp_path / "d.yaml"))


def test_faults_of_a_table_at_a_url_say_where(dataset, server, tmp_path):
    source = f"{{format: csv, path: {server.url}/rows.csv}}"
    with pytest.raises(DataError) as caught:
        load_samples(dataset(source=source))
    assert f"d.yaml:1: no such file: {server.url}/rows.csv" in str(caught.value)
    server.files["/rows.csv"] = b"id,image,title\n1,red.png,Cr\xe8me\n"
    with pytest.raises(DataError) as caught:
        load_samples(dataset(source=source))
    assert f"d.yaml:1: {server.url}/rows.csv: line 2: is not utf-8" in str(caught.value)
    assert f"source: {{format: csv, path: {server.url}/rows.csv, encoding: latin-1}}" in str(
        caught.value
    )
    server.by_path["/rows.csv"] = 503
    with pytest.raises(DataError, match=r"rows\.csv \(the server answered 503\)"):
        load_samples(dataset(source=source))


def test_coco_may_be_at_a_url(server, tmp_path, write):
    images = [{"id": 1, "file_name": "red.png"}]
    content = {"images": images, "annotations": [{"id": 1, "image_id": 1, "caption": "Soup"}]}
    server.files["/c.json"] = json.dumps(content).encode()
    path = write(
        tmp_path / "d.yaml",
        f"""
        source: {{format: coco, path: {server.url}/c.json}}
        images: {{root: {server.url}/photos}}
        remote: true
        """,
    )
    assert [s.references for s in load_samples(load_dataset(path)).samples] == [("Soup",)]
    server.files["/c.json"] = b'{\n"images": ]'
    with pytest.raises(DataError, match=r"c\.json: line 2: no JSON"):
        load_samples(load_dataset(path))


@pytest.mark.parametrize(
    ("source", "root", "more", "said"),
    [
        (
            "{format: csv, path: d.csv}",
            "http://h/p",
            "",
            "2: 'images.root' would be fetched from h",
        ),
        ("{format: csv, path: https://h/d.csv}", "x", "", "1: 'source.path' would be fetched from"),
        ("{format: csv, path: d.csv}", "s3://k:pw@b/p", "", "'images.root' holds a name or a pass"),
        ("{format: csv, path: d.csv}", "s3://b/p?region=x", "", "holds more than a place"),
        ("{format: csv, path: 'zip://a::s3://b/p'}", "x", "", "'source.path' holds more than a pl"),
        ("{format: csv, path: d.csv}", "s3:///p", "", "names no bucket or server"),
        (
            "{format: csv, path: d.csv}",
            "HTTPS://h/p",
            "",
            "2: 'images.root' would be fetched from h",
        ),
        ("{format: csv, path: d.csv}", "http://[::1/p", "", "2: 'images.root' is no URL"),
        ("{format: folder, path: s3://b/p}", None, "", "folder is read from this machine alone"),
        ("{format: csv, path: d.csv}", "x", "remote: 1", "true or false is wanted"),
    ],
)
def test_a_url_that_may_not_be_asked_is_refused(tmp_path, write, source, root, more, said):
    images = "" if root is None else f"images: {{root: '{root}'}}\n"
    columns = "columns: {id: id, image: image, references: [title]}"
    path = write(tmp_path / "d.yaml", f"source: {source}\n{images}{columns}\n{more}\n")
    with pytest.raises(ConfigErrors) as caught:
        load_dataset(path)
    assert said in str(caught.value)
    assert "pw" not in str(caught.value)


def test_a_file_system_that_nobody_knows_is_told(dataset):
    with pytest.raises(DataError, match="no usable sample") as caught:
        load_samples(dataset([("a", "red.png", "Soup")], root="nothing-like-it://b/p"))
    assert "files at nothing-like-it:// cannot be read" in str(caught.value)


def test_a_kept_image_is_shown_when_the_server_has_gone(dataset, server):
    folder = Path(os.environ["HARNESS_CACHE"]) / "images"
    shutil.rmtree(folder, ignore_errors=True)
    load_samples(dataset([("a", "red.png", "Soup")]))
    assert len(list(folder.glob("*/*"))) == 1


WAITING = """
import sys
from pathlib import Path
from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
print("reading", flush=True)
load_samples(load_dataset(Path(sys.argv[1])))
"""


def test_an_interrupt_does_not_wait_for_a_server(dataset, server, tmp_path):
    dataset([(str(i), f"{i}.png", "Soup") for i in range(40)])
    server.late = 20.0
    with subprocess.Popen(
        [sys.executable, "-c", WAITING, tmp_path / "d.yaml"], stdout=subprocess.PIPE, stderr=-3
    ) as reading:
        assert reading.stdout.readline() == b"reading\n"
        deadline = time.monotonic() + 30
        while not server.asked and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.asked
        begun = time.monotonic()
        reading.send_signal(signal.SIGINT)
        assert reading.wait(60) != 0
    assert time.monotonic() - begun < 10
