"""METEOR 1.5: alignments that its Java program counted, made into statistics and scores.

The formula is written here over summed statistics; the tests hold it against the Java program's
own. The process belongs to harness.metrics.meteor_process.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.bare_texts import texts_of
from harness.metrics.java import METEOR_JAR, jar_version
from harness.metrics.metric import Metric
from harness.metrics.tools import METEOR_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer

_ALPHA = 0.85
_BETA = 0.2
_GAMMA = 0.6
_DELTA = 0.75
_WEIGHTS = np.array([1.0, 0.6, 0.8, 0.6])
"""Of exact, stem, synonym and paraphrase matches."""


class Meteor(Metric):
    """METEOR 1.5 for English (Denkowski and Lavie, 2014), with its paraphrase table.

    A corpus score comes from summed statistics, as the Java program does it; it is not the mean
    of the samples' scores.
    """

    columns = ("METEOR",)
    bounds = (0.0, 1.0)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Give METEOR's 23 statistics for the best reference, shape (samples, 23).

        Columns: length, reference length, function words of each; then for each of four ways to
        match: content words matched in the prediction, in the reference, function words in each;
        then chunks, words matched in the prediction, in the reference.

        Raises:
            MetricError: the tokeniser or METEOR cannot be run.
        """
        predictions, references = texts_of(answers)
        rows = self._tools.meteor_statistics(list(zip(predictions, references, strict=True)))
        return summable(rows)

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 23), into METEOR, shape (…, 1), 0 to 1."""
        matches = totals[..., 4:20].reshape(*totals.shape[:-1], 4, 4)
        chunks = totals[..., 20]
        precision = _share(matches[..., 0], matches[..., 2], totals[..., 0], totals[..., 2])
        recall = _share(matches[..., 1], matches[..., 3], totals[..., 1], totals[..., 3])
        # Written as a product: where nothing matched both are 0, and so is the mean.
        mean = _ratio(precision * recall, (1.0 - _ALPHA) * recall + _ALPHA * precision)
        fragmentation = _ratio(chunks, (totals[..., 21] + totals[..., 22]) / 2.0)
        scores: FloatArray = mean * (1.0 - _GAMMA * fragmentation**_BETA)
        return scores[..., np.newaxis]

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed; METEOR lower-cases by itself, whatever the tokeniser.

        Its jar is told by its hash, its tables by the version of the package that they lie in.
        """
        try:
            installed = version("pycocoevalcap")
        except PackageNotFoundError:
            installed = "absent"
        return {
            **self._tools.signature(),
            "case": "lc",
            "meteor": "1.5",
            "lang": "en",
            "jar": jar_version(METEOR_JAR),
            "words": str(METEOR_WORDS),
            "impl": f"pycocoevalcap-{installed}",
        }


def summable(lines: NDArray[np.int64]) -> FloatArray:
    """Make METEOR's statistics lines summable, shape (…, 23).

    A prediction that matches its reference word by word in one chunk is not fragmented; METEOR
    counts no chunk for it, in the sample's own score and in a corpus.
    """
    rows = lines.astype(np.float64)
    perfect = (
        (rows[..., 20] == 1) & (rows[..., 21] == rows[..., 0]) & (rows[..., 22] == rows[..., 1])
    )
    rows[..., 20] = np.where(perfect, 0.0, rows[..., 20])
    return rows


def _share(
    content: FloatArray, function: FloatArray, words: FloatArray, function_words: FloatArray
) -> FloatArray:
    """Weigh the matched words against all words of one side; matches have shape (…, 4)."""
    matched = _DELTA * content + (1.0 - _DELTA) * function
    length = _DELTA * (words - function_words) + (1.0 - _DELTA) * function_words
    return _ratio(matched @ _WEIGHTS, length)


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    """Divide, giving 0 where the divisor is 0."""
    result: FloatArray = np.divide(over, under, out=np.zeros_like(over), where=under != 0)
    return result
