"""Names of suites and variants → their files, and what is said where there is none."""

from __future__ import annotations

import os
from pathlib import Path

from harness.config.selecting import file_of
from harness.errors import ConfigError
from harness.nearest import nearest
from harness.records import Where

SUITE_FILE = "suite.yaml"


def variant_names(folder: Path) -> list[str]:
    """List a suite folder's variant files: every YAML file but the suite's own."""
    return sorted(p.stem for p in folder.glob("*.yaml") if p.name != SUITE_FILE)


def is_file(path: Path) -> bool:
    """Tell whether there is such a file; a name that no file system takes is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or in a folder that may not be entered
        return False


def no_variant(path: Path, asked: Where | None, named: str | None = None) -> ConfigError:
    """Say that there is no such variant, and which is meant.

    Args:
        path: of its file.
        asked: the place that names it.
        named: how it does; None: by the file's own name.
    """
    stem = path.name.removesuffix(".yaml")
    near = variant_names(path.parent)
    if stem in near:
        return no_file(path)
    if named and asked:  # no file extends itself
        near = [name for name in near if path.with_name(f"{name}.yaml") != asked.path]
    message, hint = f"no variant '{named or stem}'", nearest(stem, near)
    if (bare := stem.removesuffix(".yaml")) != stem and bare in near:
        hint = f"did you mean '{bare}'?"
    if not path.parent.is_dir():
        beside = sorted(p.parent.name for p in path.parent.parent.glob(f"*/{SUITE_FILE}"))
        message += f": there is no folder {path.parent}"
        hint = nearest(path.parent.name, beside)
    elif named and file_of(stem) in near:
        hint = f"'extends' names a file, and takes its whole matrix over: '{file_of(named)}'"
    return ConfigError(message, where=asked or Where(path=path), hint=hint)


def no_file(path: Path) -> ConfigError:
    """Say of what has the name of a file that it is none: a folder, a pipe, a link to nothing."""
    return ConfigError(f"'{path.name}' is no file that can be read", where=Where(path=path))


def plain(path: Path) -> Path:
    """Leave out of a path the steps back, so that one file has one name in messages."""
    normal = Path(os.path.normpath(path))
    try:
        return normal if normal.resolve() == path.resolve() else path  # a link leads elsewhere
    except (OSError, ValueError, RuntimeError):
        return path
