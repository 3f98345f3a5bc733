"""An exception of a model's own code → one line that says why, the same for equal failures."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from harness.errors import HarnessError

LONGEST = 500
"""Characters of a reason: some hold a whole picture as numbers."""
_ADDRESS = re.compile(r"(?: at)? ?\b0x[0-9a-fA-F]{6,}\b")
"""Where an object lies in memory: another place each time."""
_SPEAK = (HarnessError, OSError, RuntimeError, TypeError, ValueError)
"""Exceptions whose messages are sentences; those of others say little without their class."""


def reason(error: BaseException, longest: int = LONGEST) -> str:
    """Give the deepest cause of a failure in its own words, on one line.

    Libraries wrap what went wrong, up to several times, and the wrapping says what was being done.
    Our own errors are written for the user: nothing below one is told.
    """
    seen = {id(error)}
    while (
        not isinstance(error, HarnessError)
        and error.__cause__ is not None
        and id(error.__cause__) not in seen
    ):
        error = error.__cause__
        seen.add(id(error))
    if isinstance(error, HarnessError):
        place = f"{error.where}: " if error.where else ""
        return one_line(f"{place}{error.message}", longest)
    words, kind = one_line(str(error), longest), type(error).__name__
    if not words:
        return f"{kind}{_raised(error)}"
    return words if isinstance(error, _SPEAK) else one_line(f"{kind}: {words}", longest)


def one_line(text: str, longest: int = LONGEST) -> str:
    """Write a text on one line of at most ``longest`` characters, without memory addresses."""
    line = " ".join(_ADDRESS.sub("", text).split())
    return line if len(line) <= longest else f"{line[:longest]} …"


def _raised(error: BaseException) -> str:
    """Say where an exception without words comes from."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
