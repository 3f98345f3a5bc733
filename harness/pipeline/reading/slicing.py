"""A scored run → its metric on slices of the samples, differences that survive correction first."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from harness import stats
from harness.contrast import ALPHA, USUAL, compare_systems
from harness.errors import DataError
from harness.metrics.metric import applies
from harness.pipeline.reading.comparing import chosen_metric, differing, read_statistics
from harness.slices import COMPUTED, LEAST, slices
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import Comparison, Json, Resampling
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceScore:
    """One system on one slice."""

    value: str
    """The slice: a value of the field."""
    system: str
    n: int
    """Its scored samples in the slice."""
    score: float
    interval: tuple[float, float] | None
    against: Comparison | None
    """Compared with the baseline on this slice, corrected over all slices and systems; None for
    the baseline itself, and where the two share no sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicedRun:
    """A metric on all slices of a field."""

    metric: str
    field: str
    scores: tuple[SliceScore, ...]
    """Slice by slice; slices with a difference that survives correction first, then by size."""
    left_out: Mapping[str, int]
    """Slices of too few samples to tell anything → their samples."""
    without: int
    """Samples that have no value of the field, and so are in no slice."""

    def json(self) -> Json:
        """Give plain data."""
        return asdict(self)


def slice_run(
    folder: RunFolder, field: str, *, metric: str | None = None, resampling: Resampling = USUAL
) -> SlicedRun:
    """Score and compare a run's systems on slices of its samples.

    CIDEr keeps the document frequencies of the whole run.

    Args:
        folder: a scored run.
        field: a metadata field, or one that every dataset has: reference_words, references,
            reference_rarity.
        metric: by its column's name; default: as ``compare_run``.
        resampling: how often, and from which seed.

    Raises:
        DataError: no sample has the field, or no slice is large enough.
        MetricError: the run has no such metric.
        StoreError: the run is not scored.
    """
    samples = folder.samples()
    try:
        every = slices(samples, field)
    except KeyError:
        known = [*dict.fromkeys(key for s in samples for key in s.metadata), *COMPUTED]
        raise DataError(f"no sample has '{field}'", hint=f"fields: {', '.join(known)}") from None
    parts = [part for part in every if len(part.rows) >= LEAST]
    if not parts:
        largest = f"the largest, '{every[0].value}', has {len(every[0].rows)}" if every else "none"
        raise DataError(
            f"no slice of '{field}' has {LEAST} samples", hint=f"{len(every)} slices: {largest}"
        )
    summary = folder.summary()
    systems = [system.system for system in summary.systems]
    first = next(i for i, s in enumerate(summary.systems) if s.variant == summary.baseline)
    order = [first, *(i for i in range(len(systems)) if i != first)]
    names = [systems[i] for i in order]
    scored, statistics, metrics = read_statistics(folder, summary)
    label, column = chosen_metric(metrics, metric, differing(summary, systems))
    scored = scored & applies(statistics[label])
    chosen, name = metrics[label], metrics[label].columns[column]
    clusters = clusters_of(samples)
    scores: list[SliceScore] = []
    for part in parts:
        rows = list(part.rows)
        matrix, kept = statistics[label][order][:, rows], scored[order][:, rows]
        together = None if clusters is None else clusters[rows]
        compared = compare_systems(chosen, names, matrix, kept, resampling, together)[column]
        against = {p.candidate: p for p in compared.pairs if p.baseline == names[0]}
        for i, system in enumerate(names):
            if not kept[i].any():
                continue
            [estimates] = stats.estimate(
                matrix[i][kept[i]][None],
                chosen.aggregate,
                clusters=None if together is None else together[kept[i]],
                replicates=resampling.replicates,
                seed=resampling.seed,
            )
            scores.append(
                SliceScore(
                    value=part.value,
                    system=system,
                    n=int(kept[i].sum()),
                    score=estimates[column].value,
                    interval=estimates[column].bca,
                    against=against.get(system),
                )
            )
    return SlicedRun(
        metric=name,
        field=field,
        scores=tuple(_corrected(scores)),
        left_out={part.value: len(part.rows) for part in every if len(part.rows) < LEAST},
        without=len(samples) - len({row for part in every for row in part.rows}),
    )


def _corrected(scores: list[SliceScore]) -> list[SliceScore]:
    """Correct over everything that was compared, and put what survives first."""
    tested = [score for score in scores if score.against]
    adjusted = iter(stats.holm([s.against.p_value for s in tested if s.against]).tolist())
    done = [
        replace(score, against=replace(score.against, p_adjusted=next(adjusted)))
        if score.against
        else score
        for score in scores
    ]
    real = {s.value for s in done if s.against and s.against.p_adjusted < ALPHA}
    return sorted(done, key=lambda score: score.value not in real)  # stable: else by size
