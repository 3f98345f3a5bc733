"""First stage of training: the vision tower alone learns what lies in a dish.

Turns small pixels into merged visual tokens with a batched forward pass of our
own over the weights of transformers' Qwen2-VL tower (that library loops over
the images, and its Conv3d is slow to train on a CPU). The heads are thrown away.
"""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from harness.demo.dishes import INGREDIENTS, STYLES, Dish, ingredient_index
from harness.demo.pictures import PIXELS, Pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from transformers.models.qwen2_vl.modeling_qwen2_vl import Qwen2VisionTransformerPretrainedModel

PATCH = 14
MERGE = 2
MEAN = (0.48145466, 0.4578275, 0.40821073)  # what the image processor normalises with
STD = (0.26862954, 0.26130258, 0.27577711)
_SHIFT = 6

_LOG = logging.getLogger(__name__)


def faster(device: torch.device) -> AbstractContextManager[object]:
    """Mixed precision on a GPU; on a CPU so small a model gains nothing by it."""
    context: AbstractContextManager[object] = torch.autocast(
        device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"
    )
    return context


def augment(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """Pixels shifted a little, with other brightness and tint.

    Args:
        pixels: uint8, (batch, side, side, 3).
        generator: where chance comes from.

    Returns:
        Floats from 0 to 255, same shape.
    """
    count, side = pixels.shape[0], pixels.shape[1]
    images = pixels.permute(0, 3, 1, 2).float()
    padded = functional.pad(images, (_SHIFT,) * 4, mode="replicate")
    offsets = torch.randint(0, 2 * _SHIFT + 1, (count, 2), generator=generator).tolist()
    moved = torch.stack(
        [padded[i, :, y : y + side, x : x + side] for i, (y, x) in enumerate(offsets)]
    )
    gain = 1 + 0.12 * (2 * torch.rand(count, 1, 1, 1, generator=generator) - 1)
    tint = 1 + 0.05 * (2 * torch.rand(count, 3, 1, 1, generator=generator) - 1)
    noise = 4.0 * torch.randn(moved.shape, generator=generator)
    changed = moved * gain.to(moved) * tint.to(moved) + noise.to(moved)
    return changed.clamp(0, 255).permute(0, 2, 3, 1)


def patches(pixels: Tensor) -> Tensor:
    """Normalised patches in the image processor's order.

    Args:
        pixels: 0 to 255, (batch, PIXELS, PIXELS, 3).

    Returns:
        (batch, patches, 3 * PATCH * PATCH), without the temporal copy.
    """
    mean = torch.tensor(MEAN, device=pixels.device)
    std = torch.tensor(STD, device=pixels.device)
    normal = ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)
    count, side = len(normal), PIXELS // PATCH // MERGE
    grid = normal.reshape(count, 3, side, MERGE, PATCH, side, MERGE, PATCH)
    return grid.permute(0, 2, 5, 3, 6, 1, 4, 7).reshape(count, side * side * MERGE * MERGE, -1)


def _angles(tower: Qwen2VisionTransformerPretrainedModel, device: torch.device) -> Tensor:
    side = PIXELS // PATCH
    rows = torch.arange(side, device=device)[:, None].expand(side, side)
    blocks = (side // MERGE, MERGE, side // MERGE, MERGE)
    at = [axis.reshape(blocks).permute(0, 2, 1, 3).flatten() for axis in (rows, rows.T)]
    frequencies = tower.rotary_pos_emb.inv_freq.to(device)
    both = torch.cat([axis[:, None] * frequencies for axis in at], dim=-1)
    return torch.cat([both, both], dim=-1)


def _rotate(x: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return x * cosine + torch.cat([-right, left], dim=-1) * sine


def see(tower: Qwen2VisionTransformerPretrainedModel, patched: Tensor) -> Tensor:
    """The tower's forward pass for equally large pictures.

    Args:
        tower: transformers' vision tower.
        patched: what `patches` returns.

    Returns:
        Merged tokens, (batch, tokens, language model's width).
    """
    weight = tower.patch_embed.proj.weight.sum(2).flatten(1)  # both frames are the same picture
    hidden = functional.linear(patched, weight)
    count, length, width = hidden.shape
    angles = _angles(tower, hidden.device)
    cosine, sine = angles.cos(), angles.sin()
    for block in tower.blocks:
        heads = block.attn.num_heads
        qkv = block.attn.qkv(block.norm1(hidden)).view(count, length, 3, heads, width // heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        query, key = _rotate(query, cosine, sine), _rotate(key, cosine, sine)
        mixed = functional.scaled_dot_product_attention(query.to(value), key.to(value), value)
        hidden = hidden + block.attn.proj(mixed.transpose(1, 2).reshape(count, length, width))
        hidden = hidden + block.mlp(block.norm2(hidden))
    merged: Tensor = tower.merger(hidden.reshape(count * length, width))
    return merged.view(count, length // MERGE**2, -1)


class Heads(nn.Module):  # type: ignore[misc] # torch's types are not followed
    """What the first stage reads off the merged tokens."""

    def __init__(self, width: int) -> None:
        """Make the heads.

        Args:
            width: that of a merged token.
        """
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.ingredients = nn.Linear(width, len(INGREDIENTS))
        self.style = nn.Linear(width, len(STYLES))

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of each ingredient and of each style, per picture."""
        normal = self.norm(tokens.float())
        return self.ingredients(normal).amax(dim=1), self.style(normal).mean(dim=1)


def targets(dishes: list[Dish]) -> tuple[Tensor, Tensor]:
    """Ingredients as zeros and ones, (count, ingredients), and styles, (count,)."""
    index = ingredient_index()
    shown = torch.zeros(len(dishes), len(INGREDIENTS))
    for row, dish in enumerate(dishes):
        shown[row, [index[name] for name in dish.names]] = 1
    return shown, torch.tensor([STYLES.index(dish.style) for dish in dishes])


def batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Endless batches of picture numbers, each epoch in a new order."""
    while True:
        order = torch.randperm(count, generator=generator)
        yield from order[: count - count % size].split(size)


def learning_rate(step: int, steps: int, peak: float, warmup: int = 100) -> float:
    """Linear warm-up, then a cosine down to a fiftieth."""
    if step < warmup:
        return peak * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def _check(
    tower: Qwen2VisionTransformerPretrainedModel, heads: Heads, held_out: Pictures
) -> tuple[float, float, float, float]:
    device = next(heads.parameters()).device
    shown, styles = (target.to(device) for target in targets(held_out.dishes))
    with torch.no_grad():
        tokens = encode(tower, held_out)
        guessed, style = heads(tokens.to(device))
    guess, truth = guessed > 0, shown > 0
    hits = (guess & truth).sum().item()
    exact = (guess == truth).all(dim=1).float().mean().item()
    style_right = (style.argmax(-1) == styles).float().mean().item()
    return hits / max(1, guess.sum().item()), hits / truth.sum().item(), exact, style_right


def encode(tower: Qwen2VisionTransformerPretrainedModel, pictures: Pictures) -> Tensor:
    """Merged tokens of all pictures, on the CPU: (count, tokens, width)."""
    device = next(tower.parameters()).device
    pixels = torch.from_numpy(pictures.pixels)
    with torch.no_grad():
        parts = [see(tower, patches(part.to(device))).float().cpu() for part in pixels.split(250)]
    return torch.cat(parts)


def train_tower(
    tower: Qwen2VisionTransformerPretrainedModel,
    pictures: Pictures,
    held_out: Pictures,
    *,
    steps: int,
    batch: int = 64,
    peak: float = 1.5e-3,
) -> None:
    """Train the tower in place.

    Args:
        tower: transformers' vision tower.
        pictures: what to learn from.
        held_out: what to measure on.
        steps: how many updates.
        batch: pictures an update.
        peak: the largest learning rate.
    """
    device = next(tower.parameters()).device
    generator = torch.Generator().manual_seed(1)
    heads = Heads(tower.config.hidden_size).to(device)
    parameters = [*tower.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.98), weight_decay=0.02)
    shown, styles = targets(pictures.dishes)
    pixels = torch.from_numpy(pictures.pixels)
    started, total = time.monotonic(), 0.0
    for step, chosen in zip(
        range(1, steps + 1), batches(len(pixels), batch, generator), strict=False
    ):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step - 1, steps, peak)
        with faster(device):
            tokens = see(tower, patches(augment(pixels[chosen], generator).to(device)))
        ingredient, style = heads(tokens)
        wanted = shown[chosen].to(device)
        loss = functional.binary_cross_entropy_with_logits(ingredient, wanted) * 10
        loss = loss + 0.3 * functional.cross_entropy(style, styles[chosen].to(device))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        total += loss.item()
        if step % 100 == 0:
            precision, recall, exact, style_right = _check(tower, heads, held_out)
            _LOG.info(
                "tower %d/%d loss %.3f precision %.3f recall %.3f exact %.3f style %.3f, %.0f s",
                *(step, steps, total / 100, precision, recall, exact, style_right),
                time.monotonic() - started,
            )
            total = 0.0
