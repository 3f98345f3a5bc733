"""A run's completions → its answers, post-processed, system by system and draw by draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.answer_form import has_form
from harness.errors import StoreError
from harness.postprocess import check_steps, predict
from harness.records import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.records import RunRecord, Sample
    from harness.store.run_folder import RunFolder


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


def read_answers(folder: RunFolder, run: RunRecord, samples: Sequence[Sample]) -> RunAnswers:
    """Read and post-process the completions of these samples.

    Raises:
        StoreError: the run's completions are damaged, or one is not there.
        ConfigError: the run names a step that does not exist.
    """
    for steps in {variant.postprocess for variant in run.variants.values()}:
        check_steps(steps)
    by_id = {sample.id: sample for sample in samples}
    answers: dict[tuple[int, str, str], Answer] = {}
    raw: dict[tuple[int, str, str], Answer] = {}
    malformed: Counter[str] = Counter()
    for line in folder.completions():
        sample, variant = by_id.get(line.sample_id), run.variants.get(line.variant)
        if sample is None or variant is None:
            continue
        place = (line.draw, line.system, line.sample_id)
        made = line.completion
        answers[place] = Answer(
            sample=sample, completion=made, prediction=predict(made, variant.postprocess)
        )
        if answers[place].prediction.steps:
            raw[place] = Answer(sample=sample, completion=made, prediction=predict(made, ()))
        form = variant.structured_outputs
        if form and made.error is None and not has_form(made.text, form):
            malformed[line.system] += 1
    changed = {system for _, system, _ in raw}
    drawn = {system.name: system.draws * run.repeats for system in run.systems}
    draws = [
        [name for name in drawn if draw < drawn[name]]
        for draw in range(max(drawn.values(), default=0))
    ]
    try:
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
            malformed=malformed,
        )
    except KeyError as error:
        raise StoreError(
            f"{folder.path / 'completions.jsonl'} lacks {error}",
            hint="run the suite again; finished completions are not asked for twice",
        ) from error
