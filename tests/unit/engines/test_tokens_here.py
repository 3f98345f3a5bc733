"""Which special tokens a model has, by its files alone; of files elsewhere nothing is said."""

import json

import pytest

from harness.engines.tokens_here import tokens_here
from harness.records import Message, ModelConfig, RenderedPrompt, TextPart

CHAT = {"chat_template": "{{ messages }}"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


def tokens(folder, engine="vllm", **files):
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return tokens_here(ModelConfig(name="m", engine=engine, model=str(folder)))


def prompt(**texts):
    messages = tuple(
        Message(role=role, parts=(TextPart(text=text),)) for role, text in texts.items()
    )
    return RenderedPrompt(messages=messages, media=(), sha256="")


def held(found, text):
    refused = found.refusal(prompt(user=text))
    return refused[1] if refused else set()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tokenizer", {"added_tokens": [{"content": "<x>", "special": True}]}),
        ("tokenizer_config", {**CHAT, "eos_token": "<x>"}),
        ("tokenizer_config", {**CHAT, "pad_token": {"content": "<x>"}}),
        ("tokenizer_config", {**CHAT, "additional_special_tokens": ["<y>", "<x>"]}),
        ("tokenizer_config", {**CHAT, "extra_special_tokens": {"image_token": "<x>"}}),
        (
            "tokenizer_config",
            {**CHAT, "added_tokens_decoder": {"3": {"content": "<x>", "special": True}}},
        ),
        ("special_tokens_map", {"bos_token": "<x>"}),
        ("processor_config", {"image_token": "<x>"}),
    ],
)
def test_each_file_that_names_tokens_is_read(folder, name, content):
    found = tokens(folder, **{"tokenizer_config": CHAT, name: content})
    assert held(found, "Name the <x> dish.") == {"<x>"}
    assert held(found, "Name the < x > dish.") == set()


def test_what_is_no_special_token_is_text(folder):
    added = [{"content": "<think>", "special": False}, {"content": "<|end|>", "special": True}]
    found = tokens(folder, tokenizer={"added_tokens": added}, tokenizer_config=CHAT)
    assert held(found, "<think> a soup") == set()
    error, named = found.refusal(prompt(system="a <|end|>", user="b", assistant="<|end|>"))
    assert named == {"<|end|>"}
    assert error.message == (
        "the system message and the assistant message: this model reads '<|end|>' as a special "
        "token, not as text"
    )


@pytest.mark.parametrize("broken", [[], {"added_tokens": 3}, {"added_tokens": ["<x>", None]}])
def test_files_that_say_something_else_name_nothing(folder, broken):
    assert tokens(folder, tokenizer=broken, tokenizer_config={**CHAT, "eos_token": 7}) is None


def test_captioners_are_looked_at_but_for_one_whose_task_is_a_token(folder):
    named = {"eos_token": "[SEP]"}
    assert held(tokens(folder, config={"model_type": "git"}, tokenizer_config=named), "[SEP]")
    for kind in ("vision-encoder-decoder", "unheard_of"):
        assert tokens(folder, config={"model_type": kind}) is None


def test_of_models_that_are_not_here_nothing_is_said(tmp_path):
    assert tokens(tmp_path, engine="openai") is None
    assert tokens_here(ModelConfig(name="m", engine="vllm", model="owner/none")) is None
    assert tokens_here(ModelConfig(name="m", engine="vllm", model=str(tmp_path / "no"))) is None
