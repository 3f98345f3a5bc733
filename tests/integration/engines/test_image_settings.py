"""A model's image settings reach its processor, in its family's way, and are in the key."""

import asyncio
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from PIL import Image

# --import-mode=importlib puts no test folder on the path.
sys.path.insert(0, str(Path(__file__).parent))

from asking import request, stream
from tiny_families import FAMILIES

from harness.engines.protocol import check, identity
from harness.engines.transformers import TransformersEngine
from harness.errors import EngineError
from harness.fingerprint import canonical_json
from harness.media import grey
from harness.records import ModelConfig

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

FEWER = {
    "Qwen2.5-VL": ({"max_pixels": 56 * 84}, 50),
    "InternVL3": ({"max_tiles": 2}, 6 * 16),
    "LLaVA-v1.6 vicuna": ({"max_tiles": 2}, 26),
    "LLaVA-v1.6 mistral": ({"max_tiles": 2}, 26),
    "LLaVA-OneVision": ({"max_tiles": 2}, 26),
    "Idefics3": ({"longest_edge": 56}, 27),
    "SmolVLM2": ({"do_image_splitting": False}, 27),
    "Idefics2": ({"do_image_splitting": False}, 4 * 65),
}
"""Family → settings, and how many tokens fewer a picture of 400 × 300 pixels takes with them."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Write a family's tiny checkpoint, once."""
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    import tiny_idefics2
    from tiny_checkpoint import write

    root = tmp_path_factory.mktemp("families")

    def _checkpoint(family):
        folder = root / family
        if not folder.exists():
            if family == "Idefics2":
                tiny_idefics2.write(folder, splitting=True)
            else:
                module, _, builder = FAMILIES[family].builder.partition(":")
                write(getattr(import_module(module), builder)(), folder)
        return ModelConfig(name=family, engine="transformers", model=str(folder))

    return _checkpoint


def tokens(model, log):
    """Ask about a picture; give the tokens of the prompt."""

    async def life():
        engine = TransformersEngine(model, log=log)
        await engine.start()
        try:
            asked = stream([request("a", grey(400, 300), "Name it.")])
            return [completion async for completion in engine.generate(asked)]
        finally:
            await engine.close()

    [completion] = asyncio.run(life())
    assert completion.error is None
    return completion.prompt_tokens


@pytest.mark.parametrize("family", FEWER)
def test_settings_change_what_a_picture_takes_and_the_key(family, checkpoint, tmp_path):
    settings, fewer = FEWER[family]
    plain = checkpoint(family)
    limited = replace(plain, image=settings)
    check(limited, ())
    assert tokens(plain, tmp_path / "log") - tokens(limited, tmp_path / "log") == fewer
    assert canonical_json(identity(plain)) != canonical_json(identity(limited))


def test_idefics2_is_shown_a_smaller_picture_by_its_longest_edge(checkpoint):
    from harness.engines.images import load_prepared

    widths = []
    for settings in ({}, {"longest_edge": 224, "do_image_splitting": False}):
        _, processor, _ = load_prepared(replace(checkpoint("Idefics2"), image=settings))
        made = processor.image_processor([Image.new("RGB", (800, 600))], return_tensors="pt")
        widths.append(made["pixel_values"].shape[-1])
    assert widths == [350, 224]


def test_a_setting_of_another_family_is_refused_before_a_model_is_loaded(checkpoint):
    model = replace(checkpoint("InternVL3"), image={"max_pixels": 5000})
    with pytest.raises(EngineError, match="'max_pixels' is no image setting of a internvl"):
        check(model, ())
