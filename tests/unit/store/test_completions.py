import sqlite3
import subprocess
import sys
import threading

import pytest

from harness.errors import StoreError
from harness.records import Completion
from harness.store.completions import CompletionStore


def completion(key, text="a title", **facts):
    return Completion(key=key, text=text, finish_reason="stop", **facts)


def test_what_is_added_is_found_by_the_next_one(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k", prompt_tokens=3, seconds=0.5))
    with CompletionStore(tmp_path / "s.sqlite") as store:
        assert store.get(["k", "other"]) == {"k": completion("k", prompt_tokens=3, seconds=0.5)}


def test_more_keys_than_sqlite_takes_at_once(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        keys = [f"k{i}" for i in range(1200)]
        for key in keys:
            store.add(completion(key))
        store.flush()
        assert len(store.get(keys)) == 1200


def test_groups_are_committed_while_a_run_goes_on(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store, CompletionStore(store.path) as reader:
        for i in range(70):
            store.add(completion(f"k{i}"))
        assert len(reader.get([f"k{i}" for i in range(70)])) == 64


def test_the_first_text_of_a_key_stands(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k", "first"))
        store.flush()
        store.add(completion("k", "second"))
        store.flush()
        assert store.get(["k"])["k"].text == "first"


def test_errors_are_not_kept(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(Completion(key="k", text="", finish_reason="error", error="no memory"))
        store.flush()
        assert store.get(["k"]) == {}


def test_lone_surrogates_can_be_stored(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k", "a\ud800b\x00c"))
        store.flush()
        assert store.get(["k"])["k"].text == "a?b\x00c"


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="newer version"):
        CompletionStore(path)


def test_a_file_that_is_no_store_is_said_so(tmp_path):
    (tmp_path / "s.sqlite").write_text("not a database, but long enough to look at" * 50)
    with pytest.raises(StoreError, match="cannot be opened"):
        CompletionStore(tmp_path / "s.sqlite")


_WRITER = """
import sys
from pathlib import Path
from harness.records import Completion
from harness.store.completions import CompletionStore

with CompletionStore(Path(sys.argv[1])) as store:
    for i in range(int(sys.argv[2]), int(sys.argv[2]) + 300):
        store.add(Completion(key=f"k{i}", text="a title", finish_reason="stop"))
"""


def test_two_processes_may_write_at_once(tmp_path):
    path = tmp_path / "s.sqlite"
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(path), start])
        for start in ("0", "200")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    with CompletionStore(path) as store:
        assert len(store.get([f"k{i}" for i in range(500)])) == 500


def test_a_file_that_is_being_made_by_another_is_waited_for(tmp_path):
    path = tmp_path / "s.sqlite"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")  # no WAL yet, as in the moment when a file is made
    release = threading.Timer(0.5, lambda: other.execute("ROLLBACK"))
    release.start()
    with CompletionStore(path) as store:
        store.add(completion("k"))
        store.flush()
        assert store.get(["k"]) == {"k": completion("k")}
    release.join()
    other.close()
