"""The demo model's tokenizer: a byte-level BPE of the texts it meets.

Turns the instructions and answers of `instructions` into a tokenizer with
Qwen's special tokens.
"""

from __future__ import annotations

from random import Random

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from harness.demo.dishes import choose_dish
from harness.demo.instructions import UNDER_TEST, answer, choose_ask

VOCABULARY = 1152
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,'\"()&/-"


def train_tokenizer(seed: int = 5, texts: int = 20_000) -> Tokenizer:
    """A tokenizer trained on texts drawn by chance.

    Args:
        seed: of the texts.
        texts: how many instructions and answers to draw.
    """
    rng = Random(seed)
    corpus = [_LETTERS, "user\n", "assistant\n", "system\n"] * 50
    corpus += [text for _, text in UNDER_TEST.values()] * 50
    for _ in range(texts):
        ask = choose_ask(rng)
        corpus += [ask.user, ask.system, answer(ask, choose_dish(rng), rng)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        corpus,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            min_frequency=20,
            special_tokens=list(SPECIAL),
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    return tokenizer
