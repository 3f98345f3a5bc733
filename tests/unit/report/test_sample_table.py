"""A qualitative table: which words are marked, and what each format makes of any text."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.sample_formats import samples_html, samples_latex, samples_markdown
from harness.report.sample_table import Picture, Said, SampleRow, SampleTable, marked

SIGNS = "\\`*_{}[]<>&|~$#%^!:/@'\"=+-.,; 1aé\n\r\t\x00\x1b\x85\u200b\u2028\u202e"
ANY = st.text(st.sampled_from(SIGNS) | st.characters(), max_size=30)


def words(text, *references):
    return [piece.text for piece in marked(text, references) if piece.matched]


def test_words_of_the_nearest_reference_are_marked_as_they_stand():
    text = "A plate of Shrimp, with onions"
    assert words(text, "Beef", "Shrimp with Onions") == ["Shrimp", "with onions"]
    assert "".join(piece.text for piece in marked(text, ["Shrimp with Onions"])) == text


def test_a_word_is_marked_as_often_as_the_reference_has_it():
    assert words("egg egg and egg", "Egg and Egg") == ["egg egg and"]
    assert words("nothing", "Egg") == words("", "Egg") == words("egg") == []


def test_words_of_several_references_are_not_mixed():
    assert words("lemon shrimp rice", "lemon shrimp", "rice") == ["lemon shrimp"]


@given(ANY, ANY)
def test_no_letter_of_a_text_is_lost(text, reference):
    assert "".join(piece.text for piece in marked(text, [reference])) == text


def table_of(text, reference="a b"):
    said = Said(pieces=marked(text, [reference]), score=0.5, higher=True)
    failed = Said(pieces=(), reason=text)
    row = SampleRow(
        id=text, pictures=(Picture(name="0123456789abcdef.jpg", jpeg=b"\xff\xd8"),), absent=0,
        references=(text, text), answers=(said, failed),
    )  # fmt: skip
    return SampleTable(
        suite=text, dataset=text, systems=(text, "b"), metric=text, chosen=f"1 of 2, {text}",
        rows=(row, row), notes=(text,),
    )  # fmt: skip


@given(ANY)
def test_markdown_has_every_cell_and_nothing_live(text):
    tokens = MarkdownIt("commonmark").enable("table").parse(samples_markdown(table_of(text)))
    cells = [t for t in tokens if t.type in ("th_open", "td_open")]
    assert len(cells) == 3 * 4
    inside = {child.type for token in tokens for child in token.children or ()}
    assert inside <= {
        "text", "text_special", "strong_open", "strong_close", "em_open", "em_close", "softbreak",
        "hardbreak", "image", "html_inline",
    }  # fmt: skip
    live = [child for token in tokens for child in token.children or ()
            if child.type in ("image", "html_inline")]  # fmt: skip
    assert {child.attrs["src"] for child in live if child.type == "image"} == {
        "images/0123456789abcdef.jpg"
    }
    assert {child.content for child in live if child.type == "html_inline"} == {"<br>"}


@given(ANY)
def test_latex_has_every_cell_at_its_place(text):
    written = samples_latex(table_of(text))
    rows = [line for line in written.split("\n") if "\\includegraphics" in line]
    assert len(rows) == 2
    assert all(len(re.findall(r"(?<!\\)&", line)) == 3 for line in rows)
    assert written.isascii()
    assert written.count("\\end{tabular}") == 1


@given(ANY.filter(lambda text: text.strip()))
def test_html_shows_a_text_and_obeys_none(text):
    page, plain = samples_html(table_of(text)), samples_html(table_of("x"))
    tags = re.compile(r"<(/?[a-zA-Z!][a-z0-9]*)")
    assert [t for t in tags.findall(page) if t not in ("b", "/b", "p", "/p", "span", "/span")] == [
        t for t in tags.findall(plain) if t not in ("b", "/b", "p", "/p", "span", "/span")
    ]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    assert "default-src 'none'; img-src data:;" in page


def test_pictures_are_shown_whole():
    page = samples_html(table_of("x"))
    assert "object-fit: contain" in page
    assert "keepaspectratio" in samples_latex(table_of("x"))
