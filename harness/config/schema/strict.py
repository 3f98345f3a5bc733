"""What the shapes of all files have in common: no unknown keys, no conversions."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


Scalar = str | bool | int | float
"""A value of one kind, as YAML writes it."""
Value = Scalar | list[Scalar]
"""What a variable may be."""
