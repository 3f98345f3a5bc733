"""Quantized models on the transformers engine are smaller and write what the whole ones write."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import config, questions, stream
from idefics2_cases import draw, pictures, request

from harness.engines import quantized
from harness.engines.protocol import check, check_machine, identity
from harness.engines.transformers import TransformersEngine
from harness.errors import EngineError
from harness.records import Decoding

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

CAPTIONERS = ("BLIP", "BLIP-2 OPT", "BLIP-2 Flan-T5", "GIT", "ViT-GPT2", "Donut")


def ask(model, requests, log):
    """Give the answers by key, the sum of the weights' bytes, and how many layers are quantized."""

    async def life():
        engine = TransformersEngine(model, log=log)
        await engine.start()
        try:
            loaded = engine._model
            size = sum(p.numel() * p.element_size() for p in loaded.parameters())
            answers = {c.key: c async for c in engine.generate(stream(requests))}
            return answers, size, quantized.layers(loaded)
        finally:
            await engine.close()

    return asyncio.run(life())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    return ask(config("transformers"), questions(8), tmp_path_factory.mktemp("whole") / "log")


@pytest.mark.parametrize("name", quantized.PACKAGES)
def test_the_texts_are_those_of_the_whole_model(whole, name, tmp_path):
    pytest.importorskip(quantized.PACKAGES[name])
    model = config("transformers", args={"quantization": name})
    answers, size, (changed, layers) = ask(model, questions(8), tmp_path / "log")
    assert whole[2] == (0, layers)
    assert changed == layers - 1  # all but lm_head
    if name != "int8":  # torchao's tensors tell the size of what they stand for
        assert size < 0.5 * whole[1]
    assert all(c.error is None and c.text for c in answers.values())
    equal = [key for key, c in answers.items() if c.text == whole[0][key].text]
    # Qwen2-VL of 3.4 million parameters: coarser weights flip near-ties of the words.
    assert len(equal) >= (0.6 if name == "bitsandbytes-4bit" else 0.8) * len(answers)


def test_int8_weights_take_a_byte_each(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("torchao")
    import torch
    from transformers import AutoModelForImageTextToText

    given = quantized.loading("int8", "cpu", None)
    model = AutoModelForImageTextToText.from_pretrained(config("x").model, **given)
    layer = model.model.language_model.layers[0].mlp.up_proj.weight
    assert layer.qdata.dtype == torch.int8
    assert layer.qdata.numel() == layer.numel()


@pytest.mark.parametrize("kind", CAPTIONERS)
@pytest.mark.parametrize("name", ["int8", "bitsandbytes-4bit"])
def test_captioners_run_quantized(kind, name, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip(quantized.PACKAGES[name])
    from tiny_captioners import write

    draw(tmp_path)
    refs = list(pictures(tmp_path).values())[:3]
    greedy = Decoding(name="greedy", params={"temperature": 0, "max_tokens": 8})
    asked = [replace(request(ref.path.name, [ref], ""), decoding=greedy) for ref in refs]
    for n, one in enumerate(asked):
        [user] = one.rendered.messages
        plain = replace(user, parts=user.parts[:-1])
        asked[n] = replace(one, rendered=replace(one.rendered, messages=(plain,)))
    model = config(
        "transformers", model=str(write(kind, tmp_path / "model")), args={"quantization": name}
    )
    answers, _, (changed, _) = ask(model, asked, tmp_path / "log")
    assert [c.error for c in answers.values()] == [None] * 3
    assert changed > 0


def test_an_unknown_quantization_is_refused_with_those_there_are():
    for name in ("int9", 8, ["int8"]):
        with pytest.raises(EngineError, match=r"quantization(.|\n)*int8, bitsandbytes-8bit"):
            check(config("transformers", args={"quantization": name}), [])


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    # The table of names alone is another; whether the package is there, Python says.
    monkeypatch.setattr(quantized, "PACKAGES", {"int8": "no_such_package"})
    model = config("transformers", args={"quantization": "int8"})
    check(model, [])  # the file is right
    with pytest.raises(EngineError, match=r"needs no_such_package(.|\n)*pip install"):
        check_machine(model)


def test_it_is_part_of_the_key():
    whole, coarse = config("transformers"), config("transformers", args={"quantization": "int8"})
    assert identity(whole) != identity(coarse)
