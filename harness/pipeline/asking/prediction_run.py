"""Predictions made elsewhere → a run folder like any other; needs no model, images or store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.config.load import find_dataset, project_root
from harness.engines.protocol import REPLAY
from harness.engines.replay import ReplayEngine
from harness.fingerprint import sha256_file
from harness.metrics.registry import check_specs, parse_spec
from harness.metrics.tools import ScoringTools
from harness.pipeline.asking.counting import asked_sha256, counted
from harness.pipeline.asking.plan import Choice, make_plan
from harness.pipeline.asking.record import run_record, write_completions
from harness.pipeline.reading.answered import Answered, FewCompletions
from harness.pipeline.reading.reporting import write_reports
from harness.pipeline.reading.scoring import score_run
from harness.postprocess import check_steps
from harness.records import ModelConfig, Suite
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import MetricSpec, RunSummary

METRICS = tuple(map(parse_spec, ("bleu", "rouge_l", "meteor", "cider")))


def score_predictions(
    path: Path,
    dataset: str,
    *,
    split: str | None = None,
    metrics: Sequence[MetricSpec] = METRICS,
    steps: Sequence[str] = (),
    out: Path | None = None,
) -> tuple[RunFolder, RunSummary]:
    """Score a file of predictions against a dataset's references.

    Args:
        path: CSV, TSV, JSON lines or Parquet with ``id``, ``text`` and, for several systems,
            ``system``.
        dataset: its name under ``datasets/``, or a path ending in .yaml. Images are not looked at.
        split: of the dataset; default: its first, where it has some.
        metrics: what to compute.
        steps: post-processing steps, for all systems.
        out: the results folder; default: ``results/`` of the project.

    Returns:
        The run's folder and its summary. A sample that a system does not predict is unscored.

    Raises:
        HarnessError: the file, the dataset, a step or a metric is wrong; then nothing is written.
    """
    check_steps(steps)
    check_specs(metrics)
    here = Path.cwd()
    model = ModelConfig(
        name=path.name, engine=REPLAY, model=str(path), args={"postprocess": list(steps)}
    )
    suite = Suite(
        name="",
        folder=path.parent,
        root=project_root(here),
        description="",
        dataset=find_dataset(dataset, here),
        variants=(),
        baseline="",
        models=(model,),
        decodings=(),
        metrics=tuple(metrics),
        tokenizer="ptb",
        reported=None,
    )
    plan = make_plan(suite, Choice(split=split), images=False)
    results = out or suite.root / "results"
    folder = RunFolder.create(results, f"{suite.dataset.name}-predictions")
    record = run_record(plan, folder.path)
    sealed = record.dataset.split is not None and record.dataset.split.is_sealed
    asked = asked_sha256(plan) if sealed else {}  # makes every request, for a seal alone
    record = counted(plan, record, results, asked, sha256_file(path))
    folder.write_run(record)
    folder.write_samples(plan.samples)
    written = FewCompletions()
    write_completions(
        plan,
        folder,
        lambda batch: {p.request.key: ReplayEngine.answer(p.request) for p in batch},
        keep=written.add,
    )
    answered = Answered(folder, record, plan.samples, written.all)
    with ScoringTools() as tools:
        summary = score_run(folder, answered, tools, suite.metrics, cost=None)
    write_reports(folder, summary, answered)
    return folder, summary
