"""Files that are no part of the data → a sentence that counts and names them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMED = 5
"""Files that a sentence names."""


def told(paths: Sequence[str], one: str, many: str) -> str:
    """Count and name files, as ``2 hidden files are not looked at (.a, .b)``.

    Args:
        paths: one or more.
        one: what a single one is.
        many: what several are.
    """
    what = f"1 {one} is" if len(paths) == 1 else f"{len(paths):,} {many} are"
    names = ", ".join(shown(path) for path in paths[:NAMED]) + " …" * (len(paths) > NAMED)
    return f"{what} not looked at ({names})"


def shown(path: str) -> str:
    """Write a name that may not be UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
