"""Tiny captioners with random weights, in the files and under the names of the Hub's checkpoints.

A function a kind, all in CAPTIONERS. Configurations have the fields of the real ones, with small
numbers. They have no chat template.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import tiny_idefics2
import torch
import transformers
from tiny_checkpoint import byte_level
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

if TYPE_CHECKING:
    from pathlib import Path

SIZE = {"height": 56, "width": 56}
LAYERS = {"num_attention_heads": 4, "num_hidden_layers": 2}
WIDTH = {"hidden_size": 64, "intermediate_size": 96}
TOWER = {**WIDTH, **LAYERS, "image_size": 56, "patch_size": 14}
PICTURES = {
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
    "rescale_factor": 1 / 255,
    "size": SIZE,
}
Files = dict[str, dict[str, Any]]


def bert() -> Tokenizer:
    """Make a WordPiece tokenizer as BERT's: [CLS] in front, [SEP] behind."""
    specials = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
    words = {word for text in tiny_idefics2.CORPUS for word in text.lower().split()}
    letters = [mark + chr(n) for n in range(ord("a"), ord("z") + 1) for mark in ("", "##")]
    known = [*specials, *letters, *sorted(words - set(letters)), ".", "?", ":", ","]
    vocabulary = {word: n for n, word in enumerate(dict.fromkeys(known))}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    made.add_special_tokens([AddedToken(w, normalized=False, special=True) for w in specials])
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


BERT_TOKENS = {
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
    "pad_token": "[PAD]",
    "sep_token": "[SEP]",
    "tokenizer_class": "BertTokenizer",
    "unk_token": "[UNK]",
}


def blip() -> tuple[Tokenizer, Files]:
    """Describe BLIP: ``Salesforce/blip-image-captioning-base``, whose [DEC] no tokenizer has."""
    made = bert()
    text = {
        **WIDTH,
        **LAYERS,
        "bos_token_id": made.get_vocab_size(),
        "encoder_hidden_size": 64,
        "eos_token_id": 2,
        "is_decoder": True,
        "max_position_embeddings": 128,
        "model_type": "blip_text_model",
        "pad_token_id": 0,
        "sep_token_id": 3,
        "vocab_size": made.get_vocab_size() + 2,
    }
    processor = {"processor_class": "BlipProcessor"}
    return made, {
        "config": {
            "architectures": ["BlipForConditionalGeneration"],
            "image_text_hidden_size": 32,
            "model_type": "blip",
            "projection_dim": 48,
            "text_config": text,
            "vision_config": {**TOWER, "model_type": "blip_vision_model"},
        },
        "tokenizer_config": {**BERT_TOKENS, **processor},
        "preprocessor_config": {
            **PICTURES, "image_processor_type": "BlipImageProcessor", **processor
        },
    }  # fmt: skip


def _blip2(made: Tokenizer, text: dict[str, Any], tokens: dict[str, Any]) -> Files:
    made.add_special_tokens([AddedToken("<image>", normalized=False, special=True)])
    processor = {"processor_class": "Blip2Processor"}
    return {
        "config": {
            "architectures": ["Blip2ForConditionalGeneration"],
            "image_text_hidden_size": 32,
            "image_token_index": made.token_to_id("<image>"),
            "model_type": "blip-2",
            "num_query_tokens": 8,
            "qformer_config": {
                **WIDTH,
                **LAYERS,
                "cross_attention_frequency": 2,
                "encoder_hidden_size": 64,
                "model_type": "blip_2_qformer",
                "vocab_size": 100,
            },
            "text_config": {**text, "vocab_size": made.get_vocab_size()},
            "use_decoder_only_language_model": text["model_type"] == "opt",
            "vision_config": {**TOWER, "model_type": "blip_2_vision_model"},
        },
        "tokenizer_config": {**tokens, "tokenizer_class": "PreTrainedTokenizerFast", **processor},
        "preprocessor_config": {
            **PICTURES, "image_processor_type": "BlipImageProcessor", **processor
        },
        "processor_config": {"num_query_tokens": 8, **processor},
    }  # fmt: skip


def blip2_opt() -> tuple[Tokenizer, Files]:
    """Describe BLIP-2 on OPT: ``Salesforce/blip2-opt-2.7b``, which ends a text by a line break."""
    made = byte_level("<pad>", "</s>")
    end = made.token_to_id("</s>")
    made.post_processor = processors.TemplateProcessing(
        "</s> $A", "</s> $A </s> $B", special_tokens=[("</s>", end)]
    )
    text = {
        **LAYERS,
        "bos_token_id": end,
        "eos_token_id": made.token_to_id("Ċ"),
        "ffn_dim": 96,
        "hidden_size": 64,
        "max_position_embeddings": 128,
        "model_type": "opt",
        "pad_token_id": made.token_to_id("<pad>"),
        "word_embed_proj_dim": 64,
    }
    return made, _blip2(
        made, text, {"bos_token": "</s>", "eos_token": "</s>", "pad_token": "<pad>"}
    )


def blip2_flan_t5() -> tuple[Tokenizer, Files]:
    """Describe BLIP-2 on Flan-T5: ``Salesforce/blip2-flan-t5-xl``."""
    made = byte_level("<pad>", "</s>")
    end, pad = made.token_to_id("</s>"), made.token_to_id("<pad>")
    made.post_processor = processors.TemplateProcessing(
        "$A </s>", "$A </s> $B </s>", special_tokens=[("</s>", end)]
    )
    text = {
        "d_ff": 96,
        "d_kv": 16,
        "d_model": 64,
        "decoder_start_token_id": pad,
        "eos_token_id": end,
        "feed_forward_proj": "gated-gelu",
        "model_type": "t5",
        "n_positions": 512,
        "num_heads": 4,
        "num_layers": 2,
        "pad_token_id": pad,
        "tie_word_embeddings": False,
    }
    return made, _blip2(made, text, {"eos_token": "</s>", "pad_token": "<pad>"})


def git() -> tuple[Tokenizer, Files]:
    """Describe GIT: ``microsoft/git-base-coco``."""
    made = bert()
    processor = {"processor_class": "GitProcessor"}
    return made, {
        "config": {
            "architectures": ["GitForCausalLM"],
            **WIDTH,
            **LAYERS,
            "bos_token_id": 2,
            "eos_token_id": 3,
            "max_position_embeddings": 128,
            "model_type": "git",
            "pad_token_id": 0,
            "tie_word_embeddings": False,
            "vision_config": {**TOWER, "model_type": "git_vision_model"},
            "vocab_size": made.get_vocab_size(),
        },
        "tokenizer_config": {**BERT_TOKENS, **processor},
        "preprocessor_config": {
            **PICTURES,
            "crop_size": SIZE,
            "do_center_crop": True,
            "image_processor_type": "CLIPImageProcessor",
            **processor,
            "size": {"shortest_edge": 56},
        },
    }


def vit_gpt2() -> tuple[Tokenizer, Files]:
    """Describe ViT-GPT2: ``nlpconnect/vit-gpt2-image-captioning``, which names no processor."""
    made = byte_level("<|endoftext|>")
    end = made.token_to_id("<|endoftext|>")
    return made, {
        "config": {
            "architectures": ["VisionEncoderDecoderModel"],
            "decoder": {
                "add_cross_attention": True,
                "bos_token_id": end,
                "decoder_start_token_id": end,
                "eos_token_id": end,
                "is_decoder": True,
                "model_type": "gpt2",
                "n_ctx": 128,
                "n_embd": 64,
                "n_head": 4,
                "n_layer": 2,
                "n_positions": 128,
                "pad_token_id": end,
                "vocab_size": made.get_vocab_size(),
            },
            "decoder_start_token_id": end,
            "encoder": {**TOWER, "model_type": "vit"},
            "eos_token_id": end,
            "is_encoder_decoder": True,
            "model_type": "vision-encoder-decoder",
            "pad_token_id": end,
            "tie_word_embeddings": False,
        },
        "tokenizer_config": {
            "bos_token": "<|endoftext|>",
            "eos_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>",
            "tokenizer_class": "GPT2Tokenizer",
            "unk_token": "<|endoftext|>",
        },
        "preprocessor_config": {
            "do_normalize": True,
            "do_resize": True,
            "feature_extractor_type": "ViTFeatureExtractor",
            "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5],
            "resample": 2,
            "size": 56,
        },
    }


def donut() -> tuple[Tokenizer, Files]:
    """Describe Donut: ``naver-clova-ix/donut-base-finetuned-cord-v2``."""
    made = byte_level("<s>", "<pad>", "</s>", "<s_cord-v2>")
    token = made.token_to_id
    processor = {"processor_class": "DonutProcessor"}
    return made, {
        "config": {
            "architectures": ["VisionEncoderDecoderModel"],
            "decoder": {
                "activation_function": "gelu",
                "add_cross_attention": True,
                "add_final_layer_norm": True,
                "bos_token_id": token("<s>"),
                "d_model": 64,
                "decoder_attention_heads": 4,
                "decoder_ffn_dim": 96,
                "decoder_layers": 2,
                "eos_token_id": token("</s>"),
                "is_decoder": True,
                "is_encoder_decoder": False,
                "max_position_embeddings": 128,
                "model_type": "mbart",
                "pad_token_id": token("<pad>"),
                "scale_embedding": True,
                "vocab_size": made.get_vocab_size(),
            },
            "decoder_start_token_id": token("<s_cord-v2>"),
            "encoder": {
                "depths": [1, 1],
                "embed_dim": 32,
                "image_size": [64, 96],
                "model_type": "donut-swin",
                "num_heads": [2, 4],
                "patch_size": 4,
                "window_size": 4,
            },
            "is_encoder_decoder": True,
            "model_type": "vision-encoder-decoder",
            "pad_token_id": token("<pad>"),
        },
        "tokenizer_config": {
            "bos_token": "<s>",
            "eos_token": "</s>",
            "pad_token": "<pad>",
            "tokenizer_class": "PreTrainedTokenizerFast",
            **processor,
        },
        "preprocessor_config": {
            "do_align_long_axis": False,
            "do_normalize": True,
            "do_pad": True,
            "do_rescale": True,
            "do_resize": True,
            "do_thumbnail": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "DonutImageProcessor",
            "image_std": [0.5, 0.5, 0.5],
            "rescale_factor": 1 / 255,
            "size": {"height": 64, "width": 96},
            **processor,
        },
        "processor_config": processor,
    }


CAPTIONERS = {
    "BLIP": blip,
    "BLIP-2 OPT": blip2_opt,
    "BLIP-2 Flan-T5": blip2_flan_t5,
    "GIT": git,
    "ViT-GPT2": vit_gpt2,
    "Donut": donut,
}


def write(name: str, folder: Path, seed: int = 0) -> Path:
    """Write a captioner's whole checkpoint; transformers saves these under the Hub's names."""
    made, files = CAPTIONERS[name]()
    plain = {**files["config"], "torch_dtype": "float32"}
    model_class = getattr(transformers, plain["architectures"][0])
    with torch.random.fork_rng():
        model = model_class(model_class.config_class.from_dict(json.loads(json.dumps(plain))))
    dice = torch.Generator().manual_seed(seed)
    for place, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=dice)
        if weight.dim() == 1:
            noise = 1 + 0.2 * noise if place.endswith("weight") else 0.1 * noise
        elif re.search(r"word_embed|embed_tokens|wte|shared", place):
            noise = 0.1 * noise  # most are the output's too, where a louder one repeats itself
        elif not re.search(r"position_embed|embed_positions|wpe", place):
            noise = 1.5 * noise / weight[0].numel() ** 0.5
        weight.data = noise
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    made.save(str(folder / "tokenizer.json"))
    for stem, content in {**files, "config": plain}.items():
        (folder / f"{stem}.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
    return folder
