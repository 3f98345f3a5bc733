"""A scored run → its tables and its page, written into its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contrast import sentences
from harness.pipeline.reading.comparing import compare_run, ranked
from harness.pipeline.reading.deciding import undecided
from harness.pipeline.reading.effects import effects_of_run, tells_effects
from harness.pipeline.reading.grounding import said_of_pictures
from harness.pipeline.reading.marking import marks_of
from harness.pipeline.reading.page import write_page
from harness.report.dropped_rows import DROPPED_FILE, dropped_csv
from harness.report.ladder_view import as_shown
from harness.report.table_data import table_json
from harness.report.tables import ComparisonTable
from harness.report.wording_table import WordingTable

if TYPE_CHECKING:
    from harness.pipeline.reading.answered import Answered
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import RunSummary
    from harness.store.run_folder import RunFolder


def write_reports(
    folder: RunFolder, summary: RunSummary, answered: Answered | None = None
) -> RunComparison | None:
    """Write the tables, ``dropped.csv`` and ``report.html`` of a scored run.

    Args:
        folder: of the run.
        summary: its numbers.
        answered: the run, where it is at hand; None: it is read now.

    Returns:
        How its systems compare; None where no two of them do.

    Raises:
        StoreError: a file of the run is missing, or one cannot be written.
    """
    run = answered.record if answered else folder.run()
    samples = answered.samples if answered else folder.samples()
    everything, summary = summary, as_shown(summary)
    compared = compare_run(folder) if comparable(everything) else None
    table = ComparisonTable.of(summary, marks_of(run, summary, compared))
    averaged = WordingTable.of(summary)
    below = f"\n{averaged.markdown()}" if averaged else ""
    folder.write_text("table.md", table.markdown() + below)
    folder.write_text("table_by_metric.md", table.by_metric())
    folder.write_text("table.csv", table.csv())
    folder.write_text("table.json", table_json(table, summary))
    folder.write_text("table.tex", table.latex())
    folder.write_text("table_by_metric.tex", table.latex(by_metric=True))
    folder.write_text(DROPPED_FILE, dropped_csv(run.dataset.dropped))
    told = None if summary.ladder else compared  # a ladder shows no more than its table
    lacking = [] if compared else undecided(run, everything)
    write_page(
        folder,
        run,
        summary,
        samples,
        answered=answered,
        told=told,
        effects=effects_of_run(folder) if told and tells_effects(run) else None,
        undecided=told.undecided if told and not told.decides else lacking,
        said=[
            *(verdicts(told) if told else [f"Undecided: {text}." for text in lacking]),
            *said_of_pictures(run, summary),
        ],
    )
    return compared


def verdicts(compared: RunComparison) -> list[str]:
    """Say a sentence for each pair on each declared metric, and what they do not allow for."""
    said = [line for metric in compared.told for line in sentences(metric.pairs)]
    return [*said, *compared.notes()]


def comparable(summary: RunSummary) -> bool:
    """Tell whether two systems have a score of a metric that can be compared."""
    rivals = ranked(summary)
    return len({r.system for r in summary.results if r.units and r.system in rivals}) > 1
