"""A rendered prompt → how many tokens a model reads at least, by the checkpoint's own files.

Texts are counted by its tokenizer, pictures of Qwen-VL models by the rule of their processor. Not
counted is what the chat template adds, and of other models a picture counts as one token: a prompt
may be longer than is said here, and is not shorter. Neither torch nor transformers is imported,
nothing is fetched, and no code of a checkpoint is run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from harness.config.files import is_file
from harness.engines.checkpoint_files import (
    checkpoint_folder,
    has_chat_template,
    picture_settings,
    read_object,
)
from harness.engines.protocol import is_installed
from harness.records import ImagePart, TextPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.records import MediaRef, ModelConfig, RenderedPrompt

_QWEN = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")
_SHORTEST, _LONGEST = "shortest_edge", "longest_edge"
"""What Qwen's processor calls its smallest and its largest area."""
_ABSURD = 2**40
"""More than any number of tokens or pixels."""
_TEXT_PARTS = ("text_config", "llm_config", "language_config")
"""Where a config of several parts has that of the language model."""
_PLAIN_POSITIONS = ("default", "mrope")
"""Kinds of rotary positions with which a context is as long as the config says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Of a prompt, in tokens."""

    tokens: int
    """All of them, at least."""
    images: int
    """Those of pictures; 0 where nobody knows."""


class PromptLength:
    """Measures prompts for one checkpoint.

    Args:
        folder: with its files.
        context: the longest prompt and answer together, in tokens.
        image_tokens: tokens of a picture by its width and height; None: nobody knows.
    """

    def __init__(
        self, folder: Path, context: int, image_tokens: Callable[[int, int], int] | None
    ) -> None:
        self.context = context
        self._folder = folder
        self._image_tokens = image_tokens

    def images(self, prompt: RenderedPrompt) -> int:
        """Count the tokens of a prompt's pictures; 0 where nobody knows."""
        if self._image_tokens is None:
            return 0
        return sum(self._image_tokens(ref.width, ref.height) for ref in _shown(prompt))

    def of(self, prompt: RenderedPrompt, room: int) -> Length | None:
        """Measure a prompt; None where it fits into so many tokens, or cannot be measured.

        A token holds a byte of text or more, so that the tokenizer is asked for few.
        """
        images = self.images(prompt)
        pictures = images or sum(1 for _ in _shown(prompt))
        texts = [
            part.text
            for message in prompt.messages
            for part in message.parts
            if isinstance(part, TextPart)
        ]
        most = sum(len(text.encode(errors="replace")) + 1 for text in texts)
        if pictures + most <= room or self._tokenizer is None:
            return None
        # One by one, so that it starts no threads, which a process that forks later must not have.
        encoded = (self._tokenizer.encode(text, add_special_tokens=False) for text in texts)
        tokens = pictures + sum(len(encoding.ids) for encoding in encoded)
        return Length(tokens=tokens, images=images) if tokens > room else None

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        try:
            return Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        except Exception:  # noqa: BLE001 - it raises nothing more definite for what it cannot read
            return None


def prompt_length(model: ModelConfig) -> PromptLength | None:
    """Find what measures prompts for a model.

    Returns:
        None where the checkpoint's files are not here or do not say how long its context is, or
        the package ``tokenizers`` is missing.
    """
    if not is_installed("tokenizers"):
        return None
    folder = checkpoint_folder(model)
    if folder is None or not is_file(folder / "tokenizer.json") or not has_chat_template(folder):
        return None
    config = read_object(folder / "config.json")
    context = _context(model, config)
    if context is None:
        return None
    return PromptLength(folder, context, _qwen_rule(model, config, folder))


def _context(model: ModelConfig, config: dict[str, Any]) -> int | None:
    """Give the longest prompt and answer together, in tokens."""
    given = model.args.get("max_model_len")
    if model.engine == "vllm" and given is not None:
        return _count(given)
    parts = [config[name] for name in _TEXT_PARTS if isinstance(config.get(name), dict)]
    text = {**config, **(parts[0] if parts else {})}
    positions = text.get("rope_scaling") or text.get("rope_parameters") or {}
    if not isinstance(positions, dict) or any(isinstance(p, dict) for p in positions.values()):
        return None
    plain = positions.get("rope_type", positions.get("type", "default")) in _PLAIN_POSITIONS
    return _count(text.get("max_position_embeddings")) if plain else None


def _qwen_rule(
    model: ModelConfig, config: dict[str, Any], folder: Path
) -> Callable[[int, int], int] | None:
    """Read how many tokens Qwen's processor makes of a picture; None of other models."""
    if not str(config.get("model_type", "")).startswith(_QWEN):
        return None
    if "mm_processor_kwargs" in model.args:
        return None
    settings = picture_settings(folder)
    size = settings.get("size")
    size = size if isinstance(size, dict) else {}
    least = _count(model.image.get("min_pixels"), settings.get("min_pixels"), size.get(_SHORTEST))
    most = _count(model.image.get("max_pixels"), settings.get("max_pixels"), size.get(_LONGEST))
    side, merged = _count(settings.get("patch_size")), _count(settings.get("merge_size"))
    if least is None or most is None or side is None or merged is None:
        return None
    return partial(_qwen_tokens, side=side * merged, least=least, most=most)


def _qwen_tokens(width: int, height: int, *, side: int, least: int, most: int) -> int:
    """Count the squares of a picture, scaled to an area from ``least`` to ``most`` pixels.

    The rule is ``smart_resize`` in transformers' Qwen2VLImageProcessor.

    Args:
        width: pixels.
        height: pixels.
        side: of the square that becomes a token, in pixels.
        least: the smallest area, in pixels.
        most: the largest area, in pixels.
    """
    across, down = (round(length / side) for length in (width, height))
    area = across * down * side * side
    if area > most:
        scale = math.sqrt(width * height / most)
        across, down = (max(1, math.floor(x / scale / side)) for x in (width, height))
    elif area < least:
        scale = math.sqrt(least / (width * height))
        across, down = (math.ceil(x * scale / side) for x in (width, height))
    return across * down


def _shown(prompt: RenderedPrompt) -> Iterator[MediaRef]:
    """Give a prompt's pictures, each as often as it is shown."""
    for message in prompt.messages:
        for part in message.parts:
            if isinstance(part, ImagePart):
                yield prompt.media[part.index]


def _count(*values: object) -> int | None:
    """Give the first of some values that is a whole number above 0, and none that is absurd."""
    counts = (v for v in values if isinstance(v, int) and not isinstance(v, bool))
    return next((count for count in counts if 0 < count < _ABSURD), None)
