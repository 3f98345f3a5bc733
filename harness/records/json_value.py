"""What JSON can hold."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A value that JSON can hold: None, bool, int, float, str, list or dict of these."""
