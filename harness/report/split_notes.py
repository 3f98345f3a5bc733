"""A run's split → what has to be known of it to read the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.records import SplitRecord


def split_notes(split: SplitRecord | None) -> Iterator[str]:
    """Say which split the numbers are of, and what was looked at before; nothing without splits."""
    if split is None:
        return
    if look := look_text(split):
        yield look
    shares = ", ".join(f"{name} {share:g}" for name, share in split.shares.items())
    sealed = " (sealed)" if split.is_sealed else ""
    yield f"split {split.name}{sealed} of the dataset (shares: {shares})"


def look_text(split: SplitRecord) -> str | None:
    """Say which look at a sealed split this is, and how many prompts were tried before it."""
    if split.look is None:
        return None
    prompts = "1 prompt was" if split.tried == 1 else f"{split.tried} prompts were"
    return (
        f"look {split.look} at the sealed {split.name} split; {prompts} tried on {split.first} "
        f"before (counted in {split.counted_in})"
    )
