"""A scored run → its numbers in MLflow or Weights & Biases, by their own clients.

A run there is a system here, so that their tables compare prompts: parameters say what it is,
metrics hold its scores with the ends of their intervals, tags hold signatures and the prompt. No
image, reference or answer is sent. Logged again, the same runs are brought up to date.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, get_args

from harness.errors import TrackerError
from harness.fingerprint import canonical_json, sha256_text
from harness.nearest import nearest
from harness.report.ladder_view import as_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import RunRecord, RunSummary, SystemSummary
    from harness.store.run_folder import RunFolder

Tracker = Literal["mlflow", "wandb"]
TRACKERS: tuple[Tracker, ...] = get_args(Tracker)
_LONGEST = 5_000
"""Letters of a parameter or tag that MLflow takes."""
_CREDENTIALS = re.compile("//[^/@]*@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A system as a run of a tracker."""

    name: str
    key: str
    """The same whenever the same system of the same run is logged."""
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]


def tracker_named(name: str) -> Tracker:
    """Find a tracker that is installed.

    Raises:
        TrackerError: there is none of this name, or its client is not installed.
    """
    for tracker in TRACKERS:
        if tracker == name:
            if find_spec(tracker) is None:
                raise TrackerError(
                    f"{tracker} is not installed", hint=f"pip install 'prompt-harness[{tracker}]'"
                )
            return tracker
    raise TrackerError(f"nothing is logged to '{name}'", hint=nearest(name, TRACKERS))


def log_run(folder: RunFolder, tracker: Tracker) -> str:
    """Log the numbers of a scored run.

    Where to, is what the client's own settings say (MLFLOW_TRACKING_URI, WANDB_MODE …); the
    experiment or project is the suite, unless they name one.

    Returns:
        A sentence that says what is where.

    Raises:
        StoreError: the run is not scored.
        TrackerError: the client refuses, or cannot be reached.
    """
    run, summary = folder.run(), as_shown(folder.summary())
    systems = [tracked(run, summary, system) for system in summary.systems]
    logged = {"mlflow": _to_mlflow, "wandb": _to_wandb}[tracker]
    return logged(run, systems)


def tracked(run: RunRecord, summary: RunSummary, system: SystemSummary) -> Tracked:
    """Say what of a system is logged."""
    asked = next(each for each in run.systems if each.name == system.system)
    model, variant = run.models[system.model], run.variants[system.variant]
    parameters = {
        "model": system.model,
        "checkpoint": model.model,
        "engine": model.engine,
        "variant": system.variant,
        "decoding": system.decoding,
        **{f"decoding.{name}": str(value) for name, value in asked.decoding.params.items()},
        "postprocess": "+".join(variant.steps(system.pipeline)) or "none",
        "dataset": run.dataset.name,
        "split": run.dataset.split.name if run.dataset.split else "",
        "control": system.control or "",
    }
    metrics: dict[str, float] = {"samples": system.n, "unscored": system.unscored}
    tags = {
        "harness.run": run.id,
        "harness.suite": run.suite,
        "harness.system": system.system,
        "harness.version": run.versions.get("prompt-harness", ""),
        "harness.commit": run.git.commit if run.git else "",
        "harness.leakage": "; ".join(run.leakage),
        "prompt": "\n\n".join(
            message.content for message in variant.messages
        ) or "\n\n".join(text for text in (variant.system, variant.user) if text),
    }  # fmt: skip
    for result in summary.results:
        if result.system != system.system:
            continue
        name = _plain(result.metric)
        tags[f"signature.{name}"] = result.signature.long()
        if result.value is None:
            tags[f"missing.{name}"] = result.missing or ""
            continue
        metrics[name] = result.value
        if result.interval:
            metrics[f"{name}_low"], metrics[f"{name}_high"] = result.interval
    return Tracked(
        name=f"{run.id} {system.system}",
        key=sha256_text(canonical_json([run.id, system.system]))[:32],
        parameters={_plain(name): _short(text) for name, text in parameters.items() if text},
        metrics=metrics,
        tags={name: _short(text) for name, text in tags.items() if text},
    )


def _to_mlflow(run: RunRecord, systems: Sequence[Tracked]) -> str:
    import mlflow
    from mlflow.entities import Metric, Param, RunTag

    now = _milliseconds()
    experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or run.suite
    uri = _CREDENTIALS.sub("//", str(mlflow.get_tracking_uri()))
    try:
        client: Any = mlflow.MlflowClient()
        found = client.get_experiment_by_name(experiment)
        place = found.experiment_id if found else client.create_experiment(experiment)
        for system in systems:
            same = client.search_runs([place], f"tags.`harness.key` = '{system.key}'")
            tags = {**system.tags, "harness.key": system.key}
            made = same[0] if same else client.create_run(place, run_name=system.name)
            client.log_batch(
                made.info.run_id,
                metrics=[Metric(name, value, now, 0) for name, value in system.metrics.items()],
                params=[Param(name, text) for name, text in system.parameters.items()],
                tags=[RunTag(name, text) for name, text in tags.items()],
            )
            client.set_terminated(made.info.run_id)
    except (mlflow.exceptions.MlflowException, OSError) as error:
        first = _first_line(error)
        raise TrackerError(
            f"MLflow at {uri} does not take the run: {first}",
            hint="MLFLOW_TRACKING_URI says where it is, such as sqlite:///mlflow.db",
        ) from error
    return f"logged to MLflow at {uri}: {len(systems)} runs in experiment '{experiment}'"


def _to_wandb(run: RunRecord, systems: Sequence[Tracked]) -> str:
    import wandb

    # What a client sends of itself besides (host, git, packages, code, output) nobody asked for.
    settings = wandb.Settings(
        console="off",
        silent=True,
        disable_git=True,
        disable_code=True,
        save_code=False,
        x_disable_meta=True,
        x_disable_stats=True,
        x_save_requirements=False,
    )
    project = os.environ.get("WANDB_PROJECT") or re.sub(r"[^\w.-]+", "-", run.suite)[:128]
    offline = os.environ.get("WANDB_MODE", "online") != "online"
    where = ""
    try:
        for system in systems:
            made: Any = wandb.init(
                project=project,
                name=system.name[:128],
                group=run.id,
                id=system.key,
                resume=None if offline else "allow",  # what is synced later has the same id
                config={**system.parameters, **system.tags},
                settings=settings,
            )
            made.summary.update(dict(system.metrics))
            where = made.settings.sync_dir if made.offline else made.url
            made.finish()
    except (wandb.errors.Error, OSError) as error:
        first = _first_line(error)
        raise TrackerError(
            f"Weights & Biases does not take the run: {first}",
            hint="'wandb login' logs in; WANDB_MODE=offline writes to ./wandb instead",
        ) from error
    return f"logged to Weights & Biases: {len(systems)} runs in project '{project}'; last {where}"


def _first_line(error: Exception) -> str:
    """Give what an error says first, without the passwords of URLs in it."""
    return _CREDENTIALS.sub("//", str(error).partition("\n")[0])


def _milliseconds() -> int:
    from time import time

    return int(time() * 1000)


def _plain(name: str) -> str:
    """Write a metric's name in the letters that both trackers take."""
    return re.sub(r"[^\w. /-]", "_", name, flags=re.ASCII)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
