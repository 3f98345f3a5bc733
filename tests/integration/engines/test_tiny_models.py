"""Each chat family runs in vLLM from files as the Hub has them, with transformers' greedy texts."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import stream
from idefics2_cases import draw, pictures, requests
from tiny_families import FAMILIES, model

from harness.engines.transformers import TransformersEngine
from harness.records import Completion

# What importing torch, transformers and vLLM warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

SCRIPT = Path(__file__).with_name("tiny_session.py")
PATIENCE = 200.0
"""Seconds for a start of vLLM, on the slowest machine."""


@dataclass(frozen=True)
class Answered:
    """What both engines made of the same requests, by key."""

    family: str
    checkpoint: Path
    vllm: dict[str, Completion]
    transformers: dict[str, Completion]


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> Path:
    """Let vLLM answer for every family, in one process: importing it takes long."""
    pytest.importorskip("vllm")
    from tiny_checkpoint import write

    root = tmp_path_factory.mktemp("tiny")
    folder = root / "pictures"
    folder.mkdir()
    draw(folder)
    for name, family in FAMILIES.items():
        module, _, builder = family.builder.partition(":")
        write(getattr(import_module(module), builder)(), root / name / "model")
    done = subprocess.run(
        [sys.executable, SCRIPT, root, folder, *FAMILIES],
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE * len(FAMILIES),
    )
    assert done.returncode == 0, done.stderr
    return root


@pytest.fixture(scope="module", params=FAMILIES)
def answered(request, session) -> Answered:
    family = request.param
    root = session / family
    if (failure := root / "failure.txt").exists():
        log = root / "engine.log"
        pytest.fail(f"{failure.read_text()}\n{log.read_text()[-4000:] if log.exists() else ''}")
    checkpoint, folder = root / "model", session / "pictures"
    return Answered(
        family=family,
        checkpoint=checkpoint,
        vllm={c["key"]: Completion(**c) for c in json.loads((root / "report.json").read_text())},
        transformers=asyncio.run(with_transformers(family, checkpoint, folder, root / "hf.log")),
    )


async def with_transformers(family, checkpoint, folder, log) -> dict[str, Completion]:
    engine = TransformersEngine(model(family, "transformers", checkpoint), log=log)
    await engine.start()
    try:
        return {c.key: c async for c in engine.generate(stream(requests(pictures(folder))))}
    finally:
        await engine.close()


def test_texts_are_those_of_transformers(answered, record_property):
    ours, theirs = answered.vllm, answered.transformers
    assert len(ours) == len(theirs) == 30
    assert all(c.error is None and c.text.strip() for c in [*ours.values(), *theirs.values()])
    assert {k: c.prompt_tokens for k, c in ours.items()} == {
        k: c.prompt_tokens for k, c in theirs.items()
    }
    equal = [key for key, c in ours.items() if c.text == theirs[key].text]
    record_property("equal", f"{len(equal)} of {len(ours)}")
    assert len(equal) >= 0.95 * len(ours), sorted(ours.keys() - set(equal))


def test_every_picture_changes_the_text(answered):
    texts = [c.text for key, c in answered.vllm.items() if key.endswith(" 0")]
    assert len(set(texts)) == len(texts) >= 8


def test_the_tiny_checkpoint_has_the_hubs_names(answered):
    from safetensors import safe_open

    with safe_open(answered.checkpoint / "model.safetensors", "pt") as weights:
        assert set(weights.keys()) >= FAMILIES[answered.family].on_the_hub
