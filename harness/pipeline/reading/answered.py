"""A run → its answers, to be gone through once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.pipeline.reading.answers import BLOCK, COMPLETIONS, AnswerReading, answer_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harness.pipeline.reading.answers import Part
    from harness.records import Answer, RunRecord, Sample, StoredCompletion
    from harness.store.run_folder import RunFolder


class Answered:
    """What a run asked and was answered, to be gone through once.

    Args:
        folder: of the run.
        record: what it asked.
        samples: of whom.
        completions: all of them, where they are at hand; None: they are read from the folder.
        block: completions of a block.
    """

    def __init__(
        self,
        folder: RunFolder,
        record: RunRecord,
        samples: Sequence[Sample],
        completions: Iterable[StoredCompletion] | None = None,
        *,
        block: int = BLOCK,
    ) -> None:
        self.record = record
        self.samples = samples
        self.at_hand = completions if isinstance(completions, list) else None
        """The completions, where they are held anyhow, so that nobody need read them again."""
        self.marks: Mapping[str, NDArray[np.int64]] = {}
        """Flags of each sample's text, of systems of which they are known: ``FlagCounts.marks``."""
        self._folder = folder
        self._completions = completions
        self._block = block

    @classmethod
    def of(cls, folder: RunFolder) -> Answered:
        """Read what a run asked.

        Raises:
            StoreError: a file of the run is damaged or missing.
        """
        return cls(folder, folder.run(), folder.samples())

    def blocks(self) -> Iterator[list[Part]]:
        """Give the answers; see ``answer_blocks``."""
        lines, self._completions = self._completions, None
        return answer_blocks(
            self._folder.completions() if lines is None else lines,
            self.record,
            self.samples,
            self._folder.path / COMPLETIONS,
            size=self._block,
        )


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


def first_draw(folder: RunFolder, answered: Answered, *, size: int) -> Iterator[list[Part]]:
    """Give what was answered when each was first asked; no more is read.

    Args:
        folder: of the run.
        answered: the run with the samples that are asked for.
        size: answers of a block.

    Raises:
        StoreError: the run's completions are damaged, or one is not there.
    """
    reading = AnswerReading(answered.record, answered.samples, folder.path / COMPLETIONS)
    for line in answered.at_hand or folder.completions():
        reading.add(line)
        if reading.has_first_draw:
            break
        if reading.held >= size:
            yield [part for part in reading.take() if part.draw == 0]
    else:
        reading.check_whole()
    yield [part for part in reading.take() if part.draw == 0]


def first_answers(
    folder: RunFolder, run: RunRecord, samples: Sequence[Sample]
) -> dict[str, list[Answer]]:
    """Give what each system said of a few samples when it was first asked.

    Raises:
        StoreError: as ``first_draw``.
    """
    found: dict[str, dict[int, Answer]] = {}
    for parts in first_draw(folder, Answered(folder, run, samples), size=BLOCK):
        for part in parts:
            answers = zip(part.places.tolist(), part.answers, strict=True)
            found.setdefault(part.system, {}).update(answers)
    return {
        system: [answers[place] for place in range(len(samples))]
        for system, answers in found.items()
    }


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
