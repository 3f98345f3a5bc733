"""A description of a tiny checkpoint → its files, with random weights, as the Hub has them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tiny_idefics2
import torch
import transformers
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = 2048


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """One checkpoint that is still to be written."""

    config: dict[str, Any]
    """config.json; its one architecture is the transformers class."""
    tokenizer: Tokenizer
    tokens: dict[str, Any]
    """tokenizer_config.json."""
    template: str
    """The chat template, written anew; gives the text that the real one gives."""
    pictures: dict[str, Any]
    """preprocessor_config.json."""
    processor: dict[str, Any]
    """processor_config.json."""
    renamed: dict[str, str] = field(default_factory=dict)
    """What transformers calls a weight (pattern) → what the Hub's file calls it."""


def byte_level(*added: str) -> Tokenizer:
    """Make a byte-level BPE tokenizer with some special tokens behind its words."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        tiny_idefics2.CORPUS * 3,
        trainers.BpeTrainer(vocab_size=420, initial_alphabet=alphabet, show_progress=False),
    )
    made.add_special_tokens([AddedToken(word, normalized=False, special=True) for word in added])
    return made


def write(tiny: Tiny, folder: Path, seed: int = 0) -> Path:
    """Write a whole checkpoint into a folder, which is made where it does not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    [architecture] = tiny.config["architectures"]
    model_class = getattr(transformers, architecture)
    plain = {**tiny.config, "tie_word_embeddings": False, "torch_dtype": "float32"}
    with torch.random.fork_rng():
        model = model_class(model_class.config_class.from_dict(dict(plain)))
    randomise(model, tiny.tokenizer, seed)
    save_file(
        {on_the_hub(name, tiny.renamed): w.contiguous() for name, w in model.state_dict().items()},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    tiny.tokenizer.save(str(folder / "tokenizer.json"))
    files = {
        "config.json": plain,
        "tokenizer_config.json": {
            "clean_up_tokenization_spaces": False,
            "model_max_length": CONTEXT,
            **tiny.tokens,
        },
        "chat_template.json": {"chat_template": tiny.template},
        "preprocessor_config.json": tiny.pictures,
        "processor_config.json": tiny.processor,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    return folder


def on_the_hub(name: str, renamed: dict[str, str]) -> str:
    """Give the name that a weight has in the Hub's file."""
    for pattern, place in renamed.items():
        found, count = re.subn(pattern, place, name)
        if count:
            return found
    return name


def randomise(model: Any, tokenizer: Tokenizer, seed: int) -> None:
    """Draw weights so lively that every picture and word moves the next word; logits are near 4."""
    dice = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=dice)
        if weight.dim() == 1:
            noise = 1 + 0.2 * noise if name.endswith("weight") else 0.1 * noise
        elif name.endswith("lm_head.weight"):
            noise = 4 * noise / weight.shape[-1] ** 0.5
        elif not re.search(r"embed_tokens|pos(ition)?_embed", name):
            noise = 1.5 * noise / weight[0].numel() ** 0.5
        weight.data = noise
    # Greedy decoding never chooses a logit of 0: words, but no bytes, whose text is anyone's guess.
    known = tokenizer.get_vocab().items()
    words = {number for word, number in known if re.fullmatch(r"\W?[A-Za-z]{2,}", word)}
    for number in range(model.lm_head.weight.shape[0]):
        if number not in words:
            model.lm_head.weight.data[number] = 0
