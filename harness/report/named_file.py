"""A text → a file that a user names; it takes the place of nothing but an earlier one of its kind.

A kind of file is known by its mark, which stands near the beginning of each. So a name that was
mistyped costs no table, picture or page of somebody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import HarnessError

if TYPE_CHECKING:
    from pathlib import Path

_HEAD = 4_000
"""Letters among which the mark is looked for; the text of a file that is none is not read."""


def page_mark(kind: str) -> str:
    """Give the mark of a kind of page."""
    return f'<meta name="generator" content="harness {kind}">'


def refuse_other(path: Path, mark: str) -> None:
    """Refuse to write over what was not written by the same command.

    An empty file, a pipe and a device lose nothing.

    Raises:
        HarnessError: it stands there.
    """
    try:
        if not path.is_file() or path.stat().st_size == 0:
            return
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            head = file.read(_HEAD).replace("\r\n", "\n")
    except (OSError, ValueError):  # whoever writes to it will say so
        return
    if mark not in head:
        raise HarnessError(
            f"{path} is there, and is no file that this command wrote: it is not written over",
            hint="name another file, or remove that one",
        )


def write_named(path: Path, text: str, mark: str) -> None:
    """Write a file that a user named.

    Args:
        path: of the file.
        text: of which half characters become question marks.
        mark: by which files of this kind are known; in the text, near its beginning.

    Raises:
        HarnessError: something else stands there, or it cannot be written.
    """
    assert mark in text[:_HEAD]
    refuse_other(path, mark)
    try:
        path.write_text(text, encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise HarnessError(f"{path} cannot be written: {error.strerror or error}") from error
