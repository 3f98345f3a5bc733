"""Bytes come from wherever a MediaRef says, and are those whose hash it holds."""

import io
import json
import os
import shutil
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))
from drawn_images import encoded, picture

from harness import media
from harness.errors import DataError
from harness.records import CellPlace, FilePlace, MediaRef, MemberPlace, UrlPlace

ONE = encoded(picture("RGB"), "PNG")
TWO = encoded(picture("RGB").rotate(90), "PNG")


def in_file(folder, content):
    (folder / "b.png").write_bytes(content)
    return FilePlace(path=str(folder / "b.png"))


def in_zip(folder, content):
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/a.png", TWO)
        archive.writestr("x/b.png", content)
    return MemberPlace(archive=str(folder / "a.zip"), member="x/b.png")


def in_tar(folder, content, name="a.tar", mode="w"):
    with tarfile.open(folder / name, mode) as archive:
        for member, inside in (("a.png", TWO), ("x/b.png", content)):
            info = tarfile.TarInfo(member)
            info.size = len(inside)
            archive.addfile(info, io.BytesIO(inside))
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "x/b.png"
        archive.addfile(link)
    return MemberPlace(archive=str(folder / name), member="x/b.png")


def in_packed_tar(folder, content):
    return in_tar(folder, content, "a.tar.gz", "w:gz")


def table(content):
    """Five rows, as a dataset of the Hub keeps its pictures; the fourth is the one."""
    cells = [TWO, None, TWO, content, TWO]
    return pa.table(
        {
            "plain": pa.array(cells),
            "image": pa.array([None if c is None else {"bytes": c, "path": "x"} for c in cells]),
        }
    )


def in_parquet(folder, content, column="image"):
    parquet.write_table(table(content), folder / "a.parquet", row_group_size=2)
    return CellPlace(table=str(folder / "a.parquet"), column=column, row=3)


def in_plain_column(folder, content):
    return in_parquet(folder, content, "plain")


def in_arrow(folder, content):
    with ipc.new_file(folder / "a.arrow", table(content).schema) as writer:
        writer.write_table(table(content), max_chunksize=2)
    return CellPlace(table=str(folder / "a.arrow"), column="image", row=3)


def in_arrow_stream(folder, content):
    with ipc.new_stream(folder / "s.arrow", table(content).schema) as writer:
        writer.write_table(table(content), max_chunksize=2)
    return CellPlace(table=str(folder / "s.arrow"), column="plain", row=3)


def at_url(folder, content):
    url = f"memory://{folder.name}/b.png"
    with fsspec.open(url, "wb") as file:
        file.write(content)
    return UrlPlace(url=url)


def in_tar_that_begins_like_a_zip(folder, content):
    with tarfile.open(folder / "p.tar", "w") as archive:
        info = tarfile.TarInfo("PK1.png")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return MemberPlace(archive=str(folder / "p.tar"), member="PK1.png")


PLACES = [
    in_file,
    in_zip,
    in_tar,
    in_packed_tar,
    in_tar_that_begins_like_a_zip,
    in_parquet,
    in_plain_column,
    in_arrow,
    in_arrow_stream,
    at_url,
]


@pytest.mark.parametrize("put", PLACES)
def test_an_image_is_probed_and_opened_wherever_it_is(put, tmp_path):
    ref = media.probe(put(tmp_path, ONE))
    assert (ref.width, ref.height, ref.pixels, ref.kind) == (16, 16, 1, "image")
    assert ref.sha256 == media.probe(in_file(tmp_path, ONE)).sha256
    assert media.open(ref) == ONE
    assert media.load(ref).tobytes() == picture("RGB").tobytes()


@pytest.mark.parametrize("put", PLACES)
def test_bytes_that_have_changed_since_are_refused(put, tmp_path):
    ref = media.probe(put(tmp_path, ONE))
    assert media.open(ref) == ONE
    place = put(tmp_path, TWO)
    assert place == ref.place
    for path in tmp_path.iterdir():
        os.utime(path, (1, 1))  # a time of its own, however coarse the file system's clock
    shutil.rmtree(Path(os.environ["HARNESS_CACHE"]) / "images", ignore_errors=True)
    with pytest.raises(DataError, match="image has changed since the run began"):
        media.open(ref)


def elsewhere(place):
    """The same place with another name in it."""
    match place:
        case FilePlace() | MemberPlace():
            field = "path" if isinstance(place, FilePlace) else "member"
            other = replace(place, **{field: f"{getattr(place, field)}x"})
        case CellPlace():
            other = replace(place, row=5)
        case UrlPlace():
            other = replace(place, url=f"{place.url}x")
    return other


@pytest.mark.parametrize("put", PLACES)
def test_what_is_not_there_is_a_data_error_with_its_place(put, tmp_path):
    place = elsewhere(put(tmp_path, ONE))
    with pytest.raises(DataError) as refused:
        media.probe(place)
    assert place.name in str(refused.value)
    ref = MediaRef(place=place, sha256="0" * 64, width=1, height=1)
    with pytest.raises(DataError):
        media.open(ref)


@pytest.mark.parametrize("put", PLACES)
def test_places_survive_plain_json(put, tmp_path):
    place = put(tmp_path, ONE)
    fields = json.loads(json.dumps(asdict(place)))
    assert type(place)(**fields) == place
    assert fields["type"] in ("file", "member", "cell", "url")


@pytest.mark.parametrize(
    "place",
    [
        CellPlace(table="a.parquet", column="image", row=1),  # an empty cell
        CellPlace(table="a.parquet", column="image", row=-1),
        CellPlace(table="a.parquet", column="picture", row=0),
        CellPlace(table="a.arrow", column="image", row=-2),
        CellPlace(table="broken", column="image", row=0),
        CellPlace(table="missing", column="image", row=0),
        MemberPlace(archive="a.tar", member="link.png"),
        MemberPlace(archive="a.zip", member="x/"),
        MemberPlace(archive="broken", member="a.png"),
        MemberPlace(archive="zip-like", member="a.png"),
        MemberPlace(archive="missing", member="a.png"),
        UrlPlace(url="nothing-like-it://a.png"),
        UrlPlace(url="memory://[::1/b.png"),
        UrlPlace(url=""),
        FilePlace(path="."),
        FilePlace(path="pipe"),
        FilePlace(path="itself"),
        FilePlace(path="nul\0.png"),
        FilePlace(path="n" * 300),
        FilePlace(path="\ud800.png"),
    ],
    ids=lambda place: f"{place.type} {place.name[:20]!r}",
)
def test_places_that_hold_no_bytes_are_data_errors(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for put in (in_zip, in_tar, in_parquet, in_arrow):
        put(tmp_path, ONE)
    Path("broken").write_bytes(b"PAR1 but no table")
    Path("zip-like").write_bytes(b"PK\3\4 but no archive")
    Path("itself").symlink_to("itself")
    os.mkfifo("pipe")
    ref = MediaRef(place=place, sha256="0" * 64, width=1, height=1)
    for look in (lambda: media.probe(place), lambda: media.open(ref), lambda: media.load(ref)):
        with pytest.raises(DataError):
            look()


def test_a_member_that_says_it_is_small_is_read_no_further_than_the_limit(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(media.places.MAX_FILE_BYTES + 1))
    assert (tmp_path / "a.zip").stat().st_size < 100_000
    with pytest.raises(DataError, match="more than 67,108,864"):
        media.probe(MemberPlace(archive=str(tmp_path / "a.zip"), member="bomb.png"))


def test_a_row_group_that_does_not_fit_into_memory_is_refused(tmp_path, monkeypatch):
    place = in_parquet(tmp_path, ONE)
    monkeypatch.setattr("harness.media.table_cells.MAX_GROUP_BYTES", 10)
    with pytest.raises(DataError, match=r"row group 1 holds .* more than 10") as refused:
        media.probe(place)
    assert "smaller row groups" in refused.value.hint


FIRST = {in_zip: "x/a.png", in_tar: "a.png", in_packed_tar: "a.png"}


@pytest.mark.parametrize("put", [*FIRST, in_parquet, in_arrow])
def test_many_threads_may_read_at_once(put, tmp_path):
    one = put(tmp_path, ONE)
    two = replace(one, row=0) if isinstance(one, CellPlace) else replace(one, member=FIRST[put])
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(media.open, [media.probe(one), media.probe(two)] * 50))
    assert got == [ONE, TWO] * 50


def test_messages_hold_no_password_and_no_signature():
    url = "zip://a.png::https://me:secret@pics.example/x.zip?X-Signature=hush#part"
    assert UrlPlace(url=url).name == "zip://a.png::https://pics.example/x.zip"
    assert UrlPlace(url="hf://datasets/me/food@main/a.png").name == (
        "hf://datasets/me/food@main/a.png"
    )
