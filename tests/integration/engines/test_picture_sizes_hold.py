"""What is left out for its size is exactly what transformers and qwen_vl_utils refuse."""

import asyncio
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness import media
from harness.engines.description import load_description
from harness.engines.images import preparation
from harness.engines.picture_sizes import size_rule
from harness.errors import DataError
from harness.media import MAX_PIXELS, PictureCache
from harness.records import ModelConfig

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

DEMO = Path(__file__).parents[3] / "harness/demo/model"
QWEN = {
    "the demo's own": {},
    "a preset's": {"min_pixels": 200704, "max_pixels": 1003520},
    "small": {"min_pixels": 56 * 56, "max_pixels": 168 * 168},
    "the largest alone": {"max_pixels": 28 * 28 * 500},
    "the smallest alone": {"min_pixels": 3136},
}
SHORT = st.integers(1, 60)
LONG = st.integers(1, 9_000)
SIZES = st.one_of(
    st.tuples(SHORT, SHORT),
    st.tuples(SHORT, LONG),
    st.tuples(LONG, SHORT),
    # Around the last ratio that is taken.
    st.tuples(SHORT, st.integers(-40, 40)).map(lambda n: (n[0], max(1, 200 * n[0] + n[1]))),
)
RAISED = (ValueError, RuntimeError, ZeroDivisionError)


def refused(take, width, height):
    try:
        take(media.grey(width, height))
    except (*RAISED, DataError):
        return True
    return False


@pytest.fixture(scope="module", params=QWEN)
def qwen(request):
    """The rule of the demo's model with settings, and what an engine does with a picture."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    model = ModelConfig(
        name="demo",
        engine="transformers",
        model=str(DEMO),
        image=QWEN[request.param],
    )
    config, processor = load_description(model)
    prepared = preparation(model.image, config, processor)
    prepared.cache = PictureCache(0, 2**28)

    def take(ref):
        pictures = asyncio.run(prepared.open([ref]))
        processor.image_processor(pictures, return_tensors="pt", **prepared.processor_kwargs())

    return size_rule(model), take


@settings(max_examples=150)
@given(size=SIZES)
@example(size=(1, 1))
@example(size=(1, 200))
@example(size=(1, 201))
@example(size=(28, 5600))
@example(size=(30, 5990))  # 214 to 1 in whole squares
@example(size=(8000, 40))
def test_qwen_vl(qwen, size):
    rule, take = qwen
    why = rule(*size)
    assert (why is not None) is refused(take, *size), why


SQUARE = {"height": 56, "width": 56}
TILES = {"image_grid_pinpoints": [[56, 112], [112, 56]]}
PARTS = {"size": {"longest_edge": 112}, "max_image_size": {"longest_edge": 56}}
EDGES = {"size": {"shortest_edge": 56, "longest_edge": 112}}
REFUSING = {
    "Idefics2 in quarters": ("Idefics2ImageProcessor", {**EDGES, "do_image_splitting": True}),
    "Donut": ("DonutImageProcessor", {"size": {"height": 96, "width": 64}}),
    "Donut, as it was written": ("DonutImageProcessor", {"size": [96, 64]}),
}
TAKING = {
    "BLIP": ("BlipImageProcessor", {"size": SQUARE}),
    "ViT-GPT2": ("ViTImageProcessor", {"size": SQUARE}),
    "Idefics2": ("Idefics2ImageProcessor", EDGES),
    "Idefics3": ("Idefics3ImageProcessor", PARTS),
    "SmolVLM2": ("SmolVLMImageProcessor", PARTS),
    "LLaVA-v1.6": (
        "LlavaNextImageProcessor",
        {"size": {"shortest_edge": 56}, "crop_size": SQUARE, **TILES},
    ),
    "LLaVA-OneVision": ("LlavaOnevisionImageProcessor", {"size": SQUARE, **TILES}),
    "InternVL3": ("GotOcr2ImageProcessor", {"size": SQUARE, "crop_to_patches": True}),
}


def rule_of(kind, written, folder):
    """Write a checkpoint's settings; give the rule that is read from them."""
    content = json.dumps({"image_processor_type": kind, **written})
    (folder / "preprocessor_config.json").write_text(content)
    (folder / "config.json").write_text("{}")
    return size_rule(ModelConfig(name="m", engine="transformers", model=str(folder)))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make the rule for settings, and what the processor of transformers does with a picture."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    transformers = pytest.importorskip("transformers")

    def _made(kind, written):
        folder = tmp_path_factory.mktemp("checkpoint")
        rule = rule_of(kind, written, folder)
        processor = getattr(transformers, kind).from_pretrained(folder)
        return rule, lambda ref: processor([media.load(ref)], return_tensors="pt")

    return _made


@pytest.fixture(scope="module", params=REFUSING)
def refusing(request, made):
    return made(*REFUSING[request.param])


@settings(max_examples=60)
@given(size=SIZES)
@example(size=(1, 1))
@example(size=(2, 2))
@example(size=(96, 1))
@example(size=(97, 1))
@example(size=(1, 65))
def test_other_processors(refusing, size):
    rule, take = refusing
    why = rule(*size)
    assert (why is not None) is refused(take, *size), why


@pytest.mark.parametrize("family", TAKING)
def test_of_these_no_size_is_refused(family, made):
    rule, take = made(*TAKING[family])
    assert rule is None
    for size in ((1, 1), (1, 2), (3, 1), (1, 9000), (9000, 1), (5, 999), (640, 480)):
        assert not refused(take, *size), size


@settings(max_examples=100)
@given(size=SIZES)
@example(size=(9000, 1))
def test_what_clip_would_make_too_large_before_it_cuts_the_middle_out(tmp_path_factory, size):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from transformers.image_transforms import get_resize_output_image_size

    folder = tmp_path_factory.mktemp("clip")
    rule = rule_of("CLIPImageProcessor", {"size": {"shortest_edge": 336}}, folder)
    flat = np.broadcast_to(np.uint8(0), (3, size[1], size[0]))
    scaled = get_resize_output_image_size(flat, 336, False, input_data_format="channels_first")
    assert (rule(*size) is not None) is (math.prod(scaled) > MAX_PIXELS)
