"""How long, how varied and how original the predictions are.

Length ratio is a metric like any other. The rest are functions of a whole set of texts that no sum
over samples gives: they have no interval, and stand outside the table of metrics.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.bare_texts import texts_of
from harness.metrics.metric import Metric
from harness.metrics.tools import sanitize

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.ngrams import IntArray, NgramTable
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer

_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
_COPIED = 3
"""Words of an exemplar, or more, that make a longer text which holds them a copy."""


class LengthRatio(Metric):
    """Tokens predicted for each token of the closest references; 1 is as long, 2 twice as long.

    BLEU's brevity penalty is a function of it (Papineni et al., 2002). Of two references equally
    close in length the shorter counts. Higher is not better.
    """

    columns = ("LENGTH_RATIO",)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Count the tokens of the prediction and of the closest reference, shape (samples, 2).

        Raises:
            MetricError: the tokeniser cannot be run.
        """
        predictions, references = texts_of(answers)
        self._tools.prepare(text for texts in (predictions, *references) for text in texts)
        lengths = self._lengths(predictions)
        rows = [
            (length, min((abs(other - length), other) for other in self._lengths(texts))[1])
            for length, texts in zip(lengths, references, strict=True)
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), 2)

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 2), into the ratio, shape (…, 1), 0 or more.

        It is 0 where no reference has a token, as sacrebleu's ratio is.
        """
        predicted, closest = totals[..., :1], totals[..., 1:]
        ratio: FloatArray = np.divide(
            predicted, closest, out=np.zeros_like(predicted), where=closest != 0
        )
        return ratio

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {**self._tools.signature(), "reflen": "closest"}

    def _lengths(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in self._tools.tokenize(texts)]


class Variety:
    """How varied texts are, counted as they come: the texts are not kept.

    Distinct-n are the different n-grams of all texts together ÷ all their n-grams, 0 to 1. They
    fall as there are more texts, so only sets of equal size compare. After Li et al. (2016), who
    divide by the number of words rather than of n-grams; the two agree for n = 1. No n-gram crosses
    from one text into the next.
    """

    def __init__(self) -> None:
        self.texts = 0
        self.words = 0
        """Of all texts together."""
        self._pairs = 0
        self._different_words = np.zeros(0, dtype=np.int64)
        self._different_pairs = np.zeros(0, dtype=np.int64)

    def add(self, table: NgramTable, rows: IntArray) -> None:
        """Count texts of a table; the tables of all must share their words."""
        owners, words = table.words_of(rows)
        within = owners[1:] == owners[:-1]
        pairs = (words[:-1] << 32 | words[1:])[within]
        self.texts += len(rows)
        self.words += len(words)
        self._pairs += len(pairs)
        self._different_words = np.union1d(self._different_words, words)
        self._different_pairs = np.union1d(self._different_pairs, pairs)

    @property
    def vocabulary(self) -> int:
        """The different words of all texts together."""
        return len(self._different_words)

    @property
    def distinct_1(self) -> float | None:
        """Distinct-1; None where no text has a word."""
        return self.vocabulary / self.words if self.words else None

    @property
    def distinct_2(self) -> float | None:
        """Distinct-2; None where no text has two words."""
        return len(self._different_pairs) / self._pairs if self._pairs else None


def count_copied(texts: Sequence[str], exemplars: Sequence[Collection[str]]) -> int:
    """Count the texts that copy an exemplar of their prompt.

    A copy has the exemplar's words, whatever their case and the signs between them, or holds them
    one after the other where they are three or more. An empty text copies nothing.

    Args:
        texts: predictions as written.
        exemplars: for each text, the answers that its prompt shows.
    """
    words_of, plain_of = cache(words), cache(_plain)

    def copies(text: str, answer: str) -> bool:
        if not plain_of(answer):
            return False
        own, other = words_of(text), words_of(answer)
        if not other:  # signs alone, such as an emoji
            return plain_of(text) == plain_of(answer)
        return other == own or (other.count(" ") >= _COPIED - 1 and f" {other} " in f" {own} ")

    pairs = zip(texts, exemplars, strict=True)
    return sum(any(copies(text, answer) for answer in shown) for text, shown in pairs)


def words(text: str) -> str:
    """Give a text's words, without case and punctuation, a space between each two.

    Of scripts that are written without spaces, Chinese, Japanese and Thai, a letter is a word.
    """
    return " ".join(_WORD.findall(text.casefold()))


def _plain(text: str) -> str:
    return sanitize(text).casefold()
