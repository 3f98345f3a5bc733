"""COCO's caption files: one sample an image, with all its captions."""

import json
import random

import pytest
from PIL import Image
from pycocotools.coco import COCO

from harness.config.load import load_dataset
from harness.dataset.samples import load_samples
from harness.errors import ConfigErrors, DataError


def image(number, **more):
    return {"id": number, "file_name": f"{number:012}.jpg", "width": 8, "height": 6, **more}


def annotation(number, of, caption):
    return {"id": number, "image_id": of, "caption": caption}


@pytest.fixture
def coco(tmp_path, write):
    """A dataset of such a file, with a picture for each image that it lists."""

    def _coco(content, more="images: {root: val2017}"):
        folder = tmp_path / "val2017"
        folder.mkdir(exist_ok=True)
        if isinstance(content, dict):
            for each in content.get("images", ()):
                if isinstance(each, dict):
                    Image.new("RGB", (8, 6)).save(folder / each["file_name"])
            content = json.dumps(content, indent=1)
        (tmp_path / "captions.json").write_text(content, encoding="utf-8")
        text = f"source: {{format: coco, path: captions.json}}\n{more}"
        return load_dataset(write(tmp_path / "d.yaml", text))

    return _coco


def test_an_image_has_its_captions_in_the_order_of_their_ids(coco):
    content = {
        "info": {"year": 2017},
        "images": [image(139), image(37, license=2)],
        "annotations": [
            annotation(9, 37, "A dog runs."),
            annotation(10, 139, "Soup."),
            annotation(2, 37, "A brown dog."),
            annotation(1, 139, "A bowl of soup."),
        ],
    }
    more = "columns: {metadata: [width, license]}\nimages: {root: val2017}"
    samples = load_samples(coco(content, more)).samples
    assert [(s.id, s.references) for s in samples] == [
        ("139", ("A bowl of soup.", "Soup.")),
        ("37", ("A brown dog.", "A dog runs.")),
    ]
    assert [s.metadata for s in samples] == [
        {"width": 8, "license": None},
        {"width": 8, "license": 2},
    ]
    assert samples[0].media[0].path.name == "000000000139.jpg"


def test_it_gives_what_pycocotools_gives(coco, tmp_path, capsys):
    rng = random.Random(7)
    numbers = rng.sample(range(1000), 40)
    annotations = [
        annotation(i, rng.choice(numbers), f"Caption {i}.") for i in rng.sample(range(900), 150)
    ]
    config = coco({"images": [image(n) for n in numbers], "annotations": annotations})
    theirs = COCO(tmp_path / "captions.json")
    capsys.readouterr()
    loaded = load_samples(config)
    for sample in loaded.samples:
        found = theirs.loadAnns(theirs.getAnnIds(imgIds=[int(sample.id)]))
        found.sort(key=lambda each: each["id"])
        assert sample.references == tuple(each["caption"] for each in found)
    without = [row.id for row in loaded.dropped]
    assert without == [str(n) for n in numbers if not theirs.getAnnIds(imgIds=[n])]
    assert len(loaded.samples) + len(without) == 40


def test_what_has_no_partner_is_counted(coco):
    content = {
        "images": [image(1), image(2)],
        "annotations": [annotation(1, 1, "Soup."), annotation(2, 3, "x"), annotation(3, 4, "y")],
    }
    loaded = load_samples(coco(content))
    assert [(row.id, row.row, row.reason) for row in loaded.dropped] == [
        ("2", 2, "missing_reference")
    ]
    assert loaded.notes == (
        "captions.json: 2 annotations are of an image that it does not list "
        "(the first: image_id 3)",
    )


def test_blank_captions_and_ids_that_come_twice_are_counted(coco):
    content = {
        "images": [image(1), image(2)],
        "annotations": [
            annotation(1, 1, "Soup."), annotation(1, 1, " "), annotation(2, 1, None),
            annotation(3, 2, ""),
        ],
    }  # fmt: skip
    loaded = load_samples(coco(content))
    assert [s.references for s in loaded.samples] == [("Soup.",)]
    assert [(row.id, row.reason) for row in loaded.dropped] == [("2", "missing_reference")]
    assert loaded.notes == (
        "captions.json: 2 blank captions are left out of images that have others "
        "(the first: image_id 1)",
        "captions.json: 1 id names several annotations, and all are taken (the first: id 1)",
    )


def test_an_image_twice_is_a_duplicate(coco):
    content = {"images": [image(1), image(1)], "annotations": [annotation(1, 1, "Soup.")]}
    with pytest.raises(DataError, match=r"row 2: sample '1': the same id as row 1"):
        load_samples(coco(content))


INSTANCES = {"images": [image(1)], "annotations": [{"id": 1, "image_id": 1, "bbox": [0, 0, 1, 1]}]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"images": [],\n "annotations": ]', "captions.json:2: no JSON: Expecting value, at"),
        ('{"images": [], "images": []}', "key 'images' stands twice in an object"),
        ("[1]", "no JSON object with 'images' and 'annotations'"),
        ({"image": [], "annotations": []}, "has no 'images'\n  hint: did you mean 'image'?"),
        ({"images": [], "annotations": {}}, "its 'annotations' is no list"),
        ({"images": [image(1), 3], "annotations": []}, "number 2 of its 'images' is no object"),
        (INSTANCES, "annotation 1 has no 'caption', but id, image_id, bbox\n  hint: captions st"),
        ({"images": [], "annotations": []}, "no column 'id', 'file_name'\n  hint: it lists no im"),
        (b"\xff{}".decode("latin-1"), "no JSON"),
    ],
)
def test_what_is_no_such_file_is_told(coco, content, said):
    config = coco(content)
    with pytest.raises(DataError) as caught:
        load_samples(config)
    assert said in str(caught.value)


def test_what_is_not_utf_8_or_too_large_is_told(coco, tmp_path, monkeypatch):
    config = coco({"images": [], "annotations": []})
    config.path.write_bytes(b'{"images": ["\xff"]}')
    with pytest.raises(DataError, match=r"captions\.json: is not UTF-8 \(invalid start byte, at b"):
        load_samples(config)
    with config.path.open("wb") as file:
        file.truncate(1024**3 + 1)  # takes no room on the disk
    with pytest.raises(DataError, match="it must be read whole: 1,073,741,824 at most"):
        load_samples(config)


def test_an_option_of_another_format_is_refused_by_its_name(tmp_path, write):
    path = write(
        tmp_path / "d.yaml",
        """
        source:
          format: coco
          path: captions.json
          delimiter: ";"
          encoding: latin-1
        """,
    )
    with pytest.raises(ConfigErrors) as caught:
        load_dataset(path)
    assert sorted(map(str, caught.value.problems)) == [
        f"{path}:4: 'source.delimiter' is for csv and tsv, and the format is coco\n"
        "  hint: coco takes path",
        f"{path}:5: 'source.encoding' is for csv, tsv and jsonl, and the format is coco\n"
        "  hint: coco takes path",
    ]


def test_a_format_without_columns_of_its_own_must_be_told_them(tmp_path, write):
    path = write(tmp_path / "d.yaml", "source: {format: csv, path: d.csv}")
    with pytest.raises(ConfigErrors, match="'columns' is missing\n  hint: for example "):
        load_dataset(path)
    write(path, "source: {format: csv, path: d.csv}\ncolumns: {id: id, metadata: [x]}")
    with pytest.raises(ConfigErrors) as caught:
        load_dataset(path)
    assert sorted(map(str, caught.value.problems)) == [
        f"{path}:2: 'columns.image' is missing\n  hint: for example image: photo",
        f"{path}:2: 'columns.references' is missing\n  hint: for example references: [title]",
    ]
