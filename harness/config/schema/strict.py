"""What the shapes of all files have in common: no unknown keys, no conversions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, WithJsonSchema

Known = Literal["step", "metric", "column", "engine", "preset", "format", "sampling"]
"""What only parts above this one know by name, and a JSON schema of a file says too."""
KNOWN = "known"
"""The key under which a JSON schema of pydantic's names one of these."""


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


def known(what: Known) -> Any:
    """Leave a place in a JSON schema that ``config.json_schema`` fills."""
    return WithJsonSchema({KNOWN: what})


ONCE: dict[str, JsonValue] = {"uniqueItems": True}
"""Of a list in a JSON schema; the loader says of which value it is, and where it stood first."""
Sampling = Annotated[dict[str, Any], known("sampling")]
"""Sampling parameters."""
