"""Files of JSON objects, a line each: read so that a damaged line is told and the rest goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from harness.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Value = TypeVar("Value")


class FileLine(NamedTuple, Generic[Value]):
    """A line of such a file."""

    number: int
    """1-based."""
    value: Value | None
    """None where it is damaged."""
    fault: str = ""


def read_lines(path: Path) -> Iterator[FileLine[dict[str, Any]]]:
    """Read JSON objects, a line each.

    Raises:
        StoreError: the file is not there or cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                yield _line(number, text)
    except FileNotFoundError as error:
        raise StoreError(
            f"{path} is not there: the run did not finish",
            hint="run the suite again; finished completions are not asked for twice",
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error})") from error


def _line(number: int, text: bytes) -> FileLine[dict[str, Any]]:
    try:
        value = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        return FileLine(number, None, f"no JSON ({error})")
    if not isinstance(value, dict):
        return FileLine(number, None, "no JSON object")
    return FileLine(number, value)
