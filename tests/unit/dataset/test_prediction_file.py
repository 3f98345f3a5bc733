"""Files of predictions made elsewhere: every text as it stands, every odd row named."""

import json

import pandas as pd
import pytest

from harness.dataset.predictions import read_predictions
from harness.errors import DataError

IDS = {"0", "1", "2"}


@pytest.fixture
def read(tmp_path):
    def _read(content, name="mine.jsonl"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        return read_predictions(tmp_path / name, IDS)

    return _read


def test_a_number_or_a_list_of_one_is_its_text(read):
    rows = '{"id": 0, "text": 7}\n{"id": "1", "text": 101.0}\n{"id": 2, "text": [["Soup"]]}\n'
    file = read(rows)
    assert file.texts == {"mine": {"0": "7", "1": "101.0", "2": "Soup"}}
    assert [note.partition(",")[0] for note in file.notes] == [
        "mine.jsonl: 2 cells of 'text' held a number"
    ]


def test_null_is_no_prediction_and_an_empty_text_is_one(read):
    file = read('{"id": 0, "text": null}\n{"id": 1, "text": ""}\n{"id": 2}\n')
    assert file.texts == {"mine": {"1": ""}}
    assert read("id,text\n0,\n1,Soup\n", "mine.csv").texts == {"mine": {"0": "", "1": "Soup"}}


def test_what_a_model_wrote_is_not_taken_for_a_list(read):
    text = '["Soup", "Stew"]'
    assert read(json.dumps({"id": 0, "text": text})).texts == {"mine": {"0": text}}


def test_whole_numbers_of_parquet_are_ids(tmp_path):
    path = tmp_path / "mine.parquet"
    pd.DataFrame({"id": [0, 1], "text": ["Soup", None], "system": ["a", "b"]}).to_parquet(path)
    assert read_predictions(path, IDS).texts == {"a": {"0": "Soup"}, "b": {}}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('{"id": 0, "text": "again"}', "system 'mine' predicts sample '0' twice"),
        ('{"text": "x"}', "no id"),
        ('{"id": [1], "text": "x"}', "column 'id' holds a list where one text is meant"),
        ('{"id": 1, "text": ["a", "b"]}', "column 'text' holds 2 texts where one is meant"),
        ('{"id": 1, "text": {"a": 1}}', "column 'text' holds a record where text is meant"),
        ('{"id": 1, "text": false}', "column 'text' holds true or false where text is meant"),
        ('{"id": 1, "text": "x", "system": "s"}', "system 's' is named, but none in the rows"),
        ('{"id": 1, "text": "x"', "no JSON"),
    ],
)
def test_an_odd_row_is_named_with_its_line(read, row, told):
    with pytest.raises(DataError) as caught:
        read(f'{{"id": 0, "text": null}}\n{row}\n')
    assert f"mine.jsonl:2: {told}" in str(caught.value)


def test_a_row_without_a_system_among_others_is_named(read):
    with pytest.raises(DataError, match=r"mine\.csv:3: no system is named"):
        read("id,text,system\n0,Soup,a\n1,Stew,\n", "mine.csv")


def test_the_remedy_of_a_file_without_a_description_needs_none(read):
    with pytest.raises(DataError, match=r"mine\.tsv:2: .*\n  hint: .*write the file as JSON lines"):
        read('id\ttext\n0\t"Soup\n1\tStew\n', "mine.tsv")


def test_ids_that_the_dataset_does_not_have_are_kept_apart(read):
    assert read('{"id": 0, "text": "a"}\n{"id": 9, "text": "b"}\n').unknown == ("9",)
    with pytest.raises(DataError, match="has no sample of the dataset"):
        read('{"id": 9, "text": "b"}\n')


def test_of_a_part_of_the_dataset_the_whole_is_asked_for_before_a_file_is_said_to_have_none_of_it(
    tmp_path,
):
    (tmp_path / "mine.csv").write_text("id,text\n9,Soup\n")
    assert read_predictions(tmp_path / "mine.csv", ["0"], lambda: ["0", "9"]).unknown == ("9",)
    with pytest.raises(DataError, match="has no sample of the dataset"):
        read_predictions(tmp_path / "mine.csv", ["0"], lambda: ["0", "1"])
