import pytest

from harness.config.load import load_preset, preset_names
from harness.engines.vllm import VllmEngine


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_loads_and_its_engine_takes_it(name, tmp_path):
    preset = load_preset(name)
    assert preset.name == name
    assert preset.engine == "vllm"
    VllmEngine(preset, log=tmp_path / "log")


def test_idefics2_is_known_by_its_place_on_the_hub():
    preset = load_preset("idefics2-8b")
    assert preset.model == "HuggingFaceM4/idefics2-8b"
    assert preset.image == {}
