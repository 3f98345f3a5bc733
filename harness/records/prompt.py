"""Prompts: as a person writes them, and as a model is sent them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.records.json_value import Json
from harness.records.media import MediaRef
from harness.records.source import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemplarSpec:
    """Which worked examples a prompt shows."""

    dataset: str
    ids: tuple[str, ...]
    images: bool = True
    """Whether an exemplar's image is shown too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVariant:
    """One YAML file under ``prompts/<suite>/``, with what it extends already merged in."""

    name: str
    description: str
    system: str | None
    """Jinja source of the system message."""
    user: str
    """Jinja source of the user message."""
    exemplars: ExemplarSpec | None
    postprocess: tuple[str, ...]
    """The steps of its one pipeline; empty where it has named ones."""
    generation: Mapping[str, Json]
    """Sampling parameters that this variant sets over the suite's decoding."""
    structured_outputs: Mapping[str, Json] | None = None
    """The form that answers must have: one of regex, choice, json; see harness.answer_form."""
    pipelines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Name → steps, of post-processings that are scored from the same completions."""
    where: Mapping[str, Where]
    """Field name → where its text begins, so that a template's error names the true line."""

    @property
    def every_step(self) -> tuple[str, ...]:
        """The steps of all its pipelines, each once."""
        return tuple(
            dict.fromkeys(s for p in (self.postprocess, *self.pipelines.values()) for s in p)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePart:
    """The place of an image in a message."""

    index: int
    """Into RenderedPrompt.media."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A piece of text in a message."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[ImagePart | TextPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """Exactly what a model is sent: messages plus images."""

    messages: tuple[Message, ...]
    media: tuple[MediaRef, ...]
    sha256: str
    """Over the messages and the images' content hashes."""
