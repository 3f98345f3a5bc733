import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from harness.errors import StoreError
from harness.ingredients import Ingredients
from harness.records import Completion, Message, RenderedPrompt, TextPart
from harness.store.completions import CompletionStore, Entry
from harness.store.database import SCHEMA_VERSION, Damaged


def completion(key, text="a title", **facts):
    return Completion(key=key, text=text, finish_reason="stop", **facts)


def failure(key, reason="no memory"):
    return Completion(key=key, text="", finish_reason="error", error=reason)


def asking(text="Name the dish."):
    message = Message(role="user", parts=(TextPart(text=text),))
    prompt = RenderedPrompt(messages=(message,), media=(), sha256="0" * 64)
    return Ingredients(prompt=prompt, model="{}", decoding="{}", draw=0)


def test_what_is_added_is_found_by_the_next_one(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k", prompt_tokens=3, seconds=0.5), asking())
    with CompletionStore(tmp_path / "s.sqlite") as store:
        assert store.get(["k", "other"]) == {"k": completion("k", prompt_tokens=3, seconds=0.5)}


def test_more_keys_than_sqlite_takes_at_once(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        keys = [f"k{i}" for i in range(1200)]
        for key in keys:
            store.add(completion(key), asking())
        store.flush()
        assert len(store.get(keys)) == 1200


def test_groups_are_committed_while_a_run_goes_on(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store, CompletionStore(store.path) as reader:
        for i in range(70):
            store.add(completion(f"k{i}"), asking())
        assert len(reader.get([f"k{i}" for i in range(70)])) == 64


def test_the_first_text_of_a_key_stands(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k", "first"), asking())
        store.flush()
        store.add(completion("k", "second"), asking())
        store.flush()
        assert store.get(["k"])["k"].text == "first"


def test_a_failure_is_kept_with_its_reason_until_there_is_an_answer(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(failure("k"), asking())
        store.add(completion("other"), asking())
    with CompletionStore(tmp_path / "s.sqlite") as store:
        assert store.get(["k"]) == {}
        assert store.missing(["k", "other"]) == ["k"]
        store.add(failure("k", "a dead engine"), asking())
        store.flush()
        assert store.failures(["k", "other"]) == {"k": "a dead engine"}
        assert list(store.all_failures()) == [("k", "a dead engine", 2)]
        store.add(completion("k"), asking())
        store.flush()
        assert store.failures(["k"]) == {}
        assert store.get(["k"])["k"].text == "a title"


def test_a_record_stands_beside_each_completion_and_its_parts_once(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        for key, text in (("k1", "Name it."), ("k2", "Name it."), ("k3", "Name  it.")):
            store.add(completion(key), asking(text))
        store.flush()
        records = {key: entry.record for key, entry in store.entries(["k1", "k2", "k3"]).items()}
        assert records["k1"] == records["k2"] == asking("Name it.").record
        assert records["k1"]["messages"] != records["k3"]["messages"]
        parts = store.parts([records["k1"]["messages"], records["k3"]["messages"]])
        assert parts == {
            records["k1"]["messages"]: '[["user",[{"text":"Name it."}]]]',
            records["k3"]["messages"]: '[["user",[{"text":"Name  it."}]]]',
        }
        assert store.remove(["k1", "k3", "k9"]) == 2
        assert store.missing(["k1", "k2", "k3"]) == ["k1", "k3"]
        assert list(store.parts(parts)) == [records["k1"]["messages"]]


def test_what_waits_to_be_committed_is_not_missing(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k"), asking())
        store.add(failure("f"), asking())
        assert store.missing(["k", "f", "x"]) == ["f", "x"]


FULL_FOR_A_WHILE = """
import resource, signal, sys
from pathlib import Path
from harness.errors import StoreError
from harness.ingredients import Ingredients
from harness.records import Completion, Message, RenderedPrompt, TextPart
from harness.store.completions import CompletionStore

def add(store, key, text):
    message = Message(role="user", parts=(TextPart(text="Name it."),))
    prompt = RenderedPrompt(messages=(message,), media=(), sha256="0" * 64)
    asked = Ingredients(prompt=prompt, model="{}", decoding="{}", draw=0)
    store.add(Completion(key=key, text=text, finish_reason="stop"), asked)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
path = Path(sys.argv[1])
with CompletionStore(path) as store, CompletionStore(path) as other:
    add(store, "before", "a title")
    store.flush()
    add(store, "meanwhile", "title " * 100_000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, most))
    for _ in range(2):
        try:
            store.flush()
        except StoreError as error:
            print(error.message)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    add(other, "others", "a title")
    other.flush()
    add(store, "after", "a title")
    store.flush()
    found = other.get(["before", "meanwhile", "others", "after"])
    print(*found)
"""


def test_a_disk_that_was_full_for_a_while_loses_nothing_and_blocks_nobody(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_FOR_A_WHILE, tmp_path / "s.sqlite"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    first, second, kept = done.stdout.splitlines()
    for said in (first, second):  # the disk, both times, and not what the first time left behind
        assert "disk" in said
        assert "transaction" not in said
    assert sorted(kept.split()) == ["after", "before", "meanwhile", "others"]


def test_a_write_that_breaks_off_keeps_nothing_of_it_and_blocks_nobody(tmp_path):
    def breaking_off():
        yield Entry(completion("half"), {})
        raise OSError("the file that it is read from is gone")

    with CompletionStore(tmp_path / "s.sqlite") as store, CompletionStore(store.path) as other:
        with pytest.raises(StoreError, match="the file that it is read from is gone"):
            store.add_entries(breaking_off(), {})
        other.add(completion("others"), asking())
        other.flush()
        store.add(completion("after"), asking())
        store.flush()
        assert other.get(["half", "others", "after"]).keys() == {"others", "after"}


def test_a_second_is_the_longest_that_anything_waits(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("harness.store.completions.time.monotonic", lambda: now[0])
    with CompletionStore(tmp_path / "s.sqlite") as store, CompletionStore(store.path) as reader:
        store.add(completion("k"), asking())
        now[0] += 0.9
        store.flush_if_due()
        assert reader.get(["k"]) == {}
        now[0] += 0.2
        store.flush_if_due()
        assert reader.get(["k"]) != {}


def test_a_key_is_asked_by_one_process_until_that_has_answered_or_ended(tmp_path):
    one = CompletionStore(tmp_path / "s.sqlite")
    with CompletionStore(one.path) as two:
        one.add(completion("done"), asking())
        one.flush()
        assert one.claim(["done", "a", "b", "c"]) == (["a", "b", "c"], [])
        assert two.claim(["done", "a", "b", "d"]) == (["d"], ["a", "b"])
        one.add(completion("a"), asking())
        one.add(failure("b"), asking())
        one.flush()
        assert two.claim(["a", "b", "c"]) == (["b"], ["c"])
        one.close()
        assert two.claim(["a", "b", "c"]) == (["b", "c"], [])
    assert not list(tmp_path.glob("s.sqlite-owners/*"))


_CLAIMER = """
import sys, time
from pathlib import Path
from harness.store.completions import CompletionStore

store = CompletionStore(Path(sys.argv[1]))
store.claim(["k"])
print("claimed", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_had_claimed_is_free(tmp_path):
    path = tmp_path / "s.sqlite"
    other = subprocess.Popen(
        [sys.executable, "-c", _CLAIMER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "claimed\n"
    with CompletionStore(path) as store:
        assert store.claim(["k"]) == ([], ["k"])
        other.kill()
        other.wait()
        other.stdout.close()
        assert store.claim(["k"]) == (["k"], [])


def test_lone_surrogates_can_be_stored(tmp_path):
    with CompletionStore(tmp_path / "s.sqlite") as store:
        store.add(completion("k", "a\ud800b\x00c"), asking())
        store.flush()
        assert store.get(["k"])["k"].text == "a?b\x00c"


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(StoreError, match="newer version"):
        CompletionStore(path)


def test_a_file_that_is_no_store_is_moved_aside(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_text("not a database, but long enough to look at" * 50)
    with pytest.raises(Damaged, match="is damaged") as caught:
        CompletionStore(path)
    assert "harness cache import" in caught.value.hint
    [aside] = tmp_path.glob("s.sqlite.damaged-*")
    assert aside.name in caught.value.message
    assert aside.read_text().startswith("not a database")
    CompletionStore(path).close()  # the next one begins anew


def test_a_damaged_page_is_found_when_the_store_is_opened(tmp_path):
    path = tmp_path / "s.sqlite"
    with CompletionStore(path) as store:
        for i in range(500):
            store.add(completion(f"k{i}", "a title " * 20), asking())
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 2048] = b"\xff" * 2048
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"moved to s\.sqlite\.damaged-"):
        CompletionStore(path)
    assert not path.exists()


def test_a_store_of_the_first_schema_is_taken_over(tmp_path):
    path = tmp_path / "s.sqlite"
    with sqlite3.connect(path) as db:
        db.executescript(
            "CREATE TABLE completions (key TEXT PRIMARY KEY, text TEXT NOT NULL, finish_reason "
            "TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, "
            "cached_tokens INTEGER NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID;"
            "INSERT INTO completions VALUES ('k', 'an old title', 'stop', 5, 3, 0, 0.1);"
            "PRAGMA user_version = 1"
        )
    db.close()
    for _ in range(2):
        with CompletionStore(path) as store:
            assert store.entries(["k"])["k"].completion.text == "an old title"
            assert store.entries(["k"])["k"].record == {}
            store.add(completion("new"), asking())
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    db.close()


_WRITER = """
import sys
from pathlib import Path
from harness.ingredients import Ingredients
from harness.records import Completion, RenderedPrompt
from harness.store.completions import CompletionStore

prompt = RenderedPrompt(messages=(), media=(), sha256="0" * 64)
ingredients = Ingredients(prompt=prompt, model="{}", decoding="{}", draw=0)
with CompletionStore(Path(sys.argv[1])) as store:
    for i in range(int(sys.argv[2]), int(sys.argv[2]) + 300):
        store.add(Completion(key=f"k{i}", text="a title", finish_reason="stop"), ingredients)
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
        store.add(completion("k"), asking())
        store.flush()
        assert store.get(["k"]) == {"k": completion("k")}
    release.join()
    other.close()


def test_a_database_of_other_tables_is_refused_and_stays_as_it_is(tmp_path):
    path = tmp_path / "s.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE completions (key TEXT)")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    with pytest.raises(StoreError, match="lacks cached_tokens, completion_tokens, finish_reason"):
        CompletionStore(path)
    assert path.is_file()


@pytest.mark.parametrize("record", ["{", "", "\x00", "[" * 100_000])
def test_a_record_that_another_program_wrote_is_refused_in_a_sentence(tmp_path, record):
    path = tmp_path / "s.sqlite"
    with CompletionStore(path) as store:
        store.add(completion("k"), asking())
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE completions SET record = ?", [record])
        db.execute("UPDATE parts SET json = ?", [record])
    with CompletionStore(path) as store:
        for reading in (lambda: store.get(["k"]), lambda: list(store.all_entries())):
            with pytest.raises(StoreError, match="no JSON"):
                reading()
        with pytest.raises(StoreError, match="no JSON"):
            store.parts([part_digest(path)])


def part_digest(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT sha256 FROM parts").fetchone()[0]
