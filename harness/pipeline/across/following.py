"""The runs of a suite → what became of each of its prompts, step by step; needs no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import USUAL, conclude, grouped, record
from harness.errors import MetricError, StoreError
from harness.nearest import nearest
from harness.pipeline.across.data_versions import (
    columns_of,
    entrants_of,
    measured,
    open_finished,
    versions,
)
from harness.pipeline.across.leaderboard import deciding_column
from harness.pipeline.across.prompt_changes import Changes, changes
from harness.records import Comparison, History, HistoryChart, HistoryLine, HistoryStep
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.contrast import MeasuredMetric
    from harness.pipeline.across.data_versions import Columns, Entrant, Version
    from harness.records import Resampling

Track = tuple[str, str, str, str | None]
"""Variant, model, decoding and pipeline: what keeps its name while its prompt changes."""
Pair = tuple[int, int]
"""Places of a baseline and a candidate among the systems of a chart."""


@dataclass(slots=True)
class _Step:
    """A step while it is gathered."""

    system: int
    """Its place among the systems of the chart."""
    runs: list[Entrant]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Entrants whose numbers on the metric mean the same."""

    version: Version
    why: str | None
    entrants: tuple[Entrant, ...]
    """The oldest first."""


def history(results: Path, *, metric: str | None = None, resampling: Resampling = USUAL) -> History:
    """Follow each variant of a suite through its runs.

    Args:
        results: the folder of the suite's runs.
        metric: whose scores are followed; default: as of a leaderboard.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        StoreError: no run finished, or a file of one is damaged.
        MetricError: no run has this metric, or any.
    """
    runs, passed = open_finished(RunFolder.all(results))
    if not runs:
        raise StoreError(
            f"no run in {results} finished", hint="; ".join(passed[:5]) or "'harness run' makes one"
        )
    found = versions(runs)
    entrants = [
        [e for opened in version.runs for e in entrants_of(opened, version.samples[0].id)]
        for version in found
    ]
    every = columns_of([entrant for some in entrants for entrant in some])
    if metric and metric not in every.chosen:
        raise MetricError(f"no run has the metric '{metric}'", hint=nearest(metric, every.chosen))
    if not every.chosen:
        raise MetricError("no run has a metric that can be compared", hint="their tables say why")
    newest = [entrant for some in entrants for entrant in some]
    column = metric or deciding_column(found[-1], every, newest, None)
    frames = list(_frames(found, entrants, column))
    charts = [_chart(frame, column, resampling) for frame in frames]
    shown = {run for chart in charts for run in chart.runs}
    passed += [f"{each.name} has no {column}" for each in runs if each.name not in shown]
    return History(
        suite=results.name, metric=column, charts=tuple(charts), passed_over=tuple(passed)
    )


def _frames(
    found: Sequence[Version], entrants: Sequence[Sequence[Entrant]], column: str
) -> Iterator[_Frame]:
    """Part the entrants of each version by how they computed the metric."""
    before: Version | None = None
    for version, some in zip(found, entrants, strict=True):
        why = version.unlike(before) if before else None
        before = version
        left = [entrant for entrant in some if column in entrant.results]
        while left:
            signature = left[0].results[column].signature
            unlike = {
                id(e): signature.differences(e.results[column].signature).computed for e in left
            }
            alike = tuple(e for e in left if not unlike[id(e)])
            yield _Frame(version=version, why=why, entrants=alike)
            left = [e for e in left if unlike[id(e)]]
            if left:
                told = ", ".join(map(str, unlike[id(left[0])]))
                why = f"{column} was computed otherwise: {told}"


def _chart(frame: _Frame, column: str, resampling: Resampling) -> HistoryChart:
    """Follow the lines of a frame, and test each step against the one before and the first."""
    systems: list[Entrant] = []
    tracks: dict[Track, list[_Step]] = {}
    for entrant in frame.entrants:
        place = next(
            (i for i, known in enumerate(systems) if known.identity.is_of(entrant.identity)), None
        )
        if place is None:
            place = len(systems)
            systems.append(entrant)
        systems[place] = entrant  # the newest run that has it
        steps = tracks.setdefault(_track(entrant), [])
        if steps and steps[-1].system == place:
            steps[-1].runs.append(entrant)
        else:
            steps.append(_Step(place, [entrant]))
    pairs = {
        pair: None for steps in tracks.values() for pair in _pairs([step.system for step in steps])
    }
    columns = columns_of(systems)
    told = _tested(frame, systems, columns, list(pairs), resampling)
    runs = list(dict.fromkeys(entrant.opened.name for entrant in frame.entrants))
    names = _names(list(tracks))
    lines = [
        HistoryLine(
            name=names[track],
            variant=track[0],
            model=track[1],
            decoding=track[2],
            pipeline=track[3],
            steps=tuple(_steps(steps, systems, column, told, runs)),
        )
        for track, steps in tracks.items()
    ]
    tried = _tried(frame, systems)
    return HistoryChart(
        dataset=frame.version.describe(),
        version=frame.version.sha256[:12],
        why=frame.why,
        lines=tuple(lines),
        runs=tuple(runs),
        comparisons=max((pair.family for pair in told.values()), default=0),
        tried=tried,
        chance=_chance([p for (c, _), p in told.items() if c == column], tried),
    )


def _track(entrant: Entrant) -> Track:
    system = entrant.opened.system(entrant.system)
    return system.variant, system.model, system.decoding.name, system.pipeline


def _names(tracks: Sequence[Track]) -> dict[Track, str]:
    """Call a line by its variant, and by what else tells it from others of that variant."""
    names = {}
    for track in tracks:
        others = [other for other in tracks if other[0] == track[0]]
        apart = [
            str(part)
            for i, part in enumerate(track)
            if i and len({other[i] for other in others}) > 1
        ]
        names[track] = f"{track[0]} ({', '.join(apart)})" if apart else track[0]
    return names


def _pairs(systems: Sequence[int]) -> Iterator[Pair]:
    """Give each step with the one before, and with the first."""
    for i in range(1, len(systems)):
        yield systems[i - 1], systems[i]
        if systems[0] != systems[i]:
            yield systems[0], systems[i]


def _tested(
    frame: _Frame,
    systems: Sequence[Entrant],
    columns: Columns,
    pairs: Sequence[Pair],
    resampling: Resampling,
) -> Mapping[tuple[str, Pair], Comparison]:
    """Test pairs on all columns as one family, whichever column is looked at."""
    tables: list[MeasuredMetric] = list(measured(frame.version, systems, columns).values())
    groups = [g for table in tables for g in grouped(table, pairs, frame.version.clusters)]
    concluded = conclude([(group, group.tests) for group in groups], resampling)
    names = [f"{entrant.opened.name}:{entrant.system}" for entrant in systems]
    return {
        (test.metric, test.pair): record(
            group, test, concluded.get(test), systems=names, resampling=resampling
        )
        for group in groups
        for test in group.tests
    }


def _steps(
    steps: Sequence[_Step],
    systems: Sequence[Entrant],
    column: str,
    told: Mapping[tuple[str, Pair], Comparison],
    runs: Sequence[str],
) -> Iterator[HistoryStep]:
    """Write down the steps of a line."""
    for i, step in enumerate(steps):
        first, before = steps[0].system, steps[i - 1].system
        oldest = step.runs[0].opened
        result = systems[step.system].results[column]
        git = oldest.run.git
        said: Changes = ((), ())
        if i:
            earlier = steps[i - 1].runs[-1]
            parts = {**earlier.opened.folder.parts(), **oldest.folder.parts()}
            said = changes(earlier, step.runs[0], parts)
        again = next((n for n, s in enumerate(steps[:i], 1) if s.system == step.system), None)
        yield HistoryStep(
            number=i + 1,
            runs=tuple(entrant.opened.name for entrant in step.runs),
            place=runs.index(oldest.name),
            last=runs.index(step.runs[-1].opened.name),
            created=oldest.run.created,
            commit=git.commit if git else None,
            dirty=git.dirty if git else None,
            again=again,
            changes=said[0],
            diff=said[1],
            value=result.value,
            interval=result.interval,
            before=told.get((column, (before, step.system))) if i else None,
            first=told.get((column, (first, step.system))) if i > 1 else None,
        )


def _tried(frame: _Frame, systems: Sequence[Entrant]) -> int:
    """Count the different prompts that were tried, on the split or at least in these runs."""
    prompts: list[Entrant] = []
    for entrant in systems:
        if not any(entrant.identity.asks_as(other.identity) for other in prompts):
            prompts.append(entrant)
    splits = [opened.run.dataset.split for opened in frame.version.runs]
    return max([len(prompts), *(split.tried or 0 for split in splits if split)])


def _chance(pairs: Sequence[Comparison], tried: int) -> float | None:
    """Say what the best of as many equal prompts gains by having been chosen."""
    variances = [pair.unit_sd**2 / pair.units for pair in pairs if pair.unit_sd is not None]
    return stats.chance_gain(variances, tried) if variances and tried > 1 else None
