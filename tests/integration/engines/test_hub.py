"""A model on the Hub is known by its commit: in keys, in records, and in what is loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import MODEL
from local_hub import LocalHub, serving

NAME = "owner/name"
FIRST, SECOND, ADAPTER = "a" * 40, "b" * 40, "c" * 40
NOWHERE = "http://127.0.0.1:9"  # the port of 'discard', where nobody listens

PIN = """
import json, sys
from harness.engines.hub import Hub
from harness.errors import EngineError
from harness.records import ModelConfig
hub = Hub()
for given in json.loads(sys.argv[1]):
    fetch = given.pop("fetch", False)
    try:
        model = hub.pin(ModelConfig(**{"name": "m", "engine": "vllm", **given}))
        model = hub.fetch(model) if fetch else model
        print(json.dumps([model.revision, model.adapter]))
    except EngineError as error:
        print(json.dumps(str(error)))
"""


@pytest.fixture
def home(tmp_path):
    return tmp_path / "hf"


@pytest.fixture
def hub(tmp_path):
    """A Hub whose only model is the demo model; it has a tag of its first commit."""
    folder = tmp_path / "repository"
    shutil.copytree(MODEL, folder)
    with serving(LocalHub(NAME, folder, {"main": FIRST, "v1": FIRST})) as running:
        yield running


def environment(home, url, **more):
    settings = {"HF_HOME": str(home), "HF_ENDPOINT": url, "HF_HUB_DISABLE_XET": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return {**kept, **settings, **more, "COLUMNS": "160"}


def pin(home, url, *given, **more):
    done = subprocess.run(
        [sys.executable, "-c", PIN, json.dumps(given)],
        capture_output=True,
        check=False,
        env=environment(home, url, **more),
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def download(home, url, name=NAME, revision="main"):
    """Fetch as the error's hint says."""
    command = [str(Path(sys.executable).parent / "hf"), "download", name, "--revision", revision]
    subprocess.run(
        command, check=True, capture_output=True, env=environment(home, url), timeout=300
    )


def test_a_branch_or_tag_becomes_the_commit_that_it_stands_at(hub, home):
    hub.refs["main"] = SECOND
    found = pin(
        home,
        hub.url,
        {"model": NAME},
        {"model": NAME, "engine": "transformers", "revision": "v1"},
        {"model": NAME, "revision": "d" * 40},
        {"model": str(MODEL)},
        {"model": "gpt-9", "engine": "openai"},
        {"model": NAME, "revision": "v7"},
        {"model": "owner/other"},
        {"model": "no such name"},
    )
    assert found[:5] == [
        [SECOND, None],
        [FIRST, None],
        ["d" * 40, None],
        [None, None],
        [None, None],
    ]
    assert "no such revision" in found[5]
    assert "--revision v7" in found[5]
    assert "none of this name" in found[6]
    assert "no id on the Hub looks like this" in found[7]
    assert len([path for path in hub.asked if path.startswith("/api/models/")]) == 4
    assert not (home / "hub").exists()  # nothing is fetched to learn a commit


def test_without_the_hub_the_cache_knows(hub, home):
    download(home, hub.url)
    hub.refs["main"] = SECOND
    models = [
        {"model": NAME, "fetch": True},
        {"model": NAME, "revision": FIRST, "fetch": True},
        {"model": NAME, "revision": SECOND, "fetch": True},
        {"model": NAME, "revision": "v1"},
        {"model": "owner/other"},
    ]
    began = time.monotonic()
    offline = pin(home, hub.url, *models, HF_HUB_OFFLINE="1")
    without = time.monotonic() - began
    asked = len(hub.asked)
    began = time.monotonic()
    unreachable = pin(home, NOWHERE, *models)
    assert time.monotonic() - began < without + 12  # nothing is waited for
    assert len(hub.asked) == asked
    for found in (offline, unreachable):
        assert found[:2] == [[FIRST, None], [FIRST, None]]
        for error, command in zip(
            found[2:],
            (f"{NAME} --revision {SECOND};", f"{NAME} --revision v1;", "owner/other;"),
            strict=True,
        ):
            assert f"it is not in the cache {home / 'hub'}, and" in error
            assert f"hf download {command} it goes to the folder" in error
            assert f"(here {home})" in error
            assert "./weights" in error
    assert "HF_HUB_OFFLINE is set" in offline[4]
    assert "the Hub cannot be reached (ConnectError" in unreachable[4]


def test_weights_of_which_a_part_is_missing_are_not_there(hub, home):
    download(home, hub.url)
    [weights] = home.glob("hub/models--*/snapshots/*/*.safetensors")
    weights.unlink()
    [found] = pin(home, NOWHERE, {"model": NAME, "fetch": True})
    assert "only a part of it is in the cache" in found


def test_an_adapter_is_fetched_at_its_commit(tmp_path, home):
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"r": 4}')
    (folder / "adapter_model.safetensors").write_bytes(b"weights")
    model = {"model": str(MODEL), "adapter": NAME}
    with serving(LocalHub(NAME, folder, {"main": FIRST, "v1": SECOND})) as hub:
        found = pin(home, hub.url, model, {**model, "adapter": f"{NAME}@v1"}, {**model, "fetch": 1})
    assert found[:2] == [[None, f"{NAME}@{FIRST}"], [None, f"{NAME}@{SECOND}"]]
    path = Path(found[2][1])
    assert path.name == FIRST
    assert (path / "adapter_model.safetensors").read_bytes() == b"weights"
    assert pin(home, NOWHERE, {**model, "fetch": True}) == [[None, str(path)]]


DESCRIBE = """
import sys
from harness.engines.hub import Hub
from harness.engines.picture_sizes import size_rule
from harness.records import ModelConfig
name, *revisions = sys.argv[1:]
for revision in revisions:
    hub = Hub()
    model = ModelConfig(name="m", engine="vllm", model=name, revision=revision)
    rule = size_rule(hub.describe(model))
    print(rule and rule(1, 201))
"""


def described(home, url, *revisions, name=NAME, **more):
    done = subprocess.run(
        [sys.executable, "-c", DESCRIBE, name, *revisions],
        capture_output=True,
        check=False,
        env=environment(home, url, **more),
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_what_a_model_says_of_its_pictures_is_fetched_before_it_is_loaded(hub, home):
    why = "one side is 201 times the other, more than 200"
    assert described(home, hub.url, FIRST, HF_HUB_OFFLINE="1") == ["None"]
    began = time.monotonic()
    assert described(home, NOWHERE, FIRST) == ["None"]  # it is asked when it is wanted
    assert time.monotonic() - began < 30
    assert described(home, hub.url, FIRST) == [why]
    assert described(home, hub.url, FIRST, name="no such name") == ["None"]
    there = {path.name for path in home.glob("hub/models--*/snapshots/*/*")}
    assert there == {"config.json", "preprocessor_config.json"}
    asked = len(hub.asked)
    assert described(home, hub.url, FIRST, FIRST) == [why, why]
    assert described(home, NOWHERE, FIRST) == [why]
    assert len(hub.asked) == asked  # nor for the file that it has not


def run(project, home, url, *words, **more):
    return subprocess.run(
        [str(Path(sys.executable).parent / "harness"), *words],
        capture_output=True,
        check=False,
        cwd=project,
        env=environment(home, url, **more),
        text=True,
        timeout=120,
    )


def use(project, model):
    suite = project / "prompts/titles/suite.yaml"
    text = suite.read_text().splitlines()
    lines = [f"models: [{{name: tuned, {model}}}]" if "models:" in x else x for x in text]
    suite.write_text("\n".join(lines))


def test_a_model_that_is_not_there_ends_a_run_before_anything_is_written(project, home):
    use(project, f"engine: vllm, model: {NAME}")
    for verb in (("check",), ("list", "models"), ("render", "prompts/titles")):
        done = run(project, home, NOWHERE, *verb)
        assert done.returncode == 0, done.stderr
    assert f"key: not known before a run asks for the commit of {NAME}" in done.stdout
    done = run(project, home, NOWHERE, "run", "prompts/titles", HF_HUB_OFFLINE="1")
    assert done.returncode == 1
    assert f"no model '{NAME}' (main): it is not in the cache" in done.stderr
    assert f"hint: where there is a network: hf download {NAME}; it goes" in done.stderr
    assert not (project / "results").exists()
    use(project, f"engine: vllm, model: {NAME}, revision: {FIRST}")
    done = run(project, home, NOWHERE, "run", "prompts/titles", HF_HUB_OFFLINE="1")
    assert (done.returncode, "--revision" in done.stderr) == (1, True)
    assert not (project / "results/titles").exists()


def test_what_is_recorded_is_what_was_loaded(project, hub, home):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    use(project, f"engine: transformers, model: {NAME}")
    done = run(project, home, hub.url, "run", "prompts/titles", "--limit", "2")
    assert done.returncode == 0, done.stderr
    [snapshot] = home.glob("hub/models--*/snapshots/*")
    assert snapshot.name == FIRST
    assert not [path for path in hub.asked if "/resolve/main/" in path]
    [folder] = (project / "results/titles").glob("2*")
    model = json.loads((folder / "run.json").read_text())["models"]["tuned"]
    assert model["revision"] == FIRST
    assert model["identity"]["checkpoint"] == {"id": NAME, "revision": FIRST}
    again = run(project, home, NOWHERE, "run", "prompts/titles", "--limit", "2")
    assert "changed since run" in again.stdout, again.stderr  # nothing is asked for
    hub.refs["main"] = SECOND  # new weights under the same name
    moved = run(project, home, hub.url, "run", "prompts/titles", "--limit", "2")
    assert "4 completions generated" in moved.stdout, moved.stderr
    assert f"{NAME}@{SECOND[:12]}" in run(project, home, NOWHERE, "cache", "ls").stdout
    *_, last = sorted(
        (project / "results/titles").glob("2*"), key=lambda path: path.stat().st_ctime
    )
    said = run(project, home, NOWHERE, "cache", "why", f"{folder}", f"{last}")
    assert f'model.checkpoint.revision: "{FIRST}" → "{SECOND}"' in said.stdout, said.stderr
