r"""A comparison table → LaTeX for a paper: booktabs, a caption that says what was tested, a label.

The file stands for itself: ``\usepackage{booktabs}``, then ``\input{table}``. Names that are too
long for a line are broken over several.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.report.escape import latex
from harness.report.latex_characters import DEFINITIONS
from harness.report.table_layout import laid_out
from harness.report.table_notes import REPORTED_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.table_layout import Layout, Line, Shown
    from harness.report.tables import ComparisonTable

_LEAKS = "Leakage is allowed: prompts give away answers of samples under test."
_LONG = 40
"""Characters of a name from which on it is broken over lines."""
_WIDE = 70
"""Characters of all names together from which on columns of systems are numbered."""
_RUN = 20
"""Characters of a word after which it may be broken."""
_LONGEST = 120
"""Characters of a name; of more its middle is left out. The other files have it whole."""


def latex_table(table: ComparisonTable) -> str:
    """Write a row a system and a column a metric; reported figures stand below a line."""
    layout = laid_out(table)
    header = ["system", *layout.metrics, *layout.counts]
    places = range(len(layout.metrics))
    values = [_column([line.values[place] for line in layout.lines]) for place in places]
    rows = [
        [_named(line), *(column[i] for column in values), *map(latex, line.counts)]
        for i, line in enumerate(layout.lines)
    ]
    columns = [table.metrics.index(metric) for metric in layout.metrics]
    reported = [
        [_boxed(table.name(row)), *(latex(table.number(row, column)) for column in columns)]
        + ["--"] * len(layout.counts)
        for row in table.rows
        if row.reported
    ]
    return _floating(table, layout, header, [rows, reported])


def latex_by_metric(table: ComparisonTable) -> str:
    """Write a row a metric and a column a system, as papers print it."""
    layout = laid_out(table)
    reported = [row for row in table.rows if row.reported]
    names = [*(line.name for line in layout.lines), *(table.name(row) for row in reported)]
    rows = []
    for place, metric in enumerate(layout.metrics):
        column = table.metrics.index(metric)
        printed = [latex(table.number(row, column)) for row in reported]
        values = [f"{_number(v)}{_marks(v)}" for v in (ln.values[place] for ln in layout.lines)]
        rows.append([latex(metric), *values, *printed])
    below = ""
    if sum(map(len, names)) > _WIDE:
        listed = "; ".join(f"({i}) {broken(name)}" for i, name in enumerate(names, start=1))
        below = f"\\par\\smallskip\\raggedright\\footnotesize {listed}\n"
        names = [f"({i})" for i in range(1, len(names) + 1)]
    header = ["metric", *names]
    return _floating(table, layout, header, [rows], below=below, turned=True)


def broken(text: str) -> str:
    """Write a text that, where it is long, may be broken where the parts of a name are joined."""
    if len(text) <= _LONG:
        return latex(text)
    text = _cut(text, _LONGEST)
    parts = re.findall(rf"[^/,=\]}}_-]{{0,{_RUN}}}(?:[/,=\]}}_-]+|$|(?=.))", text, re.DOTALL)
    return r"\allowbreak{}".join(latex(part) for part in parts if part)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-most // 2 :]}"


def label_of(text: str) -> str:
    """Make a label of a name: letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "table"


def _floating(
    table: ComparisonTable,
    layout: Layout,
    header: Sequence[str],
    blocks: Iterable[Sequence[Sequence[str]]],
    *,
    below: str = "",
    turned: bool = False,
) -> str:
    """Put rows, which are LaTeX already, under a header, with the caption above."""
    caption = _caption(table, layout)
    body = "\\midrule\n".join(
        "".join(f"{' & '.join(row)} \\\\\n" for row in block) for block in blocks if block
    )
    told = [*([_LEAKS] if table.leaks else []), *([table.look] if table.look else [])]
    body += "\\midrule\n" if told else ""
    body += "".join(
        f"\\multicolumn{{{len(header)}}}{{l}}{{\\footnotesize {latex(text)}}} \\\\\n"
        for text in told
    )
    head = " & ".join(map(latex, header))
    label = f"tab:{label_of(table.suite)}{'-by-metric' if turned else ''}"
    notes = "".join(f"% {latex(note)}\n" for note in layout.notes)
    text = (
        "\\begin{table}[t]\n\\centering\\setlength{\\belowcaptionskip}{4pt}\n"
        f"\\caption{{{caption}}}\n\\label{{{label}}}\n"
        f"\\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{body}\\bottomrule\n\\end{{tabular}}\n{below}\\end{{table}}\n{notes}"
    )
    return f"{DEFINITIONS if 'harnesschar' in text else ''}{text}"


def _caption(table: ComparisonTable, layout: Layout) -> str:
    """Say what was scored, what the marks mean, and by which test, correction and seed."""
    said = [f"Scores on {_cut(table.dataset, _LONGEST)}" if table.dataset else "Scores"]
    if table.split:
        said[0] += f", split {table.split}"
    said[0] += f": {layout.counted}." if layout.counted else "; n: samples that were scored."
    if any(value.best for line in layout.lines for value in line.values):
        said.append("Bold: the best on a metric.")
    said += _tested(table, layout)
    if any(line.row.difference for line in layout.lines):
        said.append("Indented: controls, and what a prompt scores more than its control.")
    if layout.reported:
        said.append(f"{REPORTED_MARK}: reported elsewhere, not measured here.")
    return latex(" ".join(said))


def _tested(table: ComparisonTable, layout: Layout) -> list[str]:
    """Say what was tested, how, and what the marks mean."""
    marks = table.marks
    if marks is None:
        return []
    pair = next(iter(marks.pairs.values()), None)
    lines = (_cut(line, 2 * _LONGEST) for line in layout.legend)
    said = [f"{line[0].upper()}{line[1:]}." for line in lines]
    if pair is not None:
        said.append(
            "Test: exchanges of the two systems' answers, two-sided, "
            f"{pair.exchanges:,} exchanges, seed {pair.seed}; p and intervals allow for all "
            "comparisons of a family by its largest statistic (Westfall and Young 1993)."
        )
    if marks.exploratory:
        said.append(f"Exploratory: {_cut(marks.exploratory, 2 * _LONGEST)}.")
    return said


def _named(line: Line) -> str:
    return _boxed(line.name, r"\quad " if line.under else "")


def _boxed(name: str, indent: str = "") -> str:
    """Write a name; a long one in several lines."""
    if len(name) <= _LONG:
        return f"{indent}{latex(name)}"
    return f"\\parbox[t]{{0.35\\linewidth}}{{\\raggedright {indent}{broken(name)}}}"


def _column(values: Sequence[Shown]) -> list[str]:
    """Write a column; what has no mark leaves room for one, so that digits stand below digits."""
    marks = [_marks(value) for value in values]
    widest = max(marks, key=len, default="")
    room = rf"\hphantom{{{widest}}}" if widest else ""
    return [f"{_number(value)}{mark or room}" for value, mark in zip(values, marks, strict=True)]


def _number(value: Shown) -> str:
    return rf"\textbf{{{latex(value.text)}}}" if value.best else latex(value.text)


def _marks(value: Shown) -> str:
    band = rf"\textsuperscript{{{latex(value.band)}}}" if value.band else ""
    return f"{latex(value.mark)}{band}"
