"""A tiny Idefics2 with random weights, in the files and under the names of the Hub's checkpoint.

The configuration has the fields of ``HuggingFaceM4/idefics2-8b``, with small numbers; the patch
grid's table keeps its 70 × 70 positions, and an image its 64 tokens.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import Idefics2Config, Idefics2ForConditionalGeneration

if TYPE_CHECKING:
    from pathlib import Path

START = ("<unk>", "<s>", "</s>")
ADDED = ("<fake_token_around_image>", "<image>", "<end_of_utterance>")
CORPUS = (
    "User: Give a recipe title describing the food in the image.",
    "User: What dish is this? Answer with its name.",
    "Assistant: Tomato soup with red pepper and basil",
    "Compare the first and the second picture. Which one has more cheese?",
)
CONTEXT = 4096

# Written anew; gives the text that the template of idefics2-8b gives.
CHAT_TEMPLATE = (
    "{% for turn in messages %}"
    "{{ turn.role | capitalize }}:{{ '' if turn.content[0].type == 'image' else ' ' }}"
    "{% for part in turn.content %}"
    "{{ '<image>' if part.type == 'image' else part.text }}"
    "{% endfor %}"
    "<end_of_utterance>{{ '\\n' }}"
    "{% endfor %}"
    "{{ 'Assistant:' if add_generation_prompt }}"
)


def tokenizer() -> Tokenizer:
    """Make a byte-fallback BPE tokenizer as Mistral's: words marked by ▁, ``<s>`` in front."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(
        CORPUS * 3, trainers.BpeTrainer(vocab_size=200, show_progress=False)
    )
    learned = json.loads(trained.to_str())["model"]
    words = [*START, *(f"<0x{byte:02X}>" for byte in range(256)), *learned["vocab"]]
    model = models.BPE(
        {word: number for number, word in enumerate(words)},
        [tuple(merge) for merge in learned["merges"]],
        unk_token="<unk>",
        fuse_unk=True,
        byte_fallback=True,
    )
    made = Tokenizer(model)
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    made.decoder = decoders.Sequence([
        decoders.Replace("▁", " "),
        decoders.ByteFallback(),
        decoders.Fuse(),
        decoders.Strip(" ", 1, 0),
    ])  # fmt: skip
    made.add_special_tokens(
        [AddedToken(word, normalized=False, special=True) for word in (*START, *ADDED)]
    )
    made.post_processor = processors.TemplateProcessing(
        "<s> $A", "<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    return made


def config(made: Tokenizer) -> dict[str, object]:
    """Write config.json as the Hub's, which leaves to the code what the code knows."""
    return {
        "architectures": ["Idefics2ForConditionalGeneration"],
        "image_token_id": made.token_to_id("<image>"),
        "model_type": "idefics2",
        "perceiver_config": {
            "hidden_act": "silu",
            "model_type": "idefics2",
            "num_key_value_heads": 2,
            "resampler_depth": 2,
            "resampler_head_dim": 24,
            "resampler_n_heads": 4,
            "resampler_n_latents": 64,
        },
        "text_config": {
            "architectures": ["MistralForCausalLM"],
            "hidden_size": 128,
            "intermediate_size": 192,
            "max_position_embeddings": CONTEXT,
            "model_type": "mistral",
            "num_attention_heads": 4,
            "num_hidden_layers": 2,
            "num_key_value_heads": 2,
            "pad_token_id": 0,
            "rms_norm_eps": 1e-05,
            "sliding_window": 4096,
            "torch_dtype": "float32",
            "vocab_size": made.get_vocab_size(),
        },
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "use_cache": True,
        "vision_config": {
            "hidden_size": 48,
            "image_size": 980,
            "intermediate_size": 80,
            "model_type": "idefics2",
            "num_attention_heads": 4,
            "num_hidden_layers": 2,
            "patch_size": 14,
        },
    }


def processor_files(*, splitting: bool) -> dict[str, object]:
    """Write what is known of pictures; the real one scales them to between 378 and 980 pixels."""
    return {
        "preprocessor_config.json": {
            "do_convert_rgb": True,
            "do_image_splitting": splitting,
            "do_normalize": True,
            "do_pad": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "Idefics2ImageProcessor",
            "image_std": [0.5, 0.5, 0.5],
            "processor_class": "Idefics2Processor",
            "resample": 2,
            "rescale_factor": 1 / 255,
            "size": {"longest_edge": 350, "shortest_edge": 126},
        },
        "processor_config.json": {
            "chat_template": CHAT_TEMPLATE,
            "image_seq_len": 64,
            "processor_class": "Idefics2Processor",
        },
    }


def randomise(model: Idefics2ForConditionalGeneration, seed: int) -> None:
    """Give every weight a random value of such a size that every part of the model matters."""
    dice = torch.Generator().manual_seed(seed)
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=dice)
        if "norm" in name and name.endswith("weight"):
            noise = 1 + 0.2 * noise
        elif weight.dim() == 1:
            noise = 0.1 * noise
        elif name.endswith("lm_head.weight"):
            noise = 4 * noise / weight.shape[-1] ** 0.5
        elif not name.endswith(("latents", "embed_tokens.weight", "position_embedding.weight")):
            noise = 1.5 * noise / weight[0].numel() ** 0.5
        weight.data = noise
    # Greedy decoding never chooses a logit of 0: no bytes, whose text is anyone's guess.
    rows = model.lm_head.weight.data
    rows[: len(START) + 256] = 0
    rows[-len(ADDED) :] = 0


def write(folder: Path, *, splitting: bool, seed: int = 0, legacy: bool = False) -> Path:
    """Write the whole checkpoint into a folder.

    Args:
        folder: made where it does not exist.
        splitting: whether a picture is shown as its four quarters and itself, unless told.
        seed: of the weights.
        legacy: whether the tokenizer marks a word behind every special token, as old ones do.
    """
    made = tokenizer()
    plain = config(made)
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        model = Idefics2ForConditionalGeneration(Idefics2Config.from_dict(dict(plain)))
    randomise(model, seed)
    model.save_pretrained(folder)
    made.save(str(folder / "tokenizer.json"))
    files = {
        "config.json": plain,
        "generation_config.json": {
            "bos_token_id": 1,
            "eos_token_id": [2, made.token_to_id("<end_of_utterance>")],
            "pad_token_id": 0,
        },
        "tokenizer_config.json": {
            "add_bos_token": True,
            "add_eos_token": False,
            "additional_special_tokens": list(ADDED),
            "bos_token": "<s>",
            "chat_template": CHAT_TEMPLATE,
            "clean_up_tokenization_spaces": False,
            "eos_token": "</s>",
            "legacy": legacy,
            "pad_token": "<unk>",
            "processor_class": "Idefics2Processor",
            "tokenizer_class": "LlamaTokenizer",
            "unk_token": "<unk>",
        },
        **processor_files(splitting=splitting),
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
    return folder
