"""Cells become what their columns were declared to hold."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.dataset.cells import ListForm, texts_of
from harness.dataset.row_fault import RowFault
from harness.dataset.samples import load_samples
from harness.dataset.sources.table import Number

# With letters that writers escape or choose their quotation marks by.
TEXTS = st.text(st.sampled_from("ab'\"\\\n\t,[] é\x00😀"), min_size=1) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1
)


@given(st.lists(TEXTS, min_size=1), st.sampled_from([str, json.dumps]))
def test_a_list_written_as_text_is_that_list(texts, write):
    kept = [text for text in texts if text.strip()]
    assert texts_of(write(texts), "x", ListForm()) == kept
    assert texts_of(write(texts), "x", ListForm(written="text")) == [write(texts)]
    form = ListForm(written="json" if write is json.dumps else "python")
    assert texts_of(write(texts), "x", form) == kept


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip))
def test_any_other_text_stays_as_it_stands(text):
    if not (text.strip().startswith("[") and text.strip().endswith("]")):
        assert texts_of(text, "x", ListForm()) == [text]


@pytest.mark.parametrize(
    ("cell", "texts"),
    [
        (str(np.array(["A dog runs.", "It's brown."])), ["A dog runs.", "It's brown."]),
        ("[u'a', u'b']", ["a", "b"]),  # as Python 2 wrote it, in files of that time
        ('["Soup"]', ["Soup"]),
        ("[]", []),
        ("['a',]", ["a"]),
        # None of these is a list of quoted texts.
        ("[Untitled]", ["[Untitled]"]),
        ("[12, 40, 33, 80]", ["[12, 40, 33, 80]"]),
        ("['a', 2]", ["['a', 2]"]),
        ("['a'", ["['a'"]),
        ("['a' + 'b']", ["['a' + 'b']"]),
        (r"['\q']", [r"['\q']"]),
        (r"['\x4']", [r"['\x4']"]),
        ("['a'] ['b']", ["['a'] ['b']"]),
        ("[" * 10_000 + "]" * 10_000, ["[" * 10_000 + "]" * 10_000]),
        # Real lists are never looked into for written ones.
        ([["a"], "['b']", None, " ", Number(7, "7.0")], ["a", "['b']", "7.0"]),
    ],
)
def test_what_is_taken_as_a_list(cell, texts):
    assert texts_of(cell, "x", ListForm()) == texts


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("json", "['a']"),
        ("json", "a"),
        ("json", "[1]"),
        ("json", '"a"'),
        ("python", '["a" "b"]'),
        ("python", "('a', 'b')"),
        ("python", "__import__('os')"),
    ],
)
def test_a_declared_list_that_is_none_is_a_fault(form, cell):
    with pytest.raises(RowFault, match=f"no list of texts as {form} writes it") as caught:
        texts_of(cell, "x", ListForm(written=form))
    assert caught.value.reason == "bad_cell"


def test_texts_between_separators(describe, tmp_path):
    (tmp_path / "d.csv").write_text("id,title\n1,Soup | Broth ||\n2,Stew\n")
    config = describe("d.csv", 'references: {columns: [title], separator: "|"}')
    loaded = load_samples(config, images=False)
    assert [s.references for s in loaded.samples] == [("Soup", "Broth"), ("Stew",)]
    assert loaded.notes == ()


def test_what_was_taken_for_something_else_is_counted_once_a_column(describe, tmp_path):
    rows = [
        {"id": 1, "title": 1984, "other": "x"},
        {"id": 2, "title": ["Soup", 7], "other": "['a', 'b']"},
        {"id": 3, "title": "7", "other": 8},
    ]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, rows)))
    loaded = load_samples(describe("d.jsonl", "references: [title, other]"), images=False)
    assert [s.references for s in loaded.samples] == [
        ("1984", "x"),
        ("Soup", "7", "a", "b"),
        ("7", "8"),
    ]
    assert [note.partition(",")[0] for note in loaded.notes] == [
        "d.jsonl: 2 cells of 'title' held a number",
        "d.jsonl: 1 cell of 'other' held a list written as text",
        "d.jsonl: 1 cell of 'other' held a number",
    ]


def test_rows_whose_cells_hold_no_text_are_bad_not_missing(describe, tmp_path):
    rows = ["true", '{"raw": "Soup"}', "[[true]]", "Infinity", '["Soup", {"raw": 1}]', '"Soup"']
    lines = [f'{{"id": {i}, "title": {row}}}' for i, row in enumerate(rows)]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    loaded = load_samples(describe("d.jsonl", clean="[bad_cell]"), images=False)
    assert [(row.row, row.reason) for row in loaded.dropped] == [
        (i, "bad_cell") for i in range(1, 6)
    ]
    assert loaded.dropped[0].detail == "column 'title' holds true or false where text is meant"
