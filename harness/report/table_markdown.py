"""A comparison table → Markdown: systems as rows, or metrics as rows as papers print it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.escape import markdown, markdown_line
from harness.report.table_layout import laid_out
from harness.report.table_notes import REPORTED_NOTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.table_layout import Line, Shown
    from harness.report.tables import ComparisonTable

_INDENT = "&emsp;"
"""Before a control, which stands under its system."""


def markdown_page(table: ComparisonTable) -> str:
    """Write the verdict, the table, what its marks mean, what was reported elsewhere, the notes."""
    layout = laid_out(table)
    parts = []
    for verdict, how_sure in table.marks.verdicts if table.marks else ():
        parts.append(f"**{markdown(verdict)}**  \n{markdown_line(how_sure)}".strip() + "\n")
    header = map(markdown, ("system", *layout.metrics, *layout.counts))
    parts.append(markdown_table(header, map(_row, layout.lines)))
    below = [*layout.legend, *([layout.counted] if layout.counted else []), *layout.notes]
    if below:
        parts.append(_lines(below))
    if layout.reported:
        header = map(markdown, ("reported elsewhere", *layout.reported_metrics))
        parts.append(markdown_table(header, map(_row, layout.reported)))
        parts.append(_lines([REPORTED_NOTE]))
    return "\n".join(parts)


def by_metric_page(table: ComparisonTable) -> str:
    """Write a row a metric and a column a system, what was reported elsewhere among them."""
    layout = laid_out(table)
    reported = [row for row in table.rows if row.reported]
    names = [*(line.name for line in layout.lines), *(table.name(row) for row in reported)]
    lines = []
    for place, metric in enumerate(layout.metrics):
        column = table.metrics.index(metric)
        shown = [_value(line.values[place]) for line in layout.lines]
        printed = [markdown(table.number(row, column)) for row in reported]
        lines.append([markdown(metric), *shown, *printed])
    below = [*layout.legend, *([layout.counted] if layout.counted else [])]
    if reported:
        below.append(REPORTED_NOTE)
    parts = [markdown_table(["metric", *map(markdown, names)], lines)]
    return "\n".join([*parts, *([_lines(below)] if below else [])])


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write cells that are Markdown already as a table whose first column stands left."""
    names = list(header)
    lines = [names, [":--", *("--:" for _ in names[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(line: Line) -> list[str]:
    name = markdown(line.name)
    return [
        f"{_INDENT}{name}" if line.under else name,
        *(_value(value, wide=line.row.difference) for value in line.values),
        *map(markdown, line.counts),
    ]


def _value(value: Shown, *, wide: bool = False) -> str:
    """Write a value; of a difference its interval, too, which no other row of the table has."""
    text = markdown(value.text)
    number = f"**{text}**" if value.best else text
    band = f" {markdown(value.band)}" if value.band else ""
    ends = f" {markdown(value.interval)}" if wide and value.interval else ""
    return f"{number}{value.mark}{band}{ends}"


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(f"{markdown_line(text)}  " for text in texts).rstrip() + "\n"
