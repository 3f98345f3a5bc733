"""Tables and the page, with any text as the name of a system, a metric, a sample, and as a note."""

import csv
import io
import json
import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.records import (
    DatasetRecord,
    Machine,
    MetricResult,
    ModelRecord,
    RunRecord,
    RunSummary,
    Signature,
    TextsSummary,
    VariantRecord,
)
from harness.report.escape import csv_value, visible
from harness.report.html import POLICY, Account, html_page
from harness.report.page_data import (
    AnswerColumns,
    Board,
    BoardRow,
    Figure,
    GalleryEntry,
    PageData,
    PairEntry,
    SampleColumns,
    SystemEntry,
    script,
)
from harness.report.tables import ComparisonTable, Row

SIGNS = "\\`*_{}[]<>&|~$#%^!:/@'\"=+-.,; 1aé\n\r\t\x00\x1b\x85\u200b\u2028\u202e"
ANY = st.text(st.sampled_from(SIGNS) | st.characters(), max_size=30)


def table_of(text):
    """Lay out a table in which everything that comes from outside is this text."""
    rows = (
        Row(system=text, n=3, unscored=0, values=(0.5, -0.25), intervals=((0.4, 0.6),) * 2),
        Row(system="b", n=3, unscored=0, values=(0.25, -0.5), intervals=((None, None),) * 2),
        Row(
            system=text,
            n=None,
            unscored=None,
            values=(None, 0.1),
            intervals=((None, None),) * 2,
            reported=True,
        ),
    )
    return ComparisonTable(metrics=("CIDEr", text), rows=rows, notes=(text, f"about {text}"))


@given(ANY)
def test_csv_has_every_cell_at_its_place(text):
    read = list(csv.reader(io.StringIO(table_of(text).csv(), newline="")))
    assert {len(row) for row in read} == {11}
    assert [csv_value(row[0]) for row in read] == ["system", text, "b", text]
    assert csv_value(read[0][2]) == text
    assert [row[2] for row in read[1:]] == ["-0.25", "-0.5", "0.1"]


@given(ANY)
def test_latex_has_every_cell_at_its_place(text):
    lines = table_of(text).latex().split("\n")
    at = lines.index(r"\begin{tabular}{lrr}")
    assert lines[at - 2].startswith(r"\caption{")
    assert lines[at - 1] == r"\label{tab:table}"
    assert [lines[i] for i in (at + 1, at + 3, at + 6, at + 8)] == [
        r"\toprule", r"\midrule", r"\midrule", r"\bottomrule"
    ]  # fmt: skip
    body = [lines[i] for i in (at + 2, at + 4, at + 5, at + 7)]
    assert all(len(re.findall(r"(?<!\\)&", line)) == 2 for line in body)
    assert all(line.endswith(r" \\") for line in body)
    assert lines[at + 9 : at + 11] == [r"\end{tabular}", r"\end{table}"]
    assert [line[:2] for line in lines[at + 11 :]] == ["% ", "% ", ""]


@given(ANY)
def test_markdown_has_every_cell_at_its_place_and_nothing_live(text):
    for source, cells_there in (
        (table_of(text).markdown(), 3 * 3 + 2 * 2 if text != "CIDEr" else 3 * 3),
        (table_of(text).by_metric(), 4 * 3),
    ):
        tokens = MarkdownIt("commonmark").enable("table").parse(source)
        cells = [
            tokens[i + 1] for i, token in enumerate(tokens) if token.type in ("th_open", "td_open")
        ]
        assert len(cells) == cells_there
        inside = [child.type for token in tokens for child in token.children or ()]
        live = {"text", "text_special", "strong_open", "strong_close", "softbreak", "hardbreak"}
        assert set(inside) <= live


@given(ANY.filter(lambda text: visible(text).strip()))
def test_markdown_shows_the_name_itself(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(table_of(text).markdown())
    cells = [tokens[i + 1] for i, token in enumerate(tokens) if token.type == "td_open"]
    shown = "".join(c.content for c in cells[0].children if c.type in ("text", "text_special"))
    assert shown.split() == visible(text).split()


class Elements(HTMLParser):
    """Lists the elements of a page with the names of their attributes, and its text."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data):
        self.text.append(data)


def page_of(text):
    run = RunRecord(
        id=text,
        suite=text,
        baseline=text,
        repeats=1,
        metrics=(),
        tokenizer="none",
        systems=(),
        models={text: ModelRecord(name=text, engine=text, model=text)},
        variants={
            text: VariantRecord(description=text, system=text, user=text, postprocess=(text, text))
        },
        dataset=DatasetRecord(name=text, description=text, samples=2, dropped=()),
        code=(text, text),
        created=text,
        command=(),
        versions={},
        machine=Machine(python="", platform="", processor="", cores=1, memory_gib=None),
    )
    facts = dict.fromkeys(
        ("words", "vocabulary", "distinct_1", "distinct_2", "same_as_exemplar", "overlong")
    )
    result = MetricResult(
        system=text,
        metric=text,
        family=text,
        value=0.5,
        n_scored=1,
        n_unscored=0,
        signature=Signature(metric=text, fields=(("pp", text), (f"own {text}", text))),
    )
    summary = RunSummary(
        run=text,
        inputs=None,
        suite=text,
        dataset=text,
        baseline=text,
        specs=(),
        metrics=(text,),
        systems=(),
        texts=(TextsSummary(system=text, **facts),),
        results=(result,),
        noise_floor=None,
        best_of={},
        raw={},
        short_references=0,
        dropped={},
        unknown_ids=(),
        reported=(),
        cost=None,
    )
    return html_page(run, summary, data_of(text), Account(said=(text,), effects=(text,)))


def data_of(text):
    figure = Figure(value=0.5, low=0.4, high=0.6, said=text, span=text)
    system = SystemEntry(
        name=text,
        variant=text,
        model=text,
        decoding=text,
        baseline=True,
        control=None,
        control_of=None,
        n=1,
        unscored=0,
        hidden=False,
    )
    row = BoardRow(
        system=0,
        score=figure,
        missing=None,
        delta=figure,
        verdict="told apart",
        letters=text,
        best=True,
        stays=False,
    )
    pair = PairEntry(baseline=0, candidate=0, delta=figure, verdict="told apart", sentence=text)
    board = Board(
        metric=text,
        ranked=True,
        said=text,
        below=text,
        rows=(row,),
        pairs=(pair,),
        raw=(),
        effects=(),
    )
    return PageData(
        suite=text,
        run=text,
        deciding=0,
        systems=(system,),
        boards=(board,),
        slices=None,
        gallery=GalleryEntry(samples=1, shown=1, chosen=text, chunks=1, fields=(), flags=()),
    )


PLAIN = Elements(page_of("x"))


@settings(max_examples=50)
@given(ANY.filter(lambda text: text.strip(" \n\t")))
def test_the_page_has_no_element_of_a_text(text):
    page = page_of(text)
    found = Elements(page)
    assert found.elements == PLAIN.elements
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e]", page
    )
    shown = visible(text, keep="\n\t")
    assert shown.strip() in "".join(found.text)


@given(ANY)
def test_a_script_of_data_is_one_call_with_json_that_shows_every_text(text):
    columns = SampleColumns(
        chunk=0,
        ids=[text],
        references=[[text, text]],
        pictures=[[text]],
        originals=[[None]],
        more=[0],
        fields=[],
        answers=[
            AnswerColumns(texts=[text], raws=[text], reasons=[(0, text)], flags=[0], scores=[])
        ],
    )
    said = script("harnessSamples", columns)
    assert said.startswith("harnessSamples({")
    assert said.endswith("});\n")
    assert "\u2028" not in said
    read = json.loads(said.removeprefix("harnessSamples(").removesuffix(");\n"))
    shown = visible(text, keep="\n\t")
    assert read["references"] == [[shown, shown]]
    assert read["answers"][0]["reasons"] == [[0, shown]]


def test_texts_of_a_page_are_made_visible_and_escaped_once():
    page = page_of("<b>\x1b")
    assert r"&lt;b&gt;\x1b" in page
    assert "&amp;lt;" not in page


def test_a_page_runs_and_loads_nothing_but_the_files_beside_it():
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    page = page_of("x")
    assert f'content="{POLICY.replace(chr(39), "&#39;")}"' in page
    assert set(re.findall(r'(?:src|href)="([^"#][^"]*)"', page)) == {
        "report_files/page.css",
        "report_files/page.js",
        "report_files/data.js",
    }
