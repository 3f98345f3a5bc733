"""Which sizes of pictures a model is known to refuse, by its checkpoint's files alone."""

import json

import pytest

from harness.engines.picture_sizes import size_rule
from harness.records import ModelConfig

COMMIT = "0123456789abcdef0123456789abcdef01234567"
QWEN = {"image_processor_type": "Qwen2VLImageProcessor"}


@pytest.fixture
def rule_of(tmp_path):
    """The rule for a checkpoint with these settings of its image processor."""

    def _rule_of(settings, name="preprocessor_config.json", **given):
        folder = tmp_path / "model"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(settings))
        return size_rule(
            ModelConfig(**{"name": "m", "engine": "vllm", "model": str(folder), **given})
        )

    return _rule_of


def test_qwen_vl_takes_no_side_200_times_the_other(rule_of):
    rule = rule_of(QWEN)
    assert rule(1, 200) is None
    assert rule(2, 401) == "one side is 200.5 times the other, more than 200"


def test_a_limit_to_the_area_may_leave_nothing_of_a_side(rule_of):
    rule = rule_of(QWEN, image={"max_pixels": 28224})
    assert rule(14, 2800) == "scaled to max_pixels, 28224, a side has less than 28 pixels"
    assert rule(20, 3000) == "scaled to max_pixels, 28224, a side has less than 28 pixels"
    assert rule(50, 1700) is None
    assert rule_of(QWEN)(14, 2800) is None


def test_the_square_of_qwen3_vl_is_larger(rule_of, tmp_path):
    kinds = {28: {"model_type": "qwen2_5_vl"}, 32: {"vision_config": {"patch_size": 16}}}
    for side, config in kinds.items():
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model/config.json").write_text(json.dumps(config))
        assert f"less than {side} pixels" in rule_of(QWEN, image={"max_pixels": 28224})(14, 2800)


@pytest.mark.parametrize("kind", ["Qwen2VLImageProcessor", "Qwen2VLImageProcessorFast"])
@pytest.mark.parametrize("nested", [False, True])
def test_settings_stand_where_transformers_writes_them(kind, nested, rule_of):
    settings = {"image_processor_type": kind}
    name = "preprocessor_config.json"
    if nested:
        settings, name = {"image_processor": settings}, "processor_config.json"
    assert rule_of(settings, name)(1, 201)


def test_pictures_that_are_cut_into_quarters_need_two_pixels(rule_of):
    settings = {"image_processor_type": "Idefics2ImageProcessor", "do_image_splitting": True}
    assert "a side of 1 pixel has no half" in rule_of(settings)(1, 50)
    assert rule_of(settings)(2, 50) is None
    assert rule_of(settings, args={"mm_processor_kwargs": {"do_image_splitting": False}}) is None
    assert rule_of(settings, image={"do_image_splitting": False}) is None


@pytest.mark.parametrize("size", [336, {"shortest_edge": 336}])
def test_what_is_scaled_by_its_shorter_side_may_grow_too_large(size, rule_of):
    rule = rule_of({"image_processor_type": "CLIPImageProcessor", "size": size})
    assert rule(1, 885) is None
    why = "its shorter side scaled to 336 pixels, it has more than 100,000,000 in all"
    assert rule(1, 886) == why


def test_donuts_frame_may_leave_nothing_of_a_side(rule_of):
    rule = rule_of(
        {"image_processor_type": "DonutImageProcessor", "size": {"height": 128, "width": 96}}
    )
    assert rule(96, 1) is None
    assert rule(97, 1) == "scaled into 96×128 pixels, nothing is left of it"
    assert rule(1, 128) is None
    assert rule(1, 129) == "scaled into 96×128 pixels, nothing is left of it"


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"image_processor_type": "NobodyKnowsImageProcessor"},
        {"image_processor_type": ["Qwen2VLImageProcessor"]},
        {**QWEN, "do_resize": False},
        {"image_processor_type": "DonutImageProcessor", "size": "large"},
        {"image_processor_type": "CLIPImageProcessor", "size": {"height": 56, "width": 56}},
    ],
)
def test_of_what_is_not_known_nothing_is_refused(settings, rule_of):
    assert rule_of(settings) is None


def test_engines_that_read_no_checkpoint_have_no_rule(rule_of):
    assert rule_of(QWEN, engine="openai", model="gpt-9") is None
    assert rule_of(QWEN, engine="fake") is None


def test_a_model_on_the_hub_is_known_by_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    model = ModelConfig(name="m", engine="transformers", model="owner/name", revision=COMMIT)
    assert size_rule(model) is None
    folder = tmp_path / "models--owner--name" / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (folder / "preprocessor_config.json").write_text(json.dumps(QWEN))
    assert size_rule(model)(1, 201)
