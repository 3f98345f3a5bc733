import os
import sqlite3
import time
import tracemalloc
import zipfile
from dataclasses import replace

import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import parquet

from harness.errors import ConfigError
from harness.fingerprint import sha256_file
from harness.media import probe
from harness.records import CellPlace, MemberPlace
from harness.store.file_hashes import FileHashes


def settled(path, content):
    """Write a file that was changed long enough ago: nothing but waiting changes its ctime."""
    path.write_bytes(content)
    while time.time_ns() - path.stat().st_ctime_ns < 2_100_000_000:
        time.sleep(0.1)
    return path


def hashed(store, path):
    with FileHashes(store) as hashes:
        return hashes.sha256(path)


def forget_content(store, path):
    """Put a hash into the store that tells whether it was taken from there."""
    with sqlite3.connect(store) as db:
        assert db.execute("UPDATE files SET sha256 = 'kept' WHERE path = ?", [str(path)]).rowcount
    db.close()


def test_a_file_is_read_again_only_after_a_change(tmp_path):
    store = tmp_path / "results" / "file_hashes.sqlite"
    path = settled(tmp_path / "photo.jpg", b"one")
    assert hashed(store, path) == sha256_file(path)
    forget_content(store, path)
    assert hashed(store, path) == "kept"

    facts = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # as a careless copy would
    assert hashed(store, path) == sha256_file(path)


def test_what_has_just_changed_is_not_remembered(tmp_path):
    store = tmp_path / "file_hashes.sqlite"
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"one")
    assert hashed(store, path) == sha256_file(path)
    assert not store.exists()


def test_a_damaged_memory_costs_time_and_nothing_else(tmp_path):
    store = tmp_path / "file_hashes.sqlite"
    store.write_text("no database" * 100)
    path = settled(tmp_path / "photo.jpg", b"one")
    assert hashed(store, path) == sha256_file(path)


def test_what_is_refused_makes_no_folder_and_what_is_stopped_keeps_its_work(tmp_path):
    path = settled(tmp_path / "image.jpg", b"one")
    store = tmp_path / "results" / "hashes.sqlite"

    def hash_and_end(error):
        with FileHashes(store) as hashes:
            hashes.sha256(path)
            raise error

    refused = ConfigError("no such model")
    with pytest.raises(ConfigError):
        hash_and_end(refused)
    assert not store.parent.exists()
    with pytest.raises(KeyboardInterrupt):
        hash_and_end(KeyboardInterrupt())
    assert store.is_file()
    store.unlink()
    with pytest.raises(ConfigError):
        hash_and_end(refused)
    assert store.is_file()


def test_the_look_of_a_picture_is_taken_once(tmp_path):
    image = Image.effect_noise((64, 64), 60).resize((128, 128))
    image.save(tmp_path / "a.png")
    ref = probe(tmp_path / "a.png")
    store = tmp_path / "results" / "file_hashes.sqlite"
    with FileHashes(store) as hashes:
        first = hashes.look(ref)
    assert len(first) == 64
    with sqlite3.connect(store) as db:
        assert db.execute("UPDATE looks SET look = 'kept'").rowcount == 1
    db.close()
    with FileHashes(store) as hashes:
        assert hashes.look(ref) == "kept"


def test_a_store_of_before_looks_were_kept_is_used(tmp_path):
    store = tmp_path / "file_hashes.sqlite"
    with sqlite3.connect(store) as db:
        db.execute("CREATE TABLE files (path TEXT PRIMARY KEY, seen TEXT, sha256 TEXT)")
    db.close()
    Image.new("L", (9, 9)).save(tmp_path / "a.png")
    with FileHashes(store) as hashes:
        assert hashes.look(probe(tmp_path / "a.png")) == ""
    with sqlite3.connect(store) as db:
        assert db.execute("SELECT count(*) FROM looks").fetchone() == (1,)
    db.close()


def in_a_table(folder, content):
    parquet.write_table(pa.table({"image": [b"", content]}), folder / "t.parquet")
    settled(folder / "t.parquet", (folder / "t.parquet").read_bytes())
    return CellPlace(table=str(folder / "t.parquet"), column="image", row=1)


def in_an_archive(folder, content):
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("x.png", content)
    settled(folder / "a.zip", (folder / "a.zip").read_bytes())
    return MemberPlace(archive=str(folder / "a.zip"), member="x.png")


@pytest.mark.parametrize("put", [in_a_table, in_an_archive])
def test_an_image_in_another_file_is_read_once_until_that_file_changes(tmp_path, put):
    def png(size):
        frames = [Image.new("RGB", size, "red")]
        Image.new("RGB", size).save(tmp_path / "x.png", save_all=True, append_images=frames)
        return (tmp_path / "x.png").read_bytes()

    def probed():
        with FileHashes(store) as hashes:
            return hashes.probe(place)

    store = tmp_path / "results" / "file_hashes.sqlite"
    place = put(tmp_path, png((8, 6)))
    assert probed() == probe(place)
    with sqlite3.connect(store) as db:
        assert db.execute("UPDATE measured_images SET sha256 = 'kept'").rowcount == 1
    db.close()
    assert probed() == replace(probe(place), sha256="kept")
    assert probed().several_frames
    put(tmp_path, png((9, 6)))
    assert probed() == probe(place)
    assert probed().width == 9


def test_of_many_files_each_is_looked_up_and_none_held(tmp_path):
    store = tmp_path / "file_hashes.sqlite"
    path = settled(tmp_path / "photo.jpg", b"one")
    assert hashed(store, path) == sha256_file(path)
    forget_content(store, path)
    with sqlite3.connect(store) as db:
        others = ((f"/srv/{i}.jpg", "1 2 3 4", "0" * 64) for i in range(50_001))
        db.executemany("INSERT INTO files VALUES (?, ?, ?)", others)
    db.close()
    tracemalloc.start()
    with FileHashes(store) as hashes:
        held, _ = tracemalloc.get_traced_memory()
        assert hashes.sha256(path) == "kept"
        assert hashes.sha256(store) == sha256_file(store)
    tracemalloc.stop()
    assert held < 1_000_000


def test_what_is_new_waits_in_little_memory(tmp_path):
    """Found: 0.4 kB for each photo of a first run, whose results folder is not there yet."""
    path = settled(tmp_path / "photo.jpg", b"one")
    store = tmp_path / "results" / "file_hashes.sqlite"
    with FileHashes(store) as hashes:
        tracemalloc.start()
        for i in range(40_000):
            hashes._new.append((f"/srv/{i:060}.jpg", "1234 5678 1 2", "0" * 64))
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert not store.exists()
        hashes.sha256(path)
    assert held < 1_000_000
    with sqlite3.connect(store) as db:
        assert db.execute("SELECT COUNT(*) FROM files").fetchone() == (40_001,)
    db.close()
