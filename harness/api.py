"""The harness from Python: run a suite, open a run, score, compare; the command line calls it too.

Nothing here changes the process that calls it: no signal is caught, no output redirected, and an
event loop that is running, as in a notebook, goes on. What the command ``harness`` does to its own
process is asked for by ``executor=LocalExecutor(signals=True, redirect=True)``.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.variables import setting
from harness.contrast import USUAL
from harness.errors import ConfigError
from harness.executors.cancelling import CancellableExecutor
from harness.frames import result_frame, score_frame
from harness.metrics.registry import parse_spec
from harness.pipeline.across.two_runs import compare_runs
from harness.pipeline.asking.plan import Choice
from harness.pipeline.asking.prediction_run import METRICS, score_predictions
from harness.pipeline.asking.run import run_suite
from harness.pipeline.looking.bare_names import named_run, named_suite
from harness.pipeline.reading.answered import answers_of
from harness.pipeline.reading.choosing import choose_run
from harness.pipeline.reading.comparing import compare_run
from harness.pipeline.reading.complying import compliance_of_run
from harness.pipeline.reading.effects import effects_of_run
from harness.pipeline.reading.scoring import rescore
from harness.report.tables import ComparisonTable
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from harness.executors.executor import Executor
    from harness.pipeline.asking.generate import Generation, Progress
    from harness.pipeline.reading.comparing import RunComparison
    from harness.pipeline.reading.complying import RunCompliance
    from harness.pipeline.reading.effects import RunEffects
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


@dataclass(frozen=True)
class Run:
    """One run on disk; each part is read when it is first asked for."""

    path: Path
    """Its folder."""
    generation: Generation | None = None
    """What generating gave; None for a run that was opened."""
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
    def table(self) -> ComparisonTable:
        """The comparison table: ``.markdown()``, ``.csv()``, ``.latex()``."""
        return ComparisonTable.of(self.summary)

    def answers(self, system: str, draw: int = 0) -> list[Answer]:
        """Give what a system said, post-processed, in the order of samples.

        Raises:
            KeyError: there is no such system, or it was not drawn so often.
            StoreError: the run's completions are damaged.
        """
        run = self.record
        drawn = {each.name: each.draws * run.repeats for each in run.systems}
        if not 0 <= draw < drawn.get(system, 0):
            raise KeyError(f"no system '{system}' with {draw + 1} draws")
        return answers_of(self._folder, run, self.samples, system, draw)

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

    def frame(self) -> pd.DataFrame:
        """Give the systems' scores as a pandas data frame: ``harness.frames.result_frame``.

        Raises:
            StoreError: as ``summary``.
        """
        return result_frame(self.summary)

    def score_frame(self) -> pd.DataFrame:
        """Give the scores of single samples as a pandas data frame, a column a metric.

        Raises:
            StoreError: as ``summary``, or the file of scores is damaged.
        """
        return score_frame(self._folder.scores(), self.summary.metrics)

    @cached_property
    def compliance(self) -> RunCompliance:
        """How often its raw texts are no bare answers, and what post-processing did to scores.

        Raises:
            StoreError: the run is not scored, or its files are damaged.
        """
        return compliance_of_run(self._folder)

    @property
    def _folder(self) -> RunFolder:
        return RunFolder(self.path)


def run(
    suite: str | Path,
    *,
    only: str | Sequence[str] = (),
    models: str | Sequence[str] = (),
    engine: str | None = None,
    variables: Mapping[str, Json] | None = None,
    split: str | None = None,
    limit: int | None = None,
    repeats: int = 1,
    out: str | Path | None = None,
    with_reported: bool = False,
    max_failures: str | None = None,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Run:
    """Run a suite and score it; what the store already has is not asked for again.

    Args:
        suite: the folder with ``suite.yaml``, or the name of one under ``prompts/``.
        only: these variants, also ``title[tone=plain]`` of a matrix; default: all.
        models: these models of the suite; default: all.
        engine: run the models by this engine instead of their own.
        variables: other values of variants' variables: ``{"title-style.words": 5}``.
        split: of the dataset; default: its first, where it has some.
        limit: the first so many samples.
        repeats: how often every request is made.
        out: the results folder; default: ``results/`` of the project.
        with_reported: put the suite's reported figures under the table.
        max_failures: stop when more requests than this fail: a number, or a share such as 5%.
        progress: told what goes on.
        executor: who carries requests to models; default: this process, left as it is.

    Raises:
        HarnessError: something the user can mend, or an interrupt.
    """
    choice = Choice(
        only=_words(only),
        models=_words(models),
        engine=engine,
        split=split,
        limit=limit,
        repeats=repeats,
        settings=tuple(setting(*item) for item in (variables or {}).items()),
    )
    for what, number in (("limit", limit), ("repeats", repeats)):
        if number is not None and (type(number) is not int or number < 1):
            raise ConfigError(f"{what} is {number!r}, no whole number from 1 on")
    outcome = run_suite(
        named_suite(Path(suite)),
        choice,
        out=None if out is None else Path(out),
        with_reported=with_reported,
        max_failures=max_failures,
        progress=progress or Silent(),
        executor=executor,
    )
    return Run(path=outcome.folder.path, generation=outcome.generation, unchanged=outcome.unchanged)


async def arun(suite: str | Path, *, executor: Executor | None = None, **options: Json) -> Run:
    """Run a suite without holding up the event loop; arguments as of ``run``.

    Cancelling stops it as a first Ctrl-C stops the command: what was finished is kept.

    Raises:
        HarnessError: something the user can mend.
    """
    cancellable = CancellableExecutor(executor)
    working = asyncio.ensure_future(
        asyncio.to_thread(partial(run, suite, executor=cancellable, **options))
    )
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        cancellable.cancel()
        await asyncio.wait({working})
        if working.exception() is None:  # it was done before it heard of it
            working.result()
        raise


def open_run(path: str | Path) -> Run:
    """Open a run: its folder, or a suite's results folder for its newest finished run.

    Raises:
        StoreError: there is none.
    """
    return Run(path=choose_run(named_run(Path(path))).folder.path)


def score(
    run: Run | str | Path | None = None,
    *,
    metrics: Sequence[Json] = (),
    instead: bool = False,
    predictions: str | Path | None = None,
    dataset: str | None = None,
    split: str | None = None,
    steps: Sequence[str] = (),
    out: str | Path | None = None,
) -> Run:
    """Score a finished run again, or a file of predictions that were made elsewhere.

    Args:
        run: a run, or its folder.
        metrics: as a suite writes them: ``"cider"``, ``{"keywords": {"field": "tags"}}``. They are
            added to those of the run; default: all that it has, anew.
        instead: whether they take the place of the run's.
        predictions: a CSV, TSV, JSON lines or Parquet file with id, text and maybe system.
        dataset: whose references it is scored against.
        split: of the dataset; default: its first, where it has some.
        steps: post-processing of the file's texts.
        out: the results folder of predictions; default: ``results/`` of the project.

    Raises:
        HarnessError: something the user can mend.
        TypeError: neither a run nor predictions with their dataset, or both.
    """
    written = [metrics] if isinstance(metrics, str) else metrics
    specs = tuple(map(parse_spec, written))
    if run is not None and predictions is None and dataset is None and not (steps or split):
        path = _path_of(run)
        rescore(RunFolder(path), specs, instead=instead)
        return Run(path=path)
    if run is None and predictions is not None and dataset is not None:
        folder, _ = score_predictions(
            Path(predictions),
            dataset,
            split=split,
            metrics=specs or METRICS,
            steps=_words(steps),
            out=None if out is None else Path(out),
        )
        return Run(path=folder.path)
    raise TypeError("score takes a run, or predictions with their dataset")


def compare(
    run: Run | str | Path,
    other: Run | str | Path | None = None,
    *,
    systems: Sequence[str | None] = (),
    baseline: str | None = None,
    metric: str | None = None,
    resampling: Resampling = USUAL,
) -> RunComparison:
    """Compare the systems of a scored run in pairs, or systems of two runs over the same samples.

    Args:
        run: a run, or its folder; of two the one with the baseline.
        other: the run with the candidate.
        systems: show only these; default: all. All of the run are tested together. Of two runs the
            baseline and the candidate; default: all that have one name in both.
        baseline: stands first in its pairs; default: the suite's. Of one run alone.
        metric: what the verdict is about; default: what the suite declares.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        HarnessError: a run is not scored, or has no such system or metric, or two runs cannot be
            compared; the reason is told.
        TypeError: two runs are compared by one system of each.
    """
    path = _path_of(run)
    systems = [systems] if isinstance(systems, str) else systems
    if other is not None:
        one, two = (*systems, None, None)[:2]
        if baseline is not None or len(systems) not in (0, 2):
            raise TypeError("two runs are compared by one system of each: systems=(first, second)")
        return compare_runs(
            RunFolder(path),
            RunFolder(_path_of(other)),
            systems=(one, two),
            metric=metric,
            resampling=resampling,
        )
    return compare_run(
        RunFolder(path),
        systems=[name for name in systems if name is not None],
        baseline=baseline,
        metric=metric,
        resampling=resampling,
    )


def effects(
    run: Run | str | Path, *, metric: str | None = None, resampling: Resampling = USUAL
) -> RunEffects:
    """Say what each choice of a run's matrices does to each metric.

    Args:
        run: a run, or its folder.
        metric: what sentences are about; default: what the suite declares.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        HarnessError: the run is not scored, or has no matrix, or no such metric.
    """
    return effects_of_run(RunFolder(_path_of(run)), metric=metric, resampling=resampling)


def _signatures(summary: RunSummary) -> dict[str, Signature]:
    """Give a signature a metric; those of several systems differ in what was scored alone."""
    return {r.metric: r.signature for r in summary.results if r.value is not None}


def _path_of(run: Run | str | Path) -> Path:
    return run.path if isinstance(run, Run) else open_run(run).path


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    """Take one word for a list of it; it would be read letter by letter otherwise."""
    return (given,) if isinstance(given, str) else tuple(given)


class Silent:
    """A Progress that shows nothing."""

    def stage(self, text: str, log: Path | None = None) -> None:
        """Take no notice."""

    def advance(self, done: int, total: int) -> None:
        """Take no notice."""
