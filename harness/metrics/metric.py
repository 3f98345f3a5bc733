"""What a metric is.

A metric turns answers into a matrix of *sufficient statistics*, a row an answer, whose sums over
any multiset of samples are enough to compute its score there. So one pass over the texts serves the
corpus score, the score of each sample, slices and the score without any sample, exactly.
A row of NaN marks a sample that the metric has nothing to say about; ``applies`` tells those.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.records import Answer, Sample


class Metric(Protocol):
    """One metric family, such as BLEU with its four orders."""

    columns: tuple[str, ...]
    """The scores it gives, under the names that tables print: BLEU_1 … BLEU_4."""
    bounds: tuple[float, float] | None = None
    """What no score leaves, nor an end of its interval; None: there are no such."""
    shares: bool = False
    """Whether each answer scores 0 or 1, and the score is their share."""
    whole: bool = False
    """Whether ``statistics`` must be given all answers of a system at once; else, after ``among``,
    any of them, so that a long run is scored block by block."""

    def check_samples(self, samples: Sequence[Sample]) -> None:
        """Check what can be known before anything is answered; asked before a run asks.

        Raises:
            MetricError: whatever is answered, it cannot be computed among these samples.
        """
        return  # most can, among any

    def among(self, samples: Sequence[Sample]) -> Self:
        """Give the metric as it is among all these samples: itself, for most.

        What a score of one sample owes to the others, such as CIDEr's document frequencies, is
        found here. A metric that was not told takes it from those given to ``statistics``.

        Raises:
            MetricError: it cannot be computed among these samples, or on this machine.
        """
        return self

    @abstractmethod
    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Give the sufficient statistics, shape (answers, k).

        Args:
            answers: of one system, one per sample; all, or of a metric that is not ``whole``
                some. Rows of failed ones are not looked at.

        Returns:
            A row per answer; NaN throughout where the metric does not apply to the sample.

        Raises:
            MetricError: the metric cannot be computed on these answers, or on this machine.
        """

    @abstractmethod
    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, k), into scores, shape (…, len(columns)).

        A single row gives that sample's score; the column sums give the corpus score.
        """

    def contrasted(self, totals: FloatArray) -> FloatArray:
        """Give the scores that wins, ties and tests look at: as ``aggregate``.

        A metric that prints something where nothing was measured (BLEU's tiny terms) takes it out
        here, so that it never counts as a difference.
        """
        return self.aggregate(totals)

    @abstractmethod
    def signature(self) -> Mapping[str, str]:
        """Say how it is computed, in the order of printing: tok, case, impl.

        What a number depends on beside the texts stands in it: a model's files by their hash, the
        version of a package that computes.
        """

    def set_signature(self, samples: Sequence[Sample]) -> Mapping[str, str]:
        """Say what of a whole set of samples the score of a single one depends on, by its hash.

        Nothing, for most metrics. CIDEr's document frequencies come from all references.

        Args:
            samples: those of ``among``.

        Raises:
            MetricError: the metric cannot be computed on these samples.
        """
        return {}


def applies(statistics: FloatArray) -> NDArray[np.bool_]:
    """Tell which samples a metric applies to: statistics[…, n, k] → […, n]."""
    applicable: NDArray[np.bool_] = ~np.isnan(statistics[..., 0])
    return applicable
