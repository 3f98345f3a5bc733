"""Slices of a run → the panels of a page, those with a difference that is told apart first."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from harness.contrast import span_to
from harness.pipeline.reading.boards import delta_figure
from harness.report.page_data import Figure, SlicePanel, SliceRow, SlicesEntry
from harness.stats import digits_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.pipeline.reading.slicing import SlicedRun, SliceScore

MOST = 120
"""Panels of a page; 'harness slices' shows any field whole."""


UNEVEN = "; differences are on the samples that both have, scores on each system's own"
"""Where systems lack samples."""


def slices_entry(sliced: Sequence[SlicedRun], place: Mapping[str, int]) -> SlicesEntry | None:
    """Lay out the slices of all fields.

    Args:
        sliced: field by field.
        place: of each system in the run.

    Returns:
        None where there are no two slices.
    """
    panels = [
        _panel(field.field, value, list(rows), place)
        for field in sliced
        if field.shown > 1
        for value, rows in groupby(field.scores, key=lambda score: score.value)
    ]
    if not panels:
        return None
    tests = max(field.tests for field in sliced)
    apart = sum(panel.apart for panel in panels)
    shown = sorted(panels, key=lambda panel: not panel.apart)[:MOST]
    left = f"; {len(panels) - MOST} more: harness slices" if len(panels) > MOST else ""
    note = (
        f"{tests:,} comparisons with the baseline {sliced[0].baseline}, on every slice of "
        f"{len(sliced)} fields, are tested together: on {apart} of {len(panels)} slices a system "
        f"is told apart from it{left}"
        f"{UNEVEN if any(field.uneven for field in sliced) else ''}"
    )
    return SlicesEntry(metric=sliced[0].metric, note=note, panels=tuple(shown))


def _panel(
    field: str, value: str, scores: Sequence[SliceScore], place: Mapping[str, int]
) -> SlicePanel:
    digits = digits_for(score.interval for score in scores)
    pairs = [score.against for score in scores if score.against]
    delta_digits = digits_for(pair.interval for pair in pairs)
    rows = []
    for score in scores:
        low, high = score.interval or (None, None)
        why = f"no interval: {score.no_interval}" if score.no_interval else ""
        pair = score.against
        rows.append(
            SliceRow(
                system=place[score.system],
                score=Figure(
                    value=score.score,
                    low=low,
                    high=high,
                    said=f"{score.score:.{digits}f}",
                    span=span_to(score.interval, digits) if score.interval else why,
                ),
                delta=delta_figure(pair.delta, pair.interval, delta_digits, pair.reason or "")
                if pair
                else None,
                verdict=pair.verdict if pair else None,
            )
        )
    return SlicePanel(
        field=field,
        value=value,
        n=max(score.n for score in scores),
        apart=any(pair.verdict == "told apart" for pair in pairs),
        rows=tuple(sorted(rows, key=lambda row: row.system)),
    )
