"""A scored run → one HTML page that needs nothing beside it; and how any such page is filled.

Every text that a template is given is made visible and escaped, whatever it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.report.effect_picture import effects_svg
from harness.report.escape import html
from harness.report.signatures import signature_lines
from harness.report.table_notes import flags_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import Effect, MetricResult, RunRecord, RunSummary
    from harness.report.gallery import Card
    from harness.report.tables import ComparisonTable
    from harness.report.wording_table import WordingTable


def html_page(
    run: RunRecord,
    summary: RunSummary,
    table: ComparisonTable,
    cards: Sequence[Card],
    verdicts: Sequence[str],
    averaged: WordingTable | None = None,
    *,
    effects: Sequence[Effect] = (),
    effects_said: Sequence[str] = (),
) -> str:
    """Fill the page's template.

    Args:
        run: ``run.json``.
        summary: ``summary.json``.
        table: the summary's table.
        cards: samples to show.
        verdicts: a sentence a pair of systems, the winner's first.
        averaged: the table of means over wordings; None where there is no such axis.
        effects: of the run's matrices on one metric, to be drawn.
        effects_said: a sentence for each of the largest of them.
    """
    return filled(
        "report.html.j2",
        run=run,
        summary=summary,
        table=table,
        cells=table.cells(),
        averaged=averaged,
        cards=cards,
        absent=sum(card.absent for card in cards),
        code=run.code,
        verdicts=verdicts,
        effects=_picture(effects),
        effects_said=effects_said,
        signatures=signature_lines(summary),
        flag_names=next(([f.flag for f in s.flags] for s in summary.systems if s.flags), []),
        flagged=bool(flags_text(summary)),
        moved=any(summary.raw.values()),
        values={(r.system, r.metric): r.value for r in summary.results},
        intervals={(r.system, r.metric): _interval(r) for r in summary.results},
    )


def filled(template: str, **values: object) -> str:
    """Fill a template of this folder; texts are made visible and escaped, pictures stay.

    Args:
        template: its file.
        values: what it is given, by name. What ``picture`` has marked goes in as it is.
    """
    environment = Environment(
        loader=PackageLoader("harness.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    return environment.get_template(template).render(values)


def picture(svg: str) -> Markup:
    """Mark a picture that was drawn here, every text of it escaped where it was drawn."""
    return Markup(svg)


def _interval(result: MetricResult) -> str:
    """Write an interval, or why there is none."""
    if result.interval is None:
        return result.no_interval or "–"
    return "{:.4f} – {:.4f}".format(*result.interval)


def _picture(effects: Sequence[Effect]) -> Markup | None:
    """Draw effects; every text of theirs is escaped where it is drawn."""
    matrices = len({effect.matrix for effect in effects})
    return picture(effects_svg(effects, matrices=matrices)) if effects else None


def _visible(value: object) -> object:
    """Make a text visible before it is escaped; what is escaped already stays so."""
    if isinstance(value, Markup):
        return Markup(html(value))
    return html(value) if isinstance(value, str) else value
