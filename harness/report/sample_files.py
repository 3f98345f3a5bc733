"""Samples with their answers, as they come → the files that a page's gallery reads, one by one.

No more than one file's samples are held; each is written when it is full.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from harness.records import FilePlace
from harness.report.page_data import AnswerColumns, SampleColumns, script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.records import MediaRef, Sample
    from harness.report.thumbnails import Thumbnails

CHUNK = 500
"""Samples of a file."""
MAX_PICTURES = 4
"""Pictures of a sample that a page shows."""
_THREADS = 4
_PLACES = 4
"""Decimals of one sample's score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one system said of a sample."""

    text: str | None
    raw: str | None
    """As the model wrote it, where that is another text."""
    reason: str | None
    """Why there is no text."""
    flags: int
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


@dataclass(slots=True, kw_only=True)
class Spent:
    """What the shown answers of a system took together."""

    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def add(self, said: Said) -> None:
        """Count an answer; a failed one has none."""
        if said.text is not None:
            self.answers += 1
            self.prompt_tokens += said.prompt_tokens
            self.completion_tokens += said.completion_tokens
            self.seconds += said.seconds

    @property
    def known(self) -> bool:
        """Whether an engine said anything of it."""
        return bool(self.completion_tokens or self.seconds)


class SampleFiles:
    """Writes ``samples-0.js`` … of a page.

    Args:
        write: writes a file of a name, whole.
        systems: their names, in order.
        scores: shape (systems, metrics, samples), NaN where there is none; in the order in which
            samples are added.
        fields: for each field the places of each sample's values, as ``scores``.
        thumbnails: of the run.
        page: the folder that the page stands in.
    """

    def __init__(
        self,
        write: Callable[[str, str], None],
        systems: Sequence[str],
        scores: NDArray[np.float32],
        fields: Sequence[Sequence[list[int]]],
        thumbnails: Thumbnails,
        page: Path,
    ) -> None:
        self.chunks = 0
        self.absent = 0
        """Pictures that are neither on this machine nor in the run's folder."""
        self.spent = {name: Spent() for name in systems}
        self._write = write
        self._systems = systems
        self._scores = scores
        self._fields = fields
        self._thumbnails = thumbnails
        self._page = page.resolve()
        self._written = 0
        self._held: list[tuple[Sample, Mapping[str, Said]]] = []

    def add(self, sample: Sample, answers: Mapping[str, Said]) -> None:
        """Take the next sample, with all systems' answers.

        Raises:
            StoreError: a file cannot be written.
        """
        self._held.append((sample, answers))
        for system, said in answers.items():
            self.spent[system].add(said)
        if len(self._held) == CHUNK:
            self.close()

    def close(self) -> None:
        """Write what is held.

        Raises:
            StoreError: a file cannot be written.
        """
        if not self._held:
            return
        samples = [sample for sample, _ in self._held]
        shown = [sample.media[:MAX_PICTURES] for sample in samples]
        names = self._pictures(shown)
        self.absent += sum(len(refs) - len(own) for refs, own in zip(shown, names, strict=True))
        rows = slice(self._written, self._written + len(samples))
        columns = SampleColumns(
            chunk=self.chunks,
            ids=[sample.id for sample in samples],
            references=[list(sample.references) for sample in samples],
            pictures=[[name for name, _ in own] for own in names],
            originals=[[self._original(ref) for _, ref in own] for own in names],
            more=[len(s.media) - len(own) for s, own in zip(samples, names, strict=True)],
            fields=[list(field[rows]) for field in self._fields],
            answers=[self._answers(i, name, rows) for i, name in enumerate(self._systems)],
        )
        self._write(f"samples-{self.chunks}.js", script("harnessSamples", columns))
        self.chunks += 1
        self._written += len(samples)
        self._held = []

    def _pictures(self, shown: Sequence[Sequence[MediaRef]]) -> list[list[tuple[str, MediaRef]]]:
        """Make the small pictures that are not there yet; give each's file with its image."""
        every = {ref.sha256: ref for refs in shown for ref in refs}
        with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
            made = dict(zip(every, pool.map(self._thumbnails.name, every.values()), strict=True))
        return [
            [(name, ref) for ref in refs if (name := made[ref.sha256]) is not None]
            for refs in shown
        ]

    def _original(self, ref: MediaRef) -> str | None:
        """Say where an image is, seen from the page, if it is in the page's project."""
        if not isinstance(ref.place, FilePlace) or len(self._page.parents) < 3:
            return None
        path = Path(ref.place.path).resolve()
        if not path.is_relative_to(self._page.parents[2]):
            return None  # the names of this machine's other folders are nobody's business
        return quote(Path(os.path.relpath(path, self._page)).as_posix())

    def _answers(self, place: int, name: str, rows: slice) -> AnswerColumns:
        said = [answers[name] for _, answers in self._held]
        return AnswerColumns(
            texts=[each.text for each in said],
            raws=[each.raw for each in said],
            reasons=[(i, each.reason) for i, each in enumerate(said) if each.reason is not None],
            flags=[each.flags for each in said],
            scores=[_rounded(column[rows]) for column in self._scores[place]],
        )


def _rounded(values: NDArray[np.float32]) -> list[float | None]:
    return [None if math.isnan(v) else round(v, _PLACES) for v in values.tolist()]
