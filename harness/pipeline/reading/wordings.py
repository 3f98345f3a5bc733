"""Systems of a matrix with nuisance axes → ideas, and how far their wordings lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.config.names import JOINER
from harness.config.pipelines import MARK
from harness.config.selecting import name_of
from harness.records import Idea, WordingBand

if TYPE_CHECKING:
    from harness.records import RunRecord, RunSummary, System, VariantRecord


def ideas(run: RunRecord, summary: RunSummary) -> tuple[Idea, ...]:
    """Put together the systems that differ in nuisance axes alone; each pipeline has its own ideas.

    Returns:
        Nothing of a matrix without such an axis. The mean is that of the wordings' scores, each of
        which counts once, and the band goes from the lowest to the highest of them.
    """
    groups: dict[str, list[str]] = {}
    for system in run.systems:
        variant = run.variants[system.variant]
        if variant.nuisance and variant.matrix:
            groups.setdefault(_name(system, variant, variant.matrix), []).append(system.name)
    values = {(r.system, r.metric): r.value for r in summary.results}
    return tuple(
        Idea(
            name=name,
            systems=tuple(systems),
            bands={
                metric: band
                for metric in summary.metrics
                if (band := _band([values.get((system, metric)) for system in systems]))
            },
        )
        for name, systems in groups.items()
    )


def _band(scores: list[float | None]) -> WordingBand | None:
    there = [score for score in scores if score is not None]
    if len(there) < len(scores):
        return None
    return WordingBand(mean=sum(there) / len(there), low=min(there), high=max(there))


def _name(system: System, variant: VariantRecord, matrix: str) -> str:
    """Name an idea as its systems are named, without the nuisance axes."""
    levels = {axis: at for axis, at in variant.axes.items() if axis not in variant.nuisance}
    parts = system.asked_as.split(JOINER)
    place = 1 if parts[0] != system.variant else 0  # a model's name may stand before the variant's
    name = JOINER.join([*parts[:place], name_of(matrix, levels), *parts[place + 1 :]])
    return name if system.pipeline is None else f"{name}{MARK}{system.pipeline}"
