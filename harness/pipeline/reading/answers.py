"""A run's completions → its answers, post-processed, system by system and draw by draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import ConfigError, StoreError
from harness.postprocess import check_steps, predict
from harness.records import Answer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from harness.records import (
        Json,
        RunRecord,
        Sample,
        StoredCompletion,
        System,
        VariantRecord,
    )
    from harness.store.run_folder import RunFolder

    Place: TypeAlias = tuple[int, str, str]
    """Draw, system and sample id."""

COMPLETIONS = "completions.jsonl"
MOST_STOPPED = 20
"""Answers on which a step may take too long, before it is refused: all together take seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAnswers:
    """The answers of a run; lists in the order of samples.

    A system that was drawn less often than others is not in the later draws.
    """

    draws: list[dict[str, list[Answer]]]
    raw: list[dict[str, list[Answer]]]
    """As the model wrote them, of the systems where post-processing changed a text."""
    malformed: Mapping[str, int] = field(default_factory=dict)
    """By system: completions without the form that the prompt asked for."""

    def of(self, system: str) -> Iterator[Answer]:
        """Give a system's answers, all draws one after the other."""
        for draw in self.draws:
            yield from draw.get(system, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRun:
    """What a run asked and was answered: read once for all that is made of it."""

    record: RunRecord
    samples: Sequence[Sample]
    answers: RunAnswers


def read_whole(folder: RunFolder) -> WholeRun:
    """Read a run with all its answers.

    Raises:
        StoreError: a file of the run is damaged or missing.
    """
    record, samples = folder.run(), folder.samples()
    return WholeRun(record=record, samples=samples, answers=read_answers(folder, record, samples))


def read_answers(folder: RunFolder, run: RunRecord, samples: Sequence[Sample]) -> RunAnswers:
    """Read and post-process the completions of these samples.

    Raises:
        StoreError: the run's completions are damaged, one is not there, or one stands twice.
        ConfigError: the run names a step that does not exist, or one that takes too long.
    """
    return make_answers(folder.completions(), run, samples, folder.path / COMPLETIONS)


def make_answers(
    completions: Iterable[StoredCompletion],
    run: RunRecord,
    samples: Sequence[Sample],
    path: Path,
) -> RunAnswers:
    """Post-process the completions of these samples.

    Args:
        completions: all of the run.
        run: its record.
        samples: those that are asked for.
        path: where the completions stand, for errors.

    Raises:
        StoreError: the run's completions are damaged, one is not there, or one stands twice.
        ConfigError: the run names a step that does not exist, or one that takes too long.
    """
    for variant in run.variants.values():
        for steps in (variant.postprocess, *variant.pipelines.values()):
            check_steps(steps)
    by_id = {sample.id: sample for sample in samples}
    asked: dict[str, list[System]] = {}
    for system in run.systems:
        asked.setdefault(system.asked_as, []).append(system)
    read = _Read(path)
    for line in completions:
        systems = asked.get(line.system, [])
        if not systems or systems[0].variant != line.variant:
            raise _damaged(path, f"a line is of system '{line.system}', variant '{line.variant}'")
        sample, variant = by_id.get(line.sample_id), run.variants[line.variant]
        if sample is None:
            if len(samples) == run.dataset.samples:
                raise _damaged(path, f"a line is of sample '{line.sample_id}'")
            continue  # not one of those that were asked for
        read.add(line, sample, systems, variant)
    answers, raw = read.answers, read.raw
    changed = {system for _, system, _ in raw}
    drawn = {system.name: system.draws * run.repeats for system in run.systems}
    _check_whole(answers.keys(), drawn, by_id, path)
    draws = [
        [name for name in drawn if draw < drawn[name]]
        for draw in range(max(drawn.values(), default=0))
    ]
    return RunAnswers(
        draws=[
            {name: [answers[d, name, sample.id] for sample in samples] for name in names}
            for d, names in enumerate(draws)
        ],
        raw=[
            {
                name: [raw.get((d, name, x.id), answers[d, name, x.id]) for x in samples]
                for name in names
                if name in changed
            }
            for d, names in enumerate(draws)
        ],
        malformed=read.malformed,
    )


def _has_form(text: str, form: Mapping[str, Json]) -> bool:
    from harness.answer_form import has_form  # loads a checker of schemas

    return has_form(text, form)


class _Read:
    """Answers as they are read, each by its place.

    Args:
        path: of the completions, for errors.
    """

    def __init__(self, path: Path) -> None:
        self.answers: dict[Place, Answer] = {}
        self.raw: dict[Place, Answer] = {}
        """As the model wrote them, where post-processing changed the text."""
        self.malformed: Counter[str] = Counter()
        self._stopped: Counter[str] = Counter()
        self._path = path

    def add(
        self,
        line: StoredCompletion,
        sample: Sample,
        systems: Sequence[System],
        variant: VariantRecord,
    ) -> None:
        """Post-process a completion by the pipeline of each of the systems that it is of.

        Raises:
            StoreError: it stands twice.
            ConfigError: a step takes too long.
        """
        made, form = line.completion, variant.structured_outputs
        malformed = bool(form) and made.error is None and not _has_form(made.text, form or {})
        for system in systems:
            place = (line.draw, system.name, line.sample_id)
            if place in self.answers:
                raise _damaged(self._path, f"{_named(place)} stands twice")
            said = predict(made, variant.steps(system.pipeline))
            self.answers[place] = Answer(sample=sample, completion=made, prediction=said)
            if said.steps:
                bare = predict(made, ())
                self.raw[place] = Answer(sample=sample, completion=made, prediction=bare)
            if malformed:
                self.malformed[system.name] += 1
            if said.slow:
                self._stopped.update(said.slow)
                _refuse_slow(self._stopped)


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


def _check_whole(
    places: Collection[Place], drawn: Mapping[str, int], ids: Collection[str], path: Path
) -> None:
    """Refuse completions of which one is not there, before lists are made for as many as are said.

    Raises:
        StoreError: names the first.
    """
    if len(places) == sum(drawn.values()) * len(ids):
        return
    for draw in range(max(drawn.values(), default=0)):
        for name in drawn:
            for sample_id in ids:
                if draw < drawn[name] and (draw, name, sample_id) not in places:
                    raise _damaged(path, f"{_named((draw, name, sample_id))} is not there")
    raise _damaged(path, "it holds more draws than the run had")


def _damaged(path: Path, fault: str) -> StoreError:
    return StoreError(
        f"{path} is damaged ({fault})",
        hint="run the suite again; finished completions are not asked for twice",
    )


def _named(place: Place) -> str:
    draw, system, sample_id = place
    return f"draw {draw} of system '{system}' for sample '{sample_id}'"
