"""A folder of images, with their titles beside them or in their names."""

import json
import os
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.dataset.sources.table import TableFile, read_rows
from harness.errors import ConfigErrors, DataError


@pytest.fixture
def photos(tmp_path):
    """A folder with these pictures below it."""

    def _photos(*pictures):
        for name in pictures:
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 6)).save(path, "PNG")
        return tmp_path / "photos"

    return _photos


@pytest.fixture
def dataset(tmp_path, write):
    def _dataset(title_from=None, more=""):
        option = f", title_from: {json.dumps(title_from)}" if title_from else ""
        text = f"source: {{format: folder, path: photos{option}}}\n{more}"
        return load_dataset(write(tmp_path / "d.yaml", text))

    return _dataset


def rows(folder, *columns, **options):
    file = TableFile(path=folder, format="folder", **options)
    return [[row.cells[c] for c in columns] for row in read_rows(file, columns)]


def test_the_lines_of_a_text_beside_an_image_are_its_references(photos, dataset):
    folder = photos("b.jpg", "a/soup.png")
    (folder / "b.txt").write_bytes("\ufeffA dog runs.\r\n\r\n  1984\rNA".encode())
    (folder / "a" / "soup.txt").write_text("Soup\u2028hot\n")
    samples = load_samples(dataset()).samples
    assert [(s.id, s.references) for s in samples] == [
        ("a/soup", ("Soup\u2028hot",)),
        ("b", ("A dog runs.", "  1984", "NA")),
    ]
    assert [s.media[0].path for s in samples] == [folder / "a/soup.png", folder / "b.jpg"]


def test_the_object_beside_an_image_has_fields(photos, dataset):
    folder = photos("a.jpg", "b.jpg", "c.jpg")
    for name, fields in {
        "a": {"captions": ["One.", 2], "cuisine": "thai", "n": 3, "cook": "Ann"},
        "b": {"captions": "007", "id": "other"},
        "c": {"cuisine": "thai"},
    }.items():
        (folder / f"{name}.json").write_text(json.dumps(fields))
    more = "columns: {references: [captions], metadata: [cuisine, n], cluster: cook}"
    loaded = load_samples(dataset(more=more))
    assert [(s.id, s.references, s.metadata, s.cluster) for s in loaded.samples] == [
        ("a", ("One.", "2"), {"cuisine": "thai", "n": 3}, "Ann"),
        ("b", ("007",), {"cuisine": None, "n": None}, None),
    ]
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [
        ("c", 3, "missing_reference")
    ]
    assert loaded.notes[0] == (
        "photos: the field 'id' of 1 .json file is not read: the image's name gives it"
    )


def test_a_title_may_stand_in_the_name(photos, dataset):
    photos("thai/green-curry_2.jpg", "thai/-.jpg", "007.jpg")
    loaded = load_samples(dataset("name"))
    assert [(s.id, s.references) for s in loaded.samples] == [
        ("007", ("007",)),
        ("thai/green-curry_2", ("green curry 2",)),
    ]
    assert [(row.id, row.reason) for row in loaded.dropped] == [("thai/-", "missing_reference")]


def test_a_pattern_takes_columns_from_the_name(photos, dataset):
    photos("thai/green-curry_2.jpg", "thai/odd.jpg")
    loaded = load_samples(
        dataset(r"(?P<cuisine>\w+)/(?P<title>.+)_(?P<take>\d+)", "columns: {metadata: [cuisine]}")
    )
    assert [(s.references, s.metadata) for s in loaded.samples] == [
        (("green curry",), {"cuisine": "thai"})
    ]
    assert [row.id for row in loaded.dropped] == ["thai/odd"]


def test_a_pattern_that_would_take_for_ever_costs_its_row(photos, dataset):
    photos("a" * 60 + "!.jpg", "aa.jpg")
    with pytest.raises(DataError, match="'title' holds a name that takes too long to be matched"):
        load_samples(dataset("(?P<title>(a|a)*b|aa|(a|aa)+)"))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?P<title>", "missing )"),
        ("(.*)", "no group of it has a name; write (?P<title>…) around what is meant"),
        ("(?P<id>.*)", "a group is named 'id', as a column of its own is"),
    ],
)
def test_a_wrong_pattern_is_told_with_its_line(dataset, tmp_path, pattern, said):
    with pytest.raises(ConfigErrors) as caught:
        dataset(pattern)
    assert f"{tmp_path / 'd.yaml'}:1: 'source.title_from': " in str(caught.value)
    assert said in str(caught.value)


def test_a_folder_says_itself_where_images_are(dataset, photos):
    with pytest.raises(ConfigErrors, match=r"d\.yaml:2: 'images' is not for folder"):
        dataset(more="images: {root: photos}")


ORDERED = ["2", "10", "010", "a/1", "a/2", "a/10", "a-b", "b", "B", "b1x", "b2", "b10", "ß", "中"]


def test_names_are_ordered_with_their_numbers_by_value_on_every_machine(photos):
    names = ORDERED.copy()
    random.Random(3).shuffle(names)
    folder = photos(*(f"{name}.png" for name in names))
    found = [name for [name] in rows(folder, "id")]
    assert found == ["2", "010", "10", "a/1", "a/2", "a/10", "a-b", "B", "b", "b1x", "b2", "b10",
                     "ß", "中"]  # fmt: skip


@given(st.lists(st.text(st.sampled_from("aA1209-é"), min_size=1, max_size=5), unique=True))
def test_every_name_has_one_place(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("names")
    for name in names:
        (folder / f"{name}.png").touch()
    found = [name for [name] in rows(folder, "image")]
    assert sorted(found) == sorted(f"{name}.png" for name in names)
    assert found == [name for [name] in rows(folder, "image")]


def test_an_id_is_the_same_however_a_disk_writes_accents(photos):
    folder = photos(unicodedata.normalize("NFD", "crème") + ".png")
    assert rows(folder, "id") == [[unicodedata.normalize("NFC", "crème")]]


def test_what_is_no_image_is_counted_and_named(photos, dataset):
    folder = photos("a.jpg", ".thumbs/x.jpg", ".hidden.png")
    (folder / "a.txt").write_text("Soup")
    for name in ("b.txt", "notes.md", "Thumbs.db", "c.json"):
        (folder / name).touch()
    (folder / "loop").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    loaded = load_samples(dataset())
    assert [s.id for s in loaded.samples] == ["a"]
    assert loaded.notes == (
        "photos: 2 hidden files or folders are not looked at (.hidden.png, .thumbs)",
        "photos: 6 files that are neither an image nor a .txt or .json beside one are not looked "
        "at (b.txt, c.json, loop, notes.md, pipe …)",
    )


def test_what_is_called_like_an_image_and_is_none_is_left_out_with_its_reason(photos, dataset):
    folder = photos("a.jpg", "c.jpg")
    Image.new("RGB", (6, 8)).save(folder / "c.jpg", "PNG")
    for name in ("a", "c", "gone"):
        (folder / f"{name}.txt").write_text(f"Soup {name}")
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "round.png").symlink_to("round.png")
    (folder / "there.jpg").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "b.jpg")
    (folder / os.fsdecode(b"bad\xff.jpg")).touch()
    loaded = load_samples(dataset())
    assert [s.id for s in loaded.samples] == ["a", "c"]
    assert [(row.row, row.id, row.reason, row.detail) for row in loaded.dropped] == [
        (2, "b", "missing_image", "no such image: b.jpg (a pipe stands there)"),
        (3, r"bad\xff", "unreadable_image", r"its name is not UTF-8: bad\xff.jpg"),
        (5, "gone", "missing_image", "no such image: gone.jpg (a link to nothing stands there)"),
        (6, "round", "missing_image", "no such image: round.png (a link to itself stands there)"),
        (7, "there", "missing_image", "no such image: there.jpg (a folder stands there)"),
    ]
    halves = [
        load_samples(dataset(more="splits: {dev: 0.5, test: 0.5}"), split=s).dropped
        for s in ("dev", "test")
    ]
    assert sorted(row.row for half in halves for row in half) == [2, 3, 5, 6, 7]


def test_a_name_of_two_images_is_a_duplicate(photos, dataset):
    folder = photos("a.jpg", "a.png")
    (folder / "a.txt").write_text("Soup")
    with pytest.raises(DataError, match="row 2: sample 'a': the same id as row 1"):
        load_samples(dataset())


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"[1]", r"nothing that can be read \(a.json: no JSON object\)"),
        ("a.json", b"{", r"nothing that can be read \(a.json: no JSON: Expecting"),
        ("a.txt", b"Cr\xe8me", r"nothing that can be read \(a.txt: it is not UTF-8 \(invalid cont"),
        ("a.txt", bytes(16 * 1024 * 1024 + 1), "it has more than 16,777,216 bytes"),
        ("a.json", b'{"references": ["x"]}', "those of a .json and of a.txt"),
    ],
)
def test_what_cannot_be_meant_is_a_bad_cell(photos, dataset, name, content, said):
    folder = photos("a.jpg", "b.jpg")
    (folder / "a.txt").write_text("Soup")
    (folder / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"row 1: sample 'a': column 'references' holds .*{said}"):
        load_samples(dataset())


def test_a_text_outside_the_folder_is_never_read(photos, dataset, tmp_path):
    folder = photos("a.jpg", "b.jpg")
    (tmp_path / "secret").write_text("password")
    (folder / "a.txt").symlink_to(tmp_path / "secret")
    (folder / "b.txt").write_text("Soup")
    loaded = load_samples(dataset(more="clean: [bad_cell]"))
    assert [s.id for s in loaded.samples] == ["b"]
    assert "it lies outside" in loaded.dropped[0].detail
    assert "password" not in str(loaded)


def test_a_column_that_no_file_has_is_told(photos, dataset):
    folder = photos("a.jpg")
    (folder / "a.json").write_text('{"caption": "Soup"}')
    with pytest.raises(DataError, match="photos has no column 'captions'\n  hint: did you mean"):
        load_samples(dataset(more="columns: {references: [captions]}"))


def test_what_is_no_folder_is_told(tmp_path, dataset):
    with pytest.raises(DataError, match=r"no such folder: .*photos$"):
        load_samples(dataset())
    (tmp_path / "photos").touch()
    with pytest.raises(DataError, match="photos \\(something else stands there\\)"):
        load_samples(dataset())
    (tmp_path / "photos").unlink()
    (tmp_path / "photos").mkdir()
    with pytest.raises(DataError, match="no usable sample \\(no row\\)"):
        load_samples(dataset())
