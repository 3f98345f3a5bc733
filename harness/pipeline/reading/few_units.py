"""Compared metrics → the notes that few independent units tell little, and which systems lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.contrast import units_text
from harness.report.table_notes import FEW, NAMED
from harness.stats import FEWEST_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.contrast import ComparedMetric
    from harness.records import Comparison


def few_units(compared: Sequence[ComparedMetric]) -> Iterator[str]:
    """Say where pairs share few units, which system that is owed to, and on which metrics."""
    notes: dict[str, list[str]] = {}
    told = [metric for metric in compared if metric.pairs]
    for metric in told:
        for note in _few(metric.pairs):
            notes.setdefault(note, []).append(metric.metric)
    for note, names in notes.items():
        yield note if len(names) == len(told) else f"on {', '.join(names)} {note}"


def _few(pairs: Sequence[Comparison]) -> Iterator[str]:
    few = [pair for pair in pairs if FEWEST_UNITS <= pair.units < FEW]
    if not few:
        return
    if len(few) == len(pairs):
        yield f"only {_fewest(few)}: only large differences can be told"
        return
    enough = {name for pair in pairs if pair.units >= FEW for name in _both(pair)}
    short = [name for name in dict.fromkeys(sum(map(_both, few), ())) if name not in enough]
    for name in short[:NAMED]:
        own = [pair for pair in few if name in _both(pair)]
        yield f"{name} has only {_fewest(own)}: only large differences from it can be told"
    if len(short) > NAMED:
        yield f"{len(short) - NAMED} more systems have few samples"
    for pair in [pair for pair in few if not {*_both(pair)} & {*short}][:NAMED]:
        one, other = _both(pair)
        yield (
            f"{one} and {other} have only {_fewest([pair])} in common: only large differences "
            "between these two can be told"
        )


def _fewest(pairs: Sequence[Comparison]) -> str:
    units, samples = min((pair.units, pair.n_paired) for pair in pairs)
    return units_text(samples, units)


def _both(pair: Comparison) -> tuple[str, ...]:
    return pair.baseline, pair.candidate
