"""Two scored runs over the same samples → their systems compared in pairs; needs no model.

The procedure is that of systems inside one run (``harness.contrast``): the systems of both runs are
one family, each once, as if one run had had them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from harness.contrast import (
    USUAL,
    ComparedMetric,
    Declared,
    MeasuredMetric,
    contrast,
)
from harness.errors import StoreError
from harness.metrics.metric import applies
from harness.metrics.tools import ScoringTools
from harness.nearest import nearest
from harness.pipeline.across.opened import OpenedRun, check_alike
from harness.pipeline.across.pairing import paired
from harness.pipeline.across.rescored import rescored
from harness.pipeline.reading.agreeing import metric_tallies
from harness.pipeline.reading.comparing import RunComparison
from harness.pipeline.reading.deciding import concluded_columns, deciding_column
from harness.pipeline.reading.few_units import few_units
from harness.records import Across
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from harness.pipeline.across.pairing import Pairing
    from harness.pipeline.across.rescored import Common
    from harness.records import Resampling
    from harness.store.run_folder import RunFolder

EXPLORATORY = "which two runs are compared was chosen when their answers were there"
Pair = tuple[str, str]
"""Names of the baseline, in the first run, and of the candidate, in the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """The systems of two runs on the samples of both, as if of one run."""

    first: OpenedRun
    second: OpenedRun
    pairing: Pairing
    common: Common
    names: tuple[str, ...]
    """Of the systems, each unique: as in its run where that tells it from all others."""
    pairs: tuple[Pair, ...]
    """What is compared, by these names."""
    same: tuple[str, ...]
    """What was to be compared and is the same system in both runs, by its name there."""
    rows: tuple[tuple[int, int], ...]
    """Of each system: which run, and its place there."""
    alone: tuple[str, ...]
    """Systems of which no pair is shown, for the other run has none of that name."""

    @property
    def clusters(self) -> NDArray[np.int64] | None:
        """Which samples belong together."""
        return clusters_of(self.pairing.samples)

    def measured(self, label: str) -> MeasuredMetric:
        """Give what the systems were measured by a metric."""
        runs = self.common.runs
        statistics = np.stack([runs[run].statistics[label][row] for run, row in self.rows])
        scored = np.stack([runs[run].scored[row] for run, row in self.rows])
        return MeasuredMetric(
            metric=self.common.metrics[label],
            statistics=statistics,
            scored=scored & applies(statistics),
        )

    def margins(self) -> dict[str, float]:
        """Give the margins that both runs declare, and declare alike."""
        declared = [opened.run.decide for opened in (self.first, self.second)]
        one, other = ({} if each is None else each.margins for each in declared)
        return {metric: size for metric, size in one.items() if other.get(metric) == size}


def compare_runs(
    first: RunFolder,
    second: RunFolder,
    *,
    systems: tuple[str | None, str | None] = (None, None),
    metric: str | None = None,
    resampling: Resampling = USUAL,
) -> RunComparison:
    """Compare systems of two runs on the samples that both have.

    Args:
        first: the run of the baselines.
        second: the run of the candidates.
        systems: the baseline and the candidate. None of one: its run's only system, or that of the
            other's name; None of both: all systems that have one name in both runs, or the only
            ones.
        metric: what the verdict is about; default: what both suites declare.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        StoreError: the runs cannot be compared, or have no such systems; the reason is told.
        MetricError: they have no such metric in common, or none at all.
    """
    merged = merge(first, second, systems)
    if not merged.pairs:
        same = ", ".join(merged.same)
        raise StoreError(
            f"the same system in both runs: {same} (model, prompts, decoding and post-processing)",
            hint="'harness run --repeat 3' shows how far a system differs from itself",
        )
    return compare_merged(merged, metric=metric, resampling=resampling)


def compare_merged(
    merged: Merged, *, metric: str | None = None, resampling: Resampling = USUAL
) -> RunComparison:
    """Compare what is one now; arguments as of ``compare_runs``.

    Raises:
        MetricError: there is no such metric.
    """
    compared = contrast(
        [merged.measured(label) for label in merged.common.metrics],
        merged.names,
        clusters=merged.clusters,
        resampling=resampling,
        declared=Declared(
            metrics=(), pairs=frozenset(), margins=merged.margins(), confirmatory=False
        ),
    )
    every = tuple(compared)
    shown = tuple(_only(column, merged.pairs) for column in every)
    differing = {
        column.metric for column in shown if any(round(pair.delta, 4) for pair in column.pairs)
    }
    deciding = _deciding(merged, metric, differing)
    leakage = dict.fromkeys((*merged.first.summary.leakage, *merged.second.summary.leakage))
    return RunComparison(
        metrics=shown,
        deciding=deciding,
        concluded=(deciding,) if metric else _concluded(merged, deciding),
        exploratory=EXPLORATORY,
        undecided=(),
        decides=True,
        caveats=tuple(_caveats(merged, shown)),
        tallies=metric_tallies(shown),
        rank_correlation=(),
        noise_floor=None,
        leakage=tuple(leakage),
        across=_account(merged),
    )


def _deciding(merged: Merged, metric: str | None, differing: Collection[str]) -> str:
    """Find the column that sentences are about: a declared one of the candidates, if both have it.

    Raises:
        MetricError: the runs have no metric of this name in common.
    """
    run, metrics = merged.second.run, merged.common.metrics
    columns = {column for each in metrics.values() for column in each.columns}
    if run.decide and not columns & set(run.decide.metrics):
        run = replace(run, decide=None)
    return deciding_column(metrics, run, metric, differing)


def _concluded(merged: Merged, deciding: str) -> tuple[str, ...]:
    """Give the columns of which sentences tell: those declared that both runs have."""
    columns = {column for each in merged.common.metrics.values() for column in each.columns}
    declared = concluded_columns(merged.second.run, deciding)
    return tuple(column for column in declared if column in columns)


def merge(
    first: RunFolder, second: RunFolder, systems: tuple[str | None, str | None] = (None, None)
) -> Merged:
    """Put the systems of two runs on common samples; arguments as of ``compare_runs``.

    Raises:
        StoreError: the runs cannot be compared, or have no such systems.
        MetricError: they have no metric in common.
    """
    runs = OpenedRun.of(first), OpenedRun.of(second)
    wanted, alone = _wanted(runs, systems)
    check_alike(runs)
    pairing = paired([opened.samples for opened in runs], [opened.name for opened in runs])
    with ScoringTools(tokenizer=runs[0].run.tokenizer) as tools:
        common = rescored(runs, pairing, tools)
    if not common.metrics:
        told = "; ".join(f"{label}: {why}" for label, why in common.missing.items())
        raise StoreError(f"no metric can be compared: {told or 'the runs have none'}")
    return _merged(runs, pairing, common, wanted, alone)


def _merged(
    runs: tuple[OpenedRun, OpenedRun],
    pairing: Pairing,
    common: Common,
    wanted: Sequence[Pair],
    alone: Sequence[str],
) -> Merged:
    """Take each system once; one that is compared is taken from the run it is compared in."""
    identities = [each.identities for each in common.runs]
    same = [one for one, other in wanted if identities[0][one].is_of(identities[1][other])]
    pairs = [pair for pair in wanted if pair[0] not in same]
    named = {(0, one) for one, _ in pairs} | {(1, other) for _, other in pairs}
    kept: list[tuple[int, str]] = []
    for place in sorted(
        [(i, name) for i, opened in enumerate(runs) for name in opened.rivals],
        key=lambda place: place not in named,
    ):
        known = identities[place[0]][place[1]]
        twin = any(i != place[0] and identities[i][name].is_of(known) for i, name in kept)
        if place in named or not twin:
            kept.append(place)
    # Baselines first, then in the order of the runs: of two systems the earlier is the baseline.
    order = [(i, name) for i, opened in enumerate(runs) for name in opened.rivals]
    kept.sort(key=order.index)
    called = _names(runs, kept)
    return Merged(
        first=runs[0],
        second=runs[1],
        pairing=pairing,
        common=common,
        names=tuple(called[place] for place in kept),
        pairs=tuple((called[0, one], called[1, other]) for one, other in pairs),
        same=tuple(same),
        rows=tuple((i, runs[i].row(name)) for i, name in kept),
        alone=tuple(alone),
    )


def _names(
    runs: Sequence[OpenedRun], kept: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], str]:
    """Call each system as its run does, with its run before it where two would be called alike."""
    plain = [name for _, name in kept]
    prefix = [opened.name for opened in runs]
    if len(set(prefix)) < len(prefix):  # folders of one name in two places
        prefix = [str(opened.folder.path) for opened in runs]
    return {
        (i, name): name if plain.count(name) == 1 else f"{prefix[i]}:{name}" for i, name in kept
    }


def _wanted(
    runs: tuple[OpenedRun, OpenedRun], systems: tuple[str | None, str | None]
) -> tuple[list[Pair], list[str]]:
    """Say which pairs are meant, as each run calls its systems, and which systems have no partner.

    Raises:
        StoreError: a system is not there, or which are meant cannot be told.
    """
    rivals = [opened.rivals for opened in runs]
    for name, own, opened in zip(systems, rivals, runs, strict=True):
        _check_system(name, own, opened)
    one, other = systems
    if one is not None and other is not None:
        return [(one, other)], []
    if all(len(own) == 1 for own in rivals):
        return [(rivals[0][0], rivals[1][0])], []
    if one is None and other is None:
        both = [name for name in rivals[0] if name in rivals[1]]
        alone = [name for own in rivals for name in own if name not in both]
        if both:
            return [(name, name) for name in both], alone
    else:
        given = one or other or ""
        place = 1 if one is not None else 0
        if given in rivals[place] or len(rivals[place]) == 1:
            found = given if given in rivals[place] else rivals[place][0]
            return [(given, found) if place == 1 else (found, given)], []
    raise StoreError(
        "which systems are to be compared cannot be told: the runs have no system of one name",
        hint="; ".join(
            f"name one as {opened.name}:{own[0] if own else 'SYSTEM'} (it has {', '.join(own)})"
            for opened, own in zip(runs, rivals, strict=True)
        ),
    )


def _check_system(name: str | None, rivals: Sequence[str], opened: OpenedRun) -> None:
    if name is None or name in rivals:
        return
    if name in [system.name for system in opened.run.systems]:
        raise StoreError(
            f"'{name}' of {opened.name} is a control, which is no rival of a prompt",
            hint=f"the others: {', '.join(rivals)}",
        )
    raise StoreError(f"{opened.name} has no system '{name}'", hint=nearest(name, rivals))


def _only(column: ComparedMetric, pairs: Sequence[Pair]) -> ComparedMetric:
    """Leave out the pairs that are not asked for; letters stand for all or nobody."""
    shown = tuple(p for p in column.pairs if (p.baseline, p.candidate) in pairs)
    return replace(column, pairs=shown, letters={})


def _account(merged: Merged) -> Across:
    """Say how the two runs were put together."""
    common = merged.common
    return Across(
        runs=tuple(str(opened.folder.path) for opened in (merged.first, merged.second)),
        samples=merged.pairing.in_all,
        said=tuple(_said(merged)),
        signatures={column: str(each) for column, each in common.signatures.items()},
        missing=dict(common.missing),
    )


def _said(merged: Merged) -> Iterator[str]:
    first, second = merged.first.name, merged.second.name
    yield f"baselines are of {first}, candidates of {second}"
    yield from merged.pairing.said()
    union = len(merged.pairing.samples)
    owing = [
        column
        for column, signature in merged.common.signatures.items()
        if signature.get("refset") or signature.get("vocabset")
    ]
    if owing:
        what = f"{', '.join(owing)}: what a word weighs is found among"
        yield f"{what} the {union} samples of either run, the same for both"
    anew = {label: None for each in merged.common.runs for label in each.anew}
    if anew:
        yield f"computed anew from the completions, among these samples: {', '.join(anew)}"
    for label, why in merged.common.missing.items():
        yield f"not compared: {label} ({why})"
    if merged.same:
        yield f"the same system in both runs, and not compared: {', '.join(merged.same)}"
    if merged.alone:
        yield f"in one run alone, and not shown: {', '.join(merged.alone)}"


def _caveats(merged: Merged, compared: Sequence[ComparedMetric]) -> Iterator[str]:
    """Say what the p-values do not allow for, and where there are too few units to tell much."""
    runs = merged.first, merged.second
    for opened in runs:
        split = opened.run.dataset.split
        if split and split.look and split.look > 1:
            yield (
                f"{opened.name} is look {split.look} at the sealed {split.name} split: earlier "
                "runs saw other answers there, and p does not allow for those looks"
            )
    if any(opened.summary.ladder for opened in runs):
        yield (
            "the ladder of a suite shows no more than its table: what is read here of prompts "
            "that it does not show is a further choice, which p does not allow for"
        )
    yield from few_units(compared)
