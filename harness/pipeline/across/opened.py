"""A run's folder → what is read of it to hold it against other runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.pipeline.reading.comparing import ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import RunRecord, RunSummary, Sample, Signature, System
    from harness.store.run_folder import RunFolder


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRun:
    """A finished run."""

    folder: RunFolder
    run: RunRecord
    summary: RunSummary
    samples: Sequence[Sample]

    @classmethod
    def of(cls, folder: RunFolder) -> OpenedRun:
        """Read it.

        Raises:
            StoreError: it did not finish, or a file of it is damaged.
        """
        return cls(
            folder=folder, run=folder.run(), summary=folder.summary(), samples=folder.samples()
        )

    @property
    def name(self) -> str:
        """How it is told from others."""
        return self.folder.path.name

    @property
    def rivals(self) -> list[str]:
        """Its systems that are compared: all but the controls."""
        return ranked(self.summary)

    @property
    def split(self) -> str | None:
        """The split of the dataset that it is of; None: it has none."""
        return self.run.dataset.split.name if self.run.dataset.split else None

    def row(self, system: str) -> int:
        """Give the place of a system in the run's statistics."""
        return [each.system for each in self.summary.systems].index(system)

    def system(self, name: str) -> System:
        """Give what a system is."""
        return next(system for system in self.run.systems if system.name == name)

    def signatures(self) -> dict[str, Signature]:
        """Give how each column was computed; what systems were scored on is left to the reader."""
        return {r.metric: r.signature for r in self.summary.results if r.value is not None}


def check_alike(runs: Sequence[OpenedRun]) -> None:
    """Refuse runs of different splits or tokenisers, whose numbers mean different things.

    Raises:
        StoreError: they are; all that differs is told.
    """
    faults = []
    for what, values in (
        ("splits", [opened.split or "no split" for opened in runs]),
        ("tokenisers", [opened.run.tokenizer for opened in runs]),
    ):
        if len(set(values)) > 1:
            told = ", ".join(
                f"{value} in {opened.name}" for value, opened in zip(values, runs, strict=True)
            )
            faults.append(f"they are of different {what} ({told})")
    if faults:
        names = " and ".join(opened.name for opened in runs)
        raise StoreError(
            f"{names} cannot be compared: {'; '.join(faults)}",
            hint="compare runs of one split and one 'tokenizer:'",
        )
