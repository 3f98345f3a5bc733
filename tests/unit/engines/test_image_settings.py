"""Image settings are refused before a model is loaded, with what may be meant."""

import json

import pytest

from harness.config.schema.model_file import ImageSettingsFile
from harness.engines.image_settings import FAMILIES, check_image_settings
from harness.engines.protocol import check
from harness.errors import EngineError
from harness.records import ModelConfig


@pytest.fixture
def model(tmp_path):
    """A model of a kind, with image settings; None: its checkpoint is not here."""

    def _model(kind, **image):
        if kind:
            (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
        return ModelConfig(name="m", engine="vllm", model=str(tmp_path), image=image)

    return _model


@pytest.mark.parametrize(
    ("kind", "image"),
    [
        ("qwen2_vl", {"min_pixels": 3136, "max_pixels": 5000}),
        ("qwen3_vl_moe", {"max_pixels": 5000}),
        ("idefics3", {"longest_edge": 728, "do_image_splitting": True}),
        ("llava_next", {"max_tiles": 2}),
        (None, {"max_tiles": 2}),
        (None, {"max_pixels": 5000}),
    ],
)
def test_what_a_family_heeds_is_taken(kind, image, model):
    check(model(kind, **image), ())


@pytest.mark.parametrize(
    ("kind", "image", "message", "hint"),
    [
        ("qwen2_vl", {"max_pixel": 9}, "no image setting is named 'max_pixel'", "'max_pixels'"),
        ("internvl", {"max_tile": 9}, "no image setting is named 'max_tile'", "'max_tiles'"),
        (None, {"longest_egde": 9}, "no image setting is named 'longest_egde'", "'longest_edge'"),
        (
            "qwen2_5_vl",
            {"max_tiles": 2},
            "'max_tiles' is no image setting of a qwen2_5_vl",
            "its settings: min_pixels, max_pixels",
        ),
        ("llava", {"max_tiles": 2}, "'max_tiles' is no image setting of a llava", "it has none"),
        ("blip", {"max_pixels": 9}, "'max_pixels' is no image setting of a blip", "it has none"),
        ("qwen2_vl", {"max_pixels": 0}, "max_pixels is 0, not a number of pixels", None),
        ("qwen2_vl", {"max_pixels": True}, "max_pixels is True, not a number of pixels", None),
        ("internvl", {"max_tiles": False}, "max_tiles is False, not a number of tiles", None),
        ("smolvlm", {"do_image_splitting": 1}, "do_image_splitting is 1, not true or false", None),
    ],
)
def test_what_cannot_be_is_refused_before_a_run(kind, image, message, hint, model):
    with pytest.raises(EngineError, match=message) as refused:
        check(model(kind, **image), ())
    assert refused.value.key == f"image.{next(iter(image))}"
    assert (refused.value.hint is None) is (hint is None)
    assert hint is None or hint in refused.value.hint


def test_editors_know_the_settings_of_all_families():
    known = ImageSettingsFile.model_json_schema()["properties"]
    assert known.keys() == {name for names in FAMILIES.values() for name in names}


def test_an_engine_that_reads_no_checkpoint_is_not_asked_for_its_family(model):
    check_image_settings(ModelConfig(name="m", engine="fake", model="none", image={"max_tiles": 1}))
