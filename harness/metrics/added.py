"""A package's metric → a Metric whose faults and signature name the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import MetricError
from harness.metrics.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.additions import Addition
    from harness.metrics.arrays import FloatArray
    from harness.records import Answer, Sample


class AddedMetric(Metric):
    """A metric that a package adds.

    ``contrasted``, ``set_signature`` and ``among`` may be left out of it. Nobody but its author
    knows whether what it says of an answer depends on others: it is given all answers of a system
    at once, unless ``whole = False`` stands in it.

    Args:
        addition: says whose it is.
        made: its metric, with ``columns``, ``statistics``, ``aggregate`` and ``signature``.
    """

    def __init__(self, addition: Addition, made: Any) -> None:
        self.columns = tuple(made.columns)
        self.whole = bool(getattr(made, "whole", True))
        self._addition = addition
        self._made = made
        self._contrasted = getattr(made, "contrasted", made.aggregate)
        self._set_signature: Callable[[Sequence[Sample]], Mapping[str, str]] = getattr(
            made, "set_signature", lambda samples: {}
        )

    def among(self, samples: Sequence[Sample]) -> AddedMetric:
        """Give it as it is among all these samples."""
        among = getattr(self._made, "among", None)
        return self if among is None else AddedMetric(self._addition, self._run(among, samples))

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Give its statistics, shape (answers, k).

        Raises:
            MetricError: it failed, or gave something else.
        """
        rows = np.asarray(self._run(self._made.statistics, answers), dtype=np.float64)
        if rows.ndim != 2 or len(rows) != len(answers):
            raise MetricError(
                f"{self._whose} gave statistics of shape {rows.shape} for {len(answers)} answers"
            )
        return rows

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics into scores."""
        return self._scores(self._made.aggregate, totals)

    def contrasted(self, totals: FloatArray) -> FloatArray:
        """Give the scores that tests look at."""
        return self._scores(self._contrasted, totals)

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed, and by which version of the package."""
        own = self._run(self._made.signature)
        return {"package": self._addition.mark, **{str(k): str(v) for k, v in own.items()}}

    def set_signature(self, samples: Sequence[Sample]) -> Mapping[str, str]:
        """Say what of the whole set of samples a single score depends on."""
        own = self._run(self._set_signature, samples)
        return {str(name): str(value) for name, value in own.items()}

    @property
    def _whose(self) -> str:
        return f"the metric '{self._addition.name}' of the package {self._addition.label}"

    def _scores(self, compute: Callable[..., Any], totals: FloatArray) -> FloatArray:
        scores = np.asarray(self._run(compute, totals), dtype=np.float64)
        if scores.shape != (*totals.shape[:-1], len(self.columns)):
            raise MetricError(
                f"{self._whose} gave scores of shape {scores.shape} for {len(self.columns)} columns"
            )
        return scores

    def _run(self, compute: Callable[..., Any], *given: Any) -> Any:
        try:
            return compute(*given)
        except MetricError:
            raise
        except Exception as error:  # its code is not ours
            raise MetricError(f"{self._whose} failed ({type(error).__name__}: {error})") from error
