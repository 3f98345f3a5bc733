"""Images at URLs: asked again where it may help, measured once, fetched once."""

import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, picture
from file_server import serving

from harness import media
from harness.errors import DataError, ImageElsewhere, NoSuchImage
from harness.fingerprint import sha256_bytes
from harness.media import file_systems, remote
from harness.media.kept_bytes import KeptBytes
from harness.records import UrlPlace
from harness.store.file_hashes import FileHashes

ONE = encoded(picture("RGB"), "PNG")
TWO = encoded(picture("RGB").rotate(90), "PNG")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(remote, "WAITS", (0.01, 0.01))
    monkeypatch.setattr(remote, "_SILENCE", remote._Silence())
    with serving() as files:
        files.files["/photos/a.png"] = ONE
        yield files


@pytest.fixture
def nothing_kept():
    shutil.rmtree(Path(os.environ["HARNESS_CACHE"]) / "images", ignore_errors=True)


def at(server, name="/photos/a.png"):
    return UrlPlace(url=f"{server.url}{name}")


def test_an_image_is_measured_and_then_never_fetched_again(server, tmp_path, nothing_kept):
    def probed():
        with FileHashes(tmp_path / "results" / "hashes.sqlite") as hashes:
            return hashes.probe(at(server))

    ref = probed()
    assert (ref.sha256, ref.width, ref.height) == (sha256_bytes(ONE), 16, 16)
    assert (server.count("HEAD"), server.count("GET")) == (1, 1)
    assert probed() == ref  # it is asked whether it is still the same
    assert (server.count("HEAD"), server.count("GET")) == (2, 1)
    assert media.open(ref) == ONE  # of the copy that was kept
    assert (server.count("HEAD"), server.count("GET")) == (2, 1)
    server.files["/photos/a.png"] = TWO
    assert probed().sha256 == sha256_bytes(TWO)


def test_without_a_copy_it_is_fetched_and_must_be_the_same(server, nothing_kept):
    ref = media.probe(at(server))
    shutil.rmtree(Path(os.environ["HARNESS_CACHE"]) / "images")
    assert media.open(ref) == ONE
    server.files["/photos/a.png"] = TWO
    with pytest.raises(DataError, match="image has changed since the run began: http://127"):
        media.open(ref)


def test_what_says_nothing_of_its_state_is_measured_each_time(server, tmp_path):
    server.tags = False
    with FileHashes(tmp_path / "hashes.sqlite") as hashes:
        hashes.probe(at(server))
    server.files["/photos/a.png"] = TWO
    with FileHashes(tmp_path / "hashes.sqlite") as hashes:
        assert hashes.probe(at(server)).sha256 == sha256_bytes(TWO)


def test_a_server_that_will_not_say_what_it_has_is_asked_for_it(server, tmp_path):
    server.no_head = True
    with FileHashes(tmp_path / "hashes.sqlite") as hashes:
        assert hashes.probe(at(server)).sha256 == sha256_bytes(ONE)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_server_is_asked_again(server, status):
    server.statuses = [status, status]
    assert media.probe(at(server)).width == 16
    assert server.count("GET") == 3


@pytest.mark.parametrize(
    ("status", "requests", "kind", "said"),
    [
        (404, 1, NoSuchImage, "no such image: "),
        (410, 1, NoSuchImage, "no such image: "),
        (403, 1, DataError, "the server answered 403"),
        (503, 3, DataError, "the server answered 503"),
        (206, 1, DataError, "the server answered 206"),
    ],
)
def test_what_it_answers_says_whether_an_image_is_missing(server, status, requests, kind, said):
    server.by_path["/photos/a.png"] = status
    with pytest.raises(DataError, match=said) as caught:
        media.probe(at(server))
    assert type(caught.value) is kind
    assert server.count("GET") == requests


def test_a_redirect_is_followed(server):
    server.by_path["/photos/a.png"] = 302
    server.files["/elsewhere"] = TWO
    assert media.probe(at(server)).sha256 == sha256_bytes(TWO)


def test_a_redirect_to_another_server_is_not_followed_for_an_image(server):
    with serving() as other:
        other.files["/elsewhere"] = ONE
        server.location = f"{other.url}/elsewhere"
        server.by_path["/photos/a.png"] = 302
        with pytest.raises(ImageElsewhere, match=f"the server says that it is at {other.url}"):
            media.probe(at(server))
        with pytest.raises(ImageElsewhere):
            media.version(at(server))
        assert other.asked == []
        with media.open_remote(at(server).url) as table:
            assert table.read() == ONE


def test_images_without_a_state_are_counted(server, tmp_path):
    with FileHashes(tmp_path / "hashes.sqlite") as hashes:
        hashes.probe(at(server))
        assert hashes.notes() == ()
        server.tags = False
        hashes.probe(at(server))
        [note] = hashes.notes()
    assert note.startswith("1 image is fetched each time: the server names neither their ETag nor")


def test_no_more_is_read_than_an_image_may_have(server, monkeypatch):
    monkeypatch.setattr("harness.media.places.MAX_FILE_BYTES", 1000)
    monkeypatch.setattr("harness.media.places._MOST", 1001)
    server.files["/photos/a.png"] = bytes(50_000_000)
    with pytest.raises(DataError, match="image of more than 1,000 bytes"):
        media.probe(at(server))
    assert remote.read_url(at(server).url, 7) == bytes(7)


def test_a_server_that_stays_silent_is_not_waited_for_by_every_image(server, monkeypatch):
    server.statuses = [503] * 1000
    for i in range(remote.IN_A_ROW):
        with pytest.raises(DataError, match="answered 503"):
            media.probe(UrlPlace(url=f"{server.url}/{i}.png"))
    before = len(server.asked)
    with pytest.raises(DataError, match="there was no answer to the last 20 requests"):
        media.probe(UrlPlace(url=f"{server.url}/x.png"))
    assert len(server.asked) == before
    monkeypatch.setattr(remote, "AGAIN_SECONDS", 0.0)
    server.statuses = []
    assert media.probe(at(server)).width == 16
    monkeypatch.setattr(remote, "AGAIN_SECONDS", 99.0)
    assert media.probe(at(server)).width == 16


def test_a_file_that_only_drips_is_given_up_and_not_asked_for_again(server, monkeypatch):
    monkeypatch.setattr(file_systems, "SLOW_SECONDS", 0.3)
    server.drip = 0.05
    begun = time.monotonic()
    with pytest.raises(
        DataError, match=r"the server sent \d+ bytes in 0 seconds: after 0 seconds no"
    ):
        media.probe(at(server))
    assert time.monotonic() - begun < 10
    assert server.count("GET") == 1


def test_what_comes_fast_enough_may_take_longer(server, monkeypatch):
    monkeypatch.setattr(file_systems, "SLOW_SECONDS", 0.1)
    monkeypatch.setattr(file_systems, "LEAST_RATE", 1)
    server.drip = 0.005
    assert media.probe(at(server)).width == 16


def test_nobody_at_the_address_is_told(monkeypatch):
    monkeypatch.setattr(remote, "WAITS", (0.01, 0.01))
    with pytest.raises(
        DataError, match=r"image cannot be read: http://127\.0\.0\.1:9/a\.png \(Con"
    ):
        media.probe(UrlPlace(url="http://127.0.0.1:9/a.png"))


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a.png", "https://h/p/a.png"),
        ("x/../a b?#%.png", "https://h/p/a%20b%3F%23%25.png"),
        ("./é/a.png", "https://h/p/%C3%A9/a.png"),
        ("https://h/p/x%20y/a.png", "https://h/p/x%20y/a.png"),
    ],
)
def test_a_name_is_spelled_below_the_root(name, url):
    assert remote.below("https://h/p", name) == url


def test_a_bucket_has_names_as_they_stand():
    assert remote.below("s3://b/p", "a b?#%//.png") == "s3://b/p/a b?#%//.png"
    assert remote.below("s3://b", "x/../a.png") == "s3://b/a.png"
    assert remote.below("s3://b/p", "s3://b/p/a?.png") == "s3://b/p/a?.png"


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "x/../../a.png",
        "/a.png",
        "https://h/other/a.png",
        "https://h/pp/a.png",
        "https://other/p/a.png",
        "https://me:secret@h/p/a.png",
        "https://h/p/../a.png",
        "https://h/p/%2e%2E/a.png",
        "https://h/p/a.png?sign=x",
        "https://h/p/a.png#x",
        "file:///etc/passwd",
    ],
)
def test_no_name_leads_out_of_the_root(name):
    with pytest.raises(ValueError, match=r"lies outside https://h/p|with more than a path") as told:
        remote.below("https://h/p", name)
    assert "secret" not in str(told.value)


def test_bytes_are_kept_up_to_a_bound_those_used_last(tmp_path):
    kept = KeptBytes(tmp_path / "kept", 1000)
    contents = [bytes([i]) * 300 for i in range(4)]
    names = [sha256_bytes(content) for content in contents]
    for i in range(3):
        kept.put(names[i], contents[i])
        os.utime(tmp_path / "kept" / names[i][:2] / names[i], (i, i))
    assert kept.get(names[0]) == contents[0]  # which is then the one used last
    kept.put(names[3], contents[3])
    assert [kept.get(name) is not None for name in names] == [True, False, True, True]
    again = KeptBytes(tmp_path / "kept", 1000)  # another program
    assert again.get(names[3]) == contents[3]
    assert not list((tmp_path / "kept").glob("*/.*"))


def test_a_copy_that_was_damaged_or_cannot_be_written_is_none(tmp_path):
    kept = KeptBytes(tmp_path / "kept", 1000)
    name = sha256_bytes(b"x")
    kept.put(name, b"x")
    [path] = (tmp_path / "kept").glob("*/*")
    path.write_bytes(b"y")
    assert kept.get(name) is None
    assert not path.exists()
    assert kept.get("../../secret") is None
    (tmp_path / "file").touch()
    KeptBytes(tmp_path / "file", 1000).put(name, b"x")


def test_many_images_are_asked_for_at_the_same_time(server):
    server.late = 0.2
    names = [f"/{i}.png" for i in range(remote.THREADS)]
    server.files |= dict.fromkeys(names, ONE)
    started = time.monotonic()
    threads = [threading.Thread(target=media.probe, args=(at(server, name),)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 0.2 * len(names) / 2
