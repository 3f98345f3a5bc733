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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.report.table_layout import Layout, Line, Shown
    from harness.report.tables import ComparisonTable

REPORTED, CONTROL = "dim italic", "dim"
_JOINS = "/:,=[]{} "
_PARTS = re.compile(rf"[^{re.escape(_JOINS)}]*[{re.escape(_JOINS)}]*")
"""A part of a system's name with what joins it to the next."""


def print_table(
    table: ComparisonTable, *, metrics: Sequence[str] | None = None, intervals: bool = False
) -> None:
    """Print a run's table, and before it what follows from it.

    Args:
        table: the comparison.
        metrics: the columns that are asked for; None: as many as there is room for.
        intervals: print each score's 95 % interval behind it.

    Raises:
        MetricError: the table has no such metric.
    """
    shown = laid_out(table, metrics)
    if table.marks:
        verdict, below = table.marks.verdict, table.marks.below
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
        say_sentences(f"systems, each within {outside}:", dim=True)
    grid.show()
    best = any(value.best for line in layout.lines for value in line.values)
    said = [*(["bold: the best on a metric"] if best else []), *filter(None, [layout.counted])]
    say_sentences(*layout.legend, "; ".join(said), dim=True)
    if left_out:
        names = ", ".join(name for name in table.metrics if name in left_out)
        say_sentences(
            f"not shown in {width} columns: {names} (--metric shows what it names, table.md all)",
            dim=True,
        )
    return layout


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
    """Take from the systems' names the parts that all begin or end with.

    Returns:
        The common parts with ``…`` in the place of each own one, and the table without them; an
        empty text where names have none in common, or would have nothing of their own left.
    """
    names = [line.name for line in layout.lines if not line.under]
    parts = [_PARTS.findall(name)[:-1] for name in names]
    if len(names) < 2 or len(set(names)) < len(names):
        return "", layout
    room = min(map(len, parts)) - 1  # each keeps a part of its own
    first = 0
    while first < room and len({name[first] for name in parts}) == 1:
        first += 1
    last = 0
    while last < room - first and len({name[-1 - last] for name in parts}) == 1:
        last += 1
    if not first + last:
        return "", layout
    before, after = "".join(parts[0][:first]), "".join(parts[0][len(parts[0]) - last :])
    own = [name[len(before) : len(name) - len(after)] for name in names]
    while after and len({name[-1] for name in own}) == 1 and own[0][-1] in _JOINS:
        after = own[0][-1] + after  # what joins them to the common part belongs to it
        own = [name[:-1] for name in own]
    short = dict(zip(names, own, strict=True))
    lines = (line if line.under else replace(line, name=short[line.name]) for line in layout.lines)
    return f"{before}…{after}", replace(layout, lines=tuple(lines))
