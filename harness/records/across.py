"""How runs were put together whose systems are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Across:
    """How two runs were put together to be compared."""

    runs: tuple[str, ...]
    """Their folders: of the baselines, of the candidates."""
    samples: int
    """Samples that both have, with the same images and references."""
    said: tuple[str, ...]
    """A line each: what was left out, computed anew or not compared."""
    signatures: Mapping[str, str]
    """Column → how it was computed for both."""
    missing: Mapping[str, str]
    """Metric → why it is not compared."""
