"""A run's folder → what is asked of it from Python: records, data frames, comparisons, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.contrast import USUAL
from harness.errors import StoreError
from harness.frames import (
    answered_in,
    completion_frame,
    prediction_frame,
    result_frame,
    score_frame,
)
from harness.metrics.registry import parse_spec
from harness.pipeline.reading.answered import Answered, answers_of
from harness.pipeline.reading.comparing import compare_run
from harness.pipeline.reading.complying import compliance_of_run
from harness.pipeline.reading.effects import effects_of_run
from harness.pipeline.reading.picking import Pick, picked_gallery
from harness.pipeline.reading.reporting import comparable
from harness.pipeline.reading.scoring import rescore
from harness.pipeline.reading.slicing import slice_run
from harness.report.notebook import run_html
from harness.report.tables import ComparisonTable
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from harness.pipeline.asking.generate import Generation
    from harness.pipeline.reading.comparing import RunComparison
    from harness.pipeline.reading.complying import RunCompliance
    from harness.pipeline.reading.effects import RunEffects
    from harness.pipeline.reading.slicing import SlicedRun
    from harness.records import (
        Answer,
        Difference,
        Json,
        Resampling,
        RunRecord,
        RunSummary,
        Sample,
        Signature,
    )
    from harness.report.notebook import Gallery


@dataclass(frozen=True)
class Run:
    """One run on disk; each part is read when it is first asked for. A notebook shows its table."""

    path: Path
    """Its folder."""
    generation: Generation | None = None
    """What generating gave; None for a run that was loaded."""
    unchanged: bool = False
    """Whether nothing had changed since this run, so that it stands for the one asked for."""

    @cached_property
    def record(self) -> RunRecord:
        """What was asked, and with what.

        Raises:
            StoreError: the run's file is missing, damaged or of a newer version.
        """
        return self._folder.run()

    @cached_property
    def summary(self) -> RunSummary:
        """Every number but those of single samples.

        Raises:
            StoreError: the run did not finish, or its file is damaged.
        """
        return self._folder.summary()

    @cached_property
    def samples(self) -> Sequence[Sample]:
        """The samples, in order.

        Raises:
            StoreError: the run's file is missing or damaged.
        """
        return self._folder.samples()

    @cached_property
    def results(self) -> pd.DataFrame:
        """The systems' scores with intervals, a row a system and metric: ``frames.RESULTS``.

        Raises:
            StoreError: as ``summary``.
        """
        return result_frame(self.summary.results)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores of single samples, a row a system, metric and sample: ``frames.SCORES``.

        Raises:
            StoreError: as ``summary``, or a file of scores is damaged.
        """
        scored, _ = self._folder.statistics()
        return score_frame(
            self._folder.scores(),
            self.summary.results,
            [sample.id for sample in self.samples],
            answered_in(self.record, scored),
        )

    @cached_property
    def completions(self) -> pd.DataFrame:
        """The raw texts, a row a completion: ``frames.COMPLETIONS``.

        Raises:
            StoreError: the run's completions are missing or damaged.
        """
        return completion_frame(self._folder.completions())

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """The post-processed texts, a row a system, draw and sample: ``frames.PREDICTIONS``.

        Raises:
            StoreError: the run's completions are missing or damaged.
        """
        answered = Answered(self._folder, self.record, self.samples)
        return prediction_frame(
            (part.system, part.draw, answer.sample.id, answer.prediction)
            for parts in answered.blocks()
            for part in parts
            for answer in part.answers
        )

    def table(self) -> ComparisonTable:
        """Give the comparison table: ``.markdown()``, ``.csv()``, ``.latex()``, ``.notes``.

        Raises:
            StoreError: as ``summary``.
        """
        return ComparisonTable.of(self.summary)

    def answers(self, system: str, draw: int = 0) -> list[Answer]:
        """Give what a system said as records, post-processed, in the order of samples.

        Raises:
            KeyError: there is no such system, or it was not drawn so often.
            StoreError: the run's completions are damaged.
        """
        run = self.record
        drawn = {each.name: each.draws * run.repeats for each in run.systems}
        if not 0 <= draw < drawn.get(system, 0):
            raise KeyError(f"no system '{system}' with {draw + 1} draws")
        return answers_of(self._folder, run, self.samples, system, draw)

    def compare(
        self,
        baseline: str | None = None,
        candidate: str | None = None,
        *,
        metric: str | None = None,
        resampling: Resampling = USUAL,
    ) -> RunComparison:
        """Compare two systems, or all in pairs; differences are candidate − baseline.

        All systems of the run are tested together whichever are shown.

        Args:
            baseline: stands first in its pairs; default: the suite's.
            candidate: show this pair alone; default: all pairs.
            metric: what the verdict is about; default: what the suite declares.
            resampling: how often answers are exchanged, and from which seed.

        Raises:
            HarnessError: the run is not scored, or has no such system or metric.
            TypeError: a candidate without a baseline.
        """
        if candidate is not None and baseline is None:
            raise TypeError("a candidate is compared with a baseline: name both")
        pair = (baseline, candidate) if baseline is not None and candidate is not None else ()
        return compare_run(
            self._folder, systems=pair, baseline=baseline, metric=metric, resampling=resampling
        )

    def slices(
        self, by: str, *, metric: str | None = None, resampling: Resampling = USUAL
    ) -> SlicedRun:
        """Score and compare the systems on slices of the samples.

        Args:
            by: a metadata field, or reference_words, references, reference_rarity.
            metric: default: what the suite declares.
            resampling: how often answers are exchanged, and from which seed.

        Raises:
            HarnessError: the run is not scored, no sample has the field, or no slice is large
                enough.
        """
        return slice_run(self._folder, by, metric=metric, resampling=resampling)

    def effects(self, *, metric: str | None = None, resampling: Resampling = USUAL) -> RunEffects:
        """Say what each choice of the run's matrices does to each metric.

        Args:
            metric: what sentences are about; default: what the suite declares.
            resampling: how often answers are exchanged, and from which seed.

        Raises:
            HarnessError: the run is not scored, or has no matrix, or no such metric.
        """
        return effects_of_run(self._folder, metric=metric, resampling=resampling)

    def gallery(
        self,
        *systems: str,
        ids: Sequence[str] = (),
        pick: Pick = "first",
        metric: str | None = None,
        count: int = 12,
        seed: int = 0,
    ) -> Gallery:
        """Show samples with their whole pictures, references and what systems said of them.

        Args:
            systems: those that are shown; default: all.
            ids: these samples, in this order.
            pick: else how they are chosen: the first ones; random ones; those on which the last
                of the systems gains most over the first (win) or loses most (loss); those on which
                the systems score lowest on average (worst).
            metric: by which; default: what the suite declares.
            count: of samples.
            seed: of random.

        Raises:
            HarnessError: the run is not scored, or has no such system, sample or metric.
        """
        return picked_gallery(
            self._folder, systems, ids=ids, pick=pick, metric=metric, count=count, seed=seed
        )

    def rescore(self, *metrics: Json, instead: bool = False) -> Run:
        """Score it again from its texts, without a model.

        Args:
            metrics: as a suite writes them: ``"cider"``, ``{"keywords": {"field": "tags"}}``. They
                are added to those that it has; default: all of these, anew.
            instead: whether they take their place.

        Returns:
            The run with its new numbers.

        Raises:
            HarnessError: a metric is unknown, or the run's files are damaged.
        """
        rescore(self._folder, tuple(map(parse_spec, metrics)), instead=instead)
        return Run(path=self.path)

    def incomparable(self, other: Run) -> dict[str, tuple[Difference, ...]]:
        """Say which numbers mean something else than the other run's of the same name, and why.

        Returns:
            Metric → the fields of the two signatures that differ in how it was computed: CIDEr is
            there where the two runs have other references. Metrics that one run lacks, and those
            that compare, are not.

        Raises:
            StoreError: a run did not finish, or its file is damaged.
        """
        theirs = _signatures(other.summary)
        found: dict[str, tuple[Difference, ...]] = {}
        for metric, mine in _signatures(self.summary).items():
            if metric in theirs:
                found[metric] = mine.differences(theirs[metric]).computed
        return {metric: fields for metric, fields in found.items() if fields}

    @cached_property
    def compliance(self) -> RunCompliance:
        """How often its raw texts are no bare answers, and what post-processing did to scores.

        Raises:
            StoreError: the run is not scored, or its files are damaged.
        """
        return compliance_of_run(self._folder)

    def _repr_html_(self) -> str:
        """Show the verdict and the table in a notebook; of a run that did not finish, that."""
        try:
            summary = self.summary
        except StoreError as error:
            return run_html(self.path.name, [str(error.message)], None)
        said: list[str] = []
        if summary.ladder is None and comparable(summary):  # a ladder shows its table alone
            compared = compare_run(self._folder)
            said = [*compared.said(), *compared.further_notes()]
        return run_html(f"{summary.suite}: {summary.run}", said, self.table())

    @property
    def _folder(self) -> RunFolder:
        return RunFolder(self.path)


def _signatures(summary: RunSummary) -> dict[str, Signature]:
    """Give a signature a metric; those of several systems differ in what was scored alone."""
    return {r.metric: r.signature for r in summary.results if r.value is not None}
