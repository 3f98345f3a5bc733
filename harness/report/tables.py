"""A run's summary → its comparison table, as text cells that every output format shares."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DataError
from harness.metrics.registry import UNRANKED
from harness.records import ReportedRow, Where
from harness.report.escape import csv_cell, latex, markdown, markdown_line
from harness.report.ladder_view import STAYS, as_shown
from harness.report.split_notes import look_text
from harness.report.table_notes import FROM_THE_PICTURE, REPORTED_MARK, notes_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.records import RunSummary, SystemSummary

_LEAKS = "Leakage is allowed: prompts give away answers of samples under test."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table: a system of this run, what a picture adds to one, or printed figures."""

    system: str
    n: int | None
    """Samples that were scored."""
    unscored: int | None
    values: tuple[float | None, ...]
    intervals: tuple[tuple[float | None, float | None], ...]
    """A lower and an upper end for each value; None where there is none."""
    units: int | None = None
    """Independent ones among the scored samples: samples, or clusters; None: not known."""
    reported: bool = False
    state: str | None = None
    """What a ladder shows of it; None: there is none."""
    control: bool = False
    """Whether it is a control, which is no rival of the others."""
    difference: bool = False
    """Whether its values are what a system scores more than a control of it."""

    @property
    def stays(self) -> bool:
        """Whether its score is that of the best that a ladder shows, and not its own."""
        return self.state == "best stays"

    @property
    def counted(self) -> str:
        """Say how many samples were scored, and in how many clusters where some belong together."""
        if self.n is None:
            return "–"
        if self.units in (None, self.n):
            return str(self.n)
        return f"{self.n} in {self.units} cluster{'s' * (self.units != 1)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell as text; each format escapes it as it writes it."""

    text: str
    best: bool = False
    """Whether it holds the best measured value of its column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonTable:
    """A row a system, a column a metric."""

    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    uneven: frozenset[str] = frozenset()
    """Metrics on which systems were scored on different samples."""
    split: str | None = None
    """The dataset's that the numbers are of; None: it has none."""
    look: str | None = None
    """Which look at a sealed split the numbers are of."""
    leaks: bool = False
    """Whether prompts give away answers, as the suite allows."""

    @classmethod
    def of(cls, summary: RunSummary) -> ComparisonTable:
        """Lay out what is shown of a summary."""
        summary = as_shown(summary)
        metrics = summary.metrics
        nothing = (None, None)
        rows = [_measured(summary, s) for s in summary.systems if s.control is None]
        for control in (s for s in summary.systems if s.control):
            rows += [_measured(summary, control), _from_the_picture(summary, control)]
        rows += [
            Row(
                system=line.system,
                n=None,
                unscored=None,
                values=tuple(line.scores.get(metric) for metric in metrics),
                intervals=(nothing,) * len(metrics),
                reported=True,
            )
            for line in summary.reported
        ]
        return cls(
            metrics=metrics,
            rows=tuple(rows),
            notes=tuple(notes_of(summary)),
            uneven=frozenset(summary.uneven),
            split=summary.split.name if summary.split else None,
            look=look_text(summary.split) if summary.split else None,
            leaks=bool(summary.leakage),
        )

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return ("system", *self.metrics, "n", "unscored")

    def best(self, column: int) -> frozenset[int]:
        """Say which rows hold the best measured value of a metric.

        Values that print alike are best together; where all do, none is better than another, nor
        where systems were scored on different samples.
        """
        measured = {
            i: round(row.values[column] or 0.0, 4)
            for i, row in enumerate(self.rows)
            if not (row.reported or row.control or row.stays) and row.values[column] is not None
        }
        top = max(measured.values(), default=None)
        rankable = self.metrics[column] not in UNRANKED and self.metrics[column] not in self.uneven
        differ = len(set(measured.values())) > 1 and rankable
        return frozenset(i for i, value in measured.items() if differ and value == top)

    def cells(self) -> list[list[Cell]]:
        """Write the rows as text."""
        best = [self.best(column) for column in range(len(self.metrics))]
        lines = []
        for i, row in enumerate(self.rows):
            digits = 3 if row.reported else 4
            values = [
                Cell(text=_number(row, column, digits), best=i in best[column])
                for column in range(len(self.metrics))
            ]
            name = f"{row.system} {REPORTED_MARK}" if row.reported else row.system
            unscored = "–" if row.unscored is None else str(row.unscored)
            counts = (Cell(text=row.counted), Cell(text=unscored))
            lines.append([Cell(text=name), *values, *counts])
        return lines

    def markdown(self) -> str:
        """Write the table for a Markdown page."""
        rows = (
            [f"**{markdown(c.text)}**" if c.best else markdown(c.text) for c in line]
            for line in self.cells()
        )
        table = markdown_table(map(markdown, self.header), rows)
        return (
            "\n".join([table, *(f"{markdown_line(note)}  " for note in self.notes)]).rstrip() + "\n"
        )

    def by_metric(self) -> str:
        """Write the table turned round for a Markdown page: a row a metric, three decimals.

        The shape in which papers print it, so that a run can be laid beside one.
        """
        header = ["metric", *(markdown(line[0].text) for line in self.cells())]
        lines = []
        for column, metric in enumerate(self.metrics):
            values = [row.values[column] for row in self.rows]
            shown = (
                "–"
                if value is None
                else _signed(value, 3)
                if row.difference
                else _number(row, column, 3)
                for value, row in zip(values, self.rows, strict=True)
            )
            lines.append([markdown(metric), *shown])
        return markdown_table(header, lines)

    def csv(self) -> str:
        """Write the table with full precision and, after the scores, their 95 % intervals.

        A name that a spreadsheet would run is guarded: ``harness.report.escape.csv_cell``. The
        last columns say what a ladder shows, which split it is, and that prompts give away answers,
        where it is so.
        """
        last = {
            "ladder": [row.state or "" for row in self.rows],
            "split": [self.split or ""] * len(self.rows),
            "leakage": ["allowed" if self.leaks else ""] * len(self.rows),
        }
        last = {name: cells for name, cells in last.items() if any(cells)}
        bounds = [f"{metric}_{end}" for metric in self.metrics for end in ("low", "high")]
        header = (*self.header, *bounds, "units", "source", *last)
        lines = [[csv_cell(name) for name in header]]
        for i, row in enumerate(self.rows):
            values = ["" if value is None else repr(value) for value in row.values]
            counts = ["" if count is None else str(count) for count in (row.n, row.unscored)]
            ends = [repr(end) if end is not None else "" for pair in row.intervals for end in pair]
            units = "" if row.units is None else str(row.units)
            told = [units, _source(row), *(csv_cell(cells[i]) for cells in last.values())]
            lines.append([csv_cell(row.system), *values, *counts, *ends, *told])
        return "".join(f"{','.join(line)}\n" for line in lines)

    def latex(self) -> str:
        """Write the table for a LaTeX paper (booktabs), its notes as comments.

        That prompts give away answers, and which look this is, are lines of the table itself.
        """
        head = " & ".join(map(latex, self.header))
        rows = "".join(
            " & ".join(
                rf"\textbf{{{latex(cell.text)}}}" if cell.best else latex(cell.text)
                for cell in line
            )
            + " \\\\\n"
            for line in self.cells()
        )
        notes = "".join(f"% {latex(note)}\n" for note in self.notes)
        columns = "l" + "r" * (len(self.header) - 1)
        below = [*([_LEAKS] if self.leaks else []), *([self.look] if self.look else [])]
        rows += "\\midrule\n" if below else ""
        rows += "".join(
            f"\\multicolumn{{{len(self.header)}}}{{l}}{{\\footnotesize {latex(text)}}} \\\\\n"
            for text in below
        )
        return (
            f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
            f"{rows}\\bottomrule\n\\end{{tabular}}\n{notes}"
        )


def _measured(summary: RunSummary, system: SystemSummary) -> Row:
    """Lay out what a system scores."""
    results = {r.metric: r for r in summary.results if r.system == system.system}
    found = [results.get(metric) for metric in summary.metrics]
    rungs = summary.ladder.rungs if summary.ladder else ()
    return Row(
        system=system.system,
        n=system.n - system.unscored,
        units=_units(summary, system),
        unscored=system.unscored,
        values=tuple(result.value if result else None for result in found),
        intervals=tuple((result and result.interval) or (None, None) for result in found),
        state=next((r.state for r in rungs if r.system == system.system), None),
        control=system.control is not None,
    )


def _from_the_picture(summary: RunSummary, control: SystemSummary) -> Row:
    """Lay out what a control's system scores more than it."""
    pairs = {pair.metric: pair for pair in summary.grounding if pair.baseline == control.system}
    found = [pairs.get(metric) for metric in summary.metrics]
    return Row(
        system=f"{control.control_of}: {FROM_THE_PICTURE} (against {control.control})",
        n=max((pair.n_paired for pair in pairs.values()), default=0),
        units=max((pair.units for pair in pairs.values()), default=0),
        unscored=None,
        values=tuple(pair.delta if pair else None for pair in found),
        intervals=tuple((pair and pair.interval) or (None, None) for pair in found),
        control=True,
        difference=True,
    )


def _number(row: Row, column: int, digits: int) -> str:
    """Write a value; a difference with its sign and its interval."""
    value = row.values[column]
    if value is None:
        return "–"
    if not row.difference:
        return f"{f'{STAYS} ' if row.stays else ''}{value:.{digits}f}"
    low, high = row.intervals[column]
    shown = _signed(value, digits)
    if low is None or high is None:
        return shown
    return f"{shown} [{_signed(low, digits)}, {_signed(high, digits)}]"


def _signed(value: float, digits: int) -> str:
    """Write a difference with its sign; what rounds to nothing has no minus."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def _source(row: Row) -> str:
    if row.reported:
        return "reported"
    if row.difference:
        return "difference"
    return "control" if row.control else "measured"


def read_reported(path: Path) -> list[ReportedRow]:
    """Read figures that others printed: a ``system`` column, then one per metric by its name.

    Raises:
        DataError: the file is missing, has no ``system`` column, or holds what is no number.
    """
    if path.exists() and not path.is_file():
        raise DataError(f"the reported figures cannot be read: {path} is no file")
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the reported figures cannot be read: {path} ({error})") from error
    lines = []
    for number, row in enumerate(rows, start=2):
        where = Where(path=path, line=number)
        name = row.pop("system", None)
        if not name:
            raise DataError("no 'system' in this line", where=where)
        try:
            scores = {metric: _figure(text) for metric, text in row.items() if metric and text}
        except (TypeError, ValueError) as error:
            raise DataError(f"not a number: {error}", where=where) from error
        lines.append(ReportedRow(system=name, scores=scores))
    return lines


def _units(summary: RunSummary, system: SystemSummary) -> int | None:
    """Find how many independent units a system's scored samples are."""
    n = system.n - system.unscored
    of_all = (r.units for r in summary.results if r.system == system.system and r.n_scored == n)
    return next((units for units in of_all if units is not None), None)


def _figure(text: str) -> float:
    figure = float(text)
    if not math.isfinite(figure):
        raise ValueError(f"{text!r}; where a figure is not known its cell is empty")
    return figure


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write cells that are Markdown already as a table whose first column stands left."""
    names = list(header)
    lines = [names, [":--", *("--:" for _ in names[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
