"""A scored run → some of its samples, chosen by id, by chance or by score, as a gallery."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from harness.errors import DataError, MetricError, StoreError
from harness.nearest import nearest
from harness.pipeline.reading.answered import first_answers
from harness.pipeline.reading.comparing import read_statistics
from harness.pipeline.reading.deciding import chosen_metric, differing
from harness.report.ladder_view import hidden
from harness.report.notebook import Gallery, Shown, Told
from harness.report.thumbnails import Thumbnails, data_uri, size_for, small_webp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.records import MediaRef, RunSummary, Sample, SampleScores
    from harness.store.run_folder import RunFolder

Pick = Literal["first", "random", "win", "loss", "worst"]
PICKS: tuple[Pick, ...] = get_args(Pick)
LONGEST_SIDE = 384
"""Pixels of a picture in a gallery, which is shown whole."""


def picked_gallery(
    folder: RunFolder,
    systems: Sequence[str] = (),
    *,
    ids: Sequence[str] = (),
    pick: Pick = "first",
    metric: str | None = None,
    count: int = 12,
    seed: int = 0,
) -> Gallery:
    """Choose samples of a run and show what systems said of them; see ``Run.gallery``.

    Raises:
        HarnessError: the run is not scored, or has no such system, sample or metric; a ladder does
            not show the scores that are to choose.
    """
    if pick not in PICKS:
        raise DataError(f"'{pick}' chooses no samples", hint=f"known: {', '.join(PICKS)}")
    summary, run = folder.summary(), folder.run()
    every = [system.system for system in summary.systems]
    for name in systems:
        if name not in every:
            raise StoreError(f"the run has no system '{name}'", hint=nearest(name, every))
    shown = tuple(dict.fromkeys(systems)) or tuple(every)
    samples = folder.samples()
    by = _metric(folder, summary, metric, needed=not ids and pick in ("win", "loss", "worst"))
    if ids:
        chosen = _named(samples, ids)
    elif pick == "first":
        chosen = list(samples[:count])
    elif pick == "random":
        places = random.Random(seed).sample(range(len(samples)), min(count, len(samples)))
        chosen = [samples[place] for place in places]
    else:
        if out := hidden(summary) & set(shown):
            raise StoreError(f"the ladder of the suite shows no score of {', '.join(sorted(out))}")
        places = _ranked(folder.scores(), samples, shown, str(by), pick)[:count]
        chosen = [samples[place] for place in places]
    answers = first_answers(folder, run, chosen)
    small = Thumbnails(folder.path, size_for(sum(len(sample.media) for sample in chosen)))
    scores = _scores(folder, chosen, by, hidden(summary))
    return Gallery(
        metric=by,
        samples=tuple(
            Shown(
                id=sample.id,
                pictures=tuple(_picture(ref, small) for ref in sample.media),
                references=sample.references,
                told=tuple(
                    Told(
                        system=name,
                        text=answers[name][i].prediction.value,
                        failure=answers[name][i].failure,
                        score=scores.get((name, sample.id)),
                    )
                    for name in shown
                ),
            )
            for i, sample in enumerate(chosen)
        ),
    )


def _metric(
    folder: RunFolder, summary: RunSummary, metric: str | None, *, needed: bool
) -> str | None:
    """Find the metric that is shown; None where there is none and it is not needed."""
    _, _, metrics = read_statistics(folder, summary)
    names = [system.system for system in summary.systems]
    try:
        return chosen_metric(metrics, folder.run(), summary, metric, differing(summary, names))[1]
    except MetricError:
        if metric is not None or needed:
            raise
        return None


def _named(samples: Sequence[Sample], ids: Sequence[str]) -> list[Sample]:
    """Find samples by their ids.

    Raises:
        DataError: the run has not all of them.
    """
    wanted = [ids] if isinstance(ids, str) else list(ids)
    found = {sample.id: sample for sample in samples if sample.id in set(wanted)}
    for name in wanted:
        if name not in found:
            known = (sample.id for sample in samples)
            raise DataError(f"the run has no sample '{name}'", hint=nearest(name, known))
    return [found[name] for name in wanted]


def _ranked(
    scores: Sequence[SampleScores],
    samples: Sequence[Sample],
    systems: Sequence[str],
    metric: str,
    pick: Pick,
) -> list[int]:
    """Give the places of samples that these systems all have a score of, the picked ones first."""
    place = {sample.id: i for i, sample in enumerate(samples)}
    values: NDArray[np.float64] = np.full((len(systems), len(place)), np.nan)
    for column in scores:
        if column.metric == metric and column.system in systems:
            places = [place[sample_id] for sample_id in column.sample_ids]
            values[systems.index(column.system), places] = column.values
    if pick == "worst":
        key = values.mean(axis=0)
    else:
        gained = values[-1] - values[0]
        key = -gained if pick == "win" else gained
    order = np.argsort(key, kind="stable")
    return [int(i) for i in order if not np.isnan(key[i])]


def _scores(
    folder: RunFolder, samples: Sequence[Sample], metric: str | None, out: frozenset[str]
) -> Mapping[tuple[str, str], float]:
    ids = {sample.id for sample in samples}
    return {
        (column.system, sample_id): value
        for column in folder.scores()
        if column.metric == metric and column.system not in out
        for sample_id, value in zip(column.sample_ids, column.values, strict=True)
        if sample_id in ids
    }


def _picture(ref: MediaRef, small: Thumbnails) -> str | None:
    """Give a whole picture as a data URI: of the image, else the small one of the run's folder."""
    webp = small_webp(ref, LONGEST_SIDE) or small.webp(ref)
    return None if webp is None else data_uri(webp)
