"""A path or a bare name → the suite or the run's folder that a user means."""

from __future__ import annotations

from pathlib import Path

from harness.config.files import SUITE_FILE
from harness.config.load import project_root
from harness.errors import ConfigError, StoreError
from harness.nearest import nearest


def named_suite(named: Path) -> Path:
    """Give a suite's folder: the one at this path, or the one of this name under ``prompts/``.

    Raises:
        ConfigError: a bare name is neither.
    """
    if len(named.parts) != 1 or named.is_file() or (named / SUITE_FILE).is_file():
        return named
    prompts = project_root(Path()) / "prompts"
    if (prompts / named / SUITE_FILE).is_file():
        return prompts / named
    if named.exists():
        return named  # whoever loads it says what it lacks
    known = sorted(path.parent.name for path in prompts.glob(f"*/{SUITE_FILE}"))
    raise ConfigError(
        f"no suite '{named}', neither a folder here nor one in {prompts}",
        hint=nearest(str(named), known),
    )


def named_run(named: Path) -> Path:
    """Give where a run is: at this path, or the results of the suite of this name.

    Raises:
        StoreError: a bare name is neither.
    """
    if named.exists() or len(named.parts) != 1:
        return named  # whoever opens it says what it lacks
    results = project_root(Path()) / "results"
    if (results / named).is_dir():
        return results / named
    known = sorted({path.parent.parent.name for path in results.glob("*/*/run.json")})
    raise StoreError(
        f"no run '{named}', neither a folder here nor a suite with runs in {results}",
        hint=nearest(str(named), known) or "'harness run' makes one",
    )
