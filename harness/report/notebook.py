"""Records → what a notebook shows of them: HTML without a script, every text of it escaped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.html import filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Comparison, MetricResult
    from harness.report.tables import ComparisonTable

_TEMPLATE = "notebook.html.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one system said of a sample."""

    system: str
    text: str | None
    """None where it failed."""
    failure: str | None
    score: float | None
    """None where it has none of the gallery's metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One sample of a gallery."""

    id: str
    pictures: tuple[str | None, ...]
    """Data URIs; None: the picture is not on this machine."""
    references: tuple[str, ...]
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """Samples with whole pictures and what systems said of them; a notebook shows it."""

    metric: str | None
    """Of the scores; None: the run has none that samples have."""
    samples: tuple[Shown, ...]

    def _repr_html_(self) -> str:
        return filled(
            _TEMPLATE, kind="gallery", samples=self.samples, metric=self.metric, number=number
        )


def run_html(title: str, said: Sequence[str], table: ComparisonTable | None) -> str:
    """Show what a run says and its table.

    Args:
        title: the run.
        said: the verdict first, a sentence each.
        table: None where there are no numbers.
    """
    rows = [] if table is None else _rows(table)
    return filled(_TEMPLATE, kind="run", title=title, said=said, table=table, rows=rows)


def comparison_html(said: Sequence[str], notes: Sequence[str], pairs: Sequence[Comparison]) -> str:
    """Show what a comparison says, and each pair on each metric.

    Args:
        said: a sentence a pair on the metric that decides.
        notes: what a reader has to know.
        pairs: on all metrics.
    """
    return filled(_TEMPLATE, kind="comparison", said=said, notes=notes, pairs=pairs, number=number)


def results_html(title: str, results: Sequence[MetricResult]) -> str:
    """Show numbers of one system, a row a metric."""
    return filled(_TEMPLATE, kind="results", title=title, results=results, number=number)


def slices_html(metric: str, field: str, rows: Sequence[Sequence[str]]) -> str:
    """Show a metric on slices of a field: slice, system, samples, score and difference."""
    return filled(_TEMPLATE, kind="slices", metric=metric, field=field, rows=rows)


def number(value: float | None, form: str = ".4f") -> str:
    """Write a number; a dash where there is none."""
    return "–" if value is None else format(value, form)


def span(interval: tuple[float, float] | tuple[None, None] | None, form: str = ".4f") -> str:
    """Write an interval; nothing where there is none."""
    if interval is None or interval[0] is None or interval[1] is None:
        return ""
    return f"[{interval[0]:{form}}, {interval[1]:{form}}]"


def _rows(table: ComparisonTable) -> list[tuple[str, list[tuple[str, str, bool]], str, str]]:
    """Give each row's name, its values with interval and whether it is best, n and unscored."""
    best = [table.best(column) for column in range(len(table.metrics))]
    lines = []
    for i, row in enumerate(table.rows):
        form = ".3f" if row.reported else "+.4f" if row.difference else ".4f"
        values = [
            (
                f"{'= ' if row.stays and value is not None else ''}{number(value, form)}",
                "" if value is None else span(row.intervals[column], form),  # type: ignore[arg-type]
                i in best[column],
            )
            for column, value in enumerate(row.values)
        ]
        name = f"{row.system} †" if row.reported else row.system
        unscored = "–" if row.unscored is None else str(row.unscored)
        lines.append((name, values, row.counted, unscored))
    return lines
