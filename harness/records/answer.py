"""What a system said of a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PredictionStatus = Literal["ok", "empty", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A completion after post-processing: a value, or a status saying why there is none."""

    value: str | None
    status: PredictionStatus
    """ok; empty: the model answered with nothing (scored as such); failed: no answer (unscored)."""
    steps: tuple[str, ...]
    """The post-processing steps that changed the text."""
    reason: str | None = None
    """Why it failed."""
