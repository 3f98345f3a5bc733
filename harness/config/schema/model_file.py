"""The shape of a model: of a preset's file, or described in a suite."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from harness.config.schema.names_chosen import NAMES
from harness.config.schema.strict import Sampling, Strict, known


class PriceFile(Strict):
    """``price:`` of a model."""

    prompt: float = Field(ge=0, description="US dollars for a million prompt tokens.")
    completion: float = Field(ge=0, description="US dollars for a million tokens written.")


class ImageSettingsFile(BaseModel):
    """``image:`` of a model; an engine that a package adds may have others."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, int | bool] = Field(init=False)
    min_pixels: int | None = Field(
        default=None, description="Of Qwen-VL: the smallest area of an image."
    )
    max_pixels: int | None = Field(
        default=None, description="Of Qwen-VL: the largest area of an image."
    )
    longest_edge: int | None = Field(
        default=None, description="Of Idefics and SmolVLM: the longer side of an image."
    )
    do_image_splitting: bool | None = Field(
        default=None, description="Of Idefics and SmolVLM: whether an image is cut into parts."
    )
    max_tiles: int | None = Field(
        default=None,
        description="Of InternVL, LLaVA-v1.6 and LLaVA-OneVision: the most tiles that an image is "
        "cut into, itself not counted.",
    )


class ModelFile(Strict):
    """A preset in ``harness/models/``, or an inline model of a suite."""

    name: str | None = Field(
        default=None,
        description="The word in tables and --model.",
        json_schema_extra=dict(NAMES),
    )
    description: str | None = Field(
        default=None, description="What it is, for people; it stands nowhere else."
    )
    engine: Annotated[str, known("engine")] = Field(
        default="vllm", description="vllm, transformers, openai, replay or fake."
    )
    model: str = Field(
        examples=["Qwen/Qwen2.5-VL-3B-Instruct"],
        description="Hub id, or a folder: ./x and ../x are beside this file.",
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub.")
    adapter: str | None = Field(
        default=None, description="A LoRA adapter on it: a folder (./x), or Hub id[@revision]."
    )
    args: dict[str, Any] = Field(default_factory=dict, description="Engine arguments.")
    image: ImageSettingsFile = Field(
        default_factory=ImageSettingsFile,
        examples=["{max_pixels: 602112}"],
        description="How large images are shown: each family of models has settings of its own.",
    )
    generation: Sampling = Field(
        default_factory=dict,
        examples=["{max_tokens: 64}"],
        description="Sampling where neither suite nor variant says otherwise.",
    )
    timeout: float | None = Field(
        default=None,
        gt=0,
        examples=["120"],
        description="Seconds that a request may take; default: 1800.",
    )
    price: PriceFile | None = Field(
        default=None,
        examples=["{prompt: 0.15, completion: 0.6}"],
        description="What its tokens cost.",
    )
