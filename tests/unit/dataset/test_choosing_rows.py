"""Which rows of a dataset are used: where, sample, limit."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.config.load import load_dataset
from harness.dataset.choosing_rows import chosen_text, smallest
from harness.dataset.samples import load_samples
from harness.errors import ConfigErrors, DataError

ROWS = [
    {"id": "a", "title": "Soup", "cuisine": "thai", "year": 1999, "tags": ["hot", "quick"]},
    {"id": "b", "title": "Curry", "cuisine": "indian", "year": 2000, "tags": []},
    {"id": "c", "title": "Pie", "cuisine": "french", "year": 2005.5, "tags": ["sweet"]},
    {"id": "d", "title": "Rice", "cuisine": None, "year": None, "tags": None},
    {"id": "e", "title": "Stew", "cuisine": "thai", "year": 2010, "tags": ["hot"]},
]


@pytest.fixture
def dataset(tmp_path, write):
    """A dataset of rows without images, and what its file says on choosing."""

    def _dataset(choosing="", rows=ROWS, clean="[]", name="d.jsonl"):
        if name.endswith("jsonl"):
            (tmp_path / name).write_text("".join(f"{json.dumps(row)}\n" for row in rows))
        else:
            header = ",".join(rows[0])
            lines = [",".join(str(cell) for cell in row.values()) for row in rows]
            (tmp_path / name).write_text("\n".join([header, *lines]) + "\n")
        fields = [key for key in rows[0] if key not in ("id", "title")]
        path = write(
            tmp_path / "d.yaml",
            f"""
            source: {{format: {name.partition(".")[2]}, path: {name}}}
            columns: {{id: id, image: image, references: [title], metadata: {json.dumps(fields)}}}
            clean: {clean}
            {choosing}
            """,
        )
        return load_dataset(path)

    return _dataset


def ids(config, **options):
    loaded = load_samples(config, images=False, **options)
    return "".join(sample.id for sample in loaded.samples)


def numbered(count, start=0):
    return [{"id": f"r{i}", "title": "x"} for i in range(start, start + count)]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("{cuisine: thai}", "ae"),
        ("{cuisine: [thai, indian]}", "abe"),
        ("{cuisine: [thai, indian], year: {min: 2000}}", "be"),
        ("{year: {min: 2000}}", "bce"),
        ("{year: {max: 2000}}", "ab"),
        ("{year: {min: 2000, max: 2005.5}}", "bc"),
        ("{year: 2000}", "b"),
        ("{cuisine: {not: thai}}", "bcd"),
        ("{cuisine: {not: [thai, null]}}", "bc"),
        ("{cuisine: null}", "d"),
        ("{year: {min: 2000, not: 2010}}", "bc"),
        ("{tags: hot}", "ae"),
        ("{tags: {not: hot}}", "bcd"),
    ],
)
def test_where_keeps_the_rows_that_meet_all_of_it(dataset, where, kept):
    assert ids(dataset(f"where: {where}")) == kept


def test_what_where_leaves_out_is_counted_apart_from_faults(dataset):
    rows = [*ROWS, {"id": "f", "title": "", "cuisine": "thai", "year": 1, "tags": []}]
    loaded = load_samples(
        dataset("where: {cuisine: thai}", rows, clean="[missing_reference]"), images=False
    )
    assert chosen_text(loaded.chosen) == "chosen: 3 of 6 by where (cuisine is thai)"
    assert [row.id for row in loaded.dropped] == ["f"]


def test_a_row_that_is_left_out_has_no_other_fault(dataset):
    rows = [{**ROWS[0], "title": ""}, *ROWS[1:]]  # ends a run, where clean is empty
    assert ids(dataset("where: {cuisine: indian}", rows)) == "b"
    with pytest.raises(DataError, match="no text in title"):
        ids(dataset("where: {cuisine: thai}", rows))


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ("{year: {min: 300}}", "ab"),  # as texts, 1000 comes before 300
        ("{year: {min: -5, max: 200}}", "c"),
        ("{year: 1000}", "a"),
        ("{year: 400}", ""),
        ("{year: '400.0'}", "b"),
        ("{year: {not: ''}}", "abc"),
    ],
)
def test_numbers_of_a_text_file_are_numbers_for_min_and_max_alone(dataset, where, kept):
    rows = [
        {"id": i, "title": "x", "year": y}
        for i, y in zip("abcd", ("1000", "400.0", "1e2", ""), strict=True)
    ]
    config = dataset(f"where: {where}", rows, name="d.csv")
    if kept:
        assert ids(config) == kept
    else:
        with pytest.raises(DataError, match="no usable sample"):
            ids(config)


def test_what_is_no_number_is_a_fault_of_its_row_where_it_is_compared_as_one(dataset):
    rows = [{"id": "a", "title": "x", "year": "c. 1990"}, {"id": "b", "title": "x", "year": "1990"}]
    with pytest.raises(DataError, match=r"d\.csv:2: sample 'a': column 'year' holds no number"):
        ids(dataset("where: {year: {max: 2000}}", rows, name="d.csv"))
    config = dataset("where: {year: {max: 2000}}", rows, name="d.csv", clean="[bad_cell]")
    loaded = load_samples(config, images=False)
    assert [sample.id for sample in loaded.samples] == ["b"]
    assert [(row.id, row.reason) for row in loaded.dropped] == [("a", "bad_cell")]
    # Those that were chosen are those that are used, and those that have a fault.
    assert loaded.chosen[0].kept == len(loaded.samples) + len(loaded.dropped)


def test_an_empty_cell_of_csv_is_the_empty_text_and_who_asks_for_null_is_told(dataset):
    rows = [{"id": i, "title": "x", "cuisine": c} for i, c in (("a", "thai"), ("b", ""))]
    asked = dataset("where: {cuisine: {not: null}}", rows, name="d.csv")
    told = load_samples(asked, images=False)
    assert [sample.id for sample in told.samples] == ["a", "b"]
    empty = "where: no row has cuisine: null (an empty cell is the empty text, '')"
    assert told.notes == (empty,)
    found = load_samples(dataset("where: {cuisine: ['']}", rows, name="d.csv"), images=False)
    assert [sample.id for sample in found.samples] == ["b"]
    assert chosen_text(found.chosen) == "chosen: 1 of 2 by where (cuisine is '')"


def test_a_value_that_no_row_has_is_said(dataset):
    loaded = load_samples(dataset("where: {cuisine: [thai, tahi, null]}"), images=False)
    assert loaded.notes == ("where: no row has cuisine: tahi",)
    assert (
        load_samples(dataset("where: {cuisine: [tahi, thai]}"), images=False, limit=1).notes == ()
    )


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("where: {cuisin: thai}", r"d\.yaml:4: 'where' names 'cuisin'.*did you mean 'cuisine'"),
        ("where: {cuisine: []}", "empty list, which keeps no row"),
        ("where: {cuisine: {not: []}}", "empty list, which leaves out no row"),
        ("where: {year: {min: 3, max: 2}}", "from 3 to 2, which keeps no row"),
        ("where: {year: {mni: 3}}", r"unknown key 'mni'.*did you mean 'min'"),
        ("where: {year: {}}", "'where.year' says nothing"),
        ("sample: {n: 0}", "sample.n"),
        ("sample: {seed: 1}", "'sample.n' is missing"),
        ("limit: 0", "limit"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(dataset, written, problem):
    with pytest.raises(ConfigErrors, match=f"(?s){problem}"):
        dataset(written)


def test_where_that_keeps_nothing_says_so(dataset):
    with pytest.raises(DataError, match=r"chosen: 0 of 5 by where \(cuisine is tahi\)") as raised:
        ids(dataset("where: {cuisine: tahi}"))
    assert "spelt" in raised.value.hint
    assert raised.value.hint.endswith("where: no row has cuisine: tahi")


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("{year: '2000'}", "year: '2000', but the number 2000"),
        ("{cuisine: '1'}", "cuisine: '1'"),
        ("{tags: ['7']}", "tags: '7', but the number 7"),
        ("{flag: 'true'}", "flag: 'true', but the value true"),
    ],
)
def test_a_value_of_another_kind_is_told_from_one_that_no_row_has(dataset, where, said):
    rows = [{**ROWS[1], "tags": [7], "flag": True}]
    with pytest.raises(DataError) as raised:
        ids(dataset(f"where: {where}", rows))
    assert raised.value.hint.endswith(f"where: no row has {said}")


def test_limit_takes_the_first_and_the_command_may_take_fewer(dataset):
    config = dataset("limit: 3")
    assert ids(config) == "abc"
    assert ids(config, limit=2) == "ab"
    assert ids(config, limit=4) == "abc"
    loaded = load_samples(config, images=False)
    assert chosen_text(loaded.chosen) == "chosen: the first 3 by limit"


def test_where_comes_before_sample_and_sample_before_limit(dataset):
    rows = [{**row, "even": i % 2 == 0} for i, row in enumerate(numbered(100))]
    loaded = load_samples(
        dataset(
            "where: {even: true}\nsample: {n: 20}\nlimit: 5".replace("\n", "\n" + " " * 12), rows
        ),
        images=False,
    )
    drawn = load_samples(
        dataset("where: {even: true}\n            sample: {n: 20}", rows), images=False
    ).samples
    assert len(drawn) == 20
    assert loaded.samples == drawn[:5]
    assert chosen_text(loaded.chosen) == (
        "chosen: 50 of 100 by where (even is true); 20 of 50 by sample (seed 0); "
        "the first 5 by limit"
    )


def test_a_drawn_sample_stands_in_the_order_of_the_file_and_a_seed_draws_others(dataset):
    rows = numbered(200)
    first = [s.id for s in load_samples(dataset("sample: {n: 20}", rows), images=False).samples]
    places = [int(name[1:]) for name in first]
    assert places == sorted(places)
    second = load_samples(dataset("sample: {n: 20, seed: 1}", rows), images=False).samples
    assert len({*first} & {sample.id for sample in second}) < 10


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(1, 40), st.integers(0, 3))
def test_a_row_that_is_added_changes_at_most_one_of_those_that_are_drawn(rows, count, seed):
    from harness.dataset.choosing_rows import keyed

    def drawn(names):
        return set(smallest(count, ((keyed(seed, name), name) for name in names)))

    names = [f"id {i}" for i in range(rows)]
    before, after = drawn(names), drawn([*names, "another"])
    assert len(before - after) <= 1
    assert len(before) == min(count, rows)
    assert drawn(reversed(names)) == before


def test_a_larger_sample_holds_the_smaller_one(dataset):
    rows = numbered(100)
    few = load_samples(dataset("sample: {n: 10}", rows), images=False).samples
    many = load_samples(dataset("sample: {n: 30}", rows), images=False).samples
    assert {s.id for s in few} < {s.id for s in many}


def test_a_drawn_row_with_a_fault_is_replaced_and_counted(dataset):
    rows = numbered(50)
    drawn = [s.id for s in load_samples(dataset("sample: {n: 10}", rows), images=False).samples]
    broken = [{**row, "title": ""} if row["id"] in drawn[:2] else row for row in rows]
    config = dataset("sample: {n: 10}", broken, clean="[missing_reference]")
    loaded = load_samples(config, images=False)
    assert len(loaded.samples) == 10
    assert {*drawn[2:]} < {sample.id for sample in loaded.samples}
    assert [row.id for row in loaded.dropped] == drawn[:2]
    places = [int(sample.id[1:]) for sample in loaded.samples]
    assert places == sorted(places)
    with pytest.raises(DataError, match=f"sample '{drawn[0]}': no text in title"):
        ids(dataset("sample: {n: 10}", broken))


def test_a_sample_of_more_than_there_is_is_all(dataset):
    loaded = load_samples(dataset("sample: {n: 9}"), images=False)
    assert [sample.id for sample in loaded.samples] == [*"abcde"]
    assert chosen_text(loaded.chosen) == "chosen: 5 of 5 by sample (seed 0)"


def test_a_row_without_an_id_is_told_where_a_sample_is_drawn_too(dataset):
    rows = [*numbered(5), {"id": None, "title": "x"}]
    with pytest.raises(DataError, match=r"d\.jsonl:6: no id"):
        ids(dataset("sample: {n: 2}", rows))
    loaded = load_samples(dataset("sample: {n: 2}", rows, clean="[missing_id]"), images=False)
    assert (len(loaded.samples), [row.row for row in loaded.dropped]) == (2, [6])


def test_what_is_asked_for_by_its_id_is_there_whatever_is_chosen(dataset):
    config = dataset("where: {cuisine: thai}\n            limit: 1")
    assert ids(config, ids=["c", "b"]) == "cb"


def test_reading_stops_where_the_limit_is_reached(dataset, tmp_path):
    config = dataset("where: {cuisine: thai}\n            limit: 1")
    with (tmp_path / "d.jsonl").open("a") as file:
        file.write("no JSON\n")
    loaded = load_samples(config, images=False)
    assert chosen_text(loaded.chosen) == (
        "chosen: 1 of the first 1 by where (cuisine is thai); the first 1 by limit"
    )
    with pytest.raises(DataError):
        load_samples(replace(config, choosing=replace(config.choosing, limit=3)), images=False)
