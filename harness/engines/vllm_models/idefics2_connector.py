"""Idefics2's connector: the vision tower's patches → a fixed number of vectors for the text model.

A gated projection to the text model's width, then a perceiver resampler: learned latents attend to
the patches and to each other. Module names are those of the Hub's weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional
from vllm.model_executor.layers.activation import get_act_fn
from vllm.model_executor.layers.layernorm import RMSNorm
from vllm.model_executor.layers.linear import (
    ColumnParallelLinear,
    ReplicatedLinear,
    RowParallelLinear,
)

if TYPE_CHECKING:
    from torch import Tensor


class GatedMlp(nn.Module):  # type: ignore[misc] # torch's types are not followed
    """``down(act(gate(x)) * up(x))`` without biases, split over the tensor-parallel ranks."""

    def __init__(self, sizes: tuple[int, int, int], act: str, quant: Any, prefix: str) -> None:
        super().__init__()
        width, inner, out = sizes
        given: dict[str, Any] = {"bias": False, "quant_config": quant, "return_bias": False}
        self.gate_proj = ColumnParallelLinear(width, inner, prefix=f"{prefix}.gate_proj", **given)
        self.up_proj = ColumnParallelLinear(width, inner, prefix=f"{prefix}.up_proj", **given)
        self.down_proj = RowParallelLinear(inner, out, prefix=f"{prefix}.down_proj", **given)
        self.act = get_act_fn(act)

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, width) to (…, out)."""
        return self.down_proj(self.act(self.gate_proj(x)) * self.up_proj(x))


class LatentAttention(nn.Module):  # type: ignore[misc] # torch's types are not followed
    """Latents ask; the context and the latents themselves answer. The same on every rank."""

    def __init__(self, config: Any, quant: Any, prefix: str) -> None:
        super().__init__()
        self.head = config.resampler_head_dim
        queries = config.resampler_n_heads * self.head
        keys = config.num_key_value_heads * self.head
        given: dict[str, Any] = {"bias": False, "quant_config": quant, "return_bias": False}
        width = config.hidden_size
        self.q_proj = ReplicatedLinear(width, queries, prefix=f"{prefix}.q_proj", **given)
        self.k_proj = ReplicatedLinear(width, keys, prefix=f"{prefix}.k_proj", **given)
        self.v_proj = ReplicatedLinear(width, keys, prefix=f"{prefix}.v_proj", **given)
        self.o_proj = ReplicatedLinear(queries, width, prefix=f"{prefix}.o_proj", **given)

    def forward(self, latents: Tensor, context: Tensor) -> Tensor:
        """Map latents (batch, latents, width) and context (batch, patches, width) to latents."""
        seen = torch.cat([context, latents], dim=1)
        asked = self._heads(self.q_proj(latents))
        keys, values = self._heads(self.k_proj(seen)), self._heads(self.v_proj(seen))
        answer = functional.scaled_dot_product_attention(asked, keys, values, enable_gqa=True)
        return self.o_proj(answer.transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (-1, self.head)).transpose(1, 2)


class ResamplerLayer(nn.Module):  # type: ignore[misc] # torch's types are not followed
    """One round of attention and a gated MLP, each on normed input and added to the latents."""

    def __init__(self, config: Any, quant: Any, prefix: str) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.rms_norm_eps
        self.input_latents_norm = RMSNorm(width, eps=eps)
        self.input_context_norm = RMSNorm(width, eps=eps)
        self.self_attn = LatentAttention(config, quant, f"{prefix}.self_attn")
        self.post_attention_layernorm = RMSNorm(width, eps=eps)
        self.mlp = GatedMlp((width, 4 * width, width), config.hidden_act, quant, f"{prefix}.mlp")

    def forward(self, latents: Tensor, context: Tensor) -> Tensor:
        """Give latents of the same shape."""
        attended = self.self_attn(
            self.input_latents_norm(latents), self.input_context_norm(context)
        )
        latents = latents + attended
        return latents + self.mlp(self.post_attention_layernorm(latents))


class PerceiverResampler(nn.Module):  # type: ignore[misc] # torch's types are not followed
    """Any number of patches → ``resampler_n_latents`` vectors."""

    def __init__(self, config: Any, quant: Any, prefix: str) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.empty(config.resampler_n_latents, config.hidden_size))
        self.layers = nn.ModuleList(
            ResamplerLayer(config, quant, f"{prefix}.layers.{index}")
            for index in range(config.resampler_depth)
        )
        self.norm = RMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(self, context: Tensor) -> Tensor:
        """Map (batch, patches, width) to (batch, latents, width); every patch counts."""
        latents = self.latents.expand(context.shape[0], -1, -1)
        for layer in self.layers:
            latents = layer(latents, context)
        return self.norm(latents)


class Connector(nn.Module):  # type: ignore[misc] # torch's types are not followed
    """Vision tower's width → text model's width, then resampled."""

    def __init__(self, config: Any, quant: Any, prefix: str) -> None:
        super().__init__()
        text = config.text_config
        self.modality_projection = GatedMlp(
            (config.vision_config.hidden_size, text.intermediate_size, text.hidden_size),
            text.hidden_act,
            quant,
            f"{prefix}.modality_projection",
        )
        self.perceiver_resampler = PerceiverResampler(
            config.perceiver_config, quant, f"{prefix}.perceiver_resampler"
        )

    def forward(self, patches: Tensor) -> Tensor:
        """Map (tiles, patches, vision width) to (tiles, latents, text width)."""
        return self.perceiver_resampler(self.modality_projection(patches))
