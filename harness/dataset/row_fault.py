"""Why a row becomes no sample: the words that ``clean:`` may list."""

from __future__ import annotations

UNUSABLE = (
    "missing_id",
    "duplicate_id",
    "bad_cell",
    "missing_reference",
    "missing_image",
    "image_outside",
    "unreadable_image",
    "unsuitable_image",
    "image_across_splits",
)
"""Faults of rows that can be no sample; the others are looked for only where they are listed."""


class RowFault(Exception):
    """A row has a fault; dropped and counted where ``clean:`` lists it, else the end of the run.

    Args:
        reason: a word of ``config.schema.Fault``.
        detail: what is wrong, for a person.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
