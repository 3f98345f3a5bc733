import json
import os
import shutil
import tracemalloc
import unicodedata

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import ConfigErrors, DataError, NoSuchImage
from harness.fingerprint import canonical_json
from harness.media import probe
from harness.units import clusters_of


def test_samples_come_in_the_order_of_rows(make):
    loaded = load_samples(make("b,blue,Soup,x\na,red,Salad,y\n"))
    assert [sample.id for sample in loaded.samples] == ["b", "a"]
    first = loaded.samples[0]
    assert (first.references, first.metadata) == (("Soup",), {"note": "x"})
    assert (first.media[0].width, first.media[0].height) == (8, 6)


def test_what_is_dropped_is_counted_with_its_reason(make):
    loaded = load_samples(make("a,red,,x\nb,none,Soup,x\nc,broken,Soup,x\nd,blue,Soup,x\n"))
    assert [sample.id for sample in loaded.samples] == ["d"]
    assert [(dropped.id, dropped.reason) for dropped in loaded.dropped] == [
        ("a", "missing_reference"),
        ("b", "missing_image"),
        ("c", "unreadable_image"),
    ]


def test_a_fault_that_is_not_to_be_cleaned_stops(make):
    with pytest.raises(DataError, match="'b': no such image"):
        load_samples(make("a,red,Soup,x\nb,none,Soup,x\n", clean="[missing_reference]"))


def test_duplicates_go_only_when_asked(make):
    rows = "a,red,Soup,x\nb,red again,Salad,x\n"
    assert len(load_samples(make(rows)).samples) == 2
    loaded = load_samples(make(rows, clean="[duplicate_image]"))
    assert [dropped.detail for dropped in loaded.dropped] == ["the same image as sample 'a'"]


def test_titles_that_look_like_nothing_are_text(make):
    loaded = load_samples(make("1,red,None,NA\n2,blue,NA,null\n"))
    assert [sample.references for sample in loaded.samples] == [("None",), ("NA",)]


def test_an_id_twice_is_refused_with_both_lines(make):
    rows = "a,red,Soup,x\nb,red,Soup,x\na,blue,Soup,x\n"
    with pytest.raises(DataError, match=r"d\.csv:4: sample 'a': the same id as line 2"):
        load_samples(make(rows))
    loaded = load_samples(make(rows, clean="[duplicate_id]"))
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [("a", 4, "duplicate_id")]


def test_an_id_is_taken_by_a_sample_not_by_a_row_that_became_none(make):
    # As a spreadsheet writes #NAME? for every photo that it has no name for.
    rows = "x,none,Soup,x\nx,nor,Soup,x\nx,red,,x\nx,red,Soup,x\n"
    loaded = load_samples(make(rows))
    assert [sample.id for sample in loaded.samples] == ["x"]
    assert [row.row for row in loaded.dropped] == [2, 3, 4]


def test_a_row_without_an_id_is_no_sample(make):
    with pytest.raises(DataError, match=r"d\.csv:3: no id in id"):
        load_samples(make("a,red,Soup,x\n ,blue,Soup,x\n"))
    loaded = load_samples(make("a,red,Soup,x\n,blue,Soup,x\n", clean="[missing_id]"))
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [("", 3, "missing_id")]


@pytest.mark.parametrize("value", ["[1]", '{"a": 1}', "true", "Infinity"])
def test_what_is_no_text_is_no_id(describe, tmp_path, value):
    (tmp_path / "d.jsonl").write_text(
        f'{{"id": 1, "title": "Soup"}}\n{{"id": {value}, "title": "x"}}\n'
    )
    with pytest.raises(DataError, match=r"d\.jsonl:2: column 'id' holds .* where") as caught:
        load_samples(describe("d.jsonl"), images=False)
    assert "add 'bad_cell' to 'clean:'" in str(caught.value)


def test_an_image_outside_its_folder_is_a_fault_of_its_row(make, tmp_path):
    Image.new("RGB", (8, 6)).save(tmp_path / "secret.png")
    (tmp_path / "images" / "link.png").symlink_to(tmp_path / "secret.png")
    absolute = tmp_path / "secret"
    rows = f"a,../secret,Soup,x\nb,link,Soup,x\nc,{absolute},Soup,x\nd,blue,Soup,x\n"
    with pytest.raises(DataError, match="lies outside") as caught:
        load_samples(make(rows))
    assert "add 'image_outside' to 'clean:'" in str(caught.value)
    opened = []

    def looked_at(place):
        opened.append(place.path)
        return probe(place)

    loaded = load_samples(make(rows, clean="[image_outside]"), probe=looked_at)
    assert [row.reason for row in loaded.dropped] == ["image_outside"] * 3
    assert opened == [str(tmp_path / "images" / "blue.png")]


def test_an_image_outside_does_not_end_a_run_that_says_nothing_of_it(make, tmp_path):
    make("a,../d,Soup,x\nb,blue,Soup,x\n")
    text = (tmp_path / "d.yaml").read_text()
    (tmp_path / "d.yaml").write_text(text.partition("clean:")[0])
    loaded = load_samples(load_dataset(tmp_path / "d.yaml"))
    assert [(row.id, row.reason) for row in loaded.dropped] == [("a", "image_outside")]


@pytest.mark.parametrize(
    "name",
    ["x" * 300, "no\0name", "loop", "folder", "red.png/below", "\ud800", "."],
)
def test_a_name_that_can_be_no_file_is_a_missing_image(describe, tmp_path, pictures, name):
    (pictures / "loop").symlink_to("loop")
    (pictures / "folder").mkdir()
    row = {"id": "a", "image": name, "title": "Soup"}
    good = {"id": "b", "image": "red.png", "title": "Soup"}
    (tmp_path / "d.jsonl").write_text(f"{json.dumps(row)}\n{json.dumps(good)}\n")
    config = describe("d.jsonl")
    (tmp_path / "d.yaml").write_text((tmp_path / "d.yaml").read_text() + "images: {root: images}\n")
    config = load_dataset(tmp_path / "d.yaml")
    loaded = load_samples(config)
    assert [(row.row, row.reason) for row in loaded.dropped] == [(1, "missing_image")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may search every folder")
def test_a_folder_that_may_not_be_searched_makes_images_unreadable(make, pictures):
    (pictures / "closed").mkdir(mode=0)
    loaded = load_samples(make("a,closed/x,Soup,x\nb,red,Soup,x\n"))
    assert [row.reason for row in loaded.dropped] == ["unreadable_image"]


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("in_the_row", ["NFC", "NFD"])
def test_an_accent_may_be_composed_in_one_place_and_decomposed_in_another(
    make, pictures, on_disk, in_the_row
):
    folder = pictures / unicodedata.normalize(on_disk, "Entrées")
    folder.mkdir()
    (pictures / "red.png").rename(folder / unicodedata.normalize(on_disk, "crème.png"))
    name = unicodedata.normalize(in_the_row, "Entrées/crème")
    loaded = load_samples(make(f"a,{name},Soup,x\n"))
    assert loaded.samples[0].media[0].width == 8


def test_a_list_of_images_written_as_text_is_named(make):
    with pytest.raises(DataError, match=r"d\.csv:2: .*'image' holds a list written as text"):
        load_samples(make("a,\"['red', 'blue']\",Soup,x\n"))


def test_a_list_of_images_and_a_number_with_a_suffix_are_names(describe, tmp_path, pictures):
    (pictures / "139.png").write_bytes((pictures / "red.png").read_bytes())
    (tmp_path / "d.jsonl").write_text('{"id": 1, "image": ["blue", 139], "title": "Soup"}\n')
    describe("d.jsonl")
    images = "images: {root: images, suffix: .png}\n"
    (tmp_path / "d.yaml").write_text((tmp_path / "d.yaml").read_text() + images)
    (sample,) = load_samples(load_dataset(tmp_path / "d.yaml")).samples
    assert [media.path.name for media in sample.media] == ["blue.png", "139.png"]


def test_every_dropped_row_says_where_it_stood(make):
    rows = 'a,none,Soup,x\nb,blue,"two\nlines",x\n\nc,broken,Soup,x\n'
    loaded = load_samples(make(rows))
    assert [(row.id, row.row) for row in loaded.dropped] == [("a", 2), ("c", 6)]


def test_an_error_far_down_says_its_line(make):
    rows = "".join(f"{i},red,Soup,x\n" for i in range(40_000)) + "last,red,,x\n"
    with pytest.raises(DataError, match=r"d\.csv:40002: sample 'last': no text in title"):
        load_samples(make(rows, clean="[]"), images=False)


WITH_CLUSTERS = {
    "d.csv": 'id,title,cook\n1,a,Ann\n2,b,\n3,c,""\n4,d,  \n5,e,Ann\n6,f,nan\n7,g,NaN\n8,h,7\n',
    "d.tsv": 'id\ttitle\tcook\n1\ta\tAnn\n2\tb\t\n3\tc\t""\n4\td\t\u00a0\n5\te\tAnn\n'
    "6\tf\tnan\n7\tg\tNaN\n8\th\t7\n",
    "d.jsonl": """{"id": 1, "title": "a", "cook": "Ann"}
        {"id": 2, "title": "b", "cook": null}
        {"id": 3, "title": "c"}
        {"id": 4, "title": "d", "cook": " "}
        {"id": 5, "title": "e", "cook": "Ann"}
        {"id": 6, "title": "f", "cook": ""}
        {"id": 7, "title": "g", "cook": NaN}
        {"id": 8, "title": "h", "cook": 7}
    """,
    "d.parquet": ["Ann", None, "", " \t", "Ann", "nan", "NaN", "7"],
}
"""File → eight rows in which the first and the fifth alone belong together."""


@pytest.mark.parametrize("name", WITH_CLUSTERS)
def test_samples_without_a_cluster_stand_for_themselves(describe, tmp_path, name):
    content = WITH_CLUSTERS[name]
    if isinstance(content, str):
        (tmp_path / name).write_text(content, encoding="utf-8")
    else:
        columns = {"id": list("12345678"), "title": list("abcdefgh"), "cook": content}
        pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / name)
    samples = load_samples(describe(name, "references: [title], cluster: cook"), images=False)
    assert [s.cluster for s in samples.samples] == ["Ann", *[None] * 3, "Ann", None, None, "7"]
    assert clusters_of(samples.samples).tolist() == [0, 1, 2, 3, 0, 4, 5, 6]


def test_a_number_that_is_missing_in_parquet_is_no_cluster(describe, tmp_path):
    columns = {"id": list("1234"), "title": list("abcd"), "cook": [1.0, float("nan"), None, 1.0]}
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "d.parquet")
    config = describe("d.parquet", "references: [title], cluster: cook")
    assert clusters_of(load_samples(config, images=False).samples).tolist() == [0, 1, 2, 0]


def test_rows_of_one_image_are_told_without_the_images(describe, tmp_path):
    places = {
        "a": "dish.jpg",
        "b": "./sub/..//dish.jpg",
        "c": str(tmp_path / "dish.jpg"),
        "d": ["other.jpg", "dish.jpg"],
        "e": "Dish.jpg",
        "f": "caf\u00e9.jpg",
        "g": "cafe\u0301.jpg",
        "h": None,
        "i": " ",
        "j": "['dish.jpg']",
        "k": True,
        "l": "../dish.jpg",
        "m": "dish.jpg\0",
    }
    rows = [{"id": name, "image": place, "title": "t"} for name, place in places.items()]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    samples = load_samples(describe("d.jsonl"), images=False).samples
    assert clusters_of(samples).tolist() == [0, 0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8]
    assert samples[3].places == ("other.jpg", "dish.jpg")
    assert str(tmp_path) not in str(samples)


def test_an_image_that_is_there_is_known_where_another_is_not(describe, tmp_path, pictures):
    shutil.copy(pictures / "red.png", tmp_path / "copy.png")
    shutil.copy(pictures / "red.png", tmp_path / "red.png")
    rows = [["red.png"], ["copy.png"], ["gone.png", "red.png"], ["gone.png"], ["never.png"]]
    lines = [json.dumps({"id": i, "image": names, "title": "t"}) for i, names in enumerate(rows)]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    samples = load_samples(describe("d.jsonl"), images=False).samples
    assert [len(sample.media) for sample in samples] == [1, 1, 0, 0, 0]
    assert clusters_of(samples).tolist() == [0, 0, 0, 0, 1]


def test_null_in_metadata_stays_null_and_an_empty_csv_cell_stays_a_text(describe, make, tmp_path):
    (tmp_path / "d.jsonl").write_text('{"id": 1, "title": "a", "n": null, "m": [NaN, 1.50, 2]}\n')
    config = describe("d.jsonl", "references: [title], metadata: [n, m]")
    assert load_samples(config, images=False).samples[0].metadata == {
        "n": None,
        "m": [None, 1.5, 2],
    }
    assert load_samples(make("a,red,Soup,\n")).samples[0].metadata == {"note": ""}


@pytest.mark.parametrize("value", ["Infinity", "[-Infinity]", '{"a": 1e999}', "[" * 65 + "]" * 65])
def test_metadata_that_json_cannot_hold_is_a_bad_cell(describe, tmp_path, value):
    good = '{"id": 1, "title": "a", "n": 1}\n'
    (tmp_path / "d.jsonl").write_text(good + f'{{"id": 2, "title": "a", "n": {value}}}\n')
    config = describe("d.jsonl", "references: [title], metadata: [n]", clean="[bad_cell]")
    loaded = load_samples(config, images=False)
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [("2", 2, "bad_cell")]
    assert "column 'n' holds" in loaded.dropped[0].detail


def test_a_missing_column_is_named_with_those_that_are_there(make, tmp_path):
    config = make("a,red,Soup,x\n")
    (tmp_path / "d.csv").write_text("id,image,name\n")
    with pytest.raises(DataError, match="has no column 'title', 'note'") as caught:
        load_samples(config)
    assert "id, image, name" in str(caught.value)


def test_limit_and_ids(make):
    config = make("a,red,Soup,x\nb,blue,Salad,x\n")
    assert [sample.id for sample in load_samples(config, limit=1).samples] == ["a"]
    assert [sample.id for sample in load_samples(config, ids=["b"]).samples] == ["b"]
    with pytest.raises(DataError, match="no sample 'z'"):
        load_samples(config, ids=["z"])


def test_a_sample_that_is_asked_for_is_never_left_out(make):
    config = make("a,red,Soup,x\nb,none,Salad,x\n")
    with pytest.raises(DataError, match=r"d\.csv:3: sample 'b': no such image"):
        load_samples(config, ids=["a", "b"])
    assert [s.id for s in load_samples(config, ids=["a", "a"]).samples] == ["a", "a"]


def test_an_id_that_is_asked_for_must_stand_once(make):
    rows = "a,red,Soup,x\nb,blue,Salad,x\na,blue,Salad,x\n"
    with pytest.raises(DataError, match=r"d\.csv:4: sample 'a': the same id as line 2"):
        load_samples(make(rows), ids=["a"])
    loaded = load_samples(make(rows, clean="[duplicate_id]"), ids=["a"])
    assert loaded.samples[0].references == ("Soup",)


def test_nothing_left_is_an_error_that_counts_why(make):
    rows = "a,none,Soup,x\nb,red,,x\nc,nor,Soup,x\n"
    with pytest.raises(DataError, match="3 rows left out: 2 missing_image, 1 missing_reference"):
        load_samples(make(rows))


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("source: {format: csv, path: d.csv, delimiter: ;;}", "one letter is wanted"),
        ("source: {format: csv, path: d.csv, encoding: latin-99}", "not an encoding of text"),
        ("source: {format: csv, path: d.csv, encoding: rot13}", "not an encoding of text"),
        (
            "source: {format: jsonl, path: d, quoting: none}",
            "'source.quoting' is for",
        ),
        (
            "source: {format: parquet, path: d, encoding: latin-1}",
            "'source.encoding' is",
        ),
        (
            "columns: {id: i, image: i, references: {columns: [t], list: json, separator: x}}",
            "not both",
        ),
        (
            "columns: {id: i, image: i, references: {columns: [t], lst: json}}",
            "did you mean 'list'?",
        ),
        ("columns: {id: i, image: i, references: []}", "at least 1 item"),
        ("columns: {id: i, image: i, references: title}", "'columns.references'"),
        ("columns: {id: i, image: i, references: [1]}", "a text is wanted here"),
        ("clean: [image_outsid]", "'image_outside'"),
    ],
)
def test_what_a_description_says_wrong_is_said_with_its_line(tmp_path, write, yaml, message):
    keys = {
        "source": "source: {format: csv, path: d.csv}",
        "columns": "columns: {id: id, image: image, references: [title]}",
        "clean": "clean: []",
    }
    keys[yaml.partition(":")[0]] = yaml
    path = write(tmp_path / "d.yaml", "\n".join(keys.values()))
    with pytest.raises(ConfigErrors) as caught:
        load_dataset(path)
    assert len(caught.value.problems) == 1
    line = list(keys).index(yaml.partition(":")[0]) + 1
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert message in str(caught.value)


def test_the_hub_library_named_datasets_is_not_hidden(repository, tmp_path):
    import subprocess
    import sys

    code = "import datasets; print(datasets.Dataset.from_dict({'a': [1]}).num_rows)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "1\n"), run.stderr


WORDS = st.text("ab \u00e9\ud800['\"]\0", max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
ROWS = st.fixed_dictionaries({"id": JSON, "title": JSON | WORDS, "cook": WORDS | JSON, "n": JSON})


@given(st.lists(ROWS, max_size=4))
def test_any_values_become_samples_or_are_accounted_for(tmp_path_factory, rows):
    """What comes out holds only what keys and run folders can hold."""
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "any.yaml").write_text(
        "source: {format: jsonl, path: any.jsonl}\n"
        "columns: {id: id, image: id, references: [title], metadata: [n], cluster: cook}\n"
        "clean: [missing_id, duplicate_id, bad_cell, missing_reference]\n"
    )
    good = {
        "id": "last",
        "title": "Soup",
        "cook": None,
        "n": None,
    }  # so that there is a sample in any case
    with (folder / "any.jsonl").open("a") as file:
        file.write(f"{json.dumps(good)}\n")
    loaded = load_samples(load_dataset(folder / "any.yaml"), images=False)
    assert len(loaded.samples) + len(loaded.dropped) == len(rows) + 1
    for sample in loaded.samples:
        assert sample.id.strip()
        assert all(isinstance(text, str) and text.strip() for text in sample.references)
        assert sample.cluster is None or sample.cluster.strip()
        assert json.loads(canonical_json(dict(sample.metadata))) == sample.metadata


def test_of_many_samples_each_takes_little_more_than_its_texts(make):
    """Found: 1.2 kB a sample; a million took more memory than a laptop has for them."""

    def held(size):
        rows = "".join(f"{i:07},none,Roasted tomato soup {i},a note\n" for i in range(size))
        config = make(rows)
        tracemalloc.start()
        loaded = load_samples(config, images=False)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert loaded.samples[size - 1].references == (f"Roasted tomato soup {size - 1}",)
        assert [sample.id for sample in loaded.samples[:2]] == ["0000000", "0000001"]
        return peak

    assert (held(24_000) - held(21_000)) / 3_000 < 350


def test_what_stands_where_an_image_should_be_is_told(make, pictures):
    (pictures / "dir.png").mkdir()
    os.mkfifo(pictures / "pipe.png")
    (pictures / "link.png").symlink_to("nowhere")
    loaded = load_samples(make("a,red,Soup,\nb,dir,x,\nc,pipe,x,\nd,link,x,\ne,none,x,\n"))
    assert [row.detail.removeprefix(f"no such image: {pictures}/") for row in loaded.dropped] == [
        "dir.png (a folder stands there)",
        "pipe.png (a pipe stands there)",
        "link.png (a link to nothing stands there)",
        "none.png",
    ]
    for name in ("dir", "pipe"):
        with pytest.raises(NoSuchImage, match="stands there"):
            probe(pictures / f"{name}.png")
