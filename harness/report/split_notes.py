"""A run's split → what has to be known of it to read the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.records import SplitRecord


def split_notes(split: SplitRecord | None) -> Iterator[str]:
    """Say which split the numbers are of; nothing where the dataset has none."""
    if split is None:
        return
    shares = ", ".join(f"{name} {share:g}" for name, share in split.shares.items())
    yield f"split {_named(split)} of the dataset (shares: {shares})"


def _named(split: SplitRecord) -> str:
    return f"{split.name} (sealed)" if split.is_sealed else split.name
