"""Predictions made elsewhere → a run folder like any other; needs no model, images or store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config.load import find_dataset, project_root
from harness.dataset.predictions import PredictionFile, read_predictions
from harness.dataset.samples import load_samples
from harness.fingerprint import sha256_file, sha256_json
from harness.metrics.tools import ScoringTools
from harness.pipeline.asking.environment import environment
from harness.pipeline.reading.scoring import evaluate, write_reports
from harness.postprocess import check_steps
from harness.records import Completion, Decoding, System
from harness.store.run_folder import RunFolder, StoredCompletion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.dataset.samples import LoadedDataset
    from harness.records import DatasetConfig, Json

RUN_SCHEMA = 1
METRICS = ("bleu", "rouge_l", "meteor", "cider")
NOWHERE = Decoding(name="unknown", params={})


def score_predictions(
    path: Path,
    dataset: str,
    *,
    metrics: Sequence[str] = METRICS,
    steps: Sequence[str] = (),
    out: Path | None = None,
) -> tuple[RunFolder, dict[str, Any]]:
    """Score a file of predictions against a dataset's references.

    Args:
        path: CSV, TSV, JSON lines or Parquet with ``id``, ``text`` and, for several systems,
            ``system``.
        dataset: its name under ``datasets/``, or a path ending in .yaml. Images are not looked at.
        metrics: what to compute.
        steps: post-processing steps, for all systems.
        out: the results folder; default: ``results/`` of the project.

    Returns:
        The run's folder and its summary. A sample that a system does not predict is unscored.

    Raises:
        HarnessError: the file, the dataset, a step or a metric is wrong.
    """
    check_steps(steps)
    here = Path.cwd()
    config = find_dataset(dataset, here)
    loaded = load_samples(config, images=False)
    predictions = read_predictions(path, {sample.id for sample in loaded.samples})
    results = out or project_root(here) / "results"
    folder = RunFolder.create(results, f"{config.name}-predictions")
    folder.write_run(_record(folder, path, config, loaded, predictions, metrics, steps))
    folder.write_samples(loaded.samples)
    folder.write_completions(
        StoredCompletion(
            system=system,
            variant=system,
            sample_id=sample.id,
            completion=_completion(system, sample.id, texts.get(sample.id)),
        )
        for sample in loaded.samples
        for system, texts in predictions.texts.items()
    )
    with ScoringTools() as tools:
        summary = evaluate(folder, tools, {})
    write_reports(folder, summary)
    return folder, summary


def _completion(system: str, sample_id: str, text: str | None) -> Completion:
    return Completion(
        key=sha256_json(["prediction", system, sample_id, text]),
        text=text or "",
        finish_reason="error" if text is None else "stop",
        error="no prediction in the file" if text is None else None,
    )


def _record(
    folder: RunFolder,
    path: Path,
    config: DatasetConfig,
    loaded: LoadedDataset,
    predictions: PredictionFile,
    metrics: Sequence[str],
    steps: Sequence[str],
) -> dict[str, Json]:
    names = list(predictions.texts)
    return {
        "schema": RUN_SCHEMA,
        "id": folder.path.name,
        "suite": folder.path.parent.name,
        "baseline": names[0],
        "repeats": 1,
        "metrics": list(metrics),
        "tokenizer": "ptb",
        "systems": [
            asdict(System(name=name, model=path.name, variant=name, decoding=NOWHERE))
            for name in names
        ],
        "models": {
            path.name: {"engine": "replay", "model": str(path), "sha256": sha256_file(path)}
        },
        "variants": {
            name: {
                "description": f"predictions of {path.name}",
                "system": None,
                "user": "",
                "postprocess": list(steps),
            }
            for name in names
        },
        "dataset": {
            "name": config.name,
            "description": config.description,
            "samples": len(loaded.samples),
            "dropped": [asdict(dropped) for dropped in loaded.dropped],
        },
        "unknown_ids": list(predictions.unknown),
        "reported": [],
        **environment(path.parent),
    }
