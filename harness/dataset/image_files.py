"""The name of an image in a row → its file: below the folder of images, spelled as on the disk."""

from __future__ import annotations

import errno
import os.path
import unicodedata
from pathlib import Path, PurePath

from harness.dataset.row_fault import RowFault
from harness.media import what_stands


def find_image(root: Path, name: str) -> Path:
    """Find an image file; one outside the folder is never opened, nor one that a link leads to.

    Args:
        root: ``images.root``.
        name: with the suffix.

    Raises:
        RowFault: the name leads out of the folder, or to no file.
    """
    path = root / name
    try:
        if not name.isascii() and not path.exists():
            path = _as_spelled(root, name)
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
            raise RowFault("image_outside", f"image '{name}' lies outside {root}")
        if path.is_file():
            return path
        odd = what_stands(path)
    except ValueError as error:  # NUL, half a surrogate pair
        raise RowFault("missing_image", f"{name!r} can be no file's name ({error})") from error
    except OSError as error:
        reason = "missing_image" if error.errno == errno.ENAMETOOLONG else "unreadable_image"
        raise RowFault(reason, f"image cannot be had: {path} ({error.strerror})") from error
    there = f" ({odd} stands there)" if odd else ""
    raise RowFault("missing_image", f"no such image: {path}{there}")


def may_be_there(root: str, name: str) -> bool:
    """Tell whether it is worth looking for an image: a twentieth of the time that looking takes."""
    if not name.isascii():  # the disk may spell it in another way
        return True
    try:
        return os.access(_joined(root, name), os.F_OK)
    except ValueError:  # NUL
        return False


def place_below(root: str, name: str) -> str:
    """Spell the place of an image in one way, by its name alone: no file is looked for.

    Args:
        root: ``images.root``, absolute and without ``..``.
        name: with the suffix.

    Returns:
        The path below the folder, with single slashes, without ``.`` and ``..``, accents composed.
    """
    below = os.path.normpath(_joined(root, name)).removeprefix(f"{root}{os.sep}")
    return below if below.isascii() else unicodedata.normalize("NFC", below)


def _joined(root: str, name: str) -> str:
    return name if name.startswith(os.sep) else f"{root}{os.sep}{name}"


def _as_spelled(root: Path, name: str) -> Path:
    """Look for each part with its accents composed and decomposed: é is one letter or two."""
    path = root
    for part in PurePath(name).parts:
        forms = [part, *(unicodedata.normalize(form, part) for form in ("NFC", "NFD"))]
        path = next((path / form for form in forms if (path / form).exists()), path / part)
    return path
