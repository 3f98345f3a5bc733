"""A run's numbers and texts → tidy pandas data frames: a row an observation, a column a fact.

Every frame has the same columns with the same dtypes whatever the run is: texts are ``string``,
counts ``Int64``, numbers ``float64``. What is not there is missing (``NA``, ``NaN``), and a column
``status`` says why, so that nothing missing is ever a silent 0.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from harness.records import (
        Comparison,
        MetricResult,
        RunRecord,
        Sample,
        SampleScores,
        StoredCompletion,
        System,
    )

    Draws = Iterable[tuple[str, int, str, Any]]

RESULTS = {
    "system": "string",
    "metric": "string",
    "status": "string",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "n_scored": "Int64",
    "n_unscored": "Int64",
    "units": "Int64",
    "reason": "string",
    "signature": "string",
}
"""Of ``result_frame``. ``status``: computed; no interval (``reason`` says why there is none); or
missing (``reason`` says why there is no value). ``low`` and ``high`` are the ends of the 95 %
interval, ``units`` the independent ones among the scored samples."""

SCORES = {
    "system": "string",
    "sample_id": "string",
    "metric": "string",
    "status": "string",
    "value": "float64",
}
"""Of ``score_frame``. ``status``: scored; failed (the system has no answer in any draw); not
applicable (the metric says nothing of the sample); missing (the metric could not be computed)."""

COMPLETIONS = {
    "system": "string",
    "variant": "string",
    "sample_id": "string",
    "draw": "Int64",
    "status": "string",
    "text": "string",
    "finish_reason": "string",
    "reason": "string",
    "prompt_tokens": "Int64",
    "cached_tokens": "Int64",
    "completion_tokens": "Int64",
    "seconds": "float64",
    "made_by": "string",
    "key": "string",
}
"""Of ``completion_frame``. ``status``: ok, truncated (cut off at max_tokens) or failed; ``text`` is
missing exactly where it failed, and ``reason`` says why."""

PREDICTIONS = {
    "system": "string",
    "sample_id": "string",
    "draw": "Int64",
    "status": "string",
    "value": "string",
    "reason": "string",
    "steps": "string",
    "declined": "string",
    "unapplied": "string",
}
"""Of ``prediction_frame``. ``status``: ok, empty (an answer of nothing, scored as such) or failed
(unscored); ``value`` is missing exactly where it failed, and ``reason`` says why. The steps that
changed the text, would have emptied it and could not be applied are joined by ``+``."""

SAMPLES = {
    "sample_id": "string",
    "references": "object",
    "cluster": "string",
    "images": "object",
    "metadata": "string",
}
"""Of ``sample_frame``. ``references`` and ``images`` (their sha256) are lists,
``metadata`` is JSON."""

SYSTEMS = dict.fromkeys(
    ("system", "asked_as", "model", "variant", "decoding", "pipeline", "control"), "string"
)
"""Of ``system_frame``. ``asked_as`` is the name of its completions, which systems that differ in
their post-processing alone share; ``control`` is missing where it is none."""

PAIRS = ("metric", "candidate", "baseline")
"""The index of ``pair_frame``."""


def result_frame(results: Sequence[MetricResult]) -> pd.DataFrame:
    """Lay out the scores of systems: a row a system and metric; columns ``RESULTS``."""
    return _frame(
        RESULTS,
        (
            (
                result.system,
                result.metric,
                _status(result),
                result.value,
                *(result.interval or (None, None)),
                result.n_scored,
                result.n_unscored,
                result.units,
                result.no_interval if result.value is not None else result.missing,
                result.signature.long(),
            )
            for result in results
        ),
    )


def score_frame(
    scores: Iterable[SampleScores],
    results: Sequence[MetricResult],
    sample_ids: Sequence[str],
    answered: Mapping[str, NDArray[np.bool_]],
) -> pd.DataFrame:
    """Lay out the scores of single samples: a row a system, metric and sample; columns ``SCORES``.

    A metric that is one number for the corpus, as of Hugging Face's evaluate, has no rows.

    Args:
        scores: of a run.
        results: of its systems, which say what is missing.
        sample_ids: of all its samples, in order.
        answered: system → which samples it has an answer for, shape (samples,).
    """
    import numpy as np
    import pandas as pd

    found = {(each.system, each.metric): each for each in scores}
    of_samples = {metric for _, metric in found}
    place = {sample_id: i for i, sample_id in enumerate(sample_ids)}
    shown = [r for r in results if r.metric in of_samples or r.value is None]
    values = np.full((len(shown), len(place)), np.nan)
    states = np.empty((len(shown), len(place)), dtype=object)
    for row, result in enumerate(shown):
        there = answered[result.system]
        column = found.get((result.system, result.metric))
        states[row] = np.where(there, "not applicable" if column else "missing", "failed")
        if column is not None:
            places = [place[sample_id] for sample_id in column.sample_ids]
            values[row, places] = column.values
            states[row, places] = "scored"
    count = len(place)
    frame = pd.DataFrame(
        {
            "system": np.repeat([result.system for result in shown], count),
            "sample_id": np.tile(np.array(sample_ids, dtype=object), len(shown)),
            "metric": np.repeat([result.metric for result in shown], count),
            "status": states.ravel(),
            "value": values.ravel(),
        }
    )
    return frame.astype(SCORES)


def completion_frame(completions: Iterable[StoredCompletion]) -> pd.DataFrame:
    """Lay out raw texts: a row a completion, in the order of the run; columns ``COMPLETIONS``.

    Systems that differ in their post-processing alone share completions: ``system`` is then what
    was asked for all of them.
    """
    return _frame(
        COMPLETIONS,
        (
            (
                line.system,
                line.variant,
                line.sample_id,
                line.draw,
                _completed(line),
                made.text if made.error is None else None,
                made.finish_reason,
                made.error,
                made.prompt_tokens,
                made.cached_tokens,
                made.completion_tokens,
                made.seconds,
                made.made_by,
                made.key,
            )
            for line in completions
            for made in [line.completion]
        ),
    )


def prediction_frame(draws: Draws) -> pd.DataFrame:
    """Lay out post-processed texts: a row a system, draw and sample; columns ``PREDICTIONS``.

    Args:
        draws: system, draw, sample's id and prediction each.
    """
    return _frame(
        PREDICTIONS,
        (
            (
                system,
                sample_id,
                draw,
                said.status,
                said.value,
                said.reason,
                "+".join(said.steps),
                "+".join(said.declined),
                "+".join(said.unapplied),
            )
            for system, draw, sample_id, said in draws
        ),
    )


def sample_frame(samples: Iterable[Sample]) -> pd.DataFrame:
    """Lay out samples: a row each, in the order of the run; columns ``SAMPLES``."""
    return _frame(
        SAMPLES,
        (
            (
                sample.id,
                list(sample.references),
                sample.cluster,
                [ref.sha256 for ref in sample.media],
                json.dumps(dict(sample.metadata), ensure_ascii=False),
            )
            for sample in samples
        ),
    )


def system_frame(systems: Sequence[System]) -> pd.DataFrame:
    """Lay out systems: a row each; columns ``SYSTEMS``."""
    rows = (
        (s.name, s.asked_as, s.model, s.variant, s.decoding.name, s.pipeline, s.control)
        for s in systems
    )
    return _frame(SYSTEMS, rows)


def pair_frame(pairs: Iterable[Comparison]) -> pd.DataFrame:
    """Lay out comparisons: a row a metric and pair (its index), a column a field.

    ``low`` and ``high`` are the ends of the interval.
    """
    import pandas as pd

    rows = []
    for pair in pairs:
        fields = asdict(pair)
        fields["low"], fields["high"] = fields.pop("interval") or (None, None)
        rows.append(fields)
    return pd.DataFrame(rows).set_index(list(PAIRS))


def answered_in(run: RunRecord, scored: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Name the rows of a run's ``statistics.npz`` that say which samples a system answered."""
    return {system.name: scored[row] for row, system in enumerate(run.systems)}


def _frame(columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns), dtype=object).astype(dict(columns))


def _status(result: MetricResult) -> str:
    if result.value is None:
        return "missing"
    return "computed" if result.interval else "no interval"


def _completed(line: StoredCompletion) -> str:
    made = line.completion
    if made.error is not None:
        return "failed"
    return "truncated" if made.finish_reason == "length" else "ok"
