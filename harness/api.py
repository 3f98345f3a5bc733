"""The harness from Python: evaluate a suite, load a run, score texts, compare.

Nothing here changes the process that calls it: no signal is caught, no output redirected, and an
event loop that is running, as in a notebook, goes on. What the command ``harness`` does to its own
process is asked for by ``executor=LocalExecutor(signals=True, redirect=True)``.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.variables import setting
from harness.contrast import USUAL
from harness.errors import ConfigError
from harness.executors.cancelling import CancellableExecutor
from harness.metrics.registry import parse_spec
from harness.opened_run import Run
from harness.pipeline.across.two_runs import compare_runs
from harness.pipeline.asking.plan import Choice
from harness.pipeline.asking.prediction_run import METRICS, score_predictions
from harness.pipeline.asking.run import run_suite
from harness.pipeline.looking.bare_names import named_run, named_suite
from harness.pipeline.reading.choosing import choose_run
from harness.scored_texts import TextScores, score
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.executors.executor import Executor
    from harness.pipeline.asking.generate import Progress
    from harness.pipeline.reading.comparing import RunComparison
    from harness.records import Json, Resampling

__all__ = [
    "Run",
    "TextScores",
    "compare",
    "evaluate",
    "evaluate_async",
    "load_run",
    "score",
    "score_file",
]


def evaluate(
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


async def evaluate_async(
    suite: str | Path, *, executor: Executor | None = None, **options: Json
) -> Run:
    """Run a suite without holding up the event loop; arguments as of ``evaluate``.

    Cancelling stops it as a first Ctrl-C stops the command: what was finished is kept.

    Raises:
        HarnessError: something the user can mend.
    """
    cancellable = CancellableExecutor(executor)
    working = asyncio.ensure_future(
        asyncio.to_thread(partial(evaluate, suite, executor=cancellable, **options))
    )
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        cancellable.cancel()
        await asyncio.wait({working})
        if working.exception() is None:  # it was done before it heard of it
            working.result()
        raise


def load_run(path: str | Path) -> Run:
    """Load a run: its folder, or a suite's name or results folder for its newest finished run.

    Raises:
        StoreError: there is none.
    """
    return Run(path=choose_run(named_run(Path(path))).folder.path)


def score_file(
    predictions: str | Path,
    dataset: str,
    *,
    split: str | None = None,
    metrics: Sequence[Json] = (),
    steps: Sequence[str] = (),
    out: str | Path | None = None,
) -> Run:
    """Score a file of predictions that were made elsewhere: a run like any other.

    Args:
        predictions: a CSV, TSV, JSON lines or Parquet file with id, text and maybe system.
        dataset: whose references it is scored against.
        split: of the dataset; default: its first, where it has some.
        metrics: as a suite writes them; default: BLEU, ROUGE_L, METEOR and CIDEr.
        steps: post-processing of the file's texts.
        out: the results folder; default: ``results/`` of the project.

    Raises:
        HarnessError: something the user can mend.
    """
    written = [metrics] if isinstance(metrics, str) else metrics
    folder, _ = score_predictions(
        Path(predictions),
        dataset,
        split=split,
        metrics=tuple(map(parse_spec, written)) or METRICS,
        steps=_words(steps),
        out=None if out is None else Path(out),
    )
    return Run(path=folder.path)


def compare(
    run: Run | str | Path,
    other: Run | str | Path,
    *,
    systems: tuple[str | None, str | None] | None = None,
    metric: str | None = None,
    resampling: Resampling = USUAL,
) -> RunComparison:
    """Compare systems of two runs over the same samples; those of one run: ``Run.compare``.

    Args:
        run: a run, or its folder: the one with the baseline.
        other: the run with the candidate.
        systems: the baseline and the candidate; default: all that have one name in both.
        metric: what the verdict is about; default: what the suite declares.
        resampling: how often answers are exchanged, and from which seed.

    Raises:
        HarnessError: a run is not scored, or has no such system or metric, or the two cannot be
            compared; the reason is told.
        TypeError: ``systems`` are not one of each run.
    """
    named = (None, None) if systems is None else systems
    if isinstance(named, str) or len(named) != 2:
        raise TypeError("two runs are compared by one system of each: systems=(first, second)")
    return compare_runs(
        RunFolder(_path_of(run)),
        RunFolder(_path_of(other)),
        systems=named,
        metric=metric,
        resampling=resampling,
    )


def _path_of(run: Run | str | Path) -> Path:
    return run.path if isinstance(run, Run) else load_run(run).path


def _words(given: str | Sequence[str]) -> tuple[str, ...]:
    """Take one word for a list of it; it would be read letter by letter otherwise."""
    return (given,) if isinstance(given, str) else tuple(given)


class Silent:
    """A Progress that shows nothing."""

    def stage(self, text: str, log: Path | None = None) -> None:
        """Take no notice."""

    def advance(self, done: int, total: int) -> None:
        """Take no notice."""
