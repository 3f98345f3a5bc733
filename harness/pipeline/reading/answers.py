"""A run's completions → its answers, post-processed, block by block as they stand in its file.

A block holds some samples of a draw with the answers of all systems, which stand next to each other
in the file; whoever makes numbers of answers keeps the numbers, and no answer for longer than its
block. So memory does not grow with what models wrote.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import ConfigError, StoreError
from harness.pipeline.reading.sample_places import Places
from harness.postprocess import check_steps, predict
from harness.records import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from harness.records import (
        Json,
        RunRecord,
        Sample,
        StoredCompletion,
        System,
        VariantRecord,
    )

COMPLETIONS = "completions.jsonl"
BLOCK = 50_000
"""Completions of a block, or a few more: each takes 2 to 4 kB until it is scored."""
MOST_STOPPED = 20
"""Answers on which a step may take too long, before it is refused: all together take seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some of the answers of one system in one draw, in the order of samples."""

    draw: int
    system: str
    places: NDArray[np.int64]
    """Of their samples in the run."""
    answers: Sequence[Answer]
    raw: Mapping[int, Answer]
    """Those whose text post-processing changed, as the model wrote them, by their place here."""
    malformed: int
    """Completions without the form that the prompt asked for."""


def answer_blocks(
    completions: Iterable[StoredCompletion],
    run: RunRecord,
    samples: Sequence[Sample],
    path: Path,
    *,
    size: int = BLOCK,
) -> Iterator[list[Part]]:
    """Post-process the completions of a run.

    Args:
        completions: all of it.
        run: its record.
        samples: of the run.
        path: where the completions stand, for errors.
        size: completions of a block. It ends with a sample, so that the systems of one are scored
            beside each other and its references are looked at once.

    Yields:
        Parts, by draw and then in the order of systems.

    Raises:
        StoreError: the run's completions are damaged, one is not there, or one stands twice.
        ConfigError: the run names a step that does not exist, or one that takes too long.
    """
    reading = AnswerReading(run, samples, path)
    last = None
    for line in completions:
        if reading.held >= size and line.sample_id != last:
            yield reading.take()
        last = line.sample_id
        reading.add(line)
    reading.check_whole()
    yield reading.take()


class AnswerReading:
    """Completions as they are read, until they are taken as answers.

    Args:
        run: the record of their run.
        samples: those that are asked for.
        path: of the completions, for errors.

    Raises:
        ConfigError: the run names a step that does not exist.
    """

    def __init__(self, run: RunRecord, samples: Sequence[Sample], path: Path) -> None:
        for variant in run.variants.values():
            for steps in (variant.postprocess, *variant.pipelines.values()):
                check_steps(steps)
        self.held = 0
        """Completions since the last were taken."""
        self._run = run
        self._path = path
        self._samples = len(samples)
        self._places = Places(samples)
        self._drawn = {system.name: system.draws * run.repeats for system in run.systems}
        self._row = {name: row for row, name in enumerate(self._drawn)}
        self._asked: dict[str, list[System]] = {}
        for system in run.systems:
            self._asked.setdefault(system.asked_as, []).append(system)
        self._gathered: dict[tuple[int, str], _Gathered] = {}
        self._seen: dict[int, NDArray[np.bool_]] = {}
        """By draw: which answers were read, shape (systems, samples)."""
        self._first = 0
        """Answers of the first draw that were read."""
        self._stopped: Counter[str] = Counter()

    @property
    def has_first_draw(self) -> bool:
        """Whether all systems' first answers were read."""
        return self._first == len(self._drawn) * self._samples

    def add(self, line: StoredCompletion) -> None:
        """Post-process a completion by the pipeline of each of the systems that it is of.

        Raises:
            StoreError: it is none of the run's, or stands twice.
            ConfigError: a step takes too long.
        """
        systems = self._asked.get(line.system, [])
        if not systems or systems[0].variant != line.variant:
            fault = f"a line is of system '{line.system}', variant '{line.variant}'"
            raise _damaged(self._path, fault)
        found = self._places.of(line.sample_id)
        if found is None:
            if self._samples == self._run.dataset.samples:
                raise _damaged(self._path, f"a line is of sample '{line.sample_id}'")
            return  # not one of those that were asked for
        place, sample = found
        made, variant = line.completion, self._run.variants[line.variant]
        malformed = _malformed(line, variant)
        self.held += 1
        for system in systems:
            self._see(line, system, place)
            said = predict(made, variant.steps(system.pipeline))
            answer = Answer(sample=sample, completion=made, prediction=said)
            raw = None
            if said.steps:
                raw = Answer(sample=sample, completion=made, prediction=predict(made, ()))
            gathered = self._gathered.setdefault((line.draw, system.name), _Gathered())
            gathered.add(place, answer, raw, malformed=malformed)
            if said.slow:
                self._stopped.update(said.slow)
                _refuse_slow(self._stopped)

    def take(self) -> list[Part]:
        """Give what was read since the last time."""
        parts = [gathered.part(draw, system) for (draw, system), gathered in self._gathered.items()]
        self._gathered = {}
        self.held = 0
        return sorted(parts, key=lambda part: (part.draw, self._row[part.system]))

    def check_whole(self) -> None:
        """Refuse completions of which one is not there.

        Raises:
            StoreError: names the first.
        """
        for draw in range(max(self._drawn.values(), default=0)):
            seen = self._seen.get(draw)
            for name, row in self._row.items():
                if draw < self._drawn[name] and (seen is None or not seen[row].all()):
                    place = 0 if seen is None else int(np.argmin(seen[row]))
                    sample_id = self._places.sample(place).id
                    raise _damaged(self._path, f"{_named(draw, name, sample_id)} is not there")

    def _see(self, line: StoredCompletion, system: System, place: int) -> None:
        if not 0 <= line.draw < self._drawn[system.name]:
            raise _damaged(self._path, "it holds more draws than the run had")
        seen = self._seen.get(line.draw)
        if seen is None:
            seen = np.zeros((len(self._row), self._samples), dtype=np.bool_)
            self._seen[line.draw] = seen
        row = self._row[system.name]
        if seen[row, place]:
            named = _named(line.draw, system.name, line.sample_id)
            raise _damaged(self._path, f"{named} stands twice")
        seen[row, place] = True
        self._first += line.draw == 0


class _Gathered:
    """Answers of one system in one draw, in the order of their coming."""

    def __init__(self) -> None:
        self._places: list[int] = []
        self._answers: list[Answer] = []
        self._raw: dict[int, Answer] = {}
        """By place in the run."""
        self._malformed = 0

    def add(self, place: int, answer: Answer, raw: Answer | None, *, malformed: bool) -> None:
        self._places.append(place)
        self._answers.append(answer)
        self._malformed += malformed
        if raw is not None:
            self._raw[place] = raw

    def part(self, draw: int, system: str) -> Part:
        places = np.array(self._places, dtype=np.int64)
        order = np.argsort(places, kind="stable")
        if (np.diff(order) == 1).all():
            answers = self._answers
        else:  # another draw has another order
            answers = [self._answers[i] for i in order]
        places = places[order]
        own = enumerate(places.tolist()) if self._raw else ()
        return Part(
            draw=draw,
            system=system,
            places=places,
            answers=answers,
            raw={i: self._raw[place] for i, place in own if place in self._raw},
            malformed=self._malformed,
        )


def _malformed(line: StoredCompletion, variant: VariantRecord) -> bool:
    form, made = variant.structured_outputs, line.completion
    return bool(form) and made.error is None and not _has_form(made.text, form or {})


def _has_form(text: str, form: Mapping[str, Json]) -> bool:
    from harness.answer_form import has_form  # loads a checker of schemas

    return has_form(text, form)


def _refuse_slow(stopped: Counter[str]) -> None:
    """Refuse a step that keeps a run from its end, answer by answer.

    Raises:
        ConfigError: there is one.
    """
    step, count = stopped.most_common(1)[0]
    if count >= MOST_STOPPED:
        from harness.bounded_schema import CHECK_SECONDS  # loads a checker of schemas

        raise ConfigError(
            f"step '{step:.60}' was stopped on {count} answers, for each took over "
            f"{CHECK_SECONDS} s",
            hint="write the expression without repetitions inside repetitions, such as (a+)+; "
            "completions are kept and not asked for again",
        )


def _damaged(path: Path, fault: str) -> StoreError:
    return StoreError(
        f"{path} is damaged ({fault})",
        hint="run the suite again; finished completions are not asked for twice",
    )


def _named(draw: int, system: str, sample_id: str) -> str:
    return f"draw {draw} of system '{system}' for sample '{sample_id}'"
