"""A comparison table → the screen: the verdict, the table as it fits, what marks mean, the notes.

On a terminal the metric that decides stands first, and where there is no room for all columns some
give way, and it is said which. Elsewhere the table has every column, as wide as it is, in the order
of the run's metrics, and the best of each is starred.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.cells import cell_len

from harness.cli.grid import Grid
from harness.cli.output import on_terminal, say_sentences, screen_width
from harness.report.escape import visible
from harness.report.table_layout import droppable, laid_out
from harness.report.table_notes import REPORTED_MARK, REPORTED_NOTE
from harness.report.tables import Cell
from harness.report.wording_table import TITLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.table_layout import Layout, Line, Shown
    from harness.report.tables import ComparisonTable
    from harness.report.wording_table import WordingTable

REPORTED, CONTROL = "dim italic", "dim"
_JOINS = "/:,=[]{} "
_PARTS = re.compile(rf"[^{re.escape(_JOINS)}]*[{re.escape(_JOINS)}]*")
"""A part of a system's name with what joins it to the next."""


def print_table(
    table: ComparisonTable, *, metrics: Sequence[str] | None = None, intervals: bool = False
) -> tuple[str, ...]:
    """Print a run's table, and before it what follows from it.

    Args:
        table: the comparison.
        metrics: the columns that are asked for; None: as many as there is room for.
        intervals: print each score's 95 % interval behind it.

    Returns:
        The columns that are shown.

    Raises:
        MetricError: the table has no such metric.
    """
    shown = laid_out(table, metrics)
    for verdict, below in table.marks.verdicts if table.marks else ():
        say_sentences(verdict, bold=True)
        say_sentences(*([f"{below[0].upper()}{below[1:]}."] if below else []), dim=True)
    if on_terminal():
        shown = _on_a_terminal(table, shown, asked=metrics is not None, intervals=intervals)
    else:
        shown = laid_out(table, metrics or table.metrics, counts=True)
        _elsewhere(shown, intervals=intervals)
    if shown.reported:
        _print_reported(shown)
    say_sentences(*shown.notes)
    return shown.metrics


def print_wordings(table: WordingTable, metrics: Sequence[str]) -> None:
    """Print the means over wordings with their bands.

    Args:
        table: the means.
        metrics: the columns that are wanted; on a terminal those give way that it has no room for.
    """
    say_sentences("", TITLE)
    left = list(metrics)
    while True:
        columns = [0, 1, *map(table.header.index, left)]
        grid = Grid([table.header[column] for column in columns])
        for row in table.rows:
            grid.add(*(row[column] for column in columns))
        if len(left) < 2 or not on_terminal() or grid.fits(screen_width()):
            break
        left.pop()
    grid.show()
    _say_left_out([metric for metric in metrics if metric not in left])
    say_sentences(*table.notes)


def _on_a_terminal(
    table: ComparisonTable, layout: Layout, *, asked: bool, intervals: bool
) -> Layout:
    """Print the table in a terminal's width, and give what of it is shown."""
    width = screen_width()
    grid = _compact(layout, intervals=intervals)
    outside = ""
    if not grid.fits(width):
        outside, layout = _without_common_parts(layout)
        grid = _compact(layout, intervals=intervals)
    giving_way = [] if asked else droppable(table, layout.metrics)
    left_out: list[str] = []
    while giving_way and not grid.fits(width):
        left_out.append(giving_way.pop(0))
        layout = _leave_out(layout, left_out[-1])
        grid = _compact(layout, intervals=intervals)
    if outside:
        say_sentences(f"systems, each as {outside}:", dim=True)
    grid.show()
    best = any(value.best for line in layout.lines for value in line.values)
    said = "; ".join(filter(None, ["bold: the best on a metric" if best else "", layout.counted]))
    say_sentences(*layout.legend, *([said] if said else []), dim=True)
    _say_left_out([name for name in table.metrics if name in left_out])
    return layout


def _say_left_out(metrics: Sequence[str]) -> None:
    """Say which columns have given way."""
    if metrics:
        names = ", ".join(metrics)
        say_sentences(
            f"not shown in {screen_width()} columns: {names} (see --metric and table.md)", dim=True
        )


def _elsewhere(layout: Layout, *, intervals: bool) -> None:
    """Print every column, plain, in whole lines."""
    grid = Grid(("system", *layout.metrics, *layout.counts))
    for line in layout.lines:
        values = (
            Cell(text=_with_ends(value, intervals or line.row.difference), best=value.best,
                 mark=value.mark)
            for value in line.values
        )  # fmt: skip
        grid.add(line.name, *values, *line.counts)
    grid.show()
    if any(value.best for line in layout.lines for value in line.values):
        say_sentences("* best of the column")
    say_sentences(*(text for text in layout.legend if not text.startswith("letters on ")))
    if layout.banded:
        place = layout.metrics.index(layout.banded)
        held = [(line.name, line.values[place].band) for line in layout.lines]
        bands = ", ".join(f"{name} {band}" for name, band in held if band)
        say_sentences(f"{layout.banded} (who shares a letter is not told apart): {bands}")


def _with_ends(value: Shown, interval: bool) -> str:
    return f"{value.text} {value.interval}" if interval and value.interval else value.text


def _print_reported(layout: Layout) -> None:
    """Print what others printed, with the metrics that they have."""
    grid = Grid((f"reported elsewhere {REPORTED_MARK}", *layout.reported_metrics))
    for line in layout.reported:
        grid.add(line.row.system, *(value.text for value in line.values), style=REPORTED)
    grid.show()
    say_sentences(REPORTED_NOTE)


def _compact(layout: Layout, *, intervals: bool) -> Grid:
    """Fill a grid whose numbers, marks, letters and intervals each stand below each other."""
    columns = [
        _aligned(metric, [line.values[place] for line in layout.lines], intervals=intervals)
        for place, metric in enumerate(layout.metrics)
    ]
    for place, name in enumerate(layout.counts):
        counts = [line.counts[place] for line in layout.lines]
        size = max(map(cell_len, (name, *counts)))
        columns.append([Cell(text=text.rjust(size)) for text in (name, *counts)])
    grid = Grid(("system", *(column[0].text for column in columns)), padded=True)
    for i, line in enumerate(layout.lines, start=1):
        style = CONTROL if line.row.under else ""
        grid.add(_name(line), *(column[i] for column in columns), style=style)
    return grid


def _aligned(metric: str, values: Sequence[Shown], *, intervals: bool) -> list[Cell]:
    """Write a column, its header first: numbers to the right, what follows them to the left."""
    head = visible(metric)
    numbers = max(map(cell_len, (head, *(value.text for value in values))))
    marks, bands = (max(map(len, each), default=0) for each in (
        [value.mark for value in values], [value.band for value in values]
    ))  # fmt: skip
    cells = [Cell(text=" " * (numbers - cell_len(head)) + head)]
    for value in values:
        text = value.text.rjust(numbers) + value.mark.ljust(marks)
        text += f" {value.band.ljust(bands)}" if bands else ""
        text += f" {value.interval}" if intervals and value.interval else ""
        cells.append(Cell(text=text.rstrip(), best=value.best))
    return cells


def _name(line: Line) -> str:
    return f"  {line.row.label}" if line.under and line.row.label else line.name


def _leave_out(layout: Layout, metric: str) -> Layout:
    place = layout.metrics.index(metric)
    return replace(
        layout,
        metrics=(*layout.metrics[:place], *layout.metrics[place + 1 :]),
        lines=tuple(
            replace(line, values=(*line.values[:place], *line.values[place + 1 :]))
            for line in layout.lines
        ),
    )


def _without_common_parts(layout: Layout) -> tuple[str, Layout]:
    """Take from the systems' names the parts that all of them have.

    Returns:
        A name with ``…`` in the place of each part that differs, and the table with these alone; an
        empty text where names have no part in common, or would have nothing of their own left.
    """
    names = [line.name for line in layout.lines if not line.under]
    if len(set(names)) < max(len(names), 2):
        return "", layout
    parts = [[part for part in _PARTS.findall(name) if part] for name in names]
    same_form = len({len(own) for own in parts}) == 1
    shape, own = _by_place(parts) if same_form else _by_ends(names, parts)
    if not all(own) or len(set(own)) < len(own) or own == names:
        return "", layout
    short = dict(zip(names, own, strict=True))
    lines = (line if line.under else replace(line, name=short[line.name]) for line in layout.lines)
    return shape, replace(layout, lines=tuple(lines))


def _by_place(parts: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """Leave out what stands at the same place in all names: they have equally many parts."""
    shape = ""
    own: list[list[str]] = [[] for _ in parts]
    for column in zip(*parts, strict=True):
        if len(set(column)) == 1:
            shape += column[0]
            continue
        words = [part.rstrip(_JOINS) for part in column]
        joins = {part[len(word) :] for part, word in zip(column, words, strict=True)}
        alike = len(joins) == 1 and all(words)  # what joins it to the next is the same in all
        shape += f"…{joins.pop() if alike else ''}"
        for name, word, part in zip(own, words, column, strict=True):
            name.append(word if alike else part)
    return shape, [",".join(name) for name in own]


def _by_ends(names: Sequence[str], parts: Sequence[Sequence[str]]) -> tuple[str, list[str]]:
    """Leave out what all names begin with; each keeps a part of its own."""
    first = 0
    while first < min(map(len, parts)) - 1 and len({name[first] for name in parts}) == 1:
        first += 1
    before = "".join(parts[0][:first])
    return f"{before}…", [name[len(before) :] for name in names]
