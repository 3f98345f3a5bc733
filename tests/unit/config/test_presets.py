import pytest

from harness.config.load import load_preset, preset_names
from harness.engines.protocol import ENGINES, check
from harness.records import Decoding

FAMILIES = """
demo qwen2-vl-2b qwen2-vl-7b qwen2.5-vl-3b qwen2.5-vl-7b qwen3-vl-8b idefics2-8b idefics3-8b smolvlm
llava-1.5-7b llava-v1.6-vicuna-7b llava-v1.6-mistral-7b llava-onevision-7b internvl3-8b
smolvlm2 blip-base blip-large blip2-opt-2.7b blip2-flan-t5 git-base git-large vit-gpt2 donut
""".split()


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_loads_and_its_engine_takes_it(name):
    preset = load_preset(name)
    assert preset.name == name
    assert preset.engine in ENGINES
    assert preset.generation["max_tokens"] >= 32
    assert not preset.args.get("trust_remote_code")
    check(preset, [Decoding(name="greedy", params={"temperature": 0, **preset.generation})])


def test_every_chat_model_states_its_context():
    chat = [preset for preset in map(load_preset, preset_names()) if preset.engine == "vllm"]
    assert len(chat) >= 15
    assert all(preset.args["max_model_len"] >= 2048 for preset in chat)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_preset(family):
    assert any(name.startswith(family) for name in preset_names())


def test_idefics2_is_known_by_its_place_on_the_hub():
    preset = load_preset("idefics2-8b")
    assert preset.model == "HuggingFaceM4/idefics2-8b"
    assert preset.image == {}
