"""A run's split → what has to be known of it to read the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.records import Luck, RunSummary, SplitRecord


def split_notes(summary: RunSummary) -> Iterator[str]:
    """Say which split the numbers are of, and what was looked at or tried before.

    Nothing where the dataset has no splits.
    """
    split = summary.split
    if split is None:
        return
    if look := look_text(split):
        yield look
    elif split.tried is not None:
        yield _tried_text(split, summary.luck)
    shares = ", ".join(f"{name} {share:g}" for name, share in split.shares.items())
    sealed = " (sealed)" if split.is_sealed else ""
    how = f"as its column '{split.column}' says" if split.column else f"shares: {shares}"
    yield f"split {split.name}{sealed} of the dataset ({how})"


def _tried_text(split: SplitRecord, luck: Luck | None) -> str:
    prompts = "1 prompt" if split.tried == 1 else f"{split.tried} prompts"
    said = f"{prompts} tried on {split.name} so far"
    if luck is None:
        return said
    return (
        f"{said}; the best of {luck.tried} equal ones would seem {luck.gain:+.4f} {luck.metric} "
        "better by chance alone"
    )


def look_text(split: SplitRecord) -> str | None:
    """Say which look at a sealed split this is, and how many prompts were tried before it."""
    if split.look is None:
        return None
    prompts = "1 prompt was" if split.tried == 1 else f"{split.tried} prompts were"
    return (
        f"look {split.look} at the sealed {split.name} split; {prompts} tried on {split.first} "
        f"before (counted in {split.counted_in})"
    )
