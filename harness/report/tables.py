"""A run's summary → its comparison table, as text cells that every output format shares."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import DataError
from harness.metrics.registry import UNRANKED
from harness.metrics.tools import METEOR_WORDS
from harness.records import ReportedRow, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.records import RunSummary, SystemSummary, TextsSummary

SEEN = 0.00005
"""The smallest difference that four decimals show."""
FEW = 30
"""Samples under which every table warns."""
REPORTED_MARK = "†"
REPORTED_NOTE = f"{REPORTED_MARK} reported elsewhere, not measured by this run"
_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        REPORTED_MARK: r"\textdagger{}",
        "–": "--",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table: a system of this run, or one whose figures were printed elsewhere."""

    system: str
    n: int | None
    """Samples that were scored."""
    unscored: int | None
    values: tuple[float | None, ...]
    intervals: tuple[tuple[float | None, float | None], ...]
    """A lower and an upper end for each value; None where there is none."""
    reported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonTable:
    """A row a system, a column a metric."""

    metrics: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, summary: RunSummary) -> ComparisonTable:
        """Lay out a summary."""
        metrics = summary.metrics
        value = {(r.system, r.metric): r.value for r in summary.results}
        interval = {(r.system, r.metric): r.interval for r in summary.results}
        nothing = (None, None)
        rows = [
            Row(
                system=system.system,
                n=system.n - system.unscored,
                unscored=system.unscored,
                values=tuple(value.get((system.system, metric)) for metric in metrics),
                intervals=tuple(
                    interval.get((system.system, metric)) or nothing for metric in metrics
                ),
            )
            for system in summary.systems
        ]
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
        return cls(metrics=metrics, rows=tuple(rows), notes=tuple(_notes(summary)))

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return ("system", *self.metrics, "n", "unscored")

    def best(self, column: int) -> frozenset[int]:
        """Say which rows hold the best measured value of a metric.

        Values that print alike are best together; where all do, none is better than another.
        """
        measured = {
            i: round(row.values[column] or 0.0, 4)
            for i, row in enumerate(self.rows)
            if not row.reported and row.values[column] is not None
        }
        top = max(measured.values(), default=None)
        differ = len(set(measured.values())) > 1 and self.metrics[column] not in UNRANKED
        return frozenset(i for i, value in measured.items() if differ and value == top)

    def cells(self, bold: str = "{}") -> list[list[str]]:
        """Write the rows as text, the best value of each column inside ``bold``."""
        best = [self.best(column) for column in range(len(self.metrics))]
        lines = []
        for i, row in enumerate(self.rows):
            values = [
                "–" if value is None else f"{value:.4f}" if not row.reported else f"{value:.3f}"
                for value in row.values
            ]
            marked = [bold.format(v) if i in best[c] else v for c, v in enumerate(values)]
            name = f"{row.system} {REPORTED_MARK}" if row.reported else row.system
            counts = ["–" if count is None else str(count) for count in (row.n, row.unscored)]
            lines.append([name, *marked, *counts])
        return lines

    def markdown(self) -> str:
        """Write the table for a Markdown page."""
        lines = [self.header, [":--", *("--:" for _ in self.header[1:])]]
        rows = [[cell.replace("|", "\\|") for cell in line] for line in self.cells(bold="**{}**")]
        table = "\n".join(f"| {' | '.join(line)} |" for line in [*lines, *rows])
        return "\n".join([table, "", *(f"{note}  " for note in self.notes)]).rstrip() + "\n"

    def by_metric(self) -> str:
        """Write the table turned round for a Markdown page: a row a metric, three decimals.

        The shape in which papers print it, so that a run can be laid beside one.
        """
        header = ["metric", *(line[0] for line in self.cells())]
        lines = [header, [":--", *("--:" for _ in self.rows)]]
        for column, metric in enumerate(self.metrics):
            values = [row.values[column] for row in self.rows]
            lines.append([metric, *("–" if value is None else f"{value:.3f}" for value in values)])
        return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

    def csv(self) -> str:
        """Write the table with full precision and, after the scores, their 95 % intervals (BCa).

        A name that a spreadsheet would run is quoted.
        """
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        bounds = [f"{metric}_{end}" for metric in self.metrics for end in ("low", "high")]
        writer.writerow([*self.header, *bounds, "source"])
        for row in self.rows:
            name = f"'{row.system}" if row.system[:1] in set("=+-@\t\r") else row.system
            values = ["" if value is None else repr(value) for value in row.values]
            counts = ["" if count is None else count for count in (row.n, row.unscored)]
            ends = [repr(end) if end is not None else "" for pair in row.intervals for end in pair]
            source = "reported" if row.reported else "measured"
            writer.writerow([name, *values, *counts, *ends, source])
        return buffer.getvalue()

    def latex(self) -> str:
        """Write the table for a LaTeX paper (booktabs)."""
        head = " & ".join(name.translate(_LATEX) for name in self.header)
        body = [
            " & ".join(
                rf"\textbf{{{cell.translate(_LATEX)}}}" if bold else cell.translate(_LATEX)
                for cell, bold in line
            )
            for line in self._bold_cells()
        ]
        notes = "".join(f"% {note}\n" for note in self.notes)
        rows = "".join(f"{line} \\\\\n" for line in body)
        columns = "l" + "r" * (len(self.header) - 1)
        return (
            f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
            f"{rows}\\bottomrule\n\\end{{tabular}}\n{notes}"
        )

    def _bold_cells(self) -> list[list[tuple[str, bool]]]:
        best = [self.best(column) for column in range(len(self.metrics))]
        return [
            [(cell, 0 < c <= len(best) and i in best[c - 1]) for c, cell in enumerate(line)]
            for i, line in enumerate(self.cells())
        ]


def read_reported(path: Path) -> list[ReportedRow]:
    """Read figures that others printed: a ``system`` column, then one per metric by its name.

    Raises:
        DataError: the file is missing, has no ``system`` column, or holds what is no number.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise DataError(f"the reported figures cannot be read: {error}") from error
    lines = []
    for number, row in enumerate(rows, start=2):
        where = Where(path=path, line=number)
        name = row.pop("system", None)
        if not name:
            raise DataError("no 'system' in this line", where=where)
        try:
            scores = {metric: float(text) for metric, text in row.items() if metric and text}
        except (TypeError, ValueError) as error:
            raise DataError(f"not a number: {error}", where=where) from error
        lines.append(ReportedRow(system=name, scores=scores))
    return lines


def _notes(summary: RunSummary) -> list[str]:
    notes = [*_notes_on_texts(summary), *_notes_on_numbers(summary)]
    if summary.dropped:
        kinds = ", ".join(f"{n} {reason}" for reason, n in summary.dropped.items())
        count = sum(summary.dropped.values())
        notes.append(f"{count} rows of the dataset were left out (run.json says which): {kinds}")
    if unknown := summary.unknown_ids:
        shown = ", ".join(unknown[:5]) + (" …" if len(unknown) > 5 else "")
        notes.append(f"the dataset does not have {len(unknown)} ids of the predictions: {shown}")
    if summary.reported:
        notes.append(REPORTED_NOTE)
    return notes


def _notes_on_texts(summary: RunSummary) -> Iterator[str]:
    """Say what is wrong with what the models wrote."""
    for status, text in (
        ("unscored", "unscored: the model gave no answer"),
        ("empty", "empty: answered with nothing, scored as that"),
        ("truncated", "cut off at max_tokens"),
        ("malformed", "not in the form that the prompt asks for (structured_outputs)"),
    ):
        if counts := _counts(summary.systems, status):
            yield f"{text}: {counts}"
    if "METEOR" in summary.metrics and (counts := _counts(summary.texts, "overlong")):
        yield f"over {METEOR_WORDS} words, and METEOR matches no more than those: {counts}"


def _counts(lines: Sequence[SystemSummary] | Sequence[TextsSummary], what: str) -> str:
    counts = ((line.system, getattr(line, what)) for line in lines)
    return ", ".join(f"{system} {count}" for system, count in counts if count)


def _notes_on_numbers(summary: RunSummary) -> Iterator[str]:
    """Say what the numbers do not tell by themselves."""
    measured = {r.metric for r in summary.results if r.value is not None}
    missing: dict[str, dict[str, None]] = {}
    for result in summary.results:
        if result.metric not in measured:
            missing.setdefault(result.missing or "", {})[result.metric] = None
    for reason, names in missing.items():
        yield f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} missing: {reason}"
    value = {(r.system, r.metric): r.value for r in summary.results}
    for system, raw in summary.raw.items():
        moved = {m: (value[system, m] or 0.0) - before for m, before in raw.items()}
        shown = [f"{m} {by:+.4f}" for m, by in moved.items() if abs(by) >= SEEN]
        if shown:
            yield f"post-processing moved {system}: {', '.join(shown)}"
    noise = summary.noise_floor
    if noise:
        floors = ", ".join(f"{metric} {floor:.4f}" for metric, floor in noise.floor.items())
        texts = ", ".join(f"{system} {n}" for system, n in noise.differing.items())
        yield (
            f"noise floor of {noise.repeats} repeats: {floors}; "
            f"samples whose texts differ between repeats: {texts}"
        )
    draws = {s.system: s.draws for s in summary.systems}
    for system, best in summary.best_of.items():
        shown = [f"{metric} {score:.4f}" for metric, score in best.items()]
        yield (
            f"{system} is the mean of {draws[system]} draws; had the reference chosen the best: "
            + ", ".join(shown)
        )
    n = max((system.n for system in summary.systems), default=0)
    if n < FEW:
        yield f"only {n} samples: too few to tell prompts apart, and CIDEr depends on each"
    short = summary.short_references
    if short and {"BLEU_4", "CIDEr"} & set(summary.metrics):
        yield (
            f"{short} of {n} samples have references under 4 words: the same three words score "
            "BLEU_4 0.03 and CIDEr at most 7.5"
        )
