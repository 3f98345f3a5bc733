"""The path that a user names → the run that is meant, and why it is that one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.nearest import nearest
from harness.pipeline.reading.comparing import ranked
from harness.pipeline.reading.reporting import comparable
from harness.store.run_folder import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.records import RunSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRun:
    """A run, and how it was chosen."""

    folder: RunFolder
    why: str | None = None
    """Which run it is and why newer ones were passed over; None where it was named itself."""


def choose_run(
    path: Path, lacks: Callable[[RunSummary], str | None] = lambda _summary: None
) -> ChosenRun:
    """Find the run that is meant: the one at ``path``, or a suite's newest that will do.

    Args:
        path: a run's folder, taken as it is; or a suite's results folder, of which the newest run
            is taken that finished and lacks nothing.
        lacks: says what a finished run lacks for what is to be done.

    Raises:
        StoreError: there is no run there, or none that will do; the hint says why.
    """
    if (path / "run.json").is_file():
        return ChosenRun(folder=RunFolder(path))
    passed: list[str] = []
    for folder in RunFolder.all(path):
        fault = _fault(folder, lacks)
        if fault is None:
            newer = f"; passed over: {'; '.join(passed)}" if passed else ""
            which = "newest run that will do" if passed else "newest run"
            return ChosenRun(folder=folder, why=f"the {which} is {folder.path}{newer}")
        passed.append(f"{folder.path.name}: {fault}")
    if passed:
        raise StoreError(f"no run in {path} will do", hint="; ".join(passed[:5]))
    raise StoreError(
        f"no run in {path}", hint="a run is a folder under results/<suite>/ with a run.json"
    )


def lacks_pairs(metric: str | None = None) -> Callable[[RunSummary], str | None]:
    """Make the test of a comparison: two systems with scores, and the metric if one is named.

    Args:
        metric: a column's name.
    """

    def lacks(summary: RunSummary) -> str | None:
        if len(ranked(summary)) < 2:
            return "it has one system"
        if not comparable(summary):
            return "it has no two systems with scores that can be compared"
        if metric is not None and metric not in summary.metrics:
            return f"it has no metric '{metric}' ({nearest(metric, summary.metrics)})"
        return None

    return lacks


def _fault(folder: RunFolder, lacks: Callable[[RunSummary], str | None]) -> str | None:
    if not folder.complete:
        return "it did not finish"
    try:
        return lacks(folder.summary())
    except StoreError as error:
        return f"it cannot be read ({error.message})"
