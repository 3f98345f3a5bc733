"""A number and a word → both, as ``1 row`` and ``2,000 rows``."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """Count something whose name has a plural in s."""
    return f"{number:,} {what}" + "s" * (number != 1)
