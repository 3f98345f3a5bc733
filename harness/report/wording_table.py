"""A run's summary → the table of ideas, each averaged over its wordings, with the wording band.

A prompt is an idea in some words. What another wording of the same idea moves a score by is no
merit of the idea, so a difference between ideas that is no larger is marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.metrics.registry import UNRANKED
from harness.records import WordingBand
from harness.report.escape import markdown, markdown_line
from harness.report.table_markdown import markdown_table
from harness.stats import digits_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import RunSummary

TITLE = "averaged over wording"
WITHIN = "≈"
_PLACES = 4
"""Decimals to which means and bands are compared."""
_NOTE = (
    "each score is the mean over the wordings of an idea (the lowest – the highest of them: the "
    "wording band); more wordings make a band wider, never narrower"
)
_WITHIN_NOTE = (
    f"{WITHIN} no farther from the best mean of its model and decoding than wordings of one of the "
    "two ideas lie apart: other words may have made the difference"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordingTable:
    """A row an idea, a column a metric; what has one wording alone stands in it for comparison."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, summary: RunSummary) -> WordingTable | None:
        """Lay out a summary; None where no idea has several wordings."""
        if not any(len(idea.systems) > 1 for idea in summary.ideas):
            return None
        rows = list(_rows(summary))
        best = _best(rows)
        marked = [
            (row.name, str(row.wordings), *(_cell(row, m, summary, best) for m in summary.metrics))
            for row in rows
        ]
        within = any(WITHIN in cell for line in marked for cell in line[2:])
        return cls(
            header=("idea", "wordings", *summary.metrics),
            rows=tuple(marked),
            notes=(_NOTE, *([_WITHIN_NOTE] if within else [])),
        )

    def markdown(self) -> str:
        """Write the table for a Markdown page, under a heading of its own."""
        table = markdown_table(
            map(markdown, self.header), (map(markdown, row) for row in self.rows)
        )
        notes = "\n".join(f"{markdown_line(note)}  " for note in self.notes).rstrip()
        return f"{TITLE}:\n\n{table}\n{notes}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: str
    wordings: int
    beside: tuple[str, str]
    """Model and decoding, within which ideas are held against each other."""
    bands: Mapping[str, WordingBand]


def _rows(summary: RunSummary) -> list[_Row]:
    """Give a row for each idea, and each other system but controls, in their order."""
    values = {(r.system, r.metric): r.value for r in summary.results}
    idea_of = {system: idea for idea in summary.ideas for system in idea.systems}
    rows: dict[str, _Row] = {}
    for system in (s for s in summary.systems if s.control is None):
        idea = idea_of.get(system.system)
        single = {
            metric: WordingBand(mean=value, low=value, high=value)
            for metric in summary.metrics
            if (value := values.get((system.system, metric))) is not None
        }
        name = idea.name if idea else system.system
        row = _Row(
            name=name,
            wordings=len(idea.systems) if idea else 1,
            beside=(system.model, system.decoding),
            bands=idea.bands if idea else single,
        )
        rows.setdefault(name, row)
    return list(rows.values())


_Best = dict[tuple[tuple[str, str], str], WordingBand]
"""Model and decoding, and metric → the band with the best mean."""


def _best(rows: Sequence[_Row]) -> _Best:
    best: _Best = {}
    for row in rows:
        for metric, band in row.bands.items():
            place = (row.beside, metric)
            if place not in best or band.mean > best[place].mean:
                best[place] = band
    return best


def _cell(row: _Row, metric: str, summary: RunSummary, best: _Best) -> str:
    band = row.bands.get(metric)
    if band is None:
        return "–"
    top = best[row.beside, metric]
    controls = {system.system for system in summary.systems if system.control}
    widest = max(band.high - band.low, top.high - top.low)
    apart = round(top.mean - band.mean, _PLACES)
    ranked = metric not in UNRANKED and metric not in summary.uneven
    mark = WITHIN if ranked and 0 < apart <= round(widest, _PLACES) else ""
    digits = digits_for(
        r.interval for r in summary.results if r.metric == metric and r.system not in controls
    )
    spread = f" ({band.low:.{digits}f} – {band.high:.{digits}f})" if row.wordings > 1 else ""
    return f"{band.mean:.{digits}f}{mark}{spread}"
