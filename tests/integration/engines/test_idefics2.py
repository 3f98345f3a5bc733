"""vLLM's answers with our Idefics2 are transformers' answers, to the rounding of float32."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis.strategies import characters, lists, sampled_from

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import stream
from idefics2_cases import CASES, again, config, draw, pictures, requests

from harness.records import Completion

# What importing torch, transformers and vLLM warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

SCRIPT = Path(__file__).with_name("idefics2_session.py")
NEAR = 1e-3
"""Logits here have a standard deviation of 4; another picture moves them by 10."""
ON_THE_HUB = {
    "lm_head.weight",
    "model.connector.modality_projection.gate_proj.weight",
    "model.connector.perceiver_resampler.latents",
    "model.connector.perceiver_resampler.layers.0.input_context_norm.weight",
    "model.connector.perceiver_resampler.layers.0.self_attn.k_proj.weight",
    "model.connector.perceiver_resampler.norm.weight",
    "model.text_model.embed_tokens.weight",
    "model.text_model.layers.0.self_attn.q_proj.weight",
    "model.vision_model.embeddings.patch_embedding.bias",
    "model.vision_model.embeddings.position_embedding.weight",
    "model.vision_model.encoder.layers.0.mlp.fc1.weight",
    "model.vision_model.encoder.layers.0.self_attn.out_proj.bias",
    "model.vision_model.post_layernorm.weight",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Pictures, and checkpoints: ``on`` splits pictures unless told, ``off`` and ``old`` do not."""
    pytest.importorskip("vllm")
    import tiny_idefics2

    root = tmp_path_factory.mktemp("idefics2")
    draw(root)
    tiny_idefics2.write(root / "on", splitting=True)
    tiny_idefics2.write(root / "off", splitting=False)
    tiny_idefics2.write(root / "old", splitting=False, legacy=True)
    return root


@pytest.fixture(scope="module")
def served(folder) -> dict:
    """What one start of vLLM answered."""
    log, report = folder / "engine.log", folder / "report.json"
    done = subprocess.run(
        [sys.executable, SCRIPT, folder / "on", folder, log, report],
        capture_output=True,
        check=False,
        text=True,
        timeout=600,
    )
    tail = log.read_text()[-4000:] if log.exists() else "no log"
    assert done.returncode == 0, f"{done.stderr}\n{tail}"
    return json.loads(report.read_text())


@pytest.fixture(scope="module")
def reference(folder):
    """Give transformers' prompt ids for a case, and its logits for them and what follows."""
    import torch
    from PIL import Image
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(folder / "on")
    model = AutoModelForImageTextToText.from_pretrained(folder / "on", dtype=torch.float32).eval()

    def answer(case, following):
        processor.image_processor.do_image_splitting = case.splitting
        images = [[Image.open(folder / name) for name in case.images]]
        given = {"images": images} if case.images else {}
        inputs = processor(text=[case.text], return_tensors="pt", **given)
        del inputs["attention_mask"]
        ids = inputs.pop("input_ids")
        whole = torch.cat([ids, torch.tensor([following[:-1]], dtype=torch.long)], dim=1)
        with torch.inference_mode():
            return ids[0].tolist(), model(input_ids=whole, **inputs).logits[0]

    return answer


def farthest(found, ids, logits) -> float:
    """Give the largest difference of any logit: some of the prompt's, all of the answer's."""
    import torch

    expected = logits[len(ids) - 1 :]
    differences = (expected - torch.tensor(found["logits"])).abs().flatten().tolist()
    differences += [
        abs(logits[place, int(token)].item() - value)
        for place, row in enumerate(found["prompt logits"])
        for token, value in row.items()
    ]
    return max(differences)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_logits_are_those_of_transformers(served, reference, case, record_property):
    found = served["cases"][case.name]
    ids, logits = reference(case, found["tokens"])
    assert found["prompt"] == ids
    distance = farthest(found, ids, logits)
    record_property("largest difference", distance)
    assert distance < NEAR


@pytest.mark.parametrize("case", again(CASES), ids=lambda case: case.name)
def test_another_question_about_a_picture_finds_it_in_the_cache(served, reference, case):
    found = served["again"][case.name]
    assert found["cached"] >= (320 if case.splitting else 64)
    ids, logits = reference(case, found["tokens"])
    assert found["prompt"] == ids
    assert farthest(found, ids, logits) < NEAR


def test_the_picture_and_its_quarters_matter(served, reference):
    for case in CASES:
        if len(case.images) == 1:
            found = served["cases"][case.name]
            other = "strip.png" if case.images != ("strip.png",) else "odd.png"
            assert farthest(found, *reference(replace(case, images=(other,)), found["tokens"])) > 1


def test_texts_are_those_of_the_transformers_engine(served, folder):
    from harness.engines.transformers import TransformersEngine

    asked = requests(pictures(folder))

    async def answers():
        engine = TransformersEngine(config("transformers", folder / "off"), log=folder / "hf.log")
        await engine.start()
        try:
            return {c.key: c async for c in engine.generate(stream(asked))}
        finally:
            await engine.close()

    theirs = asyncio.run(answers())
    ours = {c["key"]: Completion(**c) for c in served["completions"]}
    assert len(ours) == len(asked) >= 20
    assert all(c.error is None and c.text.strip() for c in ours.values())
    assert len({c.text for c in ours.values()}) > 20
    assert {k: c.prompt_tokens for k, c in ours.items()} == {
        k: c.prompt_tokens for k, c in theirs.items()
    }
    equal = [key for key, c in ours.items() if c.text == theirs[key].text]
    assert len(equal) >= 0.95 * len(ours)


def test_the_tiny_checkpoint_has_the_hubs_names(folder):
    from safetensors import safe_open

    with safe_open(folder / "on" / "model.safetensors", "pt") as weights:
        assert set(weights.keys()) >= ON_THE_HUB


def test_a_patch_has_the_place_that_transformers_gives_it():
    pytest.importorskip("vllm")
    import torch
    from transformers.models.idefics2.configuration_idefics2 import Idefics2VisionConfig
    from transformers.models.idefics2.modeling_idefics2 import Idefics2VisionEmbeddings

    from harness.engines.vllm_models.idefics2 import patch_positions

    side = 70
    table = Idefics2VisionEmbeddings(
        Idefics2VisionConfig(hidden_size=1, image_size=side, patch_size=1)
    )
    table.patch_embedding.weight.data.zero_()
    table.patch_embedding.bias.data.zero_()
    table.position_embedding.weight.data = torch.arange(side**2, dtype=torch.float32)[:, None]
    for rows in range(1, side + 1):
        columns = side + 1 - rows
        with torch.inference_mode():
            expected = table(torch.zeros(1, 3, rows, columns), torch.ones(1, rows, columns).bool())
        assert patch_positions(rows, columns, side).tolist() == expected.flatten().tolist()


@pytest.fixture(scope="module", params=["off", "old"])
def written_alike(request, folder):
    """Assert that a prompt gets from us the tokens that it gets from the processor."""
    from transformers import AutoProcessor

    from harness.engines.vllm_models.idefics2_prompt import with_boundaries

    processor = AutoProcessor.from_pretrained(folder / request.param)
    tokenizer = processor.tokenizer
    image, boundary = tokenizer.convert_tokens_to_ids(["<image>", "<fake_token_around_image>"])

    def check(text):
        written = with_boundaries(tokenizer(text)["input_ids"], tokenizer, image, boundary)
        [expected] = processor(text=[text])["input_ids"]
        assert [t for token in written for t in [token] * (64 if token == image else 1)] == expected

    return check


@pytest.mark.parametrize(
    "text",
    [
        "<image>What?",
        "<image> What?",
        "<image>\nWhat?<image>",
        "<image><image>What <image>is<end_of_utterance>this?<image>",
        "Say <image><b>bold</b>, <image>été, <image>日本, <image>🍲",
        "<fake_token_around_image><image>word <fake_token_around_image>word<image>",
        "<image><fake_token_around_image><image><fake_token_around_image>",
    ],
)
def test_prompts_are_written_as_by_the_processor(written_alike, text):
    written_alike(text)


PIECES = ["<image>", "<fake_token_around_image>", "<end_of_utterance>", " ", "\n", "<", "What"]
# Not the tokenizer's own mark of a space: its tokens do not tell it from one.
LETTERS = characters(codec="utf-8", exclude_characters="▁")


@settings(max_examples=150)
@given(text=lists(sampled_from(PIECES) | LETTERS, max_size=12).map("".join))
def test_any_prompt_is_written_as_by_the_processor(written_alike, text):
    written_alike(text)


def test_a_vllm_that_has_idefics2_keeps_its_own():
    pytest.importorskip("vllm")
    from vllm import ModelRegistry

    from harness.engines.vllm_plugin import MODELS, load

    [architecture] = MODELS
    load()
    ours = ModelRegistry.models.pop(architecture)
    try:
        theirs = ModelRegistry.models[architecture] = ModelRegistry.models["MistralForCausalLM"]
        load()
        assert ModelRegistry.models[architecture] is theirs
    finally:
        ModelRegistry.models[architecture] = ours
