"""Texts that were found to act where they are shown, and any others (found 2026-11-25)."""

import csv
import io
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.escape import (
    csv_cell,
    csv_value,
    html,
    json_text,
    latex,
    markdown,
    markdown_line,
    visible,
)

# Any text, with what means something somewhere far more often than chance would have it.
SIGNS = (
    "\\`*_{}[]<>&|~$#%^!:/@'\"=+-.,;() 1aé＝"
    "\n\r\t\x00\x1b\x7f\x85\x9b\u200b\u200d\u2028\u202e\ufeff"
)
ANY = st.text(st.sampled_from(SIGNS) | st.characters(), max_size=40)
HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def hidden(text):
    """List the characters of a text that have no glyph, by Unicode's own word."""
    kinds = {"Cc", "Cf", "Cs", "Zl", "Zp"}
    kept = "\u200c\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2"
    return [char for char in text if unicodedata.category(char) in kinds and char not in kept]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[31mred", r"\x1b[2J\x1b[31mred"),
        ("\x1b]52;c;cm0gLXJm\x07", r"\x1b]52;c;cm0gLXJm\x07"),  # into the clipboard
        ("\x1b]8;;https://evil\x1b\\here", r"\x1b]8;;https://evil\x1b" + "\\here"),
        ("\x9b31mred", r"\x9b31mred"),
        ("exe.\u202egpj", r"exe.\u202egpj"),
        ("\u2066a\u2069\u200f", r"\u2066a\u2069\u200f"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
        ("over\x08\x08written", r"over\x08\x08written"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("half\ud800", r"half\ud800"),
    ],
)
def test_what_steers_a_terminal_is_shown(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["Crème brûlée", "烤鸭", "👩‍🍳", "می‌خواهم", "a\u00a0b", "C:\\x1b"])
def test_what_people_write_stays_as_it_is(text):
    assert visible(text) == text


@given(ANY)
def test_nothing_hidden_is_left_in_any_text(text):
    assert hidden(visible(text)) == []
    assert not HIDDEN.search(visible(text))
    assert set(hidden(html(text))) <= {"\n", "\t"}


@given(ANY)
def test_json_reads_back_and_hides_nothing(text):
    written = json_text({"id": text, text: [1, None]})
    assert json.loads(written) == {"id": text, text: [1, None]}
    assert set(hidden(written)) == {"\n"}


@pytest.mark.parametrize(
    "text",
    [
        "=cmd()", "+1", "-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\u200b=1", "\ufeff=1",
        "\u00a0\u202e=1", "\u3164=1", "＝1", "﹢1", "\ttext",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_might_run_is_guarded_in_a_cell(text):
    [[cell]] = csv.reader(io.StringIO(csv_cell(text), newline=""))
    assert cell == f"'{text}"
    assert csv_value(cell) == text


def test_a_cell_that_needs_no_guard_has_none():
    assert csv_cell("title-style") == "title-style"
    assert csv_cell("a=b") == "a=b"
    assert csv_cell("'quoted") == "''quoted"  # so that a guard can be told from a text's own


@given(st.lists(ANY, min_size=1, max_size=4))
def test_any_cells_read_back_from_a_line(texts):
    line = ",".join(map(csv_cell, texts)) + ",end\n"
    [read] = csv.reader(io.StringIO(line, newline=""))
    assert [csv_value(cell) for cell in read] == [*texts, "end"]
    for cell in read:
        seen = unicodedata.normalize("NFKC", cell).lstrip()
        assert not seen.startswith(("=", "+", "-", "@"))


SET = re.compile(
    r"""(?: [^\\&%$\#_{}~^<>|"`\[*\x00-\x1f\x7f-\U0010ffff]
        | \\[&%$\#_{}] | \\text[a-z]+\{\} | \\char34\{\} | \{[\[*]\} | \{\}
        | \\(?:nobreakspace|ss|ae|AE|oe|OE|o|O|l|L|i|ldots|S)\{\} | \\[`'^~=u.rHvc"]\{[A-Za-z]\}
        | \\ensuremath\{(?:[^{}]|\{[^{}]*\})*\} | \\harnesschar\{[0-9]+\}\{[0-9A-F]{4,6}\} )*""",
    re.VERBOSE,
)


@pytest.mark.parametrize(
    "text",
    [
        "x\n\\input{/etc/passwd}", "x\r\\input{y}", "x\u2028\\input{y}", "x^^M\\input{y}",
        "a_b & 50% of $5 #1 {x} ~ ^", "[1ex] first", "*", "a--b ''c'' `d`", '"a', "<>|", "\x00\x7f",
    ],
)  # fmt: skip
def test_latex_sets_a_text_as_it_stands(text):
    assert SET.fullmatch(latex(text))
    assert "\\input" not in latex(text)
    assert "--" not in latex(text)


@given(ANY)
def test_latex_has_no_live_sign_and_no_line_break_in_any_text(text):
    written = latex(text)
    assert SET.fullmatch(written), written
    assert not hidden(written)


PAGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def shown_by_markdown(source):
    """Give the kinds of what a Markdown parser sees, and the text that it shows."""
    tokens = [child for token in PAGE.parse(source) for child in (token, *(token.children or ()))]
    kinds = {token.type for token in tokens} - {"inline", "text", "text_special"}
    return kinds, "".join(t.content for t in tokens if t.type in ("text", "text_special"))


@pytest.mark.parametrize(
    "text",
    [
        "[click](https://evil)", "![](https://evil/x.png)", "<img src=x onerror=alert(1)>",
        "<https://evil>", "a | b", "**bold** _it_ `code` ~~gone~~", "&lt;b&gt; &#60;", "\\", "a\\",
        "a\\|b", "line\n# heading", "# h", "- item", "1. item", "===", "> quoted", "    code",
        "snake_case_name", "_under_", "[ref]: https://evil", "<!-- -->", "$x$", "+ plus",
    ],
)  # fmt: skip
def test_markdown_shows_a_text_as_it_stands(text):
    assert shown_by_markdown(markdown_line(text)) == (
        {"paragraph_open", "paragraph_close"},
        visible(text).strip(),
    )


def test_addresses_do_not_become_links_by_themselves():
    assert markdown("see https://evil") == r"see https\://evil"
    assert markdown("www.evil.org") == r"www\.evil.org"
    assert markdown("BLEU_1") == "BLEU_1"


@given(ANY.filter(lambda text: visible(text).strip()))
def test_markdown_shows_any_text_as_it_stands(text):
    kinds, shown = shown_by_markdown(markdown_line(text))
    assert kinds == {"paragraph_open", "paragraph_close"}
    assert shown.split() == visible(text).split()
