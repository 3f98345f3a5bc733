"""A scored run of a matrix → what each of its choices does to each metric; needs no model."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from harness.contrast import (
    USUAL,
    Design,
    MeasuredMetric,
    Placed,
    effect_sentences,
    effects,
    ordered_levels,
    planned,
)
from harness.errors import StoreError
from harness.metrics.metric import applies
from harness.pipeline.reading.comparing import ranked, read_statistics
from harness.pipeline.reading.deciding import deciding_column, differing, valueless
from harness.report.effect_picture import EFFECTS_MARK, effects_svg
from harness.report.named_file import write_named
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.records import Effect, Json, Resampling, RunRecord, VariantRecord
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEffects:
    """What the choices of a run's matrices do."""

    designs: tuple[Design, ...]
    deciding: str
    """The metric that sentences and the picture are about."""
    effects: tuple[Effect, ...]
    """Metric by metric: main effects, interactions, wording, then those of single models."""
    not_told: tuple[str, ...]
    """Effects that the systems of the run cannot tell, and why."""
    leakage: tuple[str, ...] = ()
    """What prompts give away of the samples under test, where the suite allows it."""

    def of(self, metric: str) -> tuple[Effect, ...]:
        """Give the effects on one metric."""
        return tuple(effect for effect in self.effects if effect.metric == metric)

    def sentences(self) -> list[str]:
        """Say a sentence for each of the largest effects on the deciding metric."""
        return effect_sentences(self.of(self.deciding), named=len(self.designs) > 1)

    def json(self) -> Json:
        """Give plain data."""
        return {
            "deciding": self.deciding,
            "confirmatory": False,
            "leakage": list(self.leakage),
            "matrices": [
                {
                    "matrix": design.matrix,
                    "axes": {axis: list(levels) for axis, levels in design.axes.items()},
                    "nuisance": sorted(design.nuisance),
                    "systems": len(design.systems),
                }
                for design in self.designs
            ],
            "effects": [asdict(effect) for effect in self.effects],
            "not_told": list(self.not_told),
        }


def effects_of_run(
    folder: RunFolder, *, metric: str | None = None, resampling: Resampling = USUAL
) -> RunEffects:
    """Say what each choice of a run's matrices does to each metric.

    All effects on all columns are tested together, whichever are shown; those on a metric that the
    suite declared before the answers existed are tested together by themselves. None of them is
    confirmatory: what a suite declares are pairs of variants, not effects.

    Args:
        folder: a scored run.
        metric: what sentences are about, by its column's name; default: as ``compare_run``.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        MetricError: the run has no such metric.
        StoreError: the run is not scored, or has no matrix, or but one level of each axis.
    """
    run, summary = folder.run(), folder.summary()
    known = [system.system for system in summary.systems]
    designs = designs_of(run, known)
    if not designs:
        raise StoreError(
            f"no variant of {run.suite} comes from a matrix",
            hint="a variant's 'matrix: {tone: [plain, catchy]}' makes one; 'harness compare' "
            "compares variants as they are",
        )
    plans = [planned(design) for design in designs]
    plan = [effect for found, _ in plans for effect in found]
    not_told = (*_unnamed(run), *(line for _, lines in plans for line in lines))
    if not plan:
        raise StoreError("this run tells no effect of its matrix", hint="; ".join(not_told))
    scored, statistics, metrics = read_statistics(folder, summary)
    deciding = deciding_column(metrics, run, metric, differing(summary, ranked(summary)))
    if all(deciding not in each.columns for each in metrics.values()):
        not_told = (valueless(summary, deciding), *not_told)
    found = effects(
        [
            MeasuredMetric(
                metric=metrics[label], statistics=matrix, scored=scored & applies(matrix)
            )
            for label, matrix in statistics.items()
        ],
        plan,
        clusters=clusters_of(folder.samples()),
        resampling=resampling,
        declared=run.decide.metrics if run.decide and run.decide.confirmatory else (),
    )
    return RunEffects(
        designs=designs,
        deciding=deciding,
        effects=found,
        not_told=not_told,
        leakage=summary.leakage,
    )


def write_picture(found: RunEffects, path: Path) -> None:
    """Draw effects into an SVG file.

    Raises:
        HarnessError: the file cannot be written, or something else stands there.
    """
    write_named(path, effects_svg(found.effects, matrices=len(found.designs)), EFFECTS_MARK)


def tells_effects(run: RunRecord) -> bool:
    """Tell whether a run holds enough of a matrix for an effect."""
    names = [system.name for system in run.systems]
    return any(planned(design)[0] for design in designs_of(run, names))


def designs_of(run: RunRecord, names: Sequence[str]) -> tuple[Design, ...]:
    """Find a run's matrices, and each system's place in them.

    Args:
        run: the run.
        names: its systems, in the order in which they are counted.
    """
    matrices = dict.fromkeys(v.matrix for v in run.variants.values() if v.matrix)
    return tuple(_design(run, names, matrix) for matrix in matrices)


def _design(run: RunRecord, names: Sequence[str], matrix: str) -> Design:
    variants = {name: v for name, v in run.variants.items() if v.matrix == matrix}
    rows = [variant.axes for variant in variants.values()]
    axes = list(rows[0])
    return Design(
        matrix=matrix,
        axes={axis: tuple(levels) for axis, levels in ordered_levels(axes, rows).items()},
        nuisance=frozenset(axis for v in variants.values() for axis in v.nuisance),
        systems=tuple(
            Placed(
                system=names.index(system.name),
                levels=variants[system.variant].axes,
                model=system.model,
                decoding=system.decoding.name,
            )
            for system in run.systems
            if system.variant in variants and system.name in names
        ),
    )


def _unnamed(run: RunRecord) -> Iterator[str]:
    """Say which axes no prompt of a matrix can show, so that all their levels ask the same."""
    axes = {(v.matrix, axis): None for v in run.variants.values() if v.matrix for axis in v.axes}
    for matrix, axis in axes:
        variants = [v for v in run.variants.values() if v.matrix == matrix and axis in v.vars]
        named = re.compile(rf"\b{re.escape(axis)}\b")
        if variants and not any(named.search(text) for v in variants for text in _templates(v)):
            yield (
                f"{axis}: no template and no 'exemplars:' of {matrix}.yaml names it, so that all "
                "its levels ask the same"
            )


def _templates(variant: VariantRecord) -> Iterator[str]:
    """Give the texts in which a variant can name its axes."""
    yield from (variant.system or "", variant.user, *variant.parts.values())
    yield from (turn.content for turn in variant.messages)
    if variant.exemplars:
        yield from map(str, (variant.exemplars.count, variant.exemplars.order))
