"""A model → which sizes of pictures its processor refuses, and why, before anything is loaded.

The arithmetic is that of transformers' image processors (and of ``qwen_vl_utils``, which scales
pictures where a model config sets their area): a size is refused here where those raise, or would
first make a picture of it that is too large to be made. A processor that has no rule here takes
every size as far as is known. Read are the checkpoint's own files, and nothing heavy is imported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.engines.checkpoint_files import checkpoint_folder, picture_settings, read_object
from harness.engines.image_settings import AREA, PARTS
from harness.media import MAX_PIXELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.records import ModelConfig

    Refusal = Callable[[int, int], str | None]
    """Width and height of a picture as it is seen → why it is refused; None: it is taken."""
    _Rule = Callable[["_Checkpoint"], "Refusal | None"]

_RATIO = 200
"""Of the sides of a picture: ``smart_resize`` of transformers and MAX_RATIO of qwen_vl_utils."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checkpoint:
    """What is known of a model without loading it."""

    model: ModelConfig
    config: Mapping[str, Any]
    settings: Mapping[str, Any]
    """Of its image processor."""

    def size(self, name: str) -> int | None:
        """Give a number of ``size``; where that is one number, it is the shortest edge."""
        size = self.settings.get("size")
        if isinstance(size, dict):
            size = size.get(name)
        elif name != "shortest_edge":
            return None
        return size if isinstance(size, int) and not isinstance(size, bool) and size > 0 else None


def size_rule(model: ModelConfig) -> Refusal | None:
    """Find what tells which sizes of pictures a model refuses.

    Returns:
        None where the checkpoint's files are not here, or nothing is known to be refused.
    """
    folder = checkpoint_folder(model)
    if folder is None:
        return None
    settings = picture_settings(folder)
    settings |= {name: value for name, value in model.image.items() if name in PARTS}
    given = model.args.get("mm_processor_kwargs")
    if isinstance(given, dict):
        settings |= given
    kind = settings.get("image_processor_type") or settings.get("feature_extractor_type")
    name = str(kind).removesuffix("Fast").replace("FeatureExtractor", "ImageProcessor")
    rule = _RULES.get(name)
    if rule is None or settings.get("do_resize", True) is not True:
        return None
    return rule(
        _Checkpoint(model=model, config=read_object(folder / "config.json"), settings=settings)
    )


def _qwen(checkpoint: _Checkpoint) -> Refusal:
    given = {name: checkpoint.model.image.get(name) for name in AREA}
    if all(value is None for value in given.values()):
        return _too_long
    vision = checkpoint.config.get("vision_config")
    patch = vision.get("patch_size") if isinstance(vision, dict) else None
    if not isinstance(patch, int):
        patch = 16 if str(checkpoint.config.get("model_type")).startswith("qwen3") else 14
    own = {
        "min_pixels": checkpoint.settings.get("min_pixels") or checkpoint.size("shortest_edge"),
        "max_pixels": checkpoint.settings.get("max_pixels") or checkpoint.size("longest_edge"),
    }
    least = given["min_pixels"] or own["min_pixels"] or 56 * 56
    most = given["max_pixels"] or own["max_pixels"] or 28 * 28 * 1280
    return partial(_scaled_too_long, factor=2 * patch, least=least, most=most)


def _too_long(width: int, height: int) -> str | None:
    """Refuse as ``smart_resize`` does."""
    ratio = max(width, height) / min(width, height)
    return (
        f"one side is {ratio:.5g} times the other, more than {_RATIO}" if ratio > _RATIO else None
    )


def _scaled_too_long(width: int, height: int, *, factor: int, least: int, most: int) -> str | None:
    """Refuse what ``qwen_vl_utils`` cannot scale to an area, or the processor does not take then.

    Args:
        width: pixels.
        height: pixels.
        factor: both sides become multiples of it.
        least: the smallest area, in pixels.
        most: the largest area, in pixels.
    """
    if refused := _too_long(width, height):
        return refused
    across, down = (max(factor, round(side / factor) * factor) for side in (width, height))
    if across * down > most:
        scale = math.sqrt(width * height / most)
        across, down = (math.floor(x / scale / factor) * factor for x in (width, height))
    elif across * down < least:
        scale = math.sqrt(least / (width * height))
        across, down = (math.ceil(x * scale / factor) * factor for x in (width, height))
    if not across or not down:
        return f"scaled to max_pixels, {most}, a side has less than {factor} pixels"
    refused = _too_long(across, down)
    return f"scaled to {across}×{down} pixels, {refused}" if refused else None


def _idefics2(checkpoint: _Checkpoint) -> Refusal | None:
    return _no_half if checkpoint.settings.get("do_image_splitting") else None


def _no_half(width: int, height: int) -> str | None:
    if min(width, height) > 1:
        return None
    return "it is cut into quarters, and a side of 1 pixel has no half"


def _shortest_edge(checkpoint: _Checkpoint) -> Refusal | None:
    edge = checkpoint.size("shortest_edge")
    return partial(_too_large, edge=edge) if edge else None


def _too_large(width: int, height: int, *, edge: int) -> str | None:
    """Refuse what would be too large, scaled so that its shorter side has a length."""
    across, down = _scaled(width, height, edge)
    if across * down <= MAX_PIXELS:
        return None
    return f"its shorter side scaled to {edge} pixels, it has more than {MAX_PIXELS:,} in all"


def _donut(checkpoint: _Checkpoint) -> Refusal | None:
    across, down = checkpoint.size("width"), checkpoint.size("height")
    written = checkpoint.settings.get("size")
    if isinstance(written, list) and len(written) == 2:  # as Donut's own code wrote it
        across, down = written
    if not across or not down:
        return None
    return partial(_vanishing, across=across, down=down)


def _vanishing(width: int, height: int, *, across: int, down: int) -> str | None:
    """Refuse what is too large on the way into a frame, or has no pixels there.

    Args:
        width: pixels.
        height: pixels.
        across: the frame's width.
        down: its height.
    """
    edge = min(across, down)
    if refused := _too_large(width, height, edge=edge):
        return refused
    wide, high = _scaled(width, height, edge)
    fitting, fit = min(wide, across), min(high, down)
    if (fitting, fit) != (wide, high):
        if high > wide:
            fitting = int(wide * fit / high)
        elif wide > high:
            fit = int(high * fitting / wide)
    return None if fitting and fit else f"scaled into {across}×{down} pixels, nothing is left of it"


def _scaled(width: int, height: int, edge: int) -> tuple[int, int]:
    """Scale a size so that its shorter side has a length, as transformers does."""
    long = int(edge * max(width, height) / min(width, height))
    return (edge, long) if width <= height else (long, edge)


_RULES: dict[str, _Rule] = {
    "Qwen2VLImageProcessor": _qwen,
    "Idefics2ImageProcessor": _idefics2,
    "CLIPImageProcessor": _shortest_edge,
    "LlavaImageProcessor": _shortest_edge,
    "DonutImageProcessor": _donut,
}
"""``image_processor_type`` of a checkpoint → what it refuses."""
