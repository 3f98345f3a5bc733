"""Why a row becomes no sample: the words that ``clean:`` may list."""

from __future__ import annotations


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
