"""Each format is read to the letter, or refused with the file, the line and what to do."""

import bz2
import csv
import datetime
import decimal
import gzip
import io
import json
import lzma
import tempfile
import uuid
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.config.schema import FORMATS as DECLARED
from harness.dataset.predictions import FORMATS
from harness.dataset.sources.table import (
    HALF_A_CHARACTER,
    SOURCES,
    Number,
    TableFile,
    Unreadable,
    read_rows,
)
from harness.errors import DataError
from harness.records import Where

# Of letters that mean something to CSV, to splitlines, to Excel or to nobody.
TEXTS = st.text(st.sampled_from("ab ,;\t\"'\n\r\u2028\x0b\\é[]=0")) | st.text(
    st.characters(exclude_categories=["Cs"])
)


@pytest.fixture
def read(tmp_path):
    """The rows of a file with this content, as lists of cells."""

    def _read(kind, content, columns=("id", "title"), **options):
        path = tmp_path / f"d.{kind}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        named_at = Where(path=tmp_path / "d.yaml", line=1)
        file = TableFile(path=path, format=kind, named_at=named_at, **options)
        return [list(row.cells.values()) for row in read_rows(file, columns)]

    return _read


@pytest.fixture
def refused(read):
    """The error of a file with this content, as it is printed."""

    def _refused(*args, **options):
        with pytest.raises(DataError) as caught:
            read(*args, **options)
        return str(caught.value)

    return _refused


@pytest.fixture
def parquet(tmp_path):
    """The cells of one Parquet column."""

    def _parquet(values, kind=None):
        column = values if isinstance(values, pyarrow.Array) else pyarrow.array(values, kind)
        path = tmp_path / "d.parquet"
        pyarrow.parquet.write_table(pyarrow.table({"x": column}), path)
        return [row.cells["x"] for row in read_rows(TableFile(path=path, format="parquet"), ["x"])]

    return _parquet


def test_the_formats_are_those_that_a_description_may_name():
    assert set(SOURCES) == set(DECLARED)
    assert set(FORMATS.values()) <= set(SOURCES)


# CSV and TSV


@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5),
    delimiter=st.sampled_from(",;\t"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_a_csv_writer_writes_is_read_to_the_letter(tmp_path_factory, rows, delimiter, quoting):
    path = tmp_path_factory.getbasetemp() / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerows([("a", "b", "c"), *rows])
    table = TableFile(path=path, format="csv", delimiter=delimiter, quoting="double")
    cells = [tuple(row.cells.values()) for row in read_rows(table, ["a", "b", "c"])]
    assert cells == rows


def test_a_row_says_the_line_on_which_it_begins(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text('id,title\n1,"two\r\nlines"\n\n2,Soup\n', newline="")
    rows = list(read_rows(TableFile(path=path, format="csv"), ["title"]))
    assert [(row.number, row.cells["title"]) for row in rows] == [(2, "two\r\nlines"), (5, "Soup")]


def test_a_comma_at_the_end_of_rows_shifts_no_column(refused):
    # pandas takes the first column for an index, and every cell for its neighbour's.
    told = refused("csv", "id,title,cuisine\n1,Soup,French,\n2,Stew,Thai,\n", ("id", "title"))
    assert "d.csv:2: the row has 4 cells, the header 3" in told
    assert "the row ends with ','" in told


@pytest.mark.parametrize(
    ("row", "cells"), [("3,Soup, Stew", 3), ("3", 1), ('3,"Soup, Stew",x', 3), ("3,a,b,c,d", 5)]
)
def test_a_row_that_is_longer_or_shorter_than_the_header_is_refused(refused, row, cells):
    told = refused("csv", f"id,title\n1,Soup\n{row}\n2,Stew\n")
    assert f"d.csv:3: the row has {cells} cell{'s' * (cells != 1)}, the header 2" in told


@pytest.mark.parametrize(
    "content",
    [
        # closed on a later line, in the middle of a text; at its end; by another cell; never
        'id\ttitle\n1\t"Nana\'s cake\n2\tStew\n3\t"All of it" burger\n',
        'id\ttitle\n1\t"Nana\'s cake\n2\tStew\n3\tPizza 12"\n4\tRice\n',
        'id\ttitle\n1\t"Nana\'s cake\n2\t"\n3\tRice\n',
        "id\ttitle\n1\t\"Nana's cake\n2\tStew\n",
        'id\ttitle\n1\t"All of it" burger\n2\tStew\n',
    ],
)
def test_a_quotation_mark_swallows_no_lines(read, refused, content):
    told = refused("tsv", content)
    assert "d.tsv:2: " in told
    assert "write `source: {format: tsv, path: d.tsv, quoting: none}` in d.yaml" in told
    as_text = [line.split("\t") for line in content.splitlines()[1:]]
    assert read("tsv", content, quoting="none") == as_text


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_swallowed_rows_of_a_csv_are_told_from_lines_of_a_text(read, refused, delimiter):
    rows = ["1,r.png,\"Nana's cake", "2,s.png,Stew", '3,t.png,Pizza 12"', "4,u.png,Rice"]
    content = "\n".join(["id,image,title", *rows]).replace(",", delimiter)
    told = refused("csv", content, delimiter=delimiter)
    assert "d.csv:2: a cell in quotation marks goes on to line 4" in told
    assert len(read("csv", content, delimiter=delimiter, quoting="double")) == 2
    assert len(read("csv", content, delimiter=delimiter, quoting="none")) == 4
    text = "Chop, fry\nmix salt, oil, and eggs\nserve, eat, rest"
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(
        [("id", "image", "title"), (1, "r.png", text)]
    )
    assert read("csv", buffer.getvalue(), delimiter=delimiter) == [["1", text]]


def test_a_column_that_stands_twice_is_refused_where_it_is_used(read, refused):
    content = "id,title,title,,\n1,a,b,,\n"
    assert "d.csv: column 'title' stands twice" in refused("csv", content)
    assert read("csv", content, ("id",)) == [["1"]]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_byte_order_mark_is_no_part_of_a_name(read, kind):
    content = {"csv": "id,title\n1,Soup\n", "jsonl": '{"id": "1", "title": "Soup"}\n'}[kind]
    assert read(kind, b"\xef\xbb\xbf" + content.encode()) == [["1", "Soup"]]


@pytest.mark.parametrize("sign", [";", "\t", "|"])
def test_another_delimiter_is_named_as_the_cause(read, refused, sign):
    content = f"id{sign}title\n1{sign}Soup, hot\n"
    shown = "\\t" if sign == "\t" else sign
    assert f'path: d.csv, delimiter: "{shown}"}}` in d.yaml' in refused("csv", content)
    assert read("csv", content, delimiter=sign) == [["1", "Soup, hot"]]


@pytest.mark.parametrize(
    ("encoding", "text"), [("latin-1", "crème"), ("cp1252", "“crème”"), ("utf-16", "crème")]
)
@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_another_encoding_is_named_as_the_cause(read, refused, kind, encoding, text):
    content = {"csv": f"id,title\n0,Soup\n1,{text}\n", "jsonl": f'{{"id":"1","title":"{text}"}}'}
    told = refused(kind, content[kind].encode(encoding))
    assert f"path: d.{kind}, encoding: {encoding}}}` in d.yaml" in told
    assert encoding == "utf-16" or f"d.{kind}:{3 if kind == 'csv' else 1}: is not utf-8" in told
    assert read(kind, content[kind].encode(encoding), encoding=encoding)[-1] == ["1", text]


def test_a_cell_longer_than_the_csv_modules_limit_is_read(read):
    long = "x" * 200_000
    assert read("csv", f"id,picture,title\n1,{long},Soup\n") == [["1", "Soup"]]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("csv", "is empty"), ("tsv", "is empty"), ("jsonl", "it has no rows"), ("parquet", "Parquet")],
)
def test_an_empty_file_is_named(refused, kind, told):
    assert told in refused(kind, b"")


@pytest.mark.parametrize("name", ["none.csv", "x" * 300, "a\0b", "."])
def test_a_file_that_is_not_there_is_named(tmp_path, name):
    with pytest.raises(DataError, match="no such file"):
        list(read_rows(TableFile(path=tmp_path / name, format="csv"), ["id"]))


# JSON lines


@pytest.mark.parametrize(
    "text", ["1984", "7", "101.0", "1.50", "1e3", "-0", "12345678901234567890"]
)
def test_a_number_keeps_its_text(read, text):
    (cells,) = read("jsonl", f'{{"id": 1, "title": {text}}}\n')
    assert cells[1] == Number(json.loads(text), text)


def test_nan_is_missing_and_a_key_may_be_missing_in_some_lines(read):
    assert read(
        "jsonl", '{"id": "1"}\n\n{"id": "2", "title": NaN}\n{"id": "3", "title": "x"}\n'
    ) == [
        ["1", None],
        ["2", None],
        ["3", "x"],
    ]


def test_a_key_that_no_line_has_is_a_wrong_name(refused):
    told = refused("jsonl", '{"id": "1", "name": "x"}\n{"id": "2", "note": "x"}\n')
    assert "d.jsonl has no column 'title'" in told
    assert "its columns: id, name, note" in told


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('{"id": "2", "id": "3"}', "key 'id' stands twice"),
        ('{"id": "2", "title": {"a": 1, "a": 2}}', "key 'a' stands twice"),
        ('{"id": "2", "title": "x"', "no JSON: Expecting"),
        ("id,title", "no JSON: Expecting value, at letter 1"),
        ('["2", "x"]', "no JSON object"),
        ('"2"', "no JSON object"),
        ("[" * 200_000, "no JSON that can be read: nested too deeply"),
        ('{"id": ' + "9" * 5000 + "}", "a number of 5,000 digits"),
        ("\0", "no JSON"),
    ],
)
def test_a_bad_line_says_its_number(refused, line, told):
    message = refused("jsonl", f'{{"id": "1", "title": "x"}}\n\n{line}\n')
    assert f"d.jsonl:3: {told}" in message


# Parquet


def test_whole_numbers_stay_whole_beside_a_missing_one(parquet):
    # The integers of item ids that differ only where a float has no digits left.
    values = [6678090646845985471, None, 6678090646845985472, 4]
    assert parquet(values) == [v if v is None else Number(v, str(v)) for v in values]
    assert parquet([2**64 - 1, None], pyarrow.uint64())[0] == Number(2**64 - 1, str(2**64 - 1))


@pytest.mark.parametrize(
    ("values", "kind", "cells"),
    [
        ([datetime.date(2024, 2, 29), None], None, ["2024-02-29", None]),
        ([1], pyarrow.timestamp("ns"), ["1970-01-01T00:00:00.000000001"]),
        ([0], pyarrow.timestamp("s", tz="UTC"), ["1970-01-01T00:00:00+00:00"]),
        ([1], pyarrow.time64("ns"), ["00:00:00.000000001"]),
        ([decimal.Decimal("12.50"), decimal.Decimal("0.00")], None, ["12.50", "0.00"]),
        ([uuid.UUID(int=1).bytes], pyarrow.uuid(), [str(uuid.UUID(int=1))]),
        ([{"a": 1, "b": [None, float("nan")]}], None, [{"a": Number(1, "1"), "b": [None, None]}]),
        ([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int8()), [[["k", Number(1, "1")]]]),
        ([1.5, float("nan")], None, [Number(1.5, "1.5"), None]),
        ([True, None], None, [True, None]),
        ([datetime.timedelta(1)], None, [Unreadable("a value of type timedelta")]),
    ],
)
def test_what_becomes_of_each_type(parquet, values, kind, cells):
    assert parquet(values, kind) == cells


def test_infinity_is_kept_for_the_row_to_be_refused(parquet):
    (cell,) = parquet([float("inf")])
    assert cell == Number(float("inf"), "inf")


def test_a_value_that_python_cannot_hold_spoils_its_own_cell_alone(parquet):
    far, near = parquet([-(10**8), 0], pyarrow.date32())
    assert near == "1970-01-01"
    assert isinstance(far, Unreadable)
    # A text that is no UTF-8, as another program may have written it.
    parts = [None, pyarrow.array([0, 1], pyarrow.int32()).buffers()[1], pyarrow.py_buffer(b"\xff")]
    (cell,) = parquet(pyarrow.Array.from_buffers(pyarrow.string(), 1, parts))
    assert "type string that cannot be read" in cell.reason


def test_a_damaged_parquet_file_is_refused(tmp_path, refused):
    path = tmp_path / "whole.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"id": list(range(50_000))}), path)
    content = bytearray(path.read_bytes())
    content[200:4000] = b"\xff" * 3800
    assert "d.parquet: cannot be read" in refused("parquet", bytes(content), ("id",))
    assert "d.parquet: cannot be read" in refused("parquet", b"PAR1xxxxPAR1", ("id",))


def test_columns_of_parquet_are_found_by_their_whole_name(tmp_path):
    path = tmp_path / "d.parquet"
    table = pyarrow.table({"a": [{"b": 1}], "a.b": [2]})
    pyarrow.parquet.write_table(table, path)
    file = TableFile(path=path, format="parquet")
    assert [row.cells for row in read_rows(file, ["a.b"])] == [{"a.b": Number(2, "2")}]
    with pytest.raises(DataError, match="has no column 'b'"):
        list(read_rows(file, ["b"]))


def test_rows_are_read_one_after_another(tmp_path):
    """A broken line far down is met only by who reads so far."""
    path = tmp_path / "d.csv"
    path.write_text("id\n" + "1\n" * 20_000 + "1,2\n")
    rows = read_rows(TableFile(path=path, format="csv"), ["id"])
    assert next(rows).number == 2
    with pytest.raises(DataError, match=r"d\.csv:20002: the row has 2 cells"):
        list(rows)


# Whatever a file holds


@given(
    kind=st.sampled_from(["csv", "tsv", "jsonl", "parquet"]),
    content=st.binary()
    | st.text(st.sampled_from("id,title\t\n\"'[]{}:1ae-. \r\0\\")).map(str.encode),
    quoting=st.sampled_from([None, "none", "double"]),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory, kind, content, quoting):
    path = tmp_path_factory.getbasetemp() / f"any.{kind}"
    header = {"jsonl": b'{"id": 1, "title": "x"}\n', "parquet": b"PAR1"}
    separator = b"\t" if kind == "tsv" else b","
    path.write_bytes(header.get(kind, b"id" + separator + b"title\n") + content)
    file = TableFile(path=path, format=kind, quoting=quoting)
    error = None
    try:
        for row in read_rows(file, ["id", "title"]):
            assert set(row.cells) == {"id", "title"}
    except DataError as refused:
        error = refused
    assert error is None or path.name in str(error)


HALVES = "a\ud800 \udfff\U0001f34b\u2028\\"


@given(st.recursive(
    st.text(HALVES, max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(HALVES), inner, max_size=3),
    max_leaves=5,
))  # fmt: skip
def test_no_half_of_a_character_comes_out_of_json_and_whole_ones_stay(value):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "d.jsonl"
        path.write_text(json.dumps({"id": value}) + "\n")
        [row] = read_rows(TableFile(path=path, format="jsonl"), ["id"])
    # Two halves that belong together are one character, in JSON as in UTF-16.
    assert list(row.cells.values()) == [_whole(json.loads(json.dumps(value)))]


def _whole(value):
    if isinstance(value, list):
        return [_whole(member) for member in value]
    if isinstance(value, dict):
        return {
            key.encode("utf-8", "backslashreplace").decode(): _whole(member)
            for key, member in value.items()
        }
    try:
        value.encode()
    except UnicodeEncodeError:
        return HALF_A_CHARACTER
    return value


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_packed_file_is_told_by_what_packed_it(refused, kind):
    text = SMALL[kind].encode()
    for packed, said in (
        (gzip.compress(text), "gzip"),
        (bz2.compress(text), "bzip2"),
        (lzma.compress(text), "xz"),
        (b"PK\3\4" + text, "zip"),
    ):
        told = refused(kind, packed)
        assert f"is packed with {said}" in told
        assert "unpack it" in told


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_without_a_mark_is_guessed(read, refused, kind, order):
    content = SMALL[kind].encode(f"utf-16-{order}")
    told = refused(kind, content)
    assert "UTF-16 without a mark" in told
    assert f"encoding: utf-16-{order}" in told
    assert read(kind, content, encoding=f"utf-16-{order}") == [["1", "Soup"]]


SMALL = {"csv": "id,title\n1,Soup\n", "jsonl": '{"id": "1", "title": "Soup"}\n'}
