"""A scored run → a qualitative table: samples by id, by largest difference, or drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import ConfigErrors, HarnessError, MetricError, StoreError
from harness.nearest import nearest
from harness.pipeline.reading.answered import first_answers
from harness.pipeline.reading.deciding import DECIDING
from harness.report.ladder_view import NOT_SHOWN, hidden
from harness.report.sample_formats import samples_html, samples_latex, samples_markdown
from harness.report.sample_table import (
    FOLDER,
    Said,
    SampleRow,
    SampleTable,
    marked,
    pictures_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.records import Answer, RunRecord, RunSummary, Sample
    from harness.store.run_folder import RunFolder

_DRAWS = "texts are the first of {} draws, scores the mean of all"
Scores = dict[str, dict[str, float]]
"""System → sample → score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which samples are shown: by id, else the largest differences of two systems, else drawn."""

    ids: tuple[str, ...] = ()
    between: tuple[str, str] | None = None
    """Two systems; samples on which the first scores more stand first."""
    count: int = 5
    seed: int = 0


def sample_table(
    folder: RunFolder,
    wanted: Wanted,
    *,
    systems: Sequence[str] = (),
    metric: str | None = None,
    pictures: bool = True,
) -> SampleTable:
    """Choose samples of a run and lay out what its systems said of them.

    Args:
        folder: the run.
        wanted: which samples.
        systems: the columns; default: the two that are compared, else all but controls.
        metric: whose scores of single samples are shown; default: the one that decides.
        pictures: make them, too.

    Raises:
        StoreError: the run is not scored, or has no such system or sample.
        MetricError: it has no such metric.
    """
    run, summary, samples = folder.run(), folder.summary(), folder.samples()
    out = hidden(summary)
    names = _systems(summary, wanted, systems, out)
    column, scores = _scores(folder, run, summary, metric)
    if wanted.between and column is None:
        raise MetricError("the run has no score of single samples by which two systems differ")
    shown = {name: values for name, values in scores.items() if name not in out}
    rows, chosen = _chosen(samples, wanted, shown, column)
    answers = first_answers(folder, run, rows)
    draws = max((system.draws * run.repeats for system in run.systems), default=1)
    return SampleTable(
        suite=summary.suite,
        dataset=summary.dataset,
        systems=tuple(names),
        metric=column,
        chosen=chosen,
        rows=tuple(
            _row(sample, i, names, answers, shown, pictures=pictures)
            for i, sample in enumerate(rows)
        ),
        notes=(_DRAWS.format(draws),) if draws > 1 else (),
    )


def write_samples(table: SampleTable, folder: Path) -> list[Path]:
    """Write a qualitative table as Markdown, LaTeX and HTML, and its pictures beside them.

    Returns:
        The files, without the pictures.

    Raises:
        StoreError: one cannot be written.
    """
    formats = {"md": samples_markdown, "tex": samples_latex, "html": samples_html}
    try:
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        for picture in (picture for row in table.rows for picture in row.pictures):
            (folder / FOLDER / picture.name).write_bytes(picture.jpeg)
        written = []
        for ending, formatted in formats.items():
            path = folder / f"samples.{ending}"
            path.write_text(formatted(table), encoding="utf-8")
            written.append(path)
    except OSError as error:
        raise StoreError(f"cannot be written: {folder} ({error})") from error
    return written


def _systems(
    summary: RunSummary, wanted: Wanted, systems: Sequence[str], out: frozenset[str]
) -> list[str]:
    """Find the columns; all that is wrong with them is said at once."""
    every = [system.system for system in summary.systems]
    known = [system.system for system in summary.systems if system.control is None]
    between = wanted.between or ()
    problems: list[HarnessError] = [
        *(
            StoreError(f"the run has no system '{name}'", hint=nearest(name, known))
            for name in (*systems, *between)
            if name not in every
        ),
        *(StoreError(f"{NOT_SHOWN}: '{name}'") for name in between if name in out),
    ]
    if wanted.between and wanted.between[0] == wanted.between[1]:
        problems.append(StoreError("a difference needs two systems"))
    _refuse(problems)
    return list(dict.fromkeys(systems or wanted.between or known))


def _scores(
    folder: RunFolder, run: RunRecord, summary: RunSummary, metric: str | None
) -> tuple[str | None, Scores]:
    """Read the scores of single samples on one metric; the one that decides where none is named."""
    columns = folder.scores()
    there = dict.fromkeys(column.metric for column in columns)
    if metric is not None and metric not in there:
        raise MetricError(
            f"the run has no score of single samples on '{metric}'", hint=nearest(metric, there)
        )
    declared = run.decide.metrics if run.decide else ()
    order = [*declared, *DECIDING, *summary.metrics]
    name = metric or next((name for name in order if name in there), None)
    scores: Scores = {}
    for column in columns:
        if column.metric == name:
            scores[column.system] = dict(zip(column.sample_ids, column.values, strict=True))
    return name, scores


def _chosen(
    samples: Sequence[Sample], wanted: Wanted, scores: Scores, metric: str | None
) -> tuple[list[Sample], str]:
    """Choose samples, and say how."""
    if wanted.ids:
        by_id = {sample.id: sample for sample in samples}
        _refuse(
            [
                StoreError(f"the run has no sample '{name}'", hint=nearest(name, by_id))
                for name in wanted.ids
                if name not in by_id
            ]
        )
        ids = dict.fromkeys(wanted.ids)
        return [by_id[name] for name in ids], f"{_counted(len(ids), samples)}, chosen by id"
    if wanted.between:
        return _largest(samples, wanted, scores, metric or "")
    import numpy as np

    count = min(wanted.count, len(samples))
    places = np.random.default_rng(wanted.seed).choice(len(samples), size=count, replace=False)
    drawn = [samples[place] for place in sorted(places.tolist())]
    return drawn, f"{_counted(count, samples)}, drawn at random with seed {wanted.seed}"


def _largest(
    samples: Sequence[Sample], wanted: Wanted, scores: Scores, metric: str
) -> tuple[list[Sample], str]:
    """Choose samples on which two systems differ most, the wins of the first before its losses."""
    first, second = wanted.between or ("", "")
    one, other = scores.get(first, {}), scores.get(second, {})
    by = {s.id: one[s.id] - other[s.id] for s in samples if s.id in one and s.id in other}
    differing = [sample for sample in samples if by.get(sample.id)]
    largest = sorted(differing, key=lambda sample: -abs(by[sample.id]))[: wanted.count]
    shown = sorted(largest, key=lambda sample: -by[sample.id])
    return shown, (
        f"{_counted(len(shown), samples)}, those on which {first} and {second} differ most on "
        f"{metric}, wins of {first} first"
    )


def _counted(count: int, samples: Sequence[Sample]) -> str:
    return f"{count} of {len(samples):,} sample{'' if len(samples) == 1 else 's'}"


def _row(
    sample: Sample,
    place: int,
    systems: Sequence[str],
    answers: Mapping[str, Sequence[Answer]],
    scores: Scores,
    *,
    pictures: bool,
) -> SampleRow:
    own = {name: scores.get(name, {}).get(sample.id) for name in systems}
    known = [score for score in own.values() if score is not None]
    top = max(known, default=0.0) if len(set(known)) > 1 else None
    shown = pictures_of(sample.media) if pictures else ()
    return SampleRow(
        id=sample.id,
        pictures=shown,
        absent=len(sample.media) - len(shown) if pictures else 0,
        references=sample.references,
        answers=tuple(
            _said(answers[name][place], own[name], higher=top is not None and own[name] == top)
            for name in systems
        ),
    )


def _said(answer: Answer, score: float | None, *, higher: bool) -> Said:
    if answer.failure is not None:
        return Said(pieces=(), reason=answer.failure)
    return Said(pieces=marked(answer.text, answer.sample.references), score=score, higher=higher)


def _refuse(problems: Sequence[HarnessError]) -> None:
    """Raise what is wrong: all of it."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise ConfigErrors(problems)
