"""A run's summary → how each of its numbers was computed: signatures in their short form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.records.signature import SHORT

if TYPE_CHECKING:
    from harness.records import RunSummary


def signature_lines(summary: RunSummary) -> list[str]:
    """Give each different signature once, with its systems where not all have it.

    Returns:
        Lines in the order of the table's columns, and a last one that says what the keys mean.
    """
    systems: dict[str, list[str]] = {}
    place = {metric: i for i, metric in enumerate(summary.metrics)}
    for result in sorted(summary.results, key=lambda result: place[result.metric]):
        systems.setdefault(result.signature.short(), []).append(result.system)
    used = dict.fromkeys(
        name for result in summary.results for name, _ in result.signature.fields if name in SHORT
    )
    keys = ", ".join(f"{SHORT[name]} {name}" for name in used if SHORT[name] != name)
    every = len(summary.systems)
    return [
        *(
            text if len(names) == every else f"{text}  ({', '.join(names)})"
            for text, names in systems.items()
        ),
        *([f"keys: {keys}"] if keys else []),
    ]
