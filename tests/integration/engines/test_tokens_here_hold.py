"""The special tokens that a checkpoint's files name are those that its engine refuses texts for."""

import json
import shutil

import pytest

from harness.engines.description import load_description
from harness.engines.special_tokens import SpecialTokens
from harness.engines.tokens_here import tokens_here
from harness.records import ModelConfig

# What importing torch and transformers warns of is theirs to mend.
pytestmark = pytest.mark.filterwarnings("default")

WAYS = {
    "the demo's": {},
    "named in the tokenizer's config": {"bos_token": "<s>", "unk_token": {"content": "<u>"}},
    "listed there": {"additional_special_tokens": ["<|im_end|>", "<x>"]},
    "no token at all": {"add_bos_token": False, "chat_token": 3},
}


@pytest.mark.parametrize("given", WAYS.values(), ids=WAYS)
def test_they_are_the_same(repository, tmp_path, given):
    pytest.importorskip("torch")  # first: see torchvision_ops
    pytest.importorskip("transformers")
    folder = shutil.copytree(repository / "harness/demo/model", tmp_path / "model")
    config = folder / "tokenizer_config.json"
    named = {
        key: {"__type": "AddedToken", **value} if isinstance(value, dict) else value
        for key, value in given.items()
    }
    config.write_text(json.dumps({**json.loads(config.read_text()), **named}))
    model = ModelConfig(name="demo", engine="transformers", model=str(folder))
    _, processor = load_description(model)
    words = set(tokens_here(model).pattern.pattern.split("|"))
    assert words == set(SpecialTokens(processor).pattern.pattern.split("|"))
