"""A path → the suites, variants and datasets that there are to check."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.config.files import SUITE_FILE
from harness.errors import ConfigError
from harness.nearest import closest
from harness.pipeline.looking.bare_names import named_suite
from harness.yaml_source import load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Kind = Literal["suite", "variant", "dataset"]
ENDING = ".yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to check."""

    kind: Kind
    path: Path
    """A suite's folder, a variant's file or a dataset's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a path holds."""

    listed: tuple[Target, ...]
    whole: bool = False
    """Whether it is a project, and not one suite, variant or dataset that was asked for."""
    overlooked: tuple[Path, ...] = ()
    """Files that look as if they were meant to be read, and are not."""


def targets(path: Path) -> Targets:
    """Find what there is to check at a path.

    Args:
        path: a project's folder, its ``prompts`` or ``datasets``, a suite's folder, suite.yaml or
            name, a variant's file, or a dataset's file.

    Raises:
        HarnessError: there is no such file or folder, or nothing in it that could be checked.
    """
    try:
        path = path if path.exists() else _suite_of_name(path)
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise ConfigError(f"no such file or folder: {path}", hint=_EXPECTED) from error
    if not path.is_dir():
        return Targets(listed=(_file(path),))
    if os.path.lexists(path / SUITE_FILE):  # what is no file is refused, not passed over
        suite = Target(kind="suite", path=path)
        return Targets(listed=(suite,), overlooked=_overlooked([path]))
    # A project may itself be called prompts or datasets.
    project = any((path / name).is_dir() for name in ("prompts", "datasets"))
    prompts = path if path.name == "prompts" and not project else path / "prompts"
    datasets = path if path.name == "datasets" and not project else path / "datasets"
    folders = sorted({file.parent for file in prompts.rglob(f"*{ENDING}")})
    listed = [Target(kind="dataset", path=file) for file in sorted(datasets.glob(f"*{ENDING}"))]
    for folder in folders:
        if os.path.lexists(folder / SUITE_FILE):
            listed.append(Target(kind="suite", path=folder))
        else:
            listed += [
                Target(kind="variant", path=file) for file in sorted(folder.glob(f"*{ENDING}"))
            ]
    if not listed:
        raise ConfigError(f"nothing to check in {path}", hint=_EXPECTED)
    overlooked = _overlooked([*folders, datasets])
    return Targets(listed=tuple(listed), whole=True, overlooked=overlooked)


_EXPECTED = (
    "it takes a project's folder (with prompts/ and datasets/), a suite's folder, a variant's file "
    "or a dataset's file"
)


def _suite_of_name(name: Path) -> Path:
    """Give the folder of the suite of a bare name.

    Raises:
        ConfigError: there is none.
    """
    if len(name.parts) != 1 or name.suffix == ENDING:
        near = closest(name.name, sorted(path.name for path in name.parent.glob("*")))
        hint = f"did you mean '{name.with_name(near)}'?" if near else _EXPECTED
        raise ConfigError(f"no such file or folder: {name}", hint=hint)
    try:
        return named_suite(name)
    except ConfigError as error:
        hint = error.hint or _EXPECTED
        raise ConfigError(f"no such file, folder or suite: {name}", hint=hint) from error


def _file(path: Path) -> Target:
    if path.name == SUITE_FILE:
        return Target(kind="suite", path=path.parent)
    if path.suffix != ENDING:
        raise ConfigError(f"nothing to check: {path} does not end in {ENDING}", hint=_EXPECTED)
    if (path.parent / SUITE_FILE).is_file():
        return Target(kind="variant", path=path)
    data = load_yaml(path).data
    keys = set(data) if isinstance(data, dict) else set()
    if keys & {"source", "columns"} or path.parent.name == "datasets":
        return Target(kind="dataset", path=path)
    if keys & {"user", "system", "extends"} or "prompts" in path.resolve().parts:
        return Target(kind="variant", path=path)
    raise ConfigError(f"{path} is no suite, no variant and no dataset", hint=_EXPECTED)


def _overlooked(folders: Iterable[Path]) -> tuple[Path, ...]:
    return tuple(
        file
        for folder in folders
        if folder.is_dir()
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in (".yml", ".yaml") and file.suffix != ENDING
    )
