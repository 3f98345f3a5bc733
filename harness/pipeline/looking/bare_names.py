"""A path or a bare name → the suite, the run's folder or the system of a run that a user means."""

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


def run_and_system(word: str) -> tuple[Path, str | None] | None:
    """Read ``RUN`` or ``RUN:SYSTEM``: where the run is, and the system's name if there is one.

    A path or a name may hold a colon, and so may a system's name: the longest part that is a run
    counts. None where there is no run of such a name.
    """
    ends = [i for i, letter in enumerate(word) if letter == ":"]
    for end in (len(word), *reversed(ends)):
        if (path := _run_at(word[:end])) is not None:
            return path, word[end + 1 :] or None
    return None


def _run_at(name: str) -> Path | None:
    """Give the folder of a run, or of a suite's runs; None where there are none."""
    if not name:
        return None
    named = Path(name)
    places = [named] if len(named.parts) != 1 else [named, project_root(Path()) / "results" / named]
    for place in places:
        if (place / "run.json").is_file() or next(place.glob("*/run.json"), None):
            return place
    return None
