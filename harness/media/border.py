"""Whatever a stranger's bytes make a reader raise → one DataError that names the image."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.errors import DataError, HarnessError

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_SHOWN = 200
"""Characters of what a reader says."""


@contextmanager
def refusing(what: str, name: str) -> Iterator[None]:
    """Turn all that is raised inside into a DataError, so that one image is left out, not the run.

    Args:
        what: is wrong with the image, such as "image cannot be decoded".
        name: of the image's place.

    Raises:
        DataError: something was raised.
    """
    try:
        yield
    except HarnessError:
        raise
    except Exception as error:
        raise DataError(f"{what}: {name} ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    """Give the words of an error: short, and the same in every process."""
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    words = " ".join(_ADDRESS.sub("", words).split()) or type(error).__name__
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
