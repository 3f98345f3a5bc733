r"""A qualitative table → Markdown, LaTeX and HTML; pictures stand beside them, or in the page.

The LaTeX is for a paper: ``\usepackage{booktabs,graphicx}``, then ``\input{samples}``.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from harness.report.escape import latex, markdown, visible
from harness.report.html import filled
from harness.report.latex_characters import DEFINITIONS
from harness.report.sample_table import FOLDER
from harness.report.table_latex import broken, label_of
from harness.report.table_markdown import markdown_table

if TYPE_CHECKING:
    from harness.report.sample_table import Piece, Said, SampleRow, SampleTable

MARKED = "bold: words of the reference"
_A_PAGE = 5
"""Rows of one table in LaTeX: as many as a page holds."""
_LONGEST = 300
"""Characters of a text in LaTeX, of more its end is left out; a row has to fit a page."""
_EDGES = re.compile(r"^(\s*)(.*?)(\s*)$", re.DOTALL)


def caption(table: SampleTable, *, named: bool = False) -> str:
    """Say what is shown.

    Args:
        table: the samples.
        named: whether each score has its metric beside it.
    """
    on = f"; in brackets: {table.metric}" if table.metric and not named else ""
    return f"{table.chosen} ({MARKED}{on})"


def samples_markdown(table: SampleTable) -> str:
    """Write the table for a Markdown page; pictures are files in FOLDER beside it."""
    rows = [
        [
            _pictures_markdown(row),
            markdown(" / ".join(row.references)) or "–",
            *(_said_markdown(said) for said in row.answers),
        ]
        for row in table.rows
    ]
    header = ("image", "reference", *map(markdown, table.systems))
    below = [f"{markdown(text)}  \n" for text in (caption(table), *table.notes)]
    return f"{markdown_table(header, rows)}\n{''.join(below)}"


def samples_latex(table: SampleTable) -> str:
    """Write the table for a paper, a few samples to each floating table."""
    columns = len(table.systems) + 1
    share = f"{0.74 / columns:.3f}\\linewidth"
    spec = f"p{{0.17\\linewidth}}*{{{columns}}}{{p{{{share}}}}}"
    head = " & ".join(("image", "reference", *map(broken, table.systems)))
    parts = []
    for first in range(0, max(len(table.rows), 1), _A_PAGE):
        rows = table.rows[first : first + _A_PAGE]
        again = " (continued)" if first else ""
        label = f"\\label{{tab:{label_of(table.suite)}-samples}}\n" if not first else ""
        body = "\\addlinespace\n".join(_row_latex(row) for row in rows)
        parts.append(
            f"\\begin{{table*}}[t]\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{3pt}}"
            "\\setlength{\\belowcaptionskip}{4pt}\n"
            f"\\caption{{{_breakable(_cut(_capital(caption(table))))}.{again}}}\n{label}"
            f"\\begin{{tabular}}{{{spec}}}\n\\toprule\n{head} \\\\\n\\midrule\n{body}"
            "\\bottomrule\n\\end{tabular}\n\\end{table*}\n"
        )
    notes = "".join(f"% {latex(note)}\n" for note in table.notes)
    text = "".join(parts) + notes
    return f"{DEFINITIONS if 'harnesschar' in text else ''}{text}"


def samples_html(table: SampleTable) -> str:
    """Write a page that needs nothing beside it."""
    return filled(
        "samples.html.j2",
        table=table,
        caption=_capital(caption(table, named=True)),
        pictures={
            picture.name: f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"
            for row in table.rows
            for picture in row.pictures
        },
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _pictures_markdown(row: SampleRow) -> str:
    """Write the pictures of a sample, and its id below."""
    name = markdown(row.id)
    shown = [f"![{name}]({FOLDER}/{picture.name})" for picture in row.pictures]
    if not shown:
        shown = ["(no picture here)"]
    return f"{' '.join(shown)}<br>{name}"


def _said_markdown(said: Said) -> str:
    if said.reason is not None:
        return f"*no answer: {markdown(said.reason)}*"
    text = "".join(_piece_markdown(piece) for piece in said.pieces) or "*(empty)*"
    return text + _score(said)


def _piece_markdown(piece: Piece) -> str:
    """Write a part of a text; the spaces at its ends, which ``markdown`` leaves out, are kept."""
    if piece.matched:
        return f"**{markdown(' '.join(piece.text.split()))}**"
    before, text, after = _ends(visible(piece.text))
    return f"{before}{markdown(text)}{after}"


def _ends(text: str) -> tuple[str, str, str]:
    """Divide a text into the white space before it, itself, and that after it, each one space."""
    found = _EDGES.match(text)
    before, middle, after = found.groups() if found else ("", text, "")
    return " " if before else "", middle, " " if after else ""


def _score(said: Said) -> str:
    return "" if said.score is None else f" ({said.score:.2f})"


def _row_latex(row: SampleRow) -> str:
    shown = "".join(
        "\\includegraphics[width=\\linewidth,height=2.6cm,keepaspectratio]"
        f"{{{FOLDER}/{picture.name}}} "
        for picture in row.pictures
    )
    # Its top stands at the height of the texts beside it.
    picture = f"\\raisebox{{\\dimexpr-\\height+\\ht\\strutbox\\relax}}{{{_stacked(shown)}}}"
    cells = [
        picture if row.pictures else "(no picture here)",
        broken(_cut(" / ".join(row.references))) or "--",
        *(_said_latex(said) for said in row.answers),
    ]
    ragged = (f"{{\\raggedright {cell}\\par}}" for cell in cells[1:])
    return f"% {latex(row.id)}\n{' & '.join([cells[0], *ragged])} \\\\\n"


def _stacked(pictures: str) -> str:
    return f"\\begin{{minipage}}{{\\linewidth}}{pictures.strip()}\\end{{minipage}}"


def _said_latex(said: Said) -> str:
    if said.reason is not None:
        return rf"\emph{{no answer: {broken(_cut(said.reason))}}}"
    cells: list[str] = []
    left = _LONGEST
    for piece in said.pieces:
        text = piece.text if len(piece.text) <= left else f"{piece.text[:left]}…"
        left -= len(piece.text)
        before, middle, after = _ends(visible(text))
        written = _breakable(middle)
        written = rf"\textbf{{{written}}}" if piece.matched else written
        cells.append(f"{before}{written}{after}")
        if left <= 0:
            break
    return ("".join(cells) or r"\emph{(empty)}") + _score(said)


def _breakable(text: str) -> str:
    """Write a text whose longest words may be broken, so that a narrow column holds them."""
    long = r"\allowbreak{}"
    return "".join(
        latex(part) if part.isspace() else long.join(map(latex, re.findall(".{1,20}", part)))
        for part in re.findall(r"\S+|\s+", text)
    )


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
