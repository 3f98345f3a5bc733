"""How the splits of a dataset fall → a table, what stands on both sides, and lines to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.grid import Grid
from harness.cli.output import say
from harness.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.dataset.both_sides import Twin
    from harness.pipeline.looking.data_split import DataSplit, Part
    from harness.records import Dropped

_SHOWN = 3
"""Examples of each kind."""


def show_split(divided: DataSplit) -> None:
    """Print it on stdout."""
    how = "the hash of their id"
    if divided.by:
        how = f"the hash of their '{divided.by}', those without one by that of their id"
    if divided.column:
        how = f"the column '{divided.column}'"
    samples = sum(part.samples for part in divided.parts)
    are = "is" if samples == 1 else "are"
    would = "would be divided" if divided.paste else f"{are} divided"
    say(f"{divided.dataset}: {counted(samples, 'sample')} {would} by {how}")
    _table(divided)
    say(*_sides(divided), *_more(divided))
    if divided.paste:
        name = divided.description.name
        instead = " in the place of its splits" if divided.replaces else ""
        say("", f"nothing is changed; to have it so, {name} needs{instead}", "")
        say(*(f"  {line}" for line in divided.paste))
        if divided.moves:
            say("", "samples change sides then: prompts may have been tried on what is sealed")


def _table(divided: DataSplit) -> None:
    header = ("split", "declared", "rows", "samples", "share", "units", "looks", "prompts tried")
    grid = Grid(header)
    for part, share in zip(divided.parts, divided.shares(), strict=True):
        grid.add(*_cells(part, share))
    grid.show()


def _cells(part: Part, share: float) -> Iterator[str]:
    yield f"{part.name} (sealed)" if part.sealed else part.name
    yield f"{part.declared:.1%}"
    yield f"{part.rows:,}"
    yield f"{part.samples:,}"
    yield f"{share:.1%}"
    yield f"{part.units:,}"
    yield "–" if part.looks is None else f"{part.looks:,}"
    yield "–" if part.tried is None else f"{part.tried:,}"


def _sides(divided: DataSplit) -> Iterator[str]:
    """Say what stands on both sides."""
    same, alike, ids = divided.same_image, divided.alike, divided.same_id
    if same:
        fate = "the later split leaves them out"
        if divided.ending:
            fate = "they end a run on the later split, for 'clean:' does not list their fault"
        yield f"the same image on both sides, byte for byte: {_rows(same)}; {fate}"
        yield from _few([f"'{row.id}': {row.detail}" for row in same[:_SHOWN]], len(same))
    if alike:
        yield f"images that look alike on both sides: {len(alike):,}"
        pairs = [f"{_pair(twin)}: {twin.bits} of 256 bits differ" for twin in alike[:_SHOWN]]
        yield from _few(pairs, len(alike))
    if ids:
        yield f"the same id on both sides, in clusters of different splits: {len(ids):,}"
        yield from _few([_pair(twin) for twin in ids[:_SHOWN]], len(ids))
    if not same and not alike:
        looks = "looks were not compared" if alike is None else "none that looks alike"
        yield f"no image is on both sides byte for byte, {looks}"


def _more(divided: DataSplit) -> Iterator[str]:
    if divided.nowhere:
        reasons = ", ".join(dict.fromkeys(row.reason for row in divided.nowhere))
        yield f"in no split: {_rows(divided.nowhere)} ({reasons})"
    yield from divided.notes
    if empty := [part.name for part in divided.parts if not part.samples]:
        units = sum(part.units for part in divided.parts)
        few = f"{counted(units, 'unit')} {'is' if units == 1 else 'are'}"
        yield f"no sample is in {', '.join(empty)}: {few} too few for such a share"
    if not any(part.sealed for part in divided.parts):
        yield "no split is sealed, so that no look is counted"


def _pair(twin: Twin) -> str:
    return f"'{twin.id}' ({twin.split}) and '{twin.earlier_id}' ({twin.earlier_split})"


def _rows(rows: Sequence[Dropped]) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows):,} rows"


def _few(shown: list[str], count: int) -> Iterator[str]:
    yield from (f"    {each}" for each in shown)
    if count > len(shown):
        yield "    …"
