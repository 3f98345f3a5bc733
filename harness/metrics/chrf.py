"""chrF2, the F-score of character n-grams (Popović, 2015), on sacrebleu's own counts.

sacrebleu counts n-grams and picks the reference; the formula over summed counts is written here
for whole bootstraps at once, and the tests hold it equal to sacrebleu's.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import MetricError
from harness.metrics.bare_texts import texts_of
from harness.metrics.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer

_ORDERS = 6
_BETA_SQUARED = 2.0**2


class Chrf(Metric):
    """Corpus chrF2 with sacrebleu's defaults, on its scale of 0 to 100.

    Characters 1- to 6-grams without white space, case kept, texts as written (no tokeniser). Of
    several references the one with the best chrF of the sample counts. A corpus score comes from
    summed counts; it is not the mean of the samples' scores.
    """

    columns = ("chrF",)
    bounds = (0.0, 100.0)

    def __init__(self, tools: ScoringTools) -> None:
        """Take ``tools`` as every metric does; nothing of them is needed."""

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Count n-grams, shape (samples, 18).

        Columns: for n = 1 to 6 the n-grams of the prediction, of its best reference, and of both.

        Raises:
            MetricError: sacrebleu is not installed.
        """
        predictions, references = texts_of(answers)
        try:
            from sacrebleu.metrics.chrf import CHRF
        except ImportError as error:
            raise MetricError(
                f"chrF is computed by sacrebleu, which cannot be imported: {error}",
                hint="pip install sacrebleu",
            ) from error
        # The two steps that corpus_chrf takes for each sample. sacrebleu has no public way to
        # them; a test holds the outcome equal to corpus_chrf, and its version is pinned.
        counter = CHRF(char_order=_ORDERS)
        rows = [
            counter._compute_segment_statistics(prediction, counter._extract_reference_info(texts))
            for prediction, texts in zip(predictions, references, strict=True)
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), 3 * _ORDERS)

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 18), into chrF, shape (…, 1), 0 to 100.

        The F-score of mean precision and mean recall over the orders that both sides have
        n-grams of ("effective order"); 0 where there is none.
        """
        precision, recall, orders = np.zeros((3, *totals.shape[:-1]))
        for order in range(_ORDERS):
            guessed, wanted, matched = np.moveaxis(totals[..., 3 * order : 3 * order + 3], -1, 0)
            counts = (guessed > 0) & (wanted > 0)
            precision += _ratio(matched, np.where(counts, guessed, 0.0))
            recall += _ratio(matched, np.where(counts, wanted, 0.0))
            orders += counts
        # In sacrebleu's order of operations, to agree with it in the last bit.
        precision, recall = _ratio(precision, orders), _ratio(recall, orders)
        score = _ratio(
            (1.0 + _BETA_SQUARED) * precision * recall, _BETA_SQUARED * precision + recall
        )
        return (100.0 * score)[..., np.newaxis]

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed, in the words of sacrebleu's own signature."""
        try:
            installed = version("sacrebleu")
        except PackageNotFoundError:
            installed = "absent"
        return {
            "case": "mixed",
            "eff": "yes",
            "nc": str(_ORDERS),
            "nw": "0",
            "space": "no",
            "impl": f"sacrebleu-{installed}",
        }


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    """Divide, giving 0 where the divisor is 0."""
    result: FloatArray = np.divide(over, under, out=np.zeros_like(over), where=under != 0)
    return result
