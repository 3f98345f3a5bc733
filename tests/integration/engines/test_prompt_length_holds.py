"""Prompts that are measured without a model are as long as transformers' own processor says."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from harness.engines.chat import ChatWriter, chat_messages
from harness.engines.description import load_description
from harness.engines.prompt_length import prompt_length
from harness.records import ImagePart, MediaRef, Message, ModelConfig, RenderedPrompt, TextPart
from harness.records.media import GreyPlace

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

SIZES = [(640, 480), (28, 300), (13, 13), (1000, 7), (3000, 2000), (224, 224), (113, 331)]
SETTINGS = {
    "the demo's": {},
    "of Qwen2.5-VL": {"min_pixels": 3136, "max_pixels": 12845056},
    "of Qwen3-VL": {
        "size": {"shortest_edge": 65536, "longest_edge": 16777216},
        "patch_size": 16,
        "min_pixels": None,
        "max_pixels": None,
    },
    "small": {"min_pixels": 3136, "max_pixels": 50176},
}


@pytest.fixture(params=SETTINGS)
def model(request, repository, tmp_path):
    """The demo's model with another one's settings for pictures."""
    folder = shutil.copytree(repository / "harness/demo/model", tmp_path / "model")
    path = folder / "preprocessor_config.json"
    settings = {**json.loads(path.read_text()), **SETTINGS[request.param]}
    path.write_text(json.dumps({k: v for k, v in settings.items() if v is not None}))
    return ModelConfig(name="demo", engine="transformers", model=str(folder))


def prompt(sizes, text):
    media = tuple(
        MediaRef(place=GreyPlace(width=w, height=h), sha256=f"{w}", width=w, height=h)
        for w, h in sizes
    )
    parts = (*(ImagePart(index=i) for i in range(len(media))), TextPart(text=text))
    return RenderedPrompt(messages=(Message(role="user", parts=parts),), media=media, sha256="")


def test_a_prompt_is_as_long_as_the_processor_makes_it_but_for_the_template(model):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    _, processor = load_description(model)
    measure = prompt_length(model)
    text = "Give a recipe title: crème brûlée, 焼きそば, 🥑 … and so on."

    def real(rendered):
        messages, refs = chat_messages(rendered)
        pictures = [Image.fromarray(np.zeros((r.height, r.width, 3), np.uint8)) for r in refs]
        given = {"images": pictures} if pictures else {}
        written = ChatWriter(processor).text(messages)
        return processor(text=[written], return_tensors="np", **given)["input_ids"].shape[1]

    bare = real(prompt([], "x")) - 1
    around = 2  # <|vision_start|> and <|vision_end|>
    sizes = [size for size in SIZES if max(size) / min(size) < 200]
    for shown in ([], *([size] for size in sizes), sizes[:3]):
        rendered = prompt(shown, text)
        assert measure.of(rendered, 0).tokens == real(rendered) - bare - around * len(shown)
