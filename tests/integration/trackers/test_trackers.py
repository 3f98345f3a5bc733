"""Scores of a run in MLflow and Weights & Biases, by their own clients, without a network."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import harness

REPOSITORY = Path(__file__).parents[3]
PLACES = [folder / ".venv-trackers" for folder in (Path(sys.prefix).parent, REPOSITORY)]
PYTHON = next((python for v in PLACES if (python := v / "bin/python").exists()), None)
COMMAND = "from harness.cli import main; main()"

pytestmark = pytest.mark.skipif(PYTHON is None, reason="make trackers installs them")

READ_MLFLOW = """
import json, sys, mlflow
client = mlflow.MlflowClient()
[place] = [e for e in client.search_experiments() if e.name == sys.argv[1]]
runs = client.search_runs([place.experiment_id])
print(json.dumps([{
    "name": r.info.run_name, "status": r.info.status, "metrics": r.data.metrics,
    "params": r.data.params, "tags": r.data.tags} for r in runs]))
"""
READ_WANDB = """
import json, pathlib
from wandb.sdk.internal.datastore import DataStore
from wandb.proto.wandb_internal_pb2 import Record
found = []
for path in sorted(pathlib.Path("wandb").glob("offline-run-*/*.wandb")):
    store = DataStore()
    store.open_for_scan(str(path))
    run = {"summary": {}}
    while (data := store.scan_data()) is not None:
        record = Record()
        record.ParseFromString(data)
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run["id"], run["project"] = record.run.run_id, record.run.project
            run["name"], run["group"] = record.run.display_name, record.run.run_group
            run["config"] = {u.key: json.loads(u.value_json) for u in record.run.config.update}
        for item in record.summary.update if kind == "summary" else ():
            run["summary"]["/".join(item.nested_key) or item.key] = json.loads(item.value_json)
    run["files"] = sorted(p.name for p in (path.parent / "files").iterdir())
    found.append(run)
print(json.dumps(found))
"""


@pytest.fixture
def run(project, monkeypatch):
    monkeypatch.chdir(project)
    suite = project / "prompts/titles/suite.yaml"
    suite.write_text(suite.read_text().replace("cider]", "cider, {keywords: {field: n}}]"))
    return harness.evaluate("prompts/titles", limit=4)  # of a part it is said, and not refused


def called(*words, cwd, **environment):
    """Run Python of the trackers' environment, with no way out."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "MLFLOW_"))}
    return subprocess.run(
        [str(PYTHON), *map(str, words)],
        cwd=cwd,
        env={
            **kept,
            "PYTHONPATH": str(REPOSITORY),
            "HTTPS_PROXY": "http://127.0.0.1:9",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def numbers_of(run, system):
    """Give what is to be found of a system there."""
    found = {"samples": 4.0, "unscored": 0.0}
    for result in run.summary.results:
        if result.system == system and result.value is not None:
            found[result.metric] = result.value
            if result.interval:
                found[f"{result.metric}_low"], found[f"{result.metric}_high"] = result.interval
    return found


def test_mlflow_has_a_run_a_system_and_none_twice(project, run):
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{project}/mlflow.db"}
    for _ in range(2):
        done = called("-c", COMMAND, "report", run.path, "--log", "mlflow", cwd=project, **store)
        assert done.returncode == 0, done.stderr
        assert "2 runs in experiment 'titles'" in done.stderr
    read = json.loads(called("-c", READ_MLFLOW, "titles", cwd=project, **store).stdout)
    assert sorted(each["name"] for each in read) == [
        f"{run.record.id} {s}" for s in ("plain", "title")
    ]
    for each in read:
        system = each["tags"]["harness.system"]
        assert each["status"] == "FINISHED"
        assert each["metrics"] == pytest.approx(numbers_of(run, system))
        assert (each["params"]["variant"], each["params"]["dataset"]) == (system, "dishes")
        signature = next(r.signature for r in run.summary.results if r.metric == "CIDEr")
        assert each["tags"]["signature.CIDEr"] == signature.long()
        told = json.dumps(each)
        assert "Shrimp" not in told  # no reference, no answer
        assert run.answers(system)[0].text not in told


def test_a_server_that_cannot_be_had_is_told_without_its_password(project, run):
    server = {
        "MLFLOW_TRACKING_URI": "http://somebody:a-secret@127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }
    done = called("-c", COMMAND, "report", run.path, "--log", "mlflow", cwd=project, **server)
    assert done.returncode == 1
    assert "report:" in done.stdout
    assert "Traceback" not in done.stderr
    assert "MLflow at http://127.0.0.1:9 does not take the run" in done.stderr
    assert "MLFLOW_TRACKING_URI" in done.stderr
    assert "a-secret" not in done.stderr


def test_wandb_offline_has_a_run_a_system_and_nothing_that_nobody_asked_for(project, run):
    words = ("run", "prompts/titles", "--limit", "4", "--allow-failures", "--log", "wandb")
    done = called("-c", COMMAND, *words, cwd=project, WANDB_MODE="offline")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    assert "2 runs in project 'titles'" in done.stderr
    read = json.loads(called("-c", READ_WANDB, cwd=project).stdout)
    run = harness.load_run("titles")
    assert {each["name"] for each in read} == {f"{run.record.id} {s}" for s in ("plain", "title")}
    for each in read:
        system = each["config"]["harness.system"]
        numbers = {k: v for k, v in each["summary"].items() if not k.startswith("_")}
        assert numbers == pytest.approx(numbers_of(run, system))
        assert each["config"]["variant"] == system
        assert (each["project"], each["group"]) == ("titles", run.record.id)
        assert len(each["id"]) == 32
        assert each["files"] == []


def test_wandb_without_a_login_is_told(project, run):
    words = ("-c", COMMAND, "report", run.path, "--log", "wandb")
    done = called(*words, cwd=project, HOME=str(project), NETRC=str(project / "none"))
    assert done.returncode == 1
    assert "Weights & Biases does not take the run" in done.stderr
    assert "WANDB_MODE=offline" in done.stderr
