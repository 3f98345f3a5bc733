"""What a metric is, and the table of those that a suite may name.

A metric turns texts into a matrix of *sufficient statistics*, a row a sample, whose sums over any
multiset of samples are enough to compute its score there. So one pass over the texts serves the
corpus score, the score of each sample, slices and every bootstrap resample, exactly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from harness.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.tools import ScoringTools

FloatArray = NDArray[np.float64]


class Metric(Protocol):
    """One metric family, such as BLEU with its four orders."""

    columns: tuple[str, ...]
    """The scores it gives, under the names that tables print: BLEU_1 … BLEU_4."""

    def statistics(
        self, predictions: Sequence[str], references: Sequence[Sequence[str]]
    ) -> FloatArray:
        """Give the sufficient statistics, shape (samples, k)."""

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, k), into scores, shape (…, len(columns)).

        A single row gives that sample's score; the column sums give the corpus score.
        """

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed, in the order of printing: tok, case, impl."""


METRICS: dict[str, str] = {
    "bleu": "harness.metrics.caption:Bleu",
    "rouge_l": "harness.metrics.caption:RougeL",
    "meteor": "harness.metrics.meteor:Meteor",
    "cider": "harness.metrics.caption:Cider",
}
"""Name in a suite's ``metrics:`` → where its class is; imported when first asked for."""


def create(name: str, tools: ScoringTools) -> Metric:
    """Make the metric of this name; ``tools`` are the tokeniser and METEOR processes it may share.

    Raises:
        MetricError: no metric has this name.
    """
    try:
        module, _, attribute = METRICS[name].partition(":")
    except KeyError:
        known = ", ".join(METRICS)
        raise MetricError(f"no metric is named '{name}'", hint=f"known metrics: {known}") from None
    metric: Metric = getattr(import_module(module), attribute)(tools)
    return metric
