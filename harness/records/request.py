"""What goes to an engine, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.prompt import RenderedPrompt
from harness.records.suite import Decoding


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One completion to be had."""

    system: str
    sample_id: str
    rendered: RenderedPrompt
    decoding: Decoding
    key: str
    """sha256 of all that the model sees and nothing else."""
    adapter: str | None = None
    """The LoRA adapter that is to answer, as ModelConfig names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """The raw text that a model returned; never rewritten."""

    key: str
    text: str
    finish_reason: str
    """stop, length or error."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that the prefix cache already held."""
    seconds: float = 0.0
    """From hand-over to the engine until the last token."""
    error: str | None = None
    """Why there is no text; None where there is."""
    made_at: str | None = None
    """When the engine answered, ISO 8601 in UTC; None where nobody knows."""
    made_by: str | None = None
    """The engine and its version; None where nobody knows."""
