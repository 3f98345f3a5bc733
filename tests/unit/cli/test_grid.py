"""Tables show every name and every number, however narrow the terminal is (found 2026-11-25)."""

import re
from dataclasses import replace

import pytest

from harness.cli.grid import Grid
from harness.cli.table_view import print_table, print_wordings
from harness.report.tables import Cell, ComparisonTable, Row
from harness.report.wording_table import WordingTable

NAMES = ("baseline", "title-style", "descriptive-with-examples")
METRICS = ("BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4", "ROUGE_L", "METEOR", "CIDEr")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def terminal(monkeypatch):
    """Let rich take stdout for a terminal of so many columns."""

    def make(columns):
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("COLUMNS", str(columns))

    return make


PAIRS = (
    ("CIDEr", "title-style", "baseline", "+0.0164", "-0.0296 … +0.0632", "equivalent", "31"),
    ("CIDEr", "descriptive-with-examples", "baseline", "+0.0382", "–", "cannot tell (expl.)", "32"),
    ("METEOR", "descriptive-with-examples", "title-style", "+0.0218", "-0.0326 … +0.0778",
     "not told apart", "33"),
)  # fmt: skip


def pairs():
    header = ("metric", "candidate", "baseline", "difference", "95 % interval", "verdict", "wins")
    grid = Grid(header, left=3, names=3)
    for pair in PAIRS:
        grid.add(*pair)
    return grid


def comparison(names, metrics):
    rows = tuple(
        Row(
            system=name,
            n=200,
            unscored=0,
            values=tuple(0.1 + i / 10 + c / 1000 for c in range(len(metrics))),
            intervals=((None, None),) * len(metrics),
        )
        for i, name in enumerate(names)
    )
    return ComparisonTable(metrics=metrics, rows=rows, notes=())


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [
        (200, ""),
        (120, ""),
        (80, "BLEU_2"),
        (60, "BLEU_2, BLEU_3, CIDEr"),
        (40, "BLEU_2, BLEU_3, ROUGE_L, METEOR, CIDEr"),
    ],
)
def test_every_system_has_a_row_and_what_has_no_room_is_named(terminal, capsys, columns, left_out):
    terminal(columns)
    print_table(replace(comparison(NAMES, METRICS), families=dict.fromkeys(METRICS[:4], "bleu")))
    printed = STYLE.sub("", capsys.readouterr().out).splitlines()
    lines = [line for line in printed if " is " not in line]  # what a shortened name stands for
    assert max(map(len, lines)) <= columns
    for i in range(len(NAMES)):
        for c, metric in enumerate(METRICS):
            number = f"{0.1 + i / 10 + c / 1000:.3f}"
            rows = [line for line in lines if number in line]
            assert len(rows) == (metric not in left_out.split(", "))
            assert all(row.split()[0][:4] == NAMES[i][:4] for row in rows)
    said = " ".join(" ".join(lines).split())
    assert (f"not shown in {columns} columns: {left_out} (" in said) == bool(left_out)


@pytest.mark.parametrize("columns", [60, 40])
def test_metrics_that_are_asked_for_are_all_shown(terminal, capsys, columns):
    terminal(columns)
    print_table(comparison(NAMES, METRICS), metrics=METRICS)
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    assert max(len(line) for line in lines if " is " not in line) <= columns
    heads = " ".join(lines).split()
    assert all(heads.count(metric) == 1 for metric in METRICS)
    assert "not shown" not in " ".join(lines)


def test_what_fits_is_one_table_with_whole_names(terminal, capsys):
    terminal(120)
    print_table(comparison(NAMES, METRICS))
    out = STYLE.sub("", capsys.readouterr().out)
    assert out.count("system") == 1
    assert "…" not in out


@pytest.mark.parametrize("columns", [80, 60, 45])
def test_what_is_said_of_a_pair_stands_together_where_a_row_does_not_fit(terminal, capsys, columns):
    terminal(columns)
    pairs().show()
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= columns
    text = " ".join(" ".join(lines).replace(" ·", "").split())
    places = []
    for metric, candidate, baseline, *cells in PAIRS:
        places.append(text.index(f"{metric} {candidate} {baseline}"))
        labels = ("difference", "95 % interval", "verdict", "wins")
        said = " ".join(f"{label} {cell}" for label, cell in zip(labels, cells, strict=True))
        assert text[places[-1] :].startswith(f"{metric} {candidate} {baseline} {said}")
    assert places == sorted(places)
    assert text.count("candidate") == 1


def test_pairs_that_two_blocks_hold_are_a_table(terminal, capsys):
    terminal(100)
    pairs().show()
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    [line] = [line for line in lines if "+0.0164" in line]
    assert line.split()[:4] == ["CIDEr", "title-style", "baseline", "+0.0164"]


def test_a_stacked_row_says_what_an_empty_name_stands_for_and_leaves_out_empty_cells(
    terminal, capsys
):
    terminal(30)
    grid = Grid(["slice", "system", "difference", "95 % interval", "shrunk"], left=2, names=2)
    grid.add("desserts", "baseline", "", "0.10 … 0.20", "")
    grid.add("", "title-style", "+0.0500", "0.10 … 0.20", "")
    grid.end_section()
    grid.add("soups", "baseline", "", "0.30 … 0.40", "")
    grid.show()
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    assert lines[2:] == [
        " desserts   baseline",
        "   95 % interval 0.10 … 0.20",
        " desserts   title-style",
        "   difference +0.0500",
        "   95 % interval 0.10 … 0.20",
        "",
        " soups      baseline",
        "   95 % interval 0.30 … 0.40",
    ]


def test_elsewhere_pairs_are_a_table_of_whole_lines(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    pairs().show()
    lines = capsys.readouterr().out.splitlines()
    for pair in PAIRS:
        [line] = [line for line in lines if pair[3] in line]
        assert line.split() == " ".join(pair).split()


def test_parts_that_all_names_have_are_said_once(terminal, capsys):
    names = [f"qwen2.5-vl-7b-instruct/{middle}/greedy-without-examples" for middle in "abc"]
    terminal(60)
    print_table(comparison(names, METRICS))
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    assert lines[:2] == [
        "systems, each as", "  qwen2.5-vl-7b-instruct/…/greedy-without-examples:"
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[5:8]] == ["a", "b", "c"]


def test_of_a_matrix_what_differs_is_left_of_its_names(terminal, capsys):
    names = [
        f"title[tone={tone},length={length},where=image]"
        for tone, length in (("plain", "free"), ("plain", "short"), ("catchy", "free"))
    ]
    terminal(60)
    print_table(comparison(names, METRICS))
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    assert lines[0] == "systems, each as title[tone=…,length=…,where=image]:"
    assert [line.split()[0] for line in lines[4:7]] == ["plain,free", "plain,short", "catchy,free"]


@pytest.mark.parametrize(
    "names", [("m/a", "m/a/b"), ("a", "a{x}"), ("m/a", "m/a"), ("alone/here",), ("a-b", "a-c")]
)
def test_no_name_is_left_without_a_part_of_its_own(terminal, capsys, names):
    terminal(20)
    print_table(comparison(names, METRICS), metrics=METRICS)
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    rows = [line.split()[0] for line in lines if "0.100" in line or "0.200" in line]
    assert len(rows) == len(names)
    assert all(rows)
    assert names[0] == names[-1] or len(set(rows)) == len(names)


def test_long_names_are_shortened_apart_and_explained(terminal, capsys):
    names = [f"{middle}qwen2.5-vl-7b-instruct-greedy-without-examples{middle}" for middle in "abc"]
    terminal(60)
    print_table(comparison(names, METRICS), metrics=METRICS)
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    legend = dict(line.split(" is ") for line in lines if " is " in line)
    assert list(legend.values()) == names
    assert len(legend) == 3
    for short in legend:
        assert sum(line.split()[:1] == [short] for line in lines if " is " not in line) >= 2
    assert max(len(line) for line in lines if " is " not in line) <= 60


def test_wide_characters_are_measured_as_they_are_drawn(terminal, capsys):
    terminal(40)
    print_table(comparison(["烤" * 30, "鸭" * 30], ("BLEU_1", "CIDEr")))
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    drawn = [sum(2 if char in "烤鸭" else 1 for char in line) for line in lines]
    assert max(n for n, line in zip(drawn, lines, strict=True) if " is " not in line) <= 40
    assert any("0.200" in line for line in lines)


def test_elsewhere_a_table_is_as_wide_as_it_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    print_table(comparison(["x" * 120, "b"], METRICS))
    out = capsys.readouterr().out
    [line] = [line for line in out.splitlines() if "x" * 120 in line]
    assert line.split()[1:] == [
        "0.100", "0.101", "0.102", "0.103", "0.104", "0.105", "0.106", "200", "0"
    ]  # fmt: skip
    assert "0.200*" in out
    assert "* best of the column" in out


def test_cells_are_no_markup_and_steer_nothing(terminal, capsys):
    terminal(80)
    grid = Grid(["[red]name[/red]\x1b[2J", "n"])
    grid.add("[bold]x[/]\x1b]0;title\x07", Cell(text="1\n2", best=True))
    grid.show()
    out = STYLE.sub("", capsys.readouterr().out)
    assert r"[red]name[/red]\x1b[2J" in out
    assert r"[bold]x[/]\x1b]0;title\x07" in out
    assert r"1\n2" in out
    assert "\x1b" not in out


def test_means_over_wordings_stand_beside_their_ideas_and_the_rest_is_named(terminal, capsys):
    table = WordingTable(
        header=("idea", "wordings", "BLEU_1", "CIDEr"),
        rows=(("title[tone=plain]", "4", "0.74 (0.73 – 0.74)", "3.91 (3.91 – 3.92)"),),
        notes=(),
    )
    terminal(60)
    print_wordings(table, ("CIDEr", "BLEU_1"))
    lines = STYLE.sub("", capsys.readouterr().out).splitlines()
    assert max(map(len, lines)) <= 60
    assert " ".join(lines[5].split()) == "title[tone=plain] 4 3.91 (3.91 – 3.92)"
    assert lines[-1] == "not shown in 60 columns: BLEU_1 (see --metric and table.md)"
