"""A scored run → its tables and its page, written into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contrast import sentences
from harness.pipeline.reading.answers import read_answers
from harness.pipeline.reading.comparing import compare_run, ranked
from harness.pipeline.reading.grounding import picture_sentences
from harness.report.gallery import MAX_CARDS, gallery
from harness.report.html import html_page
from harness.report.tables import ComparisonTable
from harness.report.thumbnails import Thumbnails

if TYPE_CHECKING:
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import RunSummary
    from harness.store.run_folder import RunFolder


def write_reports(folder: RunFolder, summary: RunSummary) -> RunComparison | None:
    """Write the tables (Markdown, CSV, LaTeX) and ``report.html`` of a scored run.

    Returns:
        How its systems compare; None where no two of them do.

    Raises:
        StoreError: a file of the run is missing, or one cannot be written.
    """
    run = folder.run()
    samples = folder.samples()
    table = ComparisonTable.of(summary)
    folder.write_text("table.md", table.markdown())
    folder.write_text("table_by_metric.md", table.by_metric())
    folder.write_text("table.csv", table.csv())
    folder.write_text("table.tex", table.latex())
    first = samples[:MAX_CARDS]
    scores = folder.scores([sample.id for sample in first])
    answers = read_answers(folder, run, first).draws[0]
    shown = gallery(first, answers, scores, Thumbnails(folder.path))
    compared = compare_run(folder) if comparable(summary) else None
    said = [*(verdicts(compared) if compared else []), *picture_sentences(run, summary)]
    folder.write_text("report.html", html_page(run, summary, table, shown, said))
    return compared


def verdicts(compared: RunComparison) -> list[str]:
    """Say a sentence for each pair on the metric that decides, and why none is confirmed, if so."""
    why = [f"Exploratory: {compared.exploratory}."] if compared.exploratory else []
    return [*sentences(compared.metric(compared.deciding).pairs), *why]


def comparable(summary: RunSummary) -> bool:
    """Tell whether two systems have a score of a metric that can be compared."""
    rivals = ranked(summary)
    return len({r.system for r in summary.results if r.units and r.system in rivals}) > 1
