"""The shape of a model: of a preset's file, or described in a suite."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from harness.config.schema.strict import Sampling, Strict, known


class PriceFile(Strict):
    """``price:`` of a model."""

    prompt: float = Field(ge=0, description="US dollars for a million prompt tokens.")
    completion: float = Field(ge=0, description="US dollars for a million tokens written.")


class ModelFile(Strict):
    """A preset in ``harness/models/``, or an inline model of a suite."""

    name: str | None = Field(default=None, description="The word in tables and --model.")
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
    image: dict[str, int] = Field(
        default_factory=dict,
        examples=["{max_pixels: 602112}"],
        description="min_pixels, max_pixels.",
        json_schema_extra={
            "properties": {
                "min_pixels": {"type": "integer", "description": "Smallest area of an image."},
                "max_pixels": {"type": "integer", "description": "Largest area of an image."},
            }
        },
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
