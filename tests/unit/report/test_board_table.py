"""A board in every format: names from outside are text, the best of a column is marked."""

import csv
import io

import pytest

from harness.records import Board, ReportedRow, Standing
from harness.report.board_picture import board_svg
from harness.report.board_table import BoardTable, boards_csv
from harness.report.escape import csv_value
from harness.report.plot_parts import span, ticks

ODD = "=1+1|<script>\x1b[31m"


def standing(name, value, **other):
    usual = {
        "model": "m", "variant": name, "decoding": "greedy", "run": "r", "folder": "f",
        "created": "", "others": 0, "n": 9, "unscored": 1, "intervals": {}, "letters": {},
    }  # fmt: skip
    values = {} if value is None else {"CIDEr": value}
    return Standing(name=name, values=values, **{**usual, **other})


def board(*standings, reported=()):
    return Board(
        dataset=ODD,
        version="0",
        metrics=("BLEU_1", "CIDEr"),
        deciding="CIDEr",
        standings=standings,
        reported=reported,
        comparisons=1,
        runs=("r",),
        notes=(),
    )


def test_the_column_that_ranks_stands_first_and_its_best_is_marked():
    table = BoardTable(board=board(standing("a", 0.5), standing("b", 0.49999), standing("c", 0.1)))

    assert table.header[:4] == ("system", "letters", "CIDEr", "BLEU_1")
    assert [cells[2].best for cells, _ in table.rows()] == [True, True, False]


def test_a_missing_score_is_a_dash_and_an_empty_cell():
    found = board(standing("a", 0.5), standing("b", None))

    assert [cells[2].text for cells, _ in BoardTable(board=found).rows()] == ["0.5000", "–"]
    assert [row["CIDEr"] for row in csv.DictReader(io.StringIO(boards_csv([found])))] == ["0.5", ""]


def test_names_are_text_everywhere():
    found = board(standing(ODD, 0.5), reported=(ReportedRow(system=ODD, scores={"CIDEr": 0.1}),))

    rows = list(csv.DictReader(io.StringIO(boards_csv([found]))))
    assert {row["system"] for row in rows} == {f"'{ODD}"}
    assert {csv_value(row["system"]) for row in rows} == {ODD}
    markdown = BoardTable(board=found).markdown()
    assert "<script" not in markdown.replace(r"\<script", "")
    assert "\x1b" not in markdown
    assert "<script" not in board_svg(found)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (3.2, 4.9), (-0.02, 0.01), (0.5, 0.5)])
def test_the_marks_of_an_axis_are_round_and_within_it(low, high):
    low, high = span([low, high])
    marks = [value for value, _ in ticks(low, high)]

    assert 3 <= len(marks) <= 8
    assert all(low <= value <= high for value in marks)
    assert [float(text) for _, text in ticks(low, high)] == pytest.approx(marks, abs=1e-12)
