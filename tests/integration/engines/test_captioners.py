"""Captioners without a chat template write what transformers' documentation makes them write."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import stream
from idefics2_cases import draw, pictures, request

from harness.engines.transformers import TransformersEngine
from harness.errors import EngineError
from harness.records import Completion, Decoding, Message, ModelConfig, Request, TextPart

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

PREFIXES = ("", "the food in the picture is", "question: what is this? answer:")
TEXTS = {
    "BLIP": PREFIXES,
    "BLIP-2 OPT": PREFIXES,
    "BLIP-2 Flan-T5": PREFIXES,
    "GIT": PREFIXES,
    "ViT-GPT2": ("",),
    "Donut": ("<s_cord-v2>", "<s>"),
}
ON_THE_HUB = {
    "BLIP": {
        "text_decoder.bert.encoder.layer.0.crossattention.self.query.weight",
        "text_decoder.cls.predictions.transform.dense.weight",
        "vision_model.encoder.layers.0.self_attn.qkv.weight",
    },
    "BLIP-2 OPT": {
        "language_model.model.decoder.layers.0.self_attn.q_proj.weight",
        "language_projection.weight",
        "qformer.encoder.layer.0.attention.attention.query.weight",
        "query_tokens",
    },
    "BLIP-2 Flan-T5": {
        "language_model.encoder.block.0.layer.0.SelfAttention.q.weight",
        "language_projection.weight",
        "query_tokens",
    },
    "GIT": {
        "git.encoder.layer.0.attention.self.query.weight",
        "git.image_encoder.vision_model.encoder.layers.0.self_attn.q_proj.weight",
        "git.visual_projection.visual_projection.0.weight",
    },
    "ViT-GPT2": {
        "decoder.transformer.h.0.crossattention.q_attn.weight",
        "encoder.encoder.layer.0.attention.attention.query.weight",
    },
    "Donut": {
        "decoder.model.decoder.layers.0.encoder_attn.q_proj.weight",
        "encoder.encoder.layers.0.blocks.0.attention.self.query.weight",
    },
}
DECODINGS = {
    "greedy": {"temperature": 0, "max_tokens": 12},
    "beams": {"temperature": 0, "max_tokens": 12, "num_beams": 3},
}


@dataclass(frozen=True)
class Case:
    name: str
    checkpoint: Path
    requests: list[Request]
    answers: dict[str, Completion]


def config(checkpoint: Path, **args: object) -> ModelConfig:
    return ModelConfig(name="tiny", engine="transformers", model=str(checkpoint), args=args)


def ask(model: ModelConfig, requests: list[Request], log: Path) -> dict[str, Completion]:
    async def answers():
        engine = TransformersEngine(model, log=log)
        await engine.start()
        try:
            return {c.key: c async for c in engine.generate(stream(requests))}
        finally:
            await engine.close()

    return asyncio.run(answers())


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    draw(root)
    return root


@pytest.fixture(scope="module", params=TEXTS)
def case(request, folder, tmp_path_factory) -> Case:
    """Every picture with every text and decoding, asked of one engine in mixed batches."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    from tiny_captioners import write

    name = request.param
    root = tmp_path_factory.mktemp("captioner")
    checkpoint = write(name, root / "model")
    asked = [
        one(f"{ref.path.name}|{text}|{decoding}", [ref], text, DECODINGS[decoding])
        for ref in list(pictures(folder).values())[:4]
        for text in TEXTS[name]
        for decoding in DECODINGS
    ]
    return Case(name, checkpoint, asked, ask(config(checkpoint), asked, root / "log"))


def one(key, refs, text, params=DECODINGS["greedy"]) -> Request:
    made = request(key, refs, text)
    if not text:  # as the renderer does
        [user] = made.rendered.messages
        user = replace(user, parts=user.parts[:-1])
        made = replace(made, rendered=replace(made.rendered, messages=(user,)))
    return replace(made, decoding=Decoding(name="d", params=params))


def documented(case: Case, folder: Path) -> dict[str, str]:
    """Write captions one by one, as the page of each model in transformers' documentation does."""
    from PIL import Image
    from transformers import (
        AutoImageProcessor,
        AutoModelForImageTextToText,
        AutoProcessor,
        AutoTokenizer,
    )

    model = AutoModelForImageTextToText.from_pretrained(case.checkpoint).eval()
    tokenizer = AutoTokenizer.from_pretrained(case.checkpoint)
    images = AutoImageProcessor.from_pretrained(case.checkpoint)
    captions = {}
    for asked in case.requests:
        file, text, decoding = asked.key.split("|")
        picture = Image.open(folder / file)
        if case.name.startswith("BLIP") and (text or "T5" in case.name):
            processor = AutoProcessor.from_pretrained(case.checkpoint)
            inputs = processor(images=picture, text=text, return_tensors="pt")
        else:
            pixels = images(images=picture, return_tensors="pt")["pixel_values"]
            inputs = {"pixel_values": pixels}
        if case.name == "GIT" and text:
            words = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
            inputs["input_ids"] = words.new_tensor([[tokenizer.cls_token_id, *words[0].tolist()]])
        if case.name == "Donut" and text:
            task = tokenizer(text, add_special_tokens=False, return_tensors="pt").input_ids
            inputs["decoder_input_ids"] = task
        beams = DECODINGS[decoding].get("num_beams", 1)
        [ids] = model.generate(**inputs, max_new_tokens=12, num_beams=beams, do_sample=False)
        caption = tokenizer.decode(ids, skip_special_tokens=True)
        captions[asked.key] = caption.rstrip("\ufffd")  # the engine shows no part of a character
    return captions


def test_captions_are_those_of_the_documented_way(case, folder):
    expected = documented(case, folder)
    assert len(case.answers) == len(expected) >= 8
    for key, completion in case.answers.items():
        assert completion.error is None
        prompt = key.split("|")[1] if "Donut" not in case.name and "T5" not in case.name else ""
        whole = prompt.replace(" ?", "?") + completion.text
        assert squeezed(whole) == squeezed(expected[key]), key
        assert completion.completion_tokens <= 12


def squeezed(text: str) -> str:
    """Drop the spaces, which word pieces have on both sides of a mark."""
    return text.replace(" ", "")


def test_pictures_and_texts_change_the_caption(case):
    greedy = {key: c.text for key, c in case.answers.items() if key.endswith("greedy")}
    assert len(set(greedy.values())) >= 0.8 * len(greedy)


def test_the_tiny_checkpoint_has_the_hubs_names(case):
    from safetensors import safe_open

    with safe_open(case.checkpoint / "model.safetensors", "pt") as weights:
        assert set(weights.keys()) >= ON_THE_HUB[case.name]


def test_what_a_captioner_cannot_honour_fails_alone(case, folder, tmp_path):
    refs = list(pictures(folder).values())
    good = one("good", refs[:1], "")
    [user] = good.rendered.messages

    def having(key, *messages):
        return replace(good, key=key, rendered=replace(good.rendered, messages=(*messages, user)))

    system = Message(role="system", parts=(TextPart(text="You name dishes."),))
    answer = Message(role="assistant", parts=(TextPart(text="Soup"),))
    asked = [
        having("system", system),
        good,
        having("exemplar", user, answer),
        one("two", refs[:2], ""),
        one("none", [], "Which?"),
        replace(good, key="again"),
    ]
    answers = ask(config(case.checkpoint), asked, tmp_path / "log")
    assert answers["good"].error is None
    assert answers["good"].text == answers["again"].text
    assert "system" in answers["system"].error
    assert "exemplars" in answers["exemplar"].error
    assert "2" in answers["two"].error
    assert "0" in answers["none"].error


def test_half_precision_runs(case, tmp_path):
    half = config(case.checkpoint, dtype="bfloat16", batch_size=4)
    answers = ask(half, case.requests[:6], tmp_path / "log")
    assert [c.error for c in answers.values()] == [None] * 6


def test_donut_without_a_task_begins_as_its_checkpoint_says(folder, tmp_path):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    from tiny_captioners import write

    [ref, *_] = pictures(folder).values()
    asked = [one("none", [ref], ""), one("task", [ref], "<s_cord-v2>"), one("s", [ref], "<s>")]
    answers = ask(config(write("Donut", tmp_path / "model")), asked, tmp_path / "log")
    assert answers["none"].text == answers["task"].text != answers["s"].text


def test_a_model_that_reads_no_text_says_so(folder, tmp_path):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    from tiny_captioners import write

    [ref, *_] = pictures(folder).values()
    asked = [one("text", [ref], "a photo of"), one("none", [ref], "")]
    answers = ask(config(write("ViT-GPT2", tmp_path / "model")), asked, tmp_path / "log")
    assert "takes an image and no text" in answers["text"].error
    assert answers["none"].error is None


@pytest.mark.parametrize(
    ("kind", "token"), [("BLIP-2 OPT", "<image>"), ("BLIP", "[SEP]"), ("GIT", "[MASK]")]
)
def test_a_special_token_in_the_text_fails_alone(kind, token, folder, tmp_path):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    from tiny_captioners import write

    [ref, *_] = pictures(folder).values()
    asked = [one("bad", [ref], f"what is {token}?"), one("good", [ref], "what is it?")]
    answers = ask(config(write(kind, tmp_path / "model")), asked, tmp_path / "log")
    assert f"reads '{token}' as a special token" in answers["bad"].error
    assert answers["good"].error is None


def test_a_decoder_without_a_start_is_refused(tmp_path):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    from tiny_captioners import write

    path = write("ViT-GPT2", tmp_path / "model") / "config.json"
    plain = json.loads(path.read_text())
    for part in (plain, plain["decoder"]):
        part.pop("decoder_start_token_id")
    plain["decoder"]["bos_token_id"] = None
    path.write_text(json.dumps(plain))
    with pytest.raises(EngineError, match="decoder_start_token_id"):
        ask(config(tmp_path / "model"), [], tmp_path / "log")


def test_another_model_without_a_chat_template_is_refused(tmp_path):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    from tiny_checkpoint import write
    from tiny_models import llava

    write(llava(), tmp_path / "model")
    (tmp_path / "model" / "chat_template.json").unlink()
    with pytest.raises(EngineError, match=r"no chat template(.|\n)*this is a llava"):
        ask(config(tmp_path / "model"), [], tmp_path / "log")
