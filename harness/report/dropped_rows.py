"""Rows that became no sample → ``dropped.csv``: which, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.escape import csv_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Dropped

DROPPED_FILE = "dropped.csv"
_COLUMNS = ("id", "row", "reason", "detail")
DROPPED_MARK = f"{','.join(_COLUMNS)}\n"
"""How each such file begins."""


def dropped_csv(dropped: Iterable[Dropped]) -> str:
    """Write a line for each row, in their order; of a run that dropped none the header alone.

    What a spreadsheet would run is guarded: ``harness.report.escape.csv_cell``.
    """
    lines = [_COLUMNS]
    for each in dropped:
        row = "" if each.row is None else str(each.row)
        lines.append((csv_cell(each.id), row, csv_cell(each.reason), csv_cell(each.detail)))
    return "".join(f"{','.join(line)}\n" for line in lines)
