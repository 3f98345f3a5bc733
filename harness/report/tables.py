"""A run's summary → its comparison table, whose numbers every output format shares.

What of it is shown, and in which order, is ``table_layout``'s; the formats are written by
``table_markdown``, ``table_latex`` and ``table_data``.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import DataError
from harness.metrics.registry import UNRANKED
from harness.records import ReportedRow, Where
from harness.report.ladder_view import STAYS, as_shown
from harness.report.split_notes import look_text
from harness.report.table_data import csv_text
from harness.report.table_latex import latex_by_metric, latex_table
from harness.report.table_markdown import by_metric_page, markdown_page
from harness.report.table_notes import FROM_THE_PICTURE, REPORTED_MARK, notes_of
from harness.stats import MOST_DIGITS, digits_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.records import RunSummary, SystemSummary
    from harness.report.marks import Marks

_PRINTED = 3
"""Decimals of figures that others printed."""


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
    under: str | None = None
    """The system that a control, or a difference to one, is of."""
    label: str | None = None
    """What it is called where it stands under that system."""

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
    mark: str = ""
    """What stands behind it: whether it is told apart from the baseline."""


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
    marks: Marks | None = None
    """What is marked against the baseline; None: nothing is."""
    suite: str = ""
    dataset: str = ""
    families: Mapping[str, str] = field(default_factory=dict)
    """Column → the metric that gives it, and maybe others."""
    _digits: dict[tuple[int, bool], int] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    """What ``digits`` has found."""

    @classmethod
    def of(cls, summary: RunSummary, marks: Marks | None = None) -> ComparisonTable:
        """Lay out what is shown of a summary, and what tests say of it."""
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
            marks=marks,
            suite=summary.suite,
            dataset=summary.dataset,
            families={result.metric: result.family for result in summary.results},
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
        digits = self.digits(column)
        measured = {
            i: round(row.values[column] or 0.0, digits)
            for i, row in enumerate(self.rows)
            if not (row.reported or row.control or row.stays) and row.values[column] is not None
        }
        top = max(measured.values(), default=None)
        rankable = self.metrics[column] not in UNRANKED and self.metrics[column] not in self.uneven
        differ = len(set(measured.values())) > 1 and rankable
        return frozenset(i for i, value in measured.items() if differ and value == top)

    def _repr_html_(self) -> str:
        """Show the table in a notebook."""
        from harness.report.notebook import run_html  # which needs this module's records

        return run_html("", (), self)

    def digits(self, column: int, *, differences: bool = False) -> int:
        """Say how many decimals a metric is printed with: ``harness.stats.digits_for``.

        As many more as keep two systems from printing alike that are told apart. A ladder says its
        scores as it compares them.

        Args:
            column: of the metric.
            differences: of what systems score more than their controls.
        """
        found = self._digits.get((column, differences))
        if found is None:
            found = self._digits[column, differences] = self._deserved(column, differences)
        return found

    def _deserved(self, column: int, differences: bool) -> int:
        if any(row.state for row in self.rows):
            return MOST_DIGITS
        rows = [row for row in self.rows if row.difference == differences]
        ends = (row.intervals[column] for row in rows if not (row.reported or row.under)
                or row.difference)  # fmt: skip
        digits = digits_for(
            (low, high) for low, high in ends if low is not None and high is not None
        )
        pairs = self.marks.pairs.values() if self.marks and not differences else ()
        apart = [
            (pair.baseline_value, pair.candidate_value)
            for pair in pairs
            if pair.metric == self.metrics[column] and pair.verdict == "told apart"
        ]
        while digits < MOST_DIGITS and any(round(a, digits) == round(b, digits) for a, b in apart):
            digits += 1
        return digits

    def number(self, row: Row, column: int, *, interval: bool = True) -> str:
        """Write a value; a difference with its sign and, where it is asked for, its interval."""
        value = row.values[column]
        if value is None:
            return "–"
        if not row.difference:
            digits = _PRINTED if row.reported else self.digits(column)
            return f"{f'{STAYS} ' if row.stays else ''}{value:.{digits}f}"
        digits = self.digits(column, differences=True)
        ends = self.ends(row, column) if interval else ""
        return f"{signed(value, digits)}{f' {ends}' if ends else ''}"

    def ends(self, row: Row, column: int) -> str:
        """Write a value's interval in brackets; nothing where there is none."""
        low, high = row.intervals[column]
        if low is None or high is None:
            return ""
        digits = self.digits(column, differences=row.difference)
        if row.difference:
            return f"[{signed(low, digits)}, {signed(high, digits)}]"
        low, high = (round(end, digits) + 0.0 for end in (low, high))
        return f"[{low:.{digits}f}, {high:.{digits}f}]"

    def cells(self) -> list[list[Cell]]:
        """Write the rows as text: name, values, n, unscored."""
        best = [self.best(column) for column in range(len(self.metrics))]
        lines = []
        for i, row in enumerate(self.rows):
            values = [
                Cell(text=self.number(row, column), best=i in best[column])
                for column in range(len(self.metrics))
            ]
            unscored = "–" if row.unscored is None else str(row.unscored)
            counts = (Cell(text=row.counted), Cell(text=unscored))
            lines.append([Cell(text=self.name(row)), *values, *counts])
        return lines

    @staticmethod
    def name(row: Row) -> str:
        """Name a row; what was reported elsewhere is marked."""
        return f"{row.system} {REPORTED_MARK}" if row.reported else row.system

    def markdown(self) -> str:
        """Write the table for a Markdown page."""
        return markdown_page(self)

    def by_metric(self) -> str:
        """Write the table turned round for a Markdown page: a row a metric, a column a system.

        The shape in which papers print it, so that a run can be laid beside one.
        """
        return by_metric_page(self)

    def csv(self) -> str:
        """Write the table with full precision and, after the scores, their 95 % intervals."""
        return csv_text(self)

    def latex(self, *, by_metric: bool = False) -> str:
        """Write the table for a LaTeX paper (booktabs), with a caption and a label.

        Args:
            by_metric: a row a metric and a column a system, in the place of the reverse.
        """
        return latex_by_metric(self) if by_metric else latex_table(self)


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
        under=system.control_of,
        label=f"{{{system.control}}}" if system.control else None,
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
        under=control.control_of,
        label=FROM_THE_PICTURE,
    )


def signed(value: float, digits: int) -> str:
    """Write a difference with its sign; what rounds to nothing has no minus."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


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
        why = getattr(error, "strerror", None) or error
        raise DataError(f"the reported figures cannot be read: {path} ({why})") from error
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
