"""A comparison table → what of it people are shown, and in which order; no format yet.

The metric that decides stands first. Controls stand under their system. Counts of samples are
columns only where they tell systems apart, else one sentence. What was reported elsewhere stands in
a table of its own, with the metrics that it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import MetricError
from harness.nearest import nearest
from harness.report.table_notes import REPORTED_NOTE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.report.tables import ComparisonTable, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A value as it is shown."""

    text: str
    best: bool = False
    """Whether it is the best measured value of its column."""
    mark: str = ""
    """Whether it is told apart from the baseline, and on which side."""
    band: str = ""
    """Its letters: who shares one is not told apart."""
    interval: str = ""
    """In brackets; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row as it is shown."""

    name: str
    row: Row
    under: bool = False
    """Whether it belongs to the system above it."""
    values: tuple[Shown, ...]
    """One for each metric that is shown."""
    counts: tuple[str, ...] = ()
    """One for each column of counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is shown of a table."""

    metrics: tuple[str, ...]
    counts: tuple[str, ...]
    """Columns after the metrics: ``n`` and ``unscored``, or none."""
    counted: str
    """The sentence in their place; empty where the columns stand."""
    lines: tuple[Line, ...]
    """What was measured."""
    reported_metrics: tuple[str, ...]
    reported: tuple[Line, ...]
    """What others printed, with ``reported_metrics``."""
    legend: tuple[str, ...]
    """What the marks mean."""
    notes: tuple[str, ...]
    """What else has to be known, without what has a place of its own here."""
    banded: str | None
    """The metric whose values have letters; None: none has."""


def laid_out(
    table: ComparisonTable, metrics: Sequence[str] | None = None, *, counts: bool = False
) -> Layout:
    """Lay out a table.

    Args:
        table: the comparison.
        metrics: the columns that are shown, in this order; None: all, the deciding one first.
        counts: have columns of counts, whatever they tell.

    Raises:
        MetricError: the table has no such metric.
    """
    names = in_order(table) if metrics is None else _known(table, metrics)
    columns = [table.metrics.index(name) for name in names]
    marks = table.marks
    banded = marks.deciding if marks and marks.deciding in names else None
    banded = banded if banded and marks and marks.bands(banded) else None
    counted = ("n", "unscored") if counts or not _alike(table) else ()
    reported = [row for row in table.rows if row.reported]
    printed = [c for c in columns if any(row.values[c] is not None for row in reported)]
    others = _Lines(table, printed, None, counts=False)
    legend = list(marks.legend(names)) if marks else []
    if banded:
        legend.append(f"letters on {banded}: who shares one is not told apart")
    return Layout(
        metrics=tuple(names),
        counts=counted,
        counted="" if counted else _counted(table),
        lines=tuple(_Lines(table, columns, banded, counts=bool(counted)).measured()),
        reported_metrics=tuple(table.metrics[column] for column in printed),
        reported=tuple(
            others.line(row)
            for row in reported
            if any(row.values[column] is not None for column in printed)
        ),
        legend=tuple(legend),
        notes=tuple(note for note in table.notes if note != REPORTED_NOTE),
        banded=banded,
    )


def in_order(table: ComparisonTable) -> tuple[str, ...]:
    """Give the metrics, the one that decides first."""
    deciding = table.marks.deciding if table.marks else None
    return tuple(sorted(table.metrics, key=lambda name: name != deciding))


def droppable(table: ComparisonTable, names: Sequence[str]) -> list[str]:
    """Say in which order columns give way where there is no room for all; the first one stays.

    First of a metric that gives several columns all but its last, so that BLEU_4 stays for BLEU;
    then from the right.
    """
    rest = list(names[1:])
    last = {table.families.get(name, name): name for name in names}
    lesser = [name for name in rest if last[table.families.get(name, name)] != name]
    return [*lesser, *(name for name in reversed(rest) if name not in lesser)]


def _known(table: ComparisonTable, names: Sequence[str]) -> tuple[str, ...]:
    for name in names:
        if name not in table.metrics:
            raise MetricError(f"the run has no metric '{name}'", hint=nearest(name, table.metrics))
    return tuple(dict.fromkeys(names))


def _alike(table: ComparisonTable) -> bool:
    """Tell whether all systems were scored on as many samples, and on all."""
    rows = [row for row in table.rows if not row.reported]
    return len({row.counted for row in rows}) <= 1 and not any(row.unscored for row in rows)


def _counted(table: ComparisonTable) -> str:
    rows = [row for row in table.rows if not row.reported]
    if not rows or rows[0].n is None:
        return ""
    n, _, clusters = rows[0].counted.partition(" in ")
    of = f" in {clusters}" if clusters else ""
    return f"{n} sample{'' if n == '1' else 's'}{of}, all scored"


class _Lines:
    """The rows of a table as they are shown.

    Args:
        table: the comparison.
        columns: places of the metrics that are shown.
        banded: the metric whose values have letters.
        counts: whether there are columns of counts.
    """

    def __init__(
        self, table: ComparisonTable, columns: Sequence[int], banded: str | None, *, counts: bool
    ) -> None:
        self._table = table
        self._columns = columns
        self._counts = counts
        self._best = {column: table.best(column) for column in columns}
        self._place = {id(row): place for place, row in enumerate(table.rows)}
        bands = table.marks.bands(banded) if table.marks and banded else {}
        self._bands = {column: bands for column in columns if table.metrics[column] == banded}

    def measured(self) -> Iterator[Line]:
        """Lay out what was measured, each control under its system."""
        rows = [row for row in self._table.rows if not row.reported]
        below: dict[str, list[Row]] = {row.system: [] for row in rows if row.under is None}
        for row in rows:
            if row.under in below:
                below[row.under].append(row)
        systems = set(below)
        for row in rows:
            if row.under not in systems:
                yield self.line(row)
            if row.under is None:
                yield from (self.line(each, under=True) for each in below.pop(row.system, ()))

    def line(self, row: Row, *, under: bool = False) -> Line:
        """Lay out one row."""
        table = self._table
        marks = None if row.reported or row.under or row.stays else table.marks
        values = (
            Shown(
                text=table.number(row, column, interval=False),
                best=self._place[id(row)] in self._best[column],
                mark=marks.mark(row.system, table.metrics[column]) if marks else "",
                band=self._bands.get(column, {}).get(row.system, "") if marks else "",
                interval=table.ends(row, column),
            )
            for column in self._columns
        )
        unscored = "–" if row.unscored is None else str(row.unscored)
        return Line(
            name=table.name(row),
            row=row,
            under=under,
            values=tuple(values),
            counts=(row.counted, unscored) if self._counts else (),
        )
