"""BLEU, ROUGE-L and CIDEr as COCO's caption evaluation defines them (pycocoevalcap 1.2).

Texts in, sufficient statistics and scores out. The formulas are written here in exact, vectorised
forms, and the tests hold them against pycocoevalcap's own scorers. Processes and tokens belong to
harness.metrics.tools, METEOR to harness.metrics.meteor, resampling to harness.stats.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.base import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Json

_ORDERS = 4
_IMPLEMENTATION = "pycocoevalcap-1.2"

_BLEU_TINY = 1e-15
_BLEU_SMALL = 1e-9

_ROUGE_BETA = 1.2

_CIDER_SIGMA = 6.0

_Counts = Counter[tuple[str, ...]]


class Bleu:
    """BLEU of orders 1 to 4 (Papineni et al., 2002), unsmoothed, each order by itself.

    The brevity penalty takes the closest reference length, of two equally close the shorter.
    No order is left out for short texts: a perfect title of three words has a BLEU_4 of 0.03.
    """

    columns = ("BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4")

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def statistics(
        self,
        predictions: Sequence[str],
        references: Sequence[Sequence[str]],
        *,
        metadata: Sequence[Mapping[str, Json]] | None = None,
    ) -> FloatArray:
        """Count lengths and clipped n-gram matches, shape (samples, 10).

        Columns: prediction length, closest reference length, then the n-grams of the prediction
        and then those matched, for n = 1 to 4.

        Raises:
            MetricError: the tokeniser cannot be run.
        """
        rows = [
            _bleu_row(prediction.split(), [text.split() for text in texts])
            for prediction, texts in _tokenized(self._tools, predictions, references)
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), 2 + 2 * _ORDERS)

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 10), into BLEU_1 … BLEU_4, shape (…, 4), 0 to 1.

        The tiny terms are pycocoevalcap's; they make no match about 1e-9 rather than 0.
        """
        length, closest = totals[..., :1], totals[..., 1:2]
        guessed, matched = totals[..., 2 : 2 + _ORDERS], totals[..., 2 + _ORDERS :]
        precisions = (matched + _BLEU_TINY) / (guessed + _BLEU_SMALL)
        means = np.cumprod(precisions, axis=-1) ** (1.0 / np.arange(1, _ORDERS + 1))
        ratio = (length + _BLEU_TINY) / (closest + _BLEU_SMALL)
        brevity: FloatArray = np.exp(np.minimum(0.0, 1.0 - 1.0 / ratio))
        scores: FloatArray = means * brevity
        return scores

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {
            **_tokens_signature(self._tools),
            "reflen": "closest",
            "smooth": "none",
            "impl": _IMPLEMENTATION,
        }


class RougeL:
    """ROUGE-L (Lin, 2004): the longest common subsequence as an F-score that favours recall.

    The best precision and the best recall are taken over the references separately, as COCO's
    caption evaluation does. An empty prediction scores 0 even where a reference has no tokens
    either; there pycocoevalcap says 1.
    """

    columns = ("ROUGE_L",)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def statistics(
        self,
        predictions: Sequence[str],
        references: Sequence[Sequence[str]],
        *,
        metadata: Sequence[Mapping[str, Json]] | None = None,
    ) -> FloatArray:
        """Give each sample's score, 0 to 1, beside a one, shape (samples, 2).

        Raises:
            MetricError: the tokeniser cannot be run.
        """
        return _value_and_one(
            [
                _rouge_l(prediction, texts)
                for prediction, texts in _tokenized(self._tools, predictions, references)
            ]
        )

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 2), into the mean score, shape (…, 1)."""
        return _mean(totals)

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {**_tokens_signature(self._tools), "beta": "1.2", "impl": _IMPLEMENTATION}


class Cider:
    """CIDEr-D (Vedantam et al., 2015): likeness of tf-idf weighted n-grams, 0 to 10.

    An n-gram's document frequency is the number of samples whose references hold it, among those
    given to ``statistics``: scores of different sets of samples cannot be compared.
    """

    columns = ("CIDEr",)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def statistics(
        self,
        predictions: Sequence[str],
        references: Sequence[Sequence[str]],
        *,
        metadata: Sequence[Mapping[str, Json]] | None = None,
    ) -> FloatArray:
        """Give each sample's score beside a one, shape (samples, 2).

        Raises:
            MetricError: there are fewer than two samples, or the tokeniser cannot be run.
        """
        if len(predictions) < 2:
            raise MetricError(
                "CIDEr weighs words by how few samples use them, which one sample cannot tell "
                f"({len(predictions)} given; even a perfect prediction would score 0)",
                hint="score two or more samples, or leave cider out of the suite's metrics",
            )
        samples = _tokenized(self._tools, predictions, references)
        counted = [[_ngrams(text.split()) for text in texts] for _, texts in samples]
        idf = _inverse_document_frequencies(counted)
        return _value_and_one(
            [
                _cider(_vector(_ngrams(prediction.split()), idf), [_vector(c, idf) for c in counts])
                for (prediction, _), counts in zip(samples, counted, strict=True)
            ]
        )

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 2), into the mean score, shape (…, 1).

        The document frequencies stay those of the whole set, in slices and resamples too.
        """
        return _mean(totals)

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {
            **_tokens_signature(self._tools),
            "df": "corpus",
            "variant": "d",
            "sigma": "6",
            "impl": _IMPLEMENTATION,
        }


class _Vector(NamedTuple):
    """A text as CIDEr sees it."""

    weights: list[dict[tuple[str, ...], float]]
    """Per order, n-gram → tf-idf."""
    norms: list[float]
    bigrams: int
    """CIDEr's measure of length."""


def _tokenized(
    tools: ScoringTools, predictions: Sequence[str], references: Sequence[Sequence[str]]
) -> list[tuple[str, list[str]]]:
    assert len(predictions) == len(references)
    assert all(references), "a sample without a reference"
    tools.prepare(text for texts in (predictions, *references) for text in texts)
    tokens = tools.tokenize(predictions)
    return [(text, tools.tokenize(texts)) for text, texts in zip(tokens, references, strict=True)]


def _tokens_signature(tools: ScoringTools) -> dict[str, str]:
    return {"tok": tools.tokenizer, "case": "lc" if tools.tokenizer == "ptb" else "mixed"}


def _ngrams(words: Sequence[str]) -> _Counts:
    """Count the n-grams of orders 1 to 4."""
    counts: _Counts = Counter()
    for order in range(1, _ORDERS + 1):
        counts.update(zip(*(words[start:] for start in range(order)), strict=False))
    return counts


def _bleu_row(prediction: Sequence[str], references: Sequence[Sequence[str]]) -> list[int]:
    length = len(prediction)
    closest = min((abs(len(words) - length), len(words)) for words in references)[1]
    most: _Counts = Counter()
    for words in references:
        most |= _ngrams(words)
    matched = [0] * _ORDERS
    for ngram, count in _ngrams(prediction).items():
        matched[len(ngram) - 1] += min(count, most[ngram])
    guessed = [max(0, length - order) for order in range(_ORDERS)]
    return [length, closest, *guessed, *matched]


def _rouge_l(prediction: str, references: Sequence[str]) -> float:
    if not prediction:
        return 0.0
    # At the space alone, as pycocoevalcap does here and not in BLEU: "1 1/2" with its no-break
    # space is one word. An empty reference is one empty word, which nothing matches.
    words = prediction.split(" ")
    targets = [reference.split(" ") for reference in references]
    common = [_common_subsequence(words, target) for target in targets]
    precision = max(common) / len(words)
    recall = max(count / len(target) for count, target in zip(common, targets, strict=True))
    if precision == 0.0:
        return 0.0
    square = _ROUGE_BETA**2
    return (1.0 + square) * precision * recall / (recall + square * precision)


def _common_subsequence(left: Sequence[str], right: Sequence[str]) -> int:
    """Give the length of the longest common subsequence.

    Bit-parallel (Hyyrö, 2004): bit i of ``open_`` is 0 where the best length grows at left[i].
    """
    places: dict[str, int] = {}
    for index, word in enumerate(left):
        places[word] = places.get(word, 0) | 1 << index
    mask = (1 << len(left)) - 1
    open_ = mask
    for word in right:
        hit = open_ & places.get(word, 0)
        open_ = ((open_ + hit) | (open_ - hit)) & mask
    return len(left) - open_.bit_count()


def _inverse_document_frequencies(
    counted: Sequence[Sequence[_Counts]],
) -> dict[tuple[str, ...], float]:
    """Map each n-gram of the references to log(samples / samples that have it)."""
    frequencies: _Counts = Counter()
    for counts in counted:
        frequencies.update(set().union(*counts))
    total = math.log(len(counted))
    return {ngram: total - math.log(count) for ngram, count in frequencies.items()} | {(): total}


def _vector(counts: _Counts, idf: Mapping[tuple[str, ...], float]) -> _Vector:
    # The empty n-gram stands for those in no reference, which count as if in one.
    unseen = idf[()]
    weights: list[dict[tuple[str, ...], float]] = [{} for _ in range(_ORDERS)]
    squares = [0.0] * _ORDERS
    bigrams = 0
    for ngram, count in counts.items():
        order = len(ngram) - 1
        weight = count * idf.get(ngram, unseen)
        weights[order][ngram] = weight
        squares[order] += weight * weight
        bigrams += count if order == 1 else 0
    return _Vector(weights, [math.sqrt(square) for square in squares], bigrams)


def _cider(prediction: _Vector, references: Sequence[_Vector]) -> float:
    total = 0.0
    for reference in references:
        difference = prediction.bigrams - reference.bigrams
        penalty = math.exp(-(difference**2) / (2.0 * _CIDER_SIGMA**2))
        for order in range(_ORDERS):
            norms = prediction.norms[order] * reference.norms[order]
            if norms == 0.0:
                continue
            theirs = reference.weights[order]
            product = sum(
                min(weight, theirs[ngram]) * theirs[ngram]
                for ngram, weight in prediction.weights[order].items()
                if ngram in theirs
            )
            total += product / norms * penalty
    return 10.0 * total / _ORDERS / len(references)


def _value_and_one(values: Sequence[float]) -> FloatArray:
    return np.column_stack([np.asarray(values, dtype=np.float64), np.ones(len(values))])


def _mean(totals: FloatArray) -> FloatArray:
    values, counts = totals[..., :1], totals[..., 1:]
    assert (counts > 0).all(), "a mean over no samples"
    means: FloatArray = values / counts
    return means
