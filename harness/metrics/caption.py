"""BLEU, ROUGE-L and CIDEr as COCO's caption evaluation defines them (pycocoevalcap 1.2).

Texts in, sufficient statistics and scores out. The formulas are written here in exact, vectorised
forms, and the tests hold them against pycocoevalcap's own scorers. Processes and tokens belong to
harness.metrics.tools, METEOR to harness.metrics.meteor, resampling to harness.stats.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import MetricError
from harness.fingerprint import sha256_json_list
from harness.metrics.bare_texts import texts_of
from harness.metrics.document_frequencies import DocumentFrequencies
from harness.metrics.mean import MeanOfSamples
from harness.metrics.metric import Metric
from harness.metrics.ngrams import ORDERS, norms, sums
from harness.metrics.tools import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.ngrams import IntArray, NgramTable, References
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer, Sample

_IMPLEMENTATION = "pycocoevalcap-1.2"

_BLEU_TINY = 1e-15
_BLEU_SMALL = 1e-9

_ROUGE_BETA = 1.2

_CIDER_SIGMA = 6.0

_OTHER_SPACE = re.compile(r"[^\S ]")


class Bleu(Metric):
    """BLEU of orders 1 to 4 (Papineni et al., 2002), unsmoothed, each order by itself.

    The brevity penalty takes the closest reference length, of two equally close the shorter.
    No order is left out for short texts: a perfect title of three words has a BLEU_4 of 0.03.
    """

    columns = ("BLEU_1", "BLEU_2", "BLEU_3", "BLEU_4")
    bounds = (0.0, 1.0)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Count lengths and clipped n-gram matches, shape (samples, 10).

        Columns: prediction length, closest reference length, then the n-grams of the prediction
        and then those matched, for n = 1 to 4.

        Raises:
            MetricError: the tokeniser cannot be run.
        """
        table, rows, known = _tabled(self._tools, answers)
        lengths = table.lengths(rows)
        bags = table.bags(rows)
        matched = sums(bags, np.minimum(bags.counts, known.most(bags)), len(rows))
        guessed = np.maximum(0, lengths[:, None] - np.arange(ORDERS))
        closest = _closest(lengths, table.lengths(known.rows), known)
        return np.column_stack([lengths, closest, guessed, matched]).astype(np.float64)

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 10), into BLEU_1 … BLEU_4, shape (…, 4), 0 to 1.

        The tiny terms are pycocoevalcap's; they make no match about 1e-9 rather than 0.
        """
        length, closest = totals[..., :1], totals[..., 1:2]
        guessed, matched = totals[..., 2 : 2 + ORDERS], totals[..., 2 + ORDERS :]
        precisions = (matched + _BLEU_TINY) / (guessed + _BLEU_SMALL)
        means = np.cumprod(precisions, axis=-1) ** (1.0 / np.arange(1, ORDERS + 1))
        ratio = (length + _BLEU_TINY) / (closest + _BLEU_SMALL)
        brevity: FloatArray = np.exp(np.minimum(0.0, 1.0 - 1.0 / ratio))
        scores: FloatArray = means * brevity
        return scores

    def contrasted(self, totals: FloatArray) -> FloatArray:
        """Give the scores with 0 where an order has no match.

        What the tiny terms leave there follows from the texts' lengths, and is no difference.
        """
        matched = np.minimum.accumulate(totals[..., 2 + ORDERS :], axis=-1)
        return np.where(matched > 0, self.aggregate(totals), 0.0)

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {
            **self._tools.signature(),
            "reflen": "closest",
            "smooth": "none",
            "impl": _IMPLEMENTATION,
        }


class RougeL(MeanOfSamples):
    """ROUGE-L (Lin, 2004): the longest common subsequence as an F-score that favours recall.

    The best precision and the best recall are taken over the references separately, as COCO's
    caption evaluation does. An empty prediction scores 0 even where a reference has no tokens
    either; there pycocoevalcap says 1.
    """

    columns = ("ROUGE_L",)
    bounds = (0.0, 1.0)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools

    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Give each answer's score, 0 to 1, shape (answers,).

        Raises:
            MetricError: the tokeniser cannot be run.
        """
        table, rows, known = _tabled(self._tools, answers, words=_at_spaces)
        lengths = table.lengths(rows)
        # An empty reference is one empty word there, which nothing matches.
        reference_lengths = np.maximum(table.lengths(known.rows), 1)
        common = table.common_subsequences(rows[known.samples], known.rows)
        precision = np.maximum.reduceat(common, known.starts) / np.maximum(lengths, 1)
        recall = np.maximum.reduceat(common / reference_lengths, known.starts)
        square = _ROUGE_BETA**2
        over, under = (1.0 + square) * precision * recall, recall + square * precision
        values: FloatArray = np.divide(over, under, out=np.zeros_like(over), where=over > 0)
        return values

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {**self._tools.signature(), "beta": "1.2", "impl": _IMPLEMENTATION}


class Cider(MeanOfSamples):
    """CIDEr-D (Vedantam et al., 2015): likeness of tf-idf weighted n-grams, 0 to 10.

    An n-gram's document frequency is the number of samples whose references hold it, among those
    given to ``among``, by default those of ``statistics``: scores of different sets of samples
    cannot be compared. They stay those of the whole set in slices and resamples.
    """

    columns = ("CIDEr",)
    bounds = (0.0, 10.0)

    def __init__(self, tools: ScoringTools) -> None:
        """Share ``tools`` with the other metrics of a run."""
        self._tools = tools
        self._samples = 0
        self._frequencies: DocumentFrequencies | None = None

    def check_samples(self, samples: Sequence[Sample]) -> None:
        """Check that there are samples to weigh words by.

        Raises:
            MetricError: there are fewer than two.
        """
        if len(samples) < 2:
            raise MetricError(
                "CIDEr weighs words by how few samples use them, which one sample cannot tell "
                f"({len(samples)} given; even a perfect prediction would score 0)",
                hint="score two or more samples, or leave cider out of the suite's metrics",
            )

    def among(self, samples: Sequence[Sample]) -> Cider:
        """Give the metric with the document frequencies of these samples' references.

        Raises:
            MetricError: there are fewer than two samples, or the tokeniser cannot be run.
        """
        self.check_samples(samples)
        frequencies = DocumentFrequencies(self._tools.words)
        step = self._tools.most // 2
        for start in range(0, len(samples), step):
            references = [sample.references for sample in samples[start : start + step]]
            tokens = self._tools.tokenize([text for texts in references for text in texts])
            owners = np.arange(start, start + len(references))
            frequencies.add(tokens, np.repeat(owners, [len(texts) for texts in references]))
        frequencies.count()
        bound = Cider(self._tools)
        bound._samples, bound._frequencies = len(samples), frequencies
        return bound

    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Give each answer's score, shape (answers,).

        Raises:
            MetricError: as ``among``.
        """
        if self._frequencies is None:
            return self.among([answer.sample for answer in answers]).values(answers)
        table, rows, known = _tabled(self._tools, answers)
        # An n-gram in no reference counts as if it were in one sample's.
        idf = math.log(self._samples) - np.log(self._frequencies.of(table))
        # From here on a prediction is repeated for each of its references.
        rows = rows[known.samples]
        bags = table.bags(rows)
        reference_weights = known.each(bags) * idf[bags.ids]
        products = sums(
            bags,
            np.minimum(bags.counts * idf[bags.ids], reference_weights) * reference_weights,
            len(rows),
        )
        lengths = norms(bags, idf, len(rows)) * known.norms(idf)
        cosines = np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)
        apart = _bigrams(table.lengths(rows)) - _bigrams(table.lengths(known.rows))
        likeness = cosines.mean(axis=1) * np.exp(-(apart**2) / (2.0 * _CIDER_SIGMA**2))
        counts = np.diff(known.starts, append=len(known.rows))
        values: FloatArray = 10.0 * np.add.reduceat(likeness, known.starts) / counts
        return values

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {
            **self._tools.signature(),
            "df": "corpus",
            "variant": "d",
            "sigma": "6",
            "impl": _IMPLEMENTATION,
        }

    def set_signature(self, samples: Sequence[Sample]) -> Mapping[str, str]:
        """Hash the references of all samples, from which the document frequencies come.

        Of the mended texts, sorted within a sample, and the samples sorted: their order and their
        ids change no score.
        """
        # A character that no mended text has, and that sorts before all others, parts them: so the
        # texts of a sample, as one, sort as their list would.
        references = ["\0".join(sorted(map(sanitize, sample.references))) for sample in samples]
        references.sort()
        return {"refset": sha256_json_list(each.split("\0") for each in references)[:12]}


def _tabled(
    tools: ScoringTools, answers: Sequence[Answer], *, words: Callable[[str], str] = str
) -> tuple[NgramTable, IntArray, References]:
    """Give the table of n-grams, the answers' rows in it, shape (answers,), and the references.

    ``words`` may change tokens before they are split at white space.
    """
    predictions, references = texts_of(answers)
    flat = [text for texts in references for text in texts]
    samples = np.repeat(np.arange(len(references)), [len(texts) for texts in references])
    tokens = [words(text) for text in tools.tokenize([*predictions, *flat])]
    rows = tools.ngrams.rows(tokens)
    count = len(predictions)
    return tools.ngrams, rows[:count], tools.ngrams.references(rows[count:], samples)


def _at_spaces(text: str) -> str:
    """Keep words whole that hold another white space than the space.

    pycocoevalcap splits at the space alone for ROUGE-L, and not for BLEU: "1 1/2" with its
    no-break space is one word here and two there.
    """
    return text if text.isascii() else _OTHER_SPACE.sub("\x1a", text)


def _closest(lengths: IntArray, others: IntArray, known: References) -> IntArray:
    """Give the length of each sample's closest reference, the shorter of two equally close."""
    apart = np.abs(others - lengths[known.samples])
    order = np.lexsort((others, apart, known.samples))
    closest: IntArray = others[order][known.starts]
    return closest


def _bigrams(lengths: IntArray) -> IntArray:
    """Give CIDEr's measure of a text's length."""
    return np.maximum(lengths - 1, 0)
