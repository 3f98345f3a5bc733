"""Tiny checkpoints of Qwen-VL and LLaVA with random weights: a function a family.

Configurations have the fields that the real ones have, with small numbers; pictures are scaled and
cut as for the real ones, with small sides.
"""

from __future__ import annotations

from typing import Any

import tiny_idefics2
from tiny_checkpoint import CONTEXT, Tiny, byte_level

HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
TEXT = {
    "hidden_size": 128,
    "intermediate_size": 192,
    "max_position_embeddings": CONTEXT,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-06,
    "torch_dtype": "float32",
}
TOWER = {
    "hidden_size": 64,
    "image_size": 56,
    "intermediate_size": 96,
    "num_attention_heads": 2,
    "num_hidden_layers": 3,
    "patch_size": 14,
}
PINPOINTS = [[56, 112], [112, 56], [112, 112], [168, 56], [56, 168]]
CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

# Qwen-VL

QWEN = (*CHATML, "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
QWEN_TEMPLATE = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n"
    "{% for part in turn.content %}"
    "{{ '<|vision_start|><|image_pad|><|vision_end|>' if part.type == 'image' else part.text }}"
    "{% endfor %}<|im_end|>\n{% endfor %}"
    "{{ '<|im_start|>assistant\n' if add_generation_prompt }}"
)


def _qwen(kind: str, text: dict[str, Any], pictures: dict[str, Any]) -> dict[str, Any]:
    made = byte_level(*QWEN)
    token = made.token_to_id
    ids = {
        "image_token_id": token("<|image_pad|>"),
        "video_token_id": token("<|video_pad|>"),
        "vision_start_token_id": token("<|vision_start|>"),
        "vision_end_token_id": token("<|vision_end|>"),
    }
    ends = {"bos_token_id": token("<|endoftext|>"), "eos_token_id": token("<|im_end|>")}
    processor = f"{kind}Processor"
    return {
        "config": {
            "architectures": [f"{kind}ForConditionalGeneration"],
            **ids,
            **text,
            "vocab_size": made.get_vocab_size(),
            **ends,
        },
        "tokenizer": made,
        "tokens": {
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "processor_class": processor,
            "tokenizer_class": "Qwen2Tokenizer",
        },
        "template": QWEN_TEMPLATE,
        "pictures": {
            "image_processor_type": "Qwen2VLImageProcessor",
            "merge_size": 2,
            "processor_class": processor,
            "temporal_patch_size": 2,
            **pictures,
        },
        "processor": {"processor_class": processor},
    }


def qwen2_5_vl() -> Tiny:
    """Describe Qwen2.5-VL: ``Qwen/Qwen2.5-VL-7B-Instruct``."""
    text = {
        **TEXT,
        "model_type": "qwen2_5_vl",
        "rope_scaling": {"type": "mrope", "mrope_section": [4, 6, 6]},
        "rope_theta": 1000000.0,
        "use_sliding_window": False,
        "vision_config": {
            "depth": 3,
            "fullatt_block_indexes": [1],
            "hidden_act": "silu",
            "hidden_size": 64,
            "in_chans": 3,
            "intermediate_size": 96,
            "num_heads": 2,
            "out_hidden_size": 128,
            "patch_size": 14,
            "spatial_merge_size": 2,
            "spatial_patch_size": 14,
            "temporal_patch_size": 2,
            "tokens_per_second": 2,
            "window_size": 112,
        },
    }
    pictures = {"max_pixels": 224 * 224, "min_pixels": 56 * 56, "patch_size": 14, **HALF}
    return Tiny(
        **_qwen("Qwen2_5_VL", text, pictures),
        renamed={r"^model\.language_model\.": "model.", r"^model\.visual\.": "visual."},
    )


def qwen3_vl() -> Tiny:
    """Describe Qwen3-VL: ``Qwen/Qwen3-VL-8B-Instruct``."""
    pictures = {
        "patch_size": 16,
        "size": {"longest_edge": 224 * 224, "shortest_edge": 64 * 64},
        **HALF,
    }
    made = _qwen("Qwen3VL", {}, pictures)
    plain = made["config"]
    plain["model_type"] = "qwen3_vl"
    plain["text_config"] = {
        **TEXT,
        **{name: plain.pop(name) for name in ("vocab_size", "bos_token_id", "eos_token_id")},
        "head_dim": 32,
        "model_type": "qwen3_vl_text",
        "rope_scaling": {
            "mrope_interleaved": True,
            "mrope_section": [6, 5, 5],
            "rope_type": "default",
        },
        "rope_theta": 5000000,
    }
    plain["vision_config"] = {
        "deepstack_visual_indexes": [0, 1],
        "depth": 3,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_size": 64,
        "in_channels": 3,
        "intermediate_size": 96,
        "model_type": "qwen3_vl",
        "num_heads": 2,
        "num_position_embeddings": 64,
        "out_hidden_size": 128,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
    }
    return Tiny(**made)


# LLaVA

LLAVA_NAMES = {
    r"^model\.language_model\.": "language_model.model.",
    r"^lm_head\.": "language_model.lm_head.",
    r"^model\.vision_tower\.(?!vision_model)": "vision_tower.vision_model.",
    r"^model\.": "",
}
IMAGES_FIRST = (
    "{% for part in turn.content if part.type == 'image' %}<image>\n{% endfor %}"
    "{% for part in turn.content if part.type == 'text' %}{{ part.text }}"
)
VICUNA_TEMPLATE = (
    "{% for turn in messages %}{{ turn.role | upper }}: " + IMAGES_FIRST + " {% endfor %}"
    "{% endfor %}{{ 'ASSISTANT:' if add_generation_prompt }}"
)
MISTRAL_TEMPLATE = (
    "{% for turn in messages %}{{ '[INST] ' if turn.role == 'user' }}" + IMAGES_FIRST +
    "{% endfor %}{{ ' [/INST]' if turn.role == 'user' }}{% endfor %}"
)  # fmt: skip
QWEN2_TEMPLATE = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }} " + IMAGES_FIRST + "{% endfor %}"
    "<|im_end|>{% endfor %}{{ '<|im_start|>assistant\n' if add_generation_prompt }}"
)
LLAMA_TOKENS = {
    "add_bos_token": True,
    "add_eos_token": False,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "pad_token": "<unk>",
    "tokenizer_class": "LlamaTokenizer",
    "unk_token": "<unk>",
}
CLIP_PICTURES = {
    "crop_size": {"height": 56, "width": 56},
    "do_center_crop": True,
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "size": {"shortest_edge": 56},
}


def _llava(kind: str, language: str, template: str, pictures: dict[str, Any]) -> dict[str, Any]:
    made = tiny_idefics2.tokenizer()
    processor = f"{kind}Processor"
    size = {"vocab_size": made.get_vocab_size()}
    return {
        "config": {
            "architectures": [f"{kind}ForConditionalGeneration"],
            "ignore_index": -100,
            "image_token_index": made.token_to_id("<image>"),
            "pad_token_id": 0,
            "projector_hidden_act": "gelu",
            "text_config": {**TEXT, **size, "model_type": language},
            "vision_config": {
                **TOWER,
                "model_type": "clip_vision_model",
                "projection_dim": 48,
                "vocab_size": 32000,
            },
            "vision_feature_layer": -2,
            "vision_feature_select_strategy": "default",
            **size,
        },
        "tokenizer": made,
        "tokens": {**LLAMA_TOKENS, "processor_class": processor},
        "template": template,
        "pictures": {**CLIP_PICTURES, "processor_class": processor, **pictures},
        "processor": {
            "image_token": "<image>",
            "num_additional_image_tokens": 1,
            "patch_size": 14,
            "processor_class": processor,
            "vision_feature_select_strategy": "default",
        },
        "renamed": LLAVA_NAMES,
    }


def llava() -> Tiny:
    """Describe LLaVA-1.5: ``llava-hf/llava-1.5-7b-hf``."""
    pictures = {"image_processor_type": "CLIPImageProcessor"}
    made = _llava("Llava", "llama", VICUNA_TEMPLATE, pictures)
    made["config"]["model_type"] = "llava"
    return Tiny(**made)


def _llava_next(language: str, template: str) -> Tiny:
    anyres = {"image_grid_pinpoints": PINPOINTS}
    pictures = {
        "aspect_ratio_setting": "anyres",
        "do_pad": True,
        "image_processor_type": "LlavaNextImageProcessor",
        **anyres,
    }
    made = _llava("LlavaNext", language, template, pictures)
    made["config"] |= {"model_type": "llava_next", "use_image_newline_parameter": True, **anyres}
    return Tiny(**made)


def llava_v1_6_vicuna() -> Tiny:
    """Describe LLaVA-v1.6 on Vicuna: ``llava-hf/llava-v1.6-vicuna-7b-hf``."""
    return _llava_next("llama", VICUNA_TEMPLATE)


def llava_v1_6_mistral() -> Tiny:
    """Describe LLaVA-v1.6 on Mistral: ``llava-hf/llava-v1.6-mistral-7b-hf``."""
    return _llava_next("mistral", MISTRAL_TEMPLATE)
