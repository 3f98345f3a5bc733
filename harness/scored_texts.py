"""Lists of predictions and references → scores with intervals and signatures; no file, no model."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import DataError, MetricError
from harness.frames import result_frame, score_frame
from harness.metrics.registry import check_specs, create, parse_spec
from harness.metrics.tools import ScoringTools
from harness.postprocess import check_steps, predict, step_mark
from harness.records import Answer, Completion, Sample
from harness.report.notebook import results_html
from harness.scores import Measured, sample_scores, score_by_evaluate
from harness.scores import score as score_measured
from harness.units import clusters_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from harness.metrics.tools import Tokenizer
    from harness.records import Json, MetricResult, MetricSpec, SampleScores

METRICS = ("bleu", "rouge_l", "meteor", "cider")
NAME = "predictions"
"""What the system is called that the predictions are of."""


@dataclass(frozen=True)
class TextScores:
    """The scores of one list of predictions; a notebook shows them."""

    measured: tuple[MetricResult, ...]
    """A record a metric."""
    of_samples: tuple[SampleScores, ...]
    ids: tuple[str, ...]
    """Of the predictions, in order."""
    answered: NDArray[np.bool_]
    """Which of them are there, shape (predictions,)."""

    @cached_property
    def results(self) -> pd.DataFrame:
        """The scores with intervals, a row a metric: ``frames.RESULTS``."""
        return result_frame(self.measured)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores of each prediction, a row a metric and prediction: ``frames.SCORES``."""
        return score_frame(self.of_samples, self.measured, self.ids, {NAME: self.answered})

    @property
    def signatures(self) -> dict[str, str]:
        """Metric → how it was computed."""
        return {result.metric: result.signature.long() for result in self.measured}

    def value(self, metric: str) -> float | None:
        """Give one score; None where it could not be computed.

        Raises:
            KeyError: there is no such metric.
        """
        for result in self.measured:
            if result.metric == metric:
                return result.value
        raise KeyError(f"no {metric}; there are {', '.join(self.signatures)}")

    def _repr_html_(self) -> str:
        many = "1 prediction" if len(self.ids) == 1 else f"{len(self.ids):,} predictions"
        return results_html(many, self.measured)


def score(
    predictions: Sequence[str | None],
    references: Sequence[str | Sequence[str]],
    *,
    metrics: Sequence[Json] = METRICS,
    steps: Sequence[str] = (),
    ids: Sequence[str] | None = None,
    clusters: Sequence[Hashable] | None = None,
    tokenizer: Tokenizer = "ptb",
) -> TextScores:
    """Score texts against references, as a run scores them; nothing is read or written.

    Args:
        predictions: a text each; None: there is none, so that it is left out and counted.
        references: of each prediction one text, or several.
        metrics: as a suite writes them: ``"cider"``, ``{"keywords": {"field": "tags"}}``.
        steps: post-processing of the predictions.
        ids: names of the predictions; default: their places, from 0.
        clusters: what predictions have in common with others, so that they are no independent
            observations; default: each stands for itself.
        tokenizer: ptb, as COCO's caption evaluation does; none: words as they stand.

    Raises:
        DataError: the lists are not of one length, empty, or no texts; an id stands twice.
        HarnessError: a metric or a step is unknown.
    """
    specs = tuple(map(parse_spec, [metrics] if isinstance(metrics, str) else metrics))
    check_specs(specs)
    check_steps(steps)
    samples = _samples(predictions, references, ids, clusters)
    answers = [
        Answer(sample=sample, completion=made, prediction=predict(made, steps))
        for sample, text in zip(samples, predictions, strict=True)
        for made in [_completion(text)]
    ]
    with ScoringTools(tokenizer=tokenizer) as tools:
        _prepare(tools, answers)
        return _scored(answers, samples, specs, tools, steps)


def _scored(
    answers: Sequence[Answer],
    samples: Sequence[Sample],
    specs: Sequence[MetricSpec],
    tools: ScoringTools,
    steps: Sequence[str],
) -> TextScores:
    measured = Measured(
        {spec.label: create(spec, tools) for spec in specs if spec.kind == "own"},
        {NAME: 1},
        samples,
        keep_texts=any(spec.kind == "evaluate" for spec in specs),
    )
    measured.add(0, NAME, np.arange(len(samples)), answers)
    measured.finish()
    post = {NAME: "+".join(map(step_mark, steps)) or "none"}
    scored = score_measured(measured, post, clusters_of(samples))
    by_evaluate = [
        result
        for spec in specs
        if spec.kind == "evaluate"
        for result in score_by_evaluate(spec, measured, post)
    ]
    return TextScores(
        measured=(*scored.results, *by_evaluate),
        of_samples=tuple(sample_scores(scored, measured.metrics, [NAME], samples)),
        ids=tuple(sample.id for sample in samples),
        answered=scored.scored[0],
    )


def _samples(
    predictions: Sequence[str | None],
    references: Sequence[str | Sequence[str]],
    ids: Sequence[str] | None,
    clusters: Sequence[Hashable] | None,
) -> list[Sample]:
    """Make a sample of each prediction.

    Raises:
        DataError: see ``score``.
    """
    count = len(predictions)
    if not count:
        raise DataError("there are no predictions to score")
    for what, given in (("predictions", predictions), ("references", references)):
        if isinstance(given, str):
            raise DataError(f"{what} is one text", hint="give a list, with one entry a prediction")
    names = [str(i) for i in range(count)] if ids is None else list(ids)
    for what, many in (
        ("references", len(references)),
        ("ids", len(names)),
        ("clusters", count if clusters is None else len(clusters)),
    ):
        if many != count:
            raise DataError(f"there are {count:,} predictions and {many:,} {what}")
    if len(set(names)) != count:
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise DataError(f"the id '{twice}' stands twice")
    samples = []
    for i, (name, text, wanted) in enumerate(zip(names, predictions, references, strict=True)):
        if text is not None and not isinstance(text, str):
            raise DataError(f"prediction {i} is no text: {text!r:.60}", hint="None: there is none")
        cluster = None if clusters is None else repr(clusters[i])
        samples.append(Sample(id=name, media=(), references=_texts(i, wanted), cluster=cluster))
    return samples


def _texts(place: int, wanted: object) -> tuple[str, ...]:
    """Give the references of a prediction.

    Raises:
        DataError: there are none, or one is no text.
    """
    texts = (wanted,) if isinstance(wanted, str) else wanted
    if not isinstance(texts, Iterable) or not (found := tuple(texts)):
        raise DataError(f"prediction {place} has no reference: {wanted!r:.60}")
    if not all(isinstance(each, str) and each.strip() for each in found):
        raise DataError(f"a reference of prediction {place} is no text: {wanted!r:.60}")
    return found


def _completion(text: str | None) -> Completion:
    if text is None:
        return Completion(key="", text="", finish_reason="error", error="no prediction")
    return Completion(key="", text=text, finish_reason="stop")


def _prepare(tools: ScoringTools, answers: Sequence[Answer]) -> None:
    """Tokenise all texts at once, as a run does: Java is started once, sums have one order."""
    written = [answer.text for answer in answers]
    wanted = list(chain.from_iterable(answer.sample.references for answer in answers))
    with suppress(MetricError):  # without Java each metric that needs tokens says so itself
        tools.prepare(text for text in (*written, *wanted) if text)
        tools.ngrams.rows(tools.tokenize([*written, *wanted]))
