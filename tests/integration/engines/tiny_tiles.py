"""Tiny checkpoints of the families that cut a picture into tiles by rules of their own.

As in tiny_models: a function a family, the fields of the real configurations, small numbers.
"""

from __future__ import annotations

from dataclasses import replace

from tiny_checkpoint import Tiny, byte_level
from tiny_models import CHATML, HALF, IMAGES_FIRST, LLAVA_NAMES, PINPOINTS, TEXT, TOWER

ONEVISION_TEMPLATE = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }} " + IMAGES_FIRST + "{% endfor %}"
    "<|im_end|>{% endfor %}{{ '<|im_start|>assistant\n' if add_generation_prompt }}"
)
INTERNVL_TEMPLATE = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n{% for part in turn.content %}"
    "{{ '<IMG_CONTEXT>\n' if part.type == 'image' else part.text }}{% endfor %}<|im_end|>\n"
    "{% endfor %}{{ '<|im_start|>assistant\n' if add_generation_prompt }}"
)
IDEFICS3_TEMPLATE = (
    "<|begin_of_text|>{% for turn in messages %}"
    "{{ turn.role | capitalize }}{{ ':' if turn.content[0].type == 'image' else ': ' }}"
    "{% for part in turn.content %}{{ '<image>' if part.type == 'image' else part.text }}"
    "{% endfor %}<end_of_utterance>\n{% endfor %}{{ 'Assistant:' if add_generation_prompt }}"
)


def llava_onevision() -> Tiny:
    """Describe LLaVA-OneVision: ``llava-hf/llava-onevision-qwen2-7b-ov-hf``."""
    made = byte_level(*CHATML, "<image>", "<video>")
    token = made.token_to_id
    processor = {"processor_class": "LlavaOnevisionProcessor"}
    anyres = {"image_grid_pinpoints": PINPOINTS}
    return Tiny(
        config={
            "architectures": ["LlavaOnevisionForConditionalGeneration"],
            "ignore_index": -100,
            **anyres,
            "image_token_index": token("<image>"),
            "model_type": "llava_onevision",
            "projector_hidden_act": "gelu",
            "text_config": {
                **TEXT,
                "bos_token_id": token("<|endoftext|>"),
                "eos_token_id": token("<|im_end|>"),
                "model_type": "qwen2",
                "rope_theta": 1000000.0,
                "vocab_size": made.get_vocab_size(),
            },
            "use_image_newline_parameter": True,
            "video_token_index": token("<video>"),
            "vision_aspect_ratio": "anyres_max_9",
            "vision_config": {
                **TOWER,
                "model_type": "siglip_vision_model",
                "vision_use_head": False,
            },
            "vision_feature_layer": -1,
            "vision_feature_select_strategy": "full",
        },
        tokenizer=made,
        tokens={
            "eos_token": "<|im_end|>",
            "pad_token": "<|endoftext|>",
            "tokenizer_class": "Qwen2Tokenizer",
            **processor,
        },
        template=ONEVISION_TEMPLATE,
        pictures={
            "do_convert_rgb": True,
            "do_normalize": True,
            "do_pad": True,
            "do_rescale": True,
            "do_resize": True,
            "image_processor_type": "LlavaOnevisionImageProcessor",
            "resample": 3,
            "rescale_factor": 1 / 255,
            "size": {"height": 56, "width": 56},
            **anyres,
            **HALF,
            **processor,
        },
        processor={
            "image_token": "<image>",
            "num_image_tokens": 16,
            "video_token": "<video>",
            "vision_aspect_ratio": "anyres_max_9",
            "vision_feature_select_strategy": "full",
            **processor,
        },
        renamed=LLAVA_NAMES,
    )


def internvl() -> Tiny:
    """Describe InternVL3: ``OpenGVLab/InternVL3-8B-hf``."""
    named = {
        "context_image_token": "<IMG_CONTEXT>",
        "end_image_token": "</img>",
        "start_image_token": "<img>",
        "video_token": "<video>",
    }
    made = byte_level(*CHATML, *named.values())
    token = made.token_to_id
    processor = {"processor_class": "InternVLProcessor"}
    return Tiny(
        config={
            "architectures": ["InternVLForConditionalGeneration"],
            "downsample_ratio": 0.5,
            "image_seq_length": 16,
            "image_token_id": token("<IMG_CONTEXT>"),
            "model_type": "internvl",
            "projector_hidden_act": "gelu",
            "text_config": {
                **TEXT,
                "bos_token_id": token("<|endoftext|>"),
                "eos_token_id": token("<|im_end|>"),
                "model_type": "qwen2",
                "rope_theta": 1000000.0,
                "vocab_size": made.get_vocab_size(),
            },
            "vision_config": {
                **TOWER,
                "architectures": ["InternVisionModel"],
                "attention_bias": True,
                "image_size": [112, 112],
                "layer_scale_init_value": 0.1,
                "model_type": "internvl_vision",
                "norm_type": "layer_norm",
                "patch_size": [14, 14],
                "use_absolute_position_embeddings": True,
                "use_mask_token": False,
                "use_mean_pooling": True,
                "use_qk_norm": False,
            },
            "vision_feature_layer": -1,
            "vision_feature_select_strategy": "default",
        },
        tokenizer=made,
        tokens={
            "eos_token": "<|im_end|>",
            "extra_special_tokens": named,
            "pad_token": "<|endoftext|>",
            "tokenizer_class": "Qwen2Tokenizer",
            **named,
            **processor,
        },
        template=INTERNVL_TEMPLATE,
        pictures={
            "crop_to_patches": False,
            "do_convert_rgb": True,
            "do_normalize": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": [0.485, 0.456, 0.406],
            "image_processor_type": "GotOcr2ImageProcessor",
            "image_std": [0.229, 0.224, 0.225],
            "max_patches": 6,
            "min_patches": 1,
            "resample": 3,
            "rescale_factor": 1 / 255,
            "size": {"height": 112, "width": 112},
            **processor,
        },
        processor={"image_seq_length": 16, **processor},
        renamed={
            r"^model\.language_model\.": "language_model.model.",
            r"^lm_head\.": "language_model.lm_head.",
            r"^model\.": "",
        },
    )


def idefics3() -> Tiny:
    """Describe Idefics3: ``HuggingFaceM4/Idefics3-8B-Llama3``."""
    ends = ("<|begin_of_text|>", "<|end_of_text|>")
    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    marks = ("<fake_token_around_image>", "<image>", "<end_of_utterance>", "<global-img>")
    made = byte_level(*ends, *marks, *tiles)
    token = made.token_to_id
    processor = {"processor_class": "Idefics3Processor"}
    return Tiny(
        config={
            "architectures": ["Idefics3ForConditionalGeneration"],
            "image_token_id": token("<image>"),
            "model_type": "idefics3",
            "pad_token_id": token(ends[1]),
            "scale_factor": 2,
            "text_config": {
                **TEXT,
                "bos_token_id": token(ends[0]),
                "eos_token_id": token("<end_of_utterance>"),
                "model_type": "llama",
                "rope_theta": 500000.0,
                "pad_token_id": token(ends[1]),
                "vocab_size": made.get_vocab_size(),
            },
            "vision_config": {
                **TOWER,
                "model_type": "idefics3_vision",
                "size": {"longest_edge": 224},
            },
        },
        tokenizer=made,
        tokens={
            "additional_special_tokens": list(marks[:3]),
            "bos_token": ends[0],
            "eos_token": "<end_of_utterance>",
            "pad_token": ends[1],
            "tokenizer_class": "PreTrainedTokenizerFast",
            **processor,
        },
        template=IDEFICS3_TEMPLATE,
        pictures={
            "do_convert_rgb": True,
            "do_image_splitting": True,
            "do_normalize": True,
            "do_pad": True,
            "do_rescale": True,
            "do_resize": True,
            "image_processor_type": "Idefics3ImageProcessor",
            "max_image_size": {"longest_edge": 56},
            "resample": 1,
            "rescale_factor": 1 / 255,
            "size": {"longest_edge": 112},
            **HALF,
            **processor,
        },
        processor={"image_seq_len": 4, **processor},
    )


def smolvlm2() -> Tiny:
    """Describe SmolVLM2: ``HuggingFaceTB/SmolVLM2-2.2B-Instruct``, an Idefics3 for videos too."""
    made = idefics3()
    made.config["architectures"] = ["SmolVLMForConditionalGeneration"]
    made.config["model_type"] = "smolvlm"
    made.config["vision_config"]["model_type"] = "smolvlm_vision"
    named = {"processor_class": "SmolVLMProcessor"}
    video = {
        "max_frames": 64,
        "fps": 1,
        "skip_secs": 1.0,
        "video_size": {"longest_edge": 56},
    }
    return replace(
        made,
        tokens={**made.tokens, **named},
        pictures={
            **made.pictures,
            "image_processor_type": "SmolVLMImageProcessor",
            "video_sampling": video,
            **named,
        },
        processor={**made.processor, **named},
    )
