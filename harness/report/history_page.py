"""A suite's history → one HTML page that needs nothing beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.history_words import changed_text, header, notes, rows
from harness.report.html import filled, picture
from harness.report.line_chart import history_svg

if TYPE_CHECKING:
    from harness.records import History


def history_page(found: History) -> str:
    """Fill the page's template; every text is made visible and escaped."""
    charts = []
    for chart in found.charts:
        drawn = history_svg(chart, found.metric)
        lines = [row for line in chart.lines for row in rows(line)]
        charts.append((chart, picture(drawn) if drawn else None, lines, notes(found, chart)))
    return filled(
        "history.html.j2",
        history=found,
        charts=charts,
        header=header(found.metric),
        changed=changed_text,
    )
