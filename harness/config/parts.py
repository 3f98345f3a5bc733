"""Templates of a variant → the files of its folder that they may include, read and bounded.

Files are read here, since nothing is read where prompts are rendered. Which names a template really
includes only its parsed form tells; so whatever looks like one is looked for, and what is wrong
with a file is kept beside it, to be said if it is included.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.nearest import nearest
from harness.records import TemplatePart

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PARTS = 100
"""Files that the templates of one variant may include."""
MAX_BYTES = 500_000
"""Bytes that they may have together."""
MAX_NAME = 200
"""Characters of a file's name."""

_NAMED = re.compile(
    r"""\{%[-+]?\s*(?:include|import|from)\s*(?:'([^'\n]*)'|"([^"\n]*)")""",
)


def parts_of(templates: Iterable[tuple[str, Path]]) -> tuple[TemplatePart, ...]:
    """Read the files that templates name, and those that these name.

    Args:
        templates: Jinja sources, each with the folder of the file that holds it.
    """
    found: dict[tuple[Path, str], TemplatePart] = {}
    waiting = list(templates)
    left = MAX_BYTES
    while waiting:
        text, folder = waiting.pop()
        for match in _NAMED.finditer(text):
            name = match[1] if match[1] is not None else match[2]
            if (folder, name) in found:
                continue
            if len(found) >= MAX_PARTS:
                fault = f"is one file more than the {MAX_PARTS} that a prompt may include"
                found[folder, name] = TemplatePart(folder=folder, name=name, fault=fault)
                return tuple(found.values())
            found[folder, name] = part = _read(folder, name, left)
            left -= len(part.text)
            waiting.append((part.text, folder))
    return tuple(found.values())


def _read(folder: Path, name: str, left: int) -> TemplatePart:
    fault = _fault_of_name(name)
    text = ""
    if fault is None:
        try:
            text, fault = _text(folder, folder / name, left)
        except (OSError, ValueError, RuntimeError) as error:  # no file system has such a name …
            fault = f"cannot be read: {getattr(error, 'strerror', None) or error}"
    return TemplatePart(folder=folder, name=name, text=text, fault=fault)


def _fault_of_name(name: str) -> str | None:
    if not name or len(name) > MAX_NAME or not name.isprintable():
        return "is no name of a file"
    if "\\" in name or name.startswith("~"):
        return "is no plain name: folders are set off by '/'"
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return "leads out of the folder"
    return None


def _text(folder: Path, path: Path, left: int) -> tuple[str, str | None]:
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    if not real.is_relative_to(root):
        return "", "is a link that leads out of the folder"
    if not real.exists():
        near = nearest(path.name, sorted(p.name for p in path.parent.glob("*") if p.is_file()))
        return "", f"is not there{f' ({near})' if near else ''}"
    if not real.is_file():  # a folder, or a pipe, which would be waited for
        return "", "is no file"
    with real.open("rb") as file:
        content = file.read(left + 1)
    if len(content) > left:
        return "", f"is too long: what a prompt includes may have {MAX_BYTES:,} bytes together"
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n"), None
    except UnicodeDecodeError:
        return "", "is no UTF-8 text"
