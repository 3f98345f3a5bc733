"""Many runs → a ranked table for each version of a dataset, each system once; needs no model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import USUAL, contrast
from harness.errors import MetricError, StoreError
from harness.metrics.registry import UNRANKED
from harness.nearest import nearest
from harness.pipeline.across.data_versions import (
    columns_of,
    entrants_of,
    measured,
    open_finished,
    versions,
)
from harness.pipeline.reading.deciding import DECIDING
from harness.records import Board, Leaderboard, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.contrast import ComparedMetric
    from harness.pipeline.across.data_versions import Columns, Entrant, Version
    from harness.records import Resampling
    from harness.store.run_folder import RunFolder


def leaderboard(
    folders: Iterable[RunFolder], *, metric: str | None = None, resampling: Resampling = USUAL
) -> Leaderboard:
    """Merge runs: the same system once, ranked among all of its dataset's version.

    Args:
        folders: the runs.
        metric: by which systems are ranked; default: what the newest run's suite declares, else the
            first usual one that tells systems apart.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        StoreError: no run finished, or a file of one is damaged.
        MetricError: no run has this metric, or any.
    """
    unique = {folder.path.resolve(): folder for folder in folders}
    runs, passed = open_finished(unique.values())
    if not runs:
        raise StoreError(
            "no run to rank: none of them finished", hint="; ".join(passed[:5]) or "name some"
        )
    boards = [_board(version, metric, resampling) for version in versions(runs)]
    known = dict.fromkeys(column for board in boards if board for column in board.metrics)
    if metric and metric not in known:
        raise MetricError(f"no run has the metric '{metric}'", hint=nearest(metric, known))
    found = [board for board in boards if board]
    if not found:
        raise MetricError("no run has a metric that can be compared", hint="their tables say why")
    return Leaderboard(boards=tuple(found), passed_over=tuple(passed))


def _board(version: Version, metric: str | None, resampling: Resampling) -> Board | None:
    """Rank the systems of a version; None where they have no metric."""
    entrants, older = _once([e for opened in version.runs for e in entrants_of(opened)])
    columns = columns_of(entrants)
    if not columns.chosen:
        return None
    tables = measured(version, entrants, columns)
    names = _names(entrants)
    compared = contrast(
        list(tables.values()), names, clusters=version.clusters, resampling=resampling
    )
    deciding = deciding_column(version, columns, entrants, metric)
    letters = {column.metric: _letters(column, names, entrants, columns) for column in compared}
    standings = [
        _standing(entrant, name, i, older[i], columns, letters)
        for i, (entrant, name) in enumerate(zip(entrants, names, strict=True))
    ]
    standings.sort(key=lambda each: -each.values.get(deciding, float("-inf")))
    rows = {(r.system, *sorted(r.scores.items())): r for o in version.runs for r in o.run.reported}
    tests = max((pair.family for column in compared for pair in column.pairs), default=0)
    return Board(
        dataset=version.describe(),
        version=version.sha256[:12],
        metrics=tuple(columns.chosen),
        deciding=deciding,
        standings=tuple(standings),
        reported=tuple(rows.values()),
        comparisons=tests,
        runs=tuple(str(opened.folder.path) for opened in version.runs),
        notes=tuple(_notes(version, entrants, names, columns, tests, sum(older))),
    )


def _once(entrants: Sequence[Entrant]) -> tuple[list[Entrant], list[int]]:
    """Take each system from the newest run that has it; and count the other runs that do."""
    kept: list[Entrant] = []
    others: list[int] = []
    for entrant in reversed(entrants):
        for i, newer in enumerate(kept):
            if newer.identity.is_of(entrant.identity):
                others[i] += 1
                break
        else:
            kept.append(entrant)
            others.append(0)
    return kept[::-1], others[::-1]


def _names(entrants: Sequence[Entrant]) -> list[str]:
    """Call a system as its run does, with the run before it where two would be called alike."""
    plain = [entrant.system for entrant in entrants]
    full = [f"{entrant.opened.name}:{entrant.system}" for entrant in entrants]
    longest = [f"{entrant.opened.folder.path}:{entrant.system}" for entrant in entrants]
    return [
        next(name for name, among in kinds if among.count(name) == 1)
        for kinds in zip(
            ((name, plain) for name in plain),
            ((name, full) for name in full),
            ((name, longest) for name in longest),
            strict=True,
        )
    ]


def deciding_column(
    version: Version, columns: Columns, entrants: Sequence[Entrant], metric: str | None
) -> str:
    """Find the column that systems are ranked by."""
    if metric is not None and metric in columns.chosen:
        return metric
    decide = version.runs[-1].run.decide
    declared = [c for c in (decide.metrics if decide else ()) if c in columns.chosen]

    def differs(column: str) -> bool:
        found = [e.results[column].value for e in entrants if column in e.results]
        return len({round(value or 0.0, 4) for value in found}) > 1

    ranked = [column for column in columns.chosen if column not in UNRANKED] or [*columns.chosen]
    usual = [*(column for column in DECIDING if column in ranked), *ranked]
    return next((c for c in (*declared, *filter(differs, usual)) if c in ranked), usual[0])


def _letters(
    compared: ComparedMetric, names: Sequence[str], entrants: Sequence[Entrant], columns: Columns
) -> dict[str, str]:
    """Give letters to all that have a column; nobody where two of them have no sample in common."""
    column = compared.metric
    having = [i for i, entrant in enumerate(entrants) if columns.has(column, i, entrant)]
    if column in UNRANKED or len(compared.pairs) != len(having) * (len(having) - 1) // 2:
        return {}
    place = {names[i]: at for at, i in enumerate(having)}
    apart = {
        (place[pair.baseline], place[pair.candidate])
        for pair in compared.pairs
        if pair.verdict == "told apart"
    }
    scores = [entrants[i].results[column].value or 0.0 for i in having]
    return dict(zip((names[i] for i in having), stats.letters(scores, apart), strict=True))


def _standing(
    entrant: Entrant,
    name: str,
    place: int,
    others: int,
    columns: Columns,
    letters: Mapping[str, Mapping[str, str]],
) -> Standing:
    system = entrant.opened.system(entrant.system)
    told = entrant.opened.summary.systems[entrant.opened.row(entrant.system)]
    results = {
        column: entrant.results[column]
        for column in columns.chosen
        if columns.has(column, place, entrant)
    }
    return Standing(
        name=name,
        model=system.model,
        variant=system.variant,
        decoding=system.decoding.name,
        run=entrant.opened.name,
        folder=str(entrant.opened.folder.path),
        created=entrant.opened.run.created,
        others=others,
        n=told.n - told.unscored,
        unscored=told.unscored,
        values={c: r.value for c, r in results.items() if r.value is not None},
        intervals={c: r.interval for c, r in results.items() if r.interval is not None},
        letters={c: held[name] for c, held in letters.items() if name in held},
    )


def _notes(
    version: Version,
    entrants: Sequence[Entrant],
    names: Sequence[str],
    columns: Columns,
    tests: int,
    older: int,
) -> list[str]:
    """Say what a reader of a board has to know."""
    runs = len(version.runs)
    lines = [
        f"{len(entrants)} systems of {runs} run{'s' if runs > 1 else ''}, version "
        f"{version.sha256[:12]} of the data (ids, references, images)"
    ]
    if older:
        lines.append(
            f"the same system (model, prompts, decoding, post-processing) stands once, as in its "
            f"newest run; left out: {older} older measurement{'s' if older > 1 else ''}"
        )
    if tests:
        lines.append(
            "who shares a letter is not told apart; exploratory, and allowing for all "
            f"{tests} comparisons of systems on this board"
        )
    for column, apart in columns.apart.items():
        by_why: dict[str, list[str]] = {}
        for place, why in apart.items():
            by_why.setdefault(why, []).append(names[place])
        for why, some in by_why.items():
            lines.append(
                f"{column} of {', '.join(some)} was computed otherwise and is left out: {why}; "
                "'harness score' on the run computes it anew"
            )
    uneven = {column for opened in version.runs for column in opened.summary.uneven}
    if uneven:
        lines.append(
            f"scored on different samples, for some answers failed: {', '.join(sorted(uneven))}"
        )
    leaks = dict.fromkeys(line for opened in version.runs for line in opened.summary.leakage)
    looked = [o.run.dataset.split for o in version.runs if o.run.dataset.split]
    tried = max((split.tried or 0 for split in looked if not split.is_sealed), default=0)
    if tried > 1:
        lines.append(
            f"{tried} prompts were tried on this split: the best of them is partly the luckiest"
        )
    looks = max((split.look or 0 for split in looked if split.is_sealed), default=0)
    if looks > 1:
        lines.append(f"{looks} looks were taken at this sealed split")
    return [*lines, *leaks]
