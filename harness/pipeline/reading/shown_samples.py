"""A scored run → the samples that its page shows, each with what every system said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.compliance import FLAGS, expected_of, flags_of
from harness.pipeline.reading.answered import first_draw
from harness.pipeline.reading.comparing import read_statistics
from harness.report.page_data import FieldEntry
from harness.report.sample_files import CHUNK, Said
from harness.slices import COMPUTED, LEAST, slices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.pipeline.reading.answered import Answered
    from harness.records import Answer, ExpectedAnswers, RunSummary, Sample
    from harness.store.run_folder import RunFolder

MOST = 20_000
"""Samples that a page shows all of; of more it shows DRAWN and the largest differences."""
DRAWN = 15_000
MOST_VALUES = 200
"""Values of a field that samples can be filtered by: the most frequent ones."""
SEED = 0
_AT_ONCE = 50_000
"""Samples whose scores are held together."""


def shown_samples(
    folder: RunFolder, summary: RunSummary, samples: Sequence[Sample], metric: str
) -> tuple[Sequence[Sample], str]:
    """Choose the samples that a page shows, in the run's order.

    Args:
        folder: of the run.
        summary: its numbers.
        samples: all of them.
        metric: on which differences are looked for.

    Returns:
        The samples, and how they were chosen; an empty text where they are all.

    Raises:
        StoreError: the run's statistics are damaged.
    """
    if len(samples) <= MOST:
        return samples, ""
    drawn = np.random.default_rng(SEED).permutation(len(samples))[:DRAWN]
    wanted = np.zeros(len(samples), dtype=np.bool_)
    wanted[drawn] = True
    spread = _spread(folder, summary, metric)
    largest = np.argsort(-np.where(wanted, -1.0, spread), kind="stable")[: MOST - DRAWN]
    wanted[largest] = True
    said = (
        f"{DRAWN:,} of the {len(samples):,} samples, drawn with seed {SEED}, and the "
        f"{MOST - DRAWN:,} others on which systems differ most on {metric}"
    )
    return [samples[i] for i in np.flatnonzero(wanted).tolist()], said


def filter_fields(
    samples: Sequence[Sample], *, whole: bool
) -> tuple[tuple[FieldEntry, ...], list[list[list[int]]]]:
    """Find what samples can be filtered by.

    Args:
        samples: that are shown.
        whole: whether they are all of the run's; else how rare a word is cannot be told of them.

    Returns:
        The fields, and for each of them each sample's values by their places.
    """
    names = [*dict.fromkeys(key for s in samples for key in s.metadata), *COMPUTED]
    entries, columns = [], []
    for name in names if whole else [n for n in names if n != "reference_rarity"]:
        parts = slices(samples, name)[:MOST_VALUES]
        if len(parts) < 2 or len(parts[0].rows) < LEAST:
            continue
        column: list[list[int]] = [[] for _ in samples]
        for place, part in enumerate(parts):
            for row in part.rows:
                column[row].append(place)
        entries.append(FieldEntry(name=name, values=tuple(part.value for part in parts)))
        columns.append(column)
    return tuple(entries), columns


def said_of(
    folder: RunFolder, answered: Answered, summary: RunSummary
) -> Iterator[tuple[Sample, Mapping[str, Said]]]:
    """Give what each system said of each sample when it was first asked, in the order of samples.

    Args:
        folder: of the run.
        answered: the run with the samples that are asked for, and what is known of its answers.
        summary: its numbers.

    Raises:
        StoreError: the run's completions are damaged, or one is not there.
    """
    samples = answered.samples
    systems = [system.name for system in answered.record.systems]
    expected = summary.expected or expected_of(samples)
    waiting: dict[int, dict[str, Said]] = {}
    following = 0
    for parts in first_draw(folder, answered, size=CHUNK * len(systems)):
        for part in parts:
            marks = answered.marks.get(part.system)
            for place, answer in zip(part.places.tolist(), part.answers, strict=True):
                mark = None if marks is None else int(marks[place])
                waiting.setdefault(place, {})[part.system] = _said(answer, expected, mark)
        while len(waiting.get(following, ())) == len(systems):
            yield samples[following], waiting.pop(following)
            following += 1


def _said(answer: Answer, expected: ExpectedAnswers, mark: int | None) -> Said:
    made, text = answer.completion, answer.prediction.value
    if text is None:
        return Said(text=None, raw=None, reason=answer.failure or "no answer", flags=0)
    if mark is None:
        found = flags_of(made.text, made.finish_reason, expected)
        mark = sum(1 << i for i, flag in enumerate(FLAGS) if flag in found)
    return Said(
        text=text,
        raw=made.text if made.text != text else None,
        reason=None,
        flags=mark,
        prompt_tokens=made.prompt_tokens,
        completion_tokens=made.completion_tokens,
        seconds=made.seconds,
    )


def _spread(folder: RunFolder, summary: RunSummary, metric: str) -> FloatArray:
    """Say of each sample how far the systems' scores of a metric lie apart, controls left out.

    Nothing is known where the metric is one number for all samples, or a ladder shows no more.
    """
    scored, statistics, metrics = read_statistics(folder, summary)
    spread = np.zeros(scored.shape[1])
    label = next((name for name in statistics if metric in metrics[name].columns), None)
    rivals = np.array([system.control is None for system in summary.systems])
    if label is None or summary.ladder:
        return spread
    column = metrics[label].columns.index(metric)
    for start in range(0, len(spread), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        totals = statistics[label][rivals, rows]
        each = stats.aggregated(metrics[label].contrasted, totals)[:, :, column]
        each = np.where(scored[rivals, rows], each, np.nan)
        spread[rows] = np.nan_to_num(np.fmax.reduce(each) - np.fmin.reduce(each))
    return spread
