"""Tar shards as WebDataset packs them: what shares a key is one sample."""

import gzip
import io
import json
import subprocess
import tarfile

import datasets
import pytest
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.presence import is_here
from harness.dataset.samples import load_samples
from harness.errors import DataError
from harness.media import open as open_media
from harness.records import MemberPlace


def picture(colour="red", form="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), colour).save(buffer, form)
    return buffer.getvalue()


RED, BLUE = picture(), picture("blue")


@pytest.fixture
def shard(tmp_path):
    """A tar with these members, in order."""

    def _shard(name, members):
        with tarfile.open(tmp_path / name, "w") as tar:
            for member, content in members:
                info = tarfile.TarInfo(member)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return tmp_path / name

    return _shard


@pytest.fixture
def dataset(tmp_path, write):
    def _dataset(path="d.tar", more=""):
        text = f"source: {{format: webdataset, path: {json.dumps(path)}}}\n{more}"
        return load_dataset(write(tmp_path / "d.yaml", text))

    return _dataset


def sample(key, text="Soup", content=RED):
    return [(f"{key}.png", content), (f"{key}.txt", text.encode())]


def test_files_that_share_a_key_are_a_sample(shard, dataset, tmp_path):
    shard(
        "d.tar",
        [
            ("./a/007.jpg", picture("red", "JPEG")),
            ("./a/007.txt", b"Soup,\nhot \r\n"),
            ("./a/007.cls", b" 3\n"),
            ("./a/007.json", b'{"cook": "Ann", "n": 1.0, "cls": "other"}'),
            ("b.x.PNG", BLUE),
            ("b.WEBP", picture("blue", "WEBP")),
            ("b.txt", b"NA"),
        ],
    )
    one, two = load_samples(dataset(more="columns: {metadata: [cls, cook, n]}")).samples
    assert (one.id, one.references) == ("a/007", ("Soup,\nhot ",))
    assert one.metadata == {"cls": "3", "cook": "Ann", "n": 1.0}
    assert one.media[0].place == MemberPlace(archive=str(tmp_path / "d.tar"), member="./a/007.jpg")
    assert (two.id, two.references, two.metadata["cook"]) == ("b", ("NA",), None)
    assert [ref.place.member for ref in two.media] == ["b.WEBP"]


def test_pictures_and_references_may_be_several_and_named(shard, dataset):
    shard(
        "d.tar",
        [
            ("a.left.png", RED),
            ("a.right.png", BLUE),
            ("a.json", b'{"caption": ["One.", "Two."], "key": "x"}'),
            ("a.txt", b"Three.|Four."),
        ],
    )
    more = (
        "columns: {id: key, image: [right.png, left.png], "
        "references: {columns: [caption, txt], separator: '|'}}"
    )
    [one] = load_samples(dataset(more=more)).samples
    assert (one.id, one.references) == ("x", ("One.", "Two.", "Three.", "Four."))
    assert [open_media(ref) for ref in one.media] == [BLUE, RED]


def test_it_groups_as_the_hubs_own_reader_does(shard, dataset, tmp_path):
    members = []
    for i in range(30):
        key = f"part{i % 3}/{i:05}"
        members += [(f"{key}.png", picture((i, 0, 0))), (f"{key}.txt", f"Title {i}".encode())]
        members += [(f"{key}.json", json.dumps({"n": i}).encode())]
    shard("t-000.tar", members[:45])
    shard("t-001.tar", members[45:])
    theirs = datasets.load_dataset(
        "webdataset",
        data_files=[str(tmp_path / f"t-00{i}.tar") for i in (0, 1)],
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    samples = load_samples(dataset("t-{000..001}.tar", "columns: {metadata: [n]}")).samples
    assert [s.id for s in samples] == theirs["__key__"]
    assert [s.references[0] for s in samples] == theirs["txt"]
    assert [s.metadata["n"] for s in samples] == [fields["n"] for fields in theirs["json"]]


def test_shards_come_as_a_range_or_in_natural_order(shard, dataset):
    for number in ("2", "10", "1"):
        shard(f"s-{number}.tar", sample(f"k{number}"))
    ids = [s.id for s in load_samples(dataset("s-*.tar")).samples]
    assert ids == ["k1", "k2", "k10"]
    shard("r-08-a.tar", sample("8"))
    shard("r-09-a.tar", sample("9"))
    assert [s.id for s in load_samples(dataset("r-{08..09}-a.tar")).samples] == ["8", "9"]


def test_shards_that_are_missing_are_named(shard, dataset, tmp_path):
    shard("s-0.tar", sample("a"))
    config = dataset("s-{0..3}.tar")
    with pytest.raises(DataError, match=r"no such file: .*s-1\.tar \(and 2 more\)"):
        load_samples(config)
    assert not is_here(config)
    assert is_here(dataset("s-{0..0}.tar"))
    with pytest.raises(DataError, match=r"no such file: .*x-\*\.tar\n  hint: path may be one"):
        load_samples(dataset("x-*.tar"))
    with pytest.raises(DataError, match="means 1,000,000 shards, more than 100,000"):
        load_samples(dataset("x-{000000..999999}.tar"))


def test_a_key_that_comes_twice_is_refused(shard, dataset):
    shard("s-0.tar", [*sample("a"), *sample("b"), ("a.cls", b"1")])
    with pytest.raises(DataError) as caught:
        load_samples(dataset("s-0.tar"))
    assert (
        "s-0.tar: the key 'a' comes a second time with the member a.cls; the first is in s-0"
        in (str(caught.value))
    )
    shard("s-0.tar", sample("a"))
    shard("s-1.tar", sample("a"))
    with pytest.raises(DataError, match=r"s-1\.tar: the key 'a' .* the first is in s-0\.tar"):
        load_samples(dataset("s-*.tar"))
    shard("s-0.tar", [("a.png", RED), ("a.png", BLUE)])
    with pytest.raises(DataError, match="the extension 'png' of 'a' comes a second time"):
        load_samples(dataset("s-0.tar"))


def cut(content, members):
    """Cut a shard within the pixels of its last picture, at a header, and between two members."""
    begins = [member.offset for member in members]
    yield content[: begins[2] + 512 + 20], "unexpected end of data"
    yield content[: begins[2] + 100], "at byte"
    yield content[: begins[2]], "there is no mark of its end"
    damaged = bytearray(content)
    damaged[begins[2]] ^= 1
    yield bytes(damaged), "something else stands at byte 2,560"
    yield content + content, "something else stands at byte"


@pytest.mark.parametrize("fault", range(5))
def test_a_shard_that_is_not_whole_is_refused_with_its_place(shard, dataset, fault):
    path = shard("d.tar", [*sample("a"), *sample("b")])
    with tarfile.open(path) as tar:
        members = tar.getmembers()
    content, problem = list(cut(path.read_bytes(), members))[fault]
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_samples(dataset())
    last = ["b.png", "a.txt", "a.txt", "a.txt", "b.txt"][fault]
    place = f"d.tar: is cut short or damaged at the member {last} or behind it ("
    assert place in str(caught.value)
    assert problem in str(caught.value)


def test_what_is_no_tar_or_packed_is_told(shard, dataset, tmp_path):
    path = shard("d.tar", sample("a"))
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(DataError, match=r"d\.tar: is packed with gzip, .*\n  hint: unpack"):
        load_samples(dataset())
    for content in (b"", b"no tar at all" * 100):
        path.write_bytes(content)
        with pytest.raises(DataError, match="at its beginning or behind it"):
            load_samples(dataset())


def test_what_cannot_be_read_costs_its_sample(shard, dataset):
    members = [
        *sample("a"),
        ("b.txt", b"no picture"),
        ("c.png", RED),
        ("d.png", RED),
        ("d.txt", b"Cr\xe8me"),
        ("e.png", b"broken"),
        ("e.txt", b"Soup"),
    ]
    shard("d.tar", members)
    more = "clean: [missing_image, missing_reference, unreadable_image, bad_cell]"
    loaded = load_samples(dataset(more=more))
    assert [s.id for s in loaded.samples] == ["a"]
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [
        ("b", 2, "missing_image"),
        ("c", 3, "missing_reference"),
        ("d", 4, "bad_cell"),
        ("e", 5, "unreadable_image"),
    ]
    assert "a text that is not UTF-8 (d.txt, at byte 2)" in loaded.dropped[2].detail
    assert "d.tar:e.png" in loaded.dropped[3].detail


def test_an_object_that_cannot_be_read_is_a_bad_cell(shard, dataset):
    shard("d.tar", [*sample("a"), ("b.json", b"{"), ("b.png", RED), ("c.json", b'{"caption": 1}')])
    more = "columns: {references: [caption]}\nclean: [missing_reference, missing_image]"
    with pytest.raises(
        DataError, match=r"row 2: .* holds nothing that can be read \(b\.json: no J"
    ):
        load_samples(dataset(more=more))


def test_what_has_no_extension_is_counted_and_named(shard, dataset, tmp_path):
    path = shard("d.tar", [("README", b"x"), *sample("a"), ("._a.png", b"mac")])
    with tarfile.open(path, "a") as tar:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    loaded = load_samples(dataset())
    assert [s.id for s in loaded.samples] == ["a"]
    assert loaded.notes == (
        "d.tar: 3 members that are no files x.y are not looked at "
        "(d.tar:README, d.tar:._a.png, d.tar:link.txt)",
    )


def test_what_is_called_like_a_picture_and_is_none_is_left_out_with_its_reason(shard, dataset):
    path = shard("d.tar", [(".hid.png", RED), (".hid.txt", b"x"), *sample("a")])
    with tarfile.open(path, "a") as tar:
        for name, kind in (
            ("l.png", tarfile.SYMTYPE),
            ("p.jpg", tarfile.FIFOTYPE),
            ("d.jpg", tarfile.DIRTYPE),
            ("d", tarfile.DIRTYPE),
        ):
            odd = tarfile.TarInfo(name)
            odd.type, odd.linkname = kind, "/etc/passwd"
            tar.addfile(odd)
    loaded = load_samples(dataset())
    assert [s.id for s in loaded.samples] == ["a"]
    assert [(row.row, row.id, row.reason, row.detail) for row in loaded.dropped] == [
        (1, ".hid.png", "unreadable_image", "a key does not begin with a dot: .hid.png"),
        (3, "l.png", "unreadable_image", "l.png is a symbolic link"),
        (4, "p.jpg", "unreadable_image", "p.jpg is a pipe"),
        (5, "d.jpg", "unreadable_image", "d.jpg is a folder"),
    ]


def test_a_hard_link_is_the_file_that_it_links_to(dataset, tmp_path):
    (tmp_path / "a.png").write_bytes(RED)
    (tmp_path / "a.txt").write_text("Soup")
    for kind in ("png", "txt"):
        (tmp_path / f"b.{kind}").hardlink_to(tmp_path / f"a.{kind}")
    names = ["a.png", "a.txt", "b.png", "b.txt"]
    subprocess.run(["tar", "-cf", "d.tar", *names], cwd=tmp_path, check=True)
    loaded = load_samples(dataset())
    assert [(s.id, s.references) for s in loaded.samples] == [("a", ("Soup",)), ("b", ("Soup",))]
    assert [open_media(s.media[0]) for s in loaded.samples] == [RED, RED]


def test_a_key_with_a_dot_is_told_by_its_rule(shard, dataset):
    shard("d.tar", [*sample("a"), *sample("c.d")])
    loaded = load_samples(dataset(more="columns: {references: [txt]}\nclean: [missing_image]"))
    [row] = loaded.dropped
    assert (row.id, row.reason) == ("c", "missing_image")
    assert "a key ends at the first dot, so c.d.png is the column 'd.png' of 'c'" in row.detail


def test_an_object_that_cannot_be_read_beside_a_text_is_told(shard, dataset):
    shard("d.tar", [*sample("a"), ("a.json", b"{")])
    loaded = load_samples(dataset())
    assert [s.references for s in loaded.samples] == [("Soup",)]
    assert loaded.notes == ("d.tar: 1 .json that cannot be read is not looked at (d.tar:a.json)",)


def test_a_column_that_no_shard_has_is_told(shard, dataset):
    shard("d.tar", sample("a"))
    with pytest.raises(DataError, match="no column 'caption'\n  hint: its columns: __key__, image"):
        load_samples(dataset(more="columns: {references: [caption]}"))
    shard("d.tar", [*sample("a"), ("a.npy", b"x")])
    with pytest.raises(DataError, match=r"holds a file \.npy, which is not read here"):
        load_samples(dataset(more="columns: {references: [npy]}"))
