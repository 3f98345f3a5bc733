"""A run → its answers, to be gone through once, with what a report shows of them remembered."""

from __future__ import annotations

from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from harness.pipeline.reading.answers import BLOCK, COMPLETIONS, AnswerReading, answer_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.pipeline.reading.answers import Part
    from harness.records import Answer, RunRecord, Sample, SampleScores, StoredCompletion
    from harness.store.run_folder import RunFolder


class Answered:
    """What a run asked and was answered, to be gone through once.

    Args:
        folder: of the run.
        record: what it asked.
        samples: of whom.
        completions: all of them, where they are at hand; None: they are read from the folder.
        shown: how many samples' answers are remembered as they go by: the first ones.
        block: completions of a block.
    """

    def __init__(
        self,
        folder: RunFolder,
        record: RunRecord,
        samples: Sequence[Sample],
        completions: Iterable[StoredCompletion] | None = None,
        *,
        shown: int = 0,
        block: int = BLOCK,
    ) -> None:
        self.record = record
        self.samples = samples
        self.first_scores: list[SampleScores] = []
        """What was remembered of the scores of the first samples."""
        self._first: dict[str, dict[int, Answer]] = {s.name: {} for s in record.systems}
        self._folder = folder
        self._completions = completions
        self._shown = shown
        self._block = block

    @classmethod
    def of(cls, folder: RunFolder, *, shown: int = 0) -> Answered:
        """Read what a run asked.

        Raises:
            StoreError: a file of the run is damaged or missing.
        """
        return cls(folder, folder.run(), folder.samples(), shown=shown)

    def blocks(self) -> Iterator[list[Part]]:
        """Give the answers; see ``answer_blocks``."""
        lines, self._completions = self._completions, None
        blocks = answer_blocks(
            self._folder.completions() if lines is None else lines,
            self.record,
            self.samples,
            self._folder.path / COMPLETIONS,
            size=self._block,
        )
        for parts in blocks:
            for part in parts:
                if part.draw == 0:
                    within = int(np.searchsorted(part.places, self._shown))
                    answers = zip(part.places[:within].tolist(), part.answers, strict=False)
                    self._first[part.system].update(answers)
            yield parts

    @property
    def first(self) -> dict[str, list[Answer]]:
        """What was remembered: of the first draw, by system, in the order of samples."""
        return {
            system: [answers[place] for place in sorted(answers)]
            for system, answers in self._first.items()
        }

    def remembering(self, scores: Iterable[SampleScores]) -> Iterator[SampleScores]:
        """Hand scores on, and remember those of the first samples."""
        first = {sample.id for sample in self.samples[: self._shown]}
        for column in scores:
            within = sum(1 for _ in takewhile(first.__contains__, column.sample_ids))
            self.first_scores.append(
                replace(
                    column,
                    sample_ids=column.sample_ids[:within],
                    values=column.values[:within],
                )
            )
            yield column


class FewCompletions:
    """Completions as they are written, held as long as they are no more than a block.

    Reading what has just been written takes as long as all the metrics of it.
    """

    def __init__(self) -> None:
        self.all: list[StoredCompletion] | None = []
        """None: there are too many."""

    def add(self, stored: StoredCompletion) -> None:
        """Take one more."""
        if self.all is not None:
            self.all.append(stored)
            if len(self.all) > BLOCK:
                self.all = None


def first_answers(
    folder: RunFolder, run: RunRecord, samples: Sequence[Sample]
) -> dict[str, list[Answer]]:
    """Give what each system said of some samples when it was first asked; no more is read.

    Raises:
        StoreError: the run's completions are damaged, or one is not there.
    """
    reading = AnswerReading(run, samples, folder.path / COMPLETIONS)
    for line in folder.completions():
        reading.add(line)
        if reading.has_first_draw:
            break
    else:
        reading.check_whole()
    return {part.system: list(part.answers) for part in reading.take() if part.draw == 0}


def answers_of(
    folder: RunFolder, run: RunRecord, samples: Sequence[Sample], system: str, draw: int
) -> list[Answer]:
    """Give all that a system said in one draw, in the order of samples.

    Raises:
        StoreError: the run's completions are damaged, one is not there, or one stands twice.
        ConfigError: the run names a step that does not exist, or one that takes too long.
    """
    found: dict[int, Answer] = {}
    for parts in answer_blocks(folder.completions(), run, samples, folder.path / COMPLETIONS):
        for part in parts:
            if (part.system, part.draw) == (system, draw):
                found.update(zip(part.places.tolist(), part.answers, strict=True))
    return [found[place] for place in range(len(samples))]
