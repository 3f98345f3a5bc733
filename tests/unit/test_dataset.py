import pytest
from PIL import Image

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import DataError


@pytest.fixture
def make(tmp_path, write):
    """A CSV dataset of red and blue pictures, from its lines."""
    (tmp_path / "images").mkdir()
    for name, colour in (("red", "red"), ("blue", "blue"), ("red again", "red")):
        Image.new("RGB", (8, 6), colour).save(tmp_path / "images" / f"{name}.png")
    (tmp_path / "images" / "broken.png").write_bytes(b"no picture")

    def _make(rows, clean="[missing_reference, missing_image, unreadable_image]"):
        write(tmp_path / "d.csv", "id,image,title,note\n" + rows)
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: csv, path: d.csv}}
            columns: {{id: id, image: image, references: [title], metadata: [note]}}
            images: {{root: images, suffix: .png}}
            clean: {clean}
            """,
        )
        return load_dataset(path)

    return _make


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


def test_an_id_twice_is_refused(make):
    with pytest.raises(DataError, match="id 'a' stands more than once"):
        load_samples(make("a,red,Soup,x\na,blue,Soup,x\n"))


def test_images_may_not_leave_their_folder(make):
    with pytest.raises(DataError, match="lies outside"):
        load_samples(make("a,../secret,Soup,x\n"))


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


def test_nothing_left_is_an_error(make):
    with pytest.raises(DataError, match="no usable sample"):
        load_samples(make("a,none,Soup,x\n"))


def test_the_hub_library_named_datasets_is_not_hidden(repository, tmp_path):
    import subprocess
    import sys

    code = "import datasets; print(datasets.Dataset.from_dict({'a': [1]}).num_rows)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "1\n"), run.stderr
