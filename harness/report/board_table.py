"""A board of many runs' systems → its table, as text cells that every output format shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.metrics.registry import UNRANKED
from harness.report.escape import csv_cell, markdown, markdown_line
from harness.report.table_markdown import markdown_table
from harness.report.table_notes import REPORTED_MARK
from harness.report.tables import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTable:
    """A row a system, the best first, and under them figures that others printed."""

    board: Board

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns, the one by which systems are ranked first."""
        board = self.board
        return (board.deciding, *(column for column in board.metrics if column != board.deciding))

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return ("system", "letters", *self.metrics, "n", "unscored", "run", "also in")

    def rows(self) -> list[tuple[list[Cell], bool]]:
        """Write the rows as text; and which of them are reported."""
        board = self.board
        best = {column: self._best(column) for column in self.metrics}
        lines = []
        for each in board.standings:
            values = [
                Cell(
                    text="–" if (v := each.values.get(c)) is None else f"{v:.4f}",
                    best=each.name in best[c],
                )
                for c in self.metrics
            ]
            also = f"{each.others} older" if each.others else ""
            lines.append(
                (
                    [
                        Cell(text=each.name),
                        Cell(text=each.letters.get(board.deciding, "–")),
                        *values,
                        *(Cell(text=text) for text in (str(each.n), str(each.unscored))),
                        *(Cell(text=text) for text in (each.run, also)),
                    ],
                    False,
                )
            )
        for row in board.reported:
            figures = [
                Cell(text="–" if (v := row.scores.get(c)) is None else f"{v:.3f}")
                for c in self.metrics
            ]
            blank = [Cell(text="–")]
            name = [Cell(text=f"{row.system} {REPORTED_MARK}")]
            lines.append(([*name, *blank, *figures, *(blank * 3), Cell(text="")], True))
        return lines

    @property
    def notes(self) -> list[str]:
        """Say what a reader of the table has to know."""
        board = self.board
        lines = [f"ranked by {board.deciding}; letters are on {board.deciding}", *board.notes]
        if board.reported:
            lines.append(
                f"{REPORTED_MARK} reported elsewhere, not measured here; without a signature"
            )
        return lines

    def markdown(self) -> str:
        """Write the board for a Markdown page."""
        rows = (
            [f"**{markdown(c.text)}**" if c.best else markdown(c.text) for c in line]
            for line, _ in self.rows()
        )
        table = markdown_table(map(markdown, self.header), rows)
        notes = "".join(f"{markdown_line(note)}  \n" for note in self.notes)
        return f"## {markdown(self.board.dataset)}\n\n{table}\n{notes}"

    def _best(self, column: str) -> set[str]:
        """Say who has the best value; those that print alike are best together."""
        values = {
            s.name: round(s.values[column], 4) for s in self.board.standings if column in s.values
        }
        if column in UNRANKED or len(set(values.values())) < 2:
            return set()
        top = max(values.values())
        return {name for name, value in values.items() if value == top}


def boards_csv(boards: Sequence[Board]) -> str:
    """Write all boards as one CSV file, with full precision, intervals and letters.

    A name that a spreadsheet would run is guarded: ``harness.report.escape.csv_cell``.
    """
    metrics = dict.fromkeys(column for board in boards for column in board.metrics)
    ends = ("", "_low", "_high", "_letters")
    names = ["dataset", "version", "system", "source", "model", "run", "also_in", "n", "unscored"]
    lines = [[*names, *(f"{column}{end}" for column in metrics for end in ends)]]
    for board in boards:
        where = [board.dataset, board.version]
        for each in board.standings:
            cells = [*where, each.name, "measured", each.model, each.run]
            cells += [str(each.others), str(each.n), str(each.unscored)]
            for column in metrics:
                low, high = each.intervals.get(column, (None, None))
                cells += [_number(each.values.get(column)), _number(low), _number(high)]
                cells.append(each.letters.get(column, ""))
            lines.append(cells)
        for row in board.reported:
            cells = [*where, row.system, "reported", "", "", "", "", ""]
            for column in metrics:
                cells += [_number(row.scores.get(column)), "", "", ""]
            lines.append(cells)
    return "".join(f"{','.join(map(csv_cell, cells))}\n" for cells in lines)


def _number(value: float | None) -> str:
    return "" if value is None else repr(value)
