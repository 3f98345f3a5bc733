"""The checkpoint's shape and files: a small Qwen2-VL in the Hub's format.

Turns sizes and a tokenizer into an untrained model, and a trained model into
the folder that transformers and vLLM read. Trains nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from transformers import GenerationConfig, Qwen2VLConfig, Qwen2VLForConditionalGeneration

from harness.demo.pictures import PIXELS
from harness.demo.vision import MEAN, MERGE, PATCH, STD

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

WIDTH = 256
CONTEXT = 2048

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' -}}"
    "{%- if message['content'] is string -%}"
    "{{- message['content'] -}}"
    "{%- else -%}"
    "{%- for part in message['content'] -%}"
    "{%- if part['type'] in ('image', 'image_url') or 'image' in part or 'image_url' in part -%}"
    "{{- '<|vision_start|><|image_pad|><|vision_end|>' -}}"
    "{%- elif 'text' in part -%}"
    "{{- part['text'] -}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- endif -%}"
    "{{- '<|im_end|>\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}"
    "{{- '<|im_start|>assistant\\n' -}}"
    "{%- endif -%}"
)


def model_config(tokenizer: Tokenizer) -> Qwen2VLConfig:
    """The configuration for a tokenizer.

    Args:
        tokenizer: gives the vocabulary's size and the special tokens' numbers.
    """
    token = tokenizer.token_to_id
    return Qwen2VLConfig(
        text_config={
            "vocab_size": tokenizer.get_vocab_size(),
            "hidden_size": WIDTH,
            "intermediate_size": 512,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": CONTEXT,
            "rms_norm_eps": 1e-6,
            "tie_word_embeddings": True,
            "bos_token_id": None,
            "eos_token_id": token("<|im_end|>"),
            "pad_token_id": token("<|endoftext|>"),
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 10000.0,
                "mrope_section": [8, 12, 12],
            },
        },
        vision_config={
            "depth": 4,
            "embed_dim": 128,
            "hidden_size": WIDTH,
            "num_heads": 4,
            "mlp_ratio": 4,
            "patch_size": PATCH,
            "spatial_merge_size": MERGE,
            "temporal_patch_size": 2,
            "in_channels": 3,
        },
        image_token_id=token("<|image_pad|>"),
        video_token_id=token("<|video_pad|>"),
        vision_start_token_id=token("<|vision_start|>"),
        vision_end_token_id=token("<|vision_end|>"),
        tie_word_embeddings=True,
    )


def new_model(tokenizer: Tokenizer, seed: int = 0) -> Qwen2VLForConditionalGeneration:
    """An untrained model.

    Args:
        tokenizer: decides the vocabulary.
        seed: of the weights.
    """
    torch.manual_seed(seed)
    return Qwen2VLForConditionalGeneration(model_config(tokenizer))


def _write(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def save(model: Qwen2VLForConditionalGeneration, tokenizer: Tokenizer, folder: Path) -> None:
    """Write every file of the checkpoint, weights in half precision.

    Args:
        model: the trained model; it stays as it is.
        tokenizer: its tokenizer.
        folder: made where it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    end, pad = "<|im_end|>", "<|endoftext|>"
    half = Qwen2VLForConditionalGeneration(model.config).half()
    half.load_state_dict(model.state_dict())
    half.generation_config = GenerationConfig(
        do_sample=False,
        eos_token_id=tokenizer.token_to_id(end),
        pad_token_id=tokenizer.token_to_id(pad),
    )
    half.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    _write(folder / "config.json", {**config, "dtype": "float32"})  # what to load it as
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    _write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": CONTEXT,
            "eos_token": end,
            "pad_token": pad,
            "additional_special_tokens": [
                "<|im_start|>",
                "<|im_end|>",
                "<|vision_start|>",
                "<|vision_end|>",
                "<|image_pad|>",
                "<|video_pad|>",
            ],
            "clean_up_tokenization_spaces": False,
            "chat_template": CHAT_TEMPLATE,
        },
    )
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    _write(
        folder / "preprocessor_config.json",
        {
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": "Qwen2VLProcessor",
            "min_pixels": PIXELS * PIXELS,
            "max_pixels": PIXELS * PIXELS,
            "patch_size": PATCH,
            "temporal_patch_size": 2,
            "merge_size": MERGE,
            "image_mean": list(MEAN),
            "image_std": list(STD),
        },
    )
