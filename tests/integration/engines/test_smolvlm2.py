"""SmolVLM2 is an Idefics3 with another processor: the same weights write the same texts."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import stream
from idefics2_cases import draw, pictures, requests

from harness.engines.transformers import TransformersEngine
from harness.records import ModelConfig

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")


def ask(made, folder, refs):
    from tiny_checkpoint import write

    model = ModelConfig(name="tiny", engine="transformers", model=str(write(made, folder)))

    async def life():
        engine = TransformersEngine(model, log=folder / "log")
        await engine.start()
        try:
            return {c.key: c async for c in engine.generate(stream(requests(refs)))}
        finally:
            await engine.close()

    return asyncio.run(life())


def test_smolvlm2_writes_what_idefics3_writes(tmp_path):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    pytest.importorskip("num2words")
    from tiny_tiles import idefics3, smolvlm2

    draw(tmp_path)
    ours = ask(smolvlm2(), tmp_path / "smolvlm2", pictures(tmp_path))
    theirs = ask(idefics3(), tmp_path / "idefics3", pictures(tmp_path))
    assert len(ours) == len(theirs) == 30
    assert [c.error for c in ours.values()] == [None] * 30
    for key, completion in ours.items():
        assert (completion.text, completion.prompt_tokens) == (
            theirs[key].text,
            theirs[key].prompt_tokens,
        )
