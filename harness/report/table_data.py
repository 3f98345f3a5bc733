"""A comparison table → CSV and JSON, for programs: every digit, and every interval and test."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from harness.report.escape import csv_cell, json_text

if TYPE_CHECKING:
    from harness.records import RunSummary
    from harness.report.tables import ComparisonTable, Row

JSON_FORM = 1
"""Of ``table.json``; another number where a program that read the one before cannot read it."""


def csv_text(table: ComparisonTable) -> str:
    """Write the table with full precision and, after the scores, their 95 % intervals.

    A name that a spreadsheet would run is guarded: ``harness.report.escape.csv_cell``. The
    last columns say what a ladder shows, which split it is, and that prompts give away answers,
    where it is so.
    """
    last = {
        "ladder": [row.state or "" for row in table.rows],
        "split": [table.split or ""] * len(table.rows),
        "leakage": ["allowed" if table.leaks else ""] * len(table.rows),
    }
    last = {name: cells for name, cells in last.items() if any(cells)}
    bounds = [f"{metric}_{end}" for metric in table.metrics for end in ("low", "high")]
    header = (*table.header, *bounds, "units", "source", *last)
    lines = [[csv_cell(name) for name in header]]
    for i, row in enumerate(table.rows):
        values = ["" if value is None else repr(value) for value in row.values]
        counts = ["" if count is None else str(count) for count in (row.n, row.unscored)]
        ends = [repr(end) if end is not None else "" for pair in row.intervals for end in pair]
        units = "" if row.units is None else str(row.units)
        told = [units, source(row), *(csv_cell(cells[i]) for cells in last.values())]
        lines.append([csv_cell(row.system), *values, *counts, *ends, *told])
    return "".join(f"{','.join(line)}\n" for line in lines)


def table_json(table: ComparisonTable, summary: RunSummary) -> str:
    """Write the table as JSON: values, intervals, differences to the baseline, letters, signatures.

    Args:
        table: the comparison.
        summary: as it is shown; how its numbers were computed.
    """
    marks = table.marks
    signatures = {(r.system, r.metric): r.signature.long() for r in summary.results}
    rows = []
    for row in table.rows:
        scores = {}
        for column, metric in enumerate(table.metrics):
            low, high = row.intervals[column]
            score: dict[str, object] = {
                "value": row.values[column],
                "interval": None if low is None or high is None else [low, high],
                "signature": None if row.difference else signatures.get((row.system, metric)),
            }
            if marks and not (row.reported or row.under):
                pair = marks.pairs.get((row.system, metric))
                score["against_baseline"] = asdict(pair) if pair else None
                score["letters"] = marks.letters.get(metric, {}).get(row.system)
            scores[metric] = score
        rows.append(
            {
                "system": row.under if row.difference else row.system,
                "source": source(row),
                "under": row.under,
                "n": row.n,
                "units": row.units,
                "unscored": row.unscored,
                "ladder": row.state,
                "scores": scores,
            }
        )
    told = {
        "form": JSON_FORM,
        "run": summary.run,
        "suite": summary.suite,
        "dataset": summary.dataset,
        "split": table.split,
        "baseline": summary.baseline,
        "deciding": marks.deciding if marks else None,
        "verdict": marks.verdict if marks else None,
        "exploratory": marks.exploratory if marks else None,
        "metrics": list(table.metrics),
        "rows": rows,
        "notes": list(table.notes),
    }
    return f"{json_text(told)}\n"


def source(row: Row) -> str:
    """Say where a row's numbers are from."""
    if row.reported:
        return "reported"
    if row.difference:
        return "difference"
    return "control" if row.control else "measured"
