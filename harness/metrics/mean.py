"""What metrics share that are means of values of single samples."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.metrics.arrays import FloatArray
    from harness.records import Answer


class MeanOfSamples(Metric):
    """A metric whose score of a corpus is the mean of its samples' scores, column by column.

    A subclass says ``columns`` and gives ``values``.
    """

    @abstractmethod
    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Give each answer's scores, shape (answers, len(columns)); NaN where none applies."""
        ...

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Give each answer's scores beside a one, shape (answers, len(columns) + 1)."""
        values = np.asarray(self.values(answers), dtype=np.float64)
        values = values.reshape(len(answers), len(self.columns))
        return np.column_stack([values, np.ones(len(values))])

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, len(columns) + 1), into means, (…, len(columns))."""
        values, counts = totals[..., :-1], totals[..., -1:]
        assert (counts > 0).all(), "a mean over no samples"
        means: FloatArray = values / counts
        return means
