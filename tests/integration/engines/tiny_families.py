"""The families whose tiny checkpoints the tests run, and how a preset would describe each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from asking import SMALL

from harness.records import ModelConfig

if TYPE_CHECKING:
    from pathlib import Path

# A few weights of each as the Hub's files name them: the first of the language model, the vision
# tower, and what joins them.
VISION = "vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.weight"
LLAVA = {
    "language_model.lm_head.weight",
    "language_model.model.embed_tokens.weight",
    "language_model.model.layers.0.self_attn.q_proj.weight",
    "multi_modal_projector.linear_1.weight",
}
CLIP = {VISION, "vision_tower.vision_model.pre_layrnorm.weight"}
IDEFICS3 = {
    "lm_head.weight",
    "model.connector.modality_projection.proj.weight",
    "model.text_model.layers.0.self_attn.q_proj.weight",
    "model.vision_model.embeddings.position_embedding.weight",
    "model.vision_model.encoder.layers.0.self_attn.q_proj.weight",
}


@dataclass(frozen=True, kw_only=True)
class Family:
    """One architecture."""

    builder: str
    """module:function that describes the tiny checkpoint."""
    on_the_hub: set[str]
    image: dict[str, int] = field(default_factory=dict)
    """The image settings of a preset, with smaller numbers."""


FAMILIES = {
    "Qwen2.5-VL": Family(
        builder="tiny_models:qwen2_5_vl",
        on_the_hub={
            "lm_head.weight",
            "model.embed_tokens.weight",
            "model.layers.0.self_attn.q_proj.bias",
            "visual.blocks.0.attn.qkv.weight",
            "visual.merger.ln_q.weight",
            "visual.patch_embed.proj.weight",
        },
        image={"min_pixels": 56 * 56, "max_pixels": 168 * 168},
    ),
    "Qwen3-VL": Family(
        builder="tiny_models:qwen3_vl",
        on_the_hub={
            "lm_head.weight",
            "model.language_model.embed_tokens.weight",
            "model.language_model.layers.0.self_attn.q_norm.weight",
            "model.visual.blocks.0.attn.qkv.weight",
            "model.visual.deepstack_merger_list.0.linear_fc1.weight",
            "model.visual.pos_embed.weight",
        },
        image={"min_pixels": 64 * 64, "max_pixels": 160 * 160},
    ),
    "LLaVA-1.5": Family(builder="tiny_models:llava", on_the_hub=LLAVA | CLIP),
    "LLaVA-v1.6 vicuna": Family(
        builder="tiny_models:llava_v1_6_vicuna", on_the_hub=LLAVA | CLIP | {"image_newline"}
    ),
    "LLaVA-v1.6 mistral": Family(
        builder="tiny_models:llava_v1_6_mistral", on_the_hub=LLAVA | CLIP | {"image_newline"}
    ),
    "LLaVA-OneVision": Family(
        builder="tiny_tiles:llava_onevision", on_the_hub=LLAVA | {VISION, "image_newline"}
    ),
    "LLaVA-OneVision, few tiles": Family(
        builder="tiny_tiles:llava_onevision",
        on_the_hub=LLAVA | {VISION, "image_newline"},
        image={"max_tiles": 2},
    ),
    "InternVL3": Family(
        builder="tiny_tiles:internvl",
        on_the_hub=LLAVA
        | {
            "multi_modal_projector.layer_norm.weight",
            "vision_tower.embeddings.cls_token",
            "vision_tower.encoder.layer.0.attention.q_proj.weight",
            "vision_tower.encoder.layer.0.lambda_1",
        },
    ),
    "Idefics3": Family(builder="tiny_tiles:idefics3", on_the_hub=IDEFICS3),
    "SmolVLM2": Family(builder="tiny_tiles:smolvlm2", on_the_hub=IDEFICS3),
}


def model(family: str, engine: str, checkpoint: Path) -> ModelConfig:
    """Describe a family's tiny checkpoint as a preset describes the real one."""
    return ModelConfig(
        name=family,
        engine=engine,
        model=str(checkpoint),
        image=FAMILIES[family].image,
        args=SMALL if engine == "vllm" else {},
    )
