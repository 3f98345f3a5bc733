"""Which of a sample's keywords, such as its ingredients, a prediction names, and which it invents.

Counts whole words; it knows no synonyms ("scallion" is not "spring onion") and no negation.
"""

from __future__ import annotations

import re
import unicodedata
from copy import copy
from typing import TYPE_CHECKING

import numpy as np

from harness.errors import MetricError
from harness.fingerprint import sha256_json
from harness.metrics.bare_texts import texts_of
from harness.metrics.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer, Json, Sample

_WORD = re.compile(r"[^\W_]+")

_Keyword = tuple[str, ...]
"""The words of a keyword, in the form that stands for their singular and plural."""


class Keywords(Metric):
    """Precision, recall and F1 of the keywords that predictions name, micro-averaged.

    A sample's true keywords are a metadata field: a list of names, or one text with commas between
    them. The keywords that a prediction can name are those of *all* samples given to ``among``, by
    default those of ``statistics``: scores of different sets of samples cannot be compared. Words
    are compared whole, whatever their case or punctuation, in singular or plural; where keywords
    overlap the leftmost counts and of these the longest, so that "bell pepper" does not also name
    "pepper". A keyword counts once, however often it is named.

    A sample without the field (missing, null or blank) is not counted: its row is NaN. One whose
    list is empty is counted, and whatever is named there is wrong.
    """

    columns = ("KEYWORD_P", "KEYWORD_R", "KEYWORD_F1")
    bounds = (0.0, 1.0)

    def __init__(self, tools: ScoringTools, *, field: str = "ingredients") -> None:
        """Take ``tools`` as every metric does, and the metadata field that holds the keywords.

        Raises:
            MetricError: ``field`` is no name.
        """
        if not isinstance(field, str) or not field:
            raise MetricError(f"metric keywords: field: {field!r} is no name of a metadata field")
        self._field = field
        self._vocabulary: _Vocabulary | None = None

    def check_samples(self, samples: Sequence[Sample]) -> None:
        """Check that the field is there, and holds names.

        Raises:
            MetricError: no sample has the field, or it holds something other than names.
        """
        self._names_in(samples)

    def among(self, samples: Sequence[Sample]) -> Keywords:
        """Give the metric with the keywords of these samples.

        Raises:
            MetricError: as ``check_samples``.
        """
        names = self._names_in(samples)
        bound = copy(self)
        bound._vocabulary = _Vocabulary(names)
        return bound

    def statistics(self, answers: Sequence[Answer]) -> FloatArray:
        """Count keywords, shape (samples, 3).

        Columns: those named that are true, those named, those true. NaN for samples without the
        field.

        Raises:
            MetricError: as ``among``.
        """
        predictions, _ = texts_of(answers)
        if self._vocabulary is None:
            return self.among([answer.sample for answer in answers]).statistics(answers)
        vocabulary = self._vocabulary
        rows = [
            (np.nan,) * 3
            if (texts := self._names(answer.sample.metadata)) is None
            else _counts(vocabulary.named(prediction), vocabulary.keywords(texts))
            for prediction, answer in zip(predictions, answers, strict=True)
        ]
        return np.array(rows, dtype=np.float64).reshape(len(rows), 3)

    def aggregate(self, totals: FloatArray) -> FloatArray:
        """Turn summed statistics, shape (…, 3), into P, R and F1, shape (…, 3), 0 to 1.

        P = both ÷ named, R = both ÷ true, F1 = 2 both ÷ (named + true): of the sums, not means
        over samples (micro-averages; Manning et al., 2008, section 13.6). 0 where the divisor is 0.
        """
        both, named, true = np.moveaxis(totals, -1, 0)
        return np.stack(
            [_ratio(both, named), _ratio(both, true), _ratio(2.0 * both, named + true)], axis=-1
        )

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {
            "field": self._field,
            "vocab": "corpus",
            "match": "longest",
            "case": "lc",
            "num": "any",
            "avg": "micro",
        }

    def set_signature(self, samples: Sequence[Sample]) -> Mapping[str, str]:
        """Hash the keywords of all samples, as words: those that a prediction can name.

        Raises:
            MetricError: the field holds something other than names.
        """
        names = (name for sample in samples for name in self._names(sample.metadata) or ())
        known = {" ".join(_words(name)) for name in names} - {""}
        return {"vocabset": sha256_json(sorted(known))[:12]}

    def _names_in(self, samples: Sequence[Sample]) -> dict[str, None]:
        """Give the keywords of samples, each once."""
        names: dict[str, None] = {}
        there = False
        for sample in samples:
            texts = self._names(sample.metadata)
            there = there or texts is not None
            names.update(dict.fromkeys(texts or ()))
        if not there:
            fields = sorted({field for sample in samples for field in sample.metadata})
            raise MetricError(
                f"no sample has the metadata field '{self._field}'",
                hint="{keywords: {field: …}} in the suite names another; the samples have: "
                + (", ".join(fields) or "none"),
            )
        return names

    def _names(self, known: Mapping[str, Json]) -> list[str] | None:
        """Give a sample's keywords as they are written; None where it has no such field."""
        value = known.get(self._field)
        if value is None:
            return None
        if isinstance(value, str):
            if value.lstrip().startswith("["):
                raise self._not_names(value)
            return value.split(",") if value.strip() else None
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            raise self._not_names(value)
        return list(value)

    def _not_names(self, value: Json) -> MetricError:
        shown = repr(value)
        return MetricError(
            f"metadata field '{self._field}' holds no list of names: {shown[:60]}",
            hint="give a list of texts (JSONL, Parquet), or names with commas between them",
        )


class _Vocabulary:
    """The keywords that can be named."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take every keyword of the samples as it is written; some may hold no word."""
        split = [_words(name) for name in names]
        self._forms: dict[str, str] = {}
        # Shorter words first, so that a singular stands for its plural.
        for word in sorted({w for words in split for w in words}, key=lambda w: (len(w), w)):
            form = self._form(word)
            for singular in _singulars(word):
                self._forms.setdefault(singular, form)
        self._known = {self._canonical(words) for words in split} - {()}
        self._longest = max(map(len, self._known), default=0)

    def keywords(self, names: Iterable[str]) -> set[_Keyword]:
        """Give the different keywords among names."""
        return {self._canonical(_words(name)) for name in names} - {()}

    def named(self, text: str) -> set[_Keyword]:
        """Find the keywords that a text names, from left to right, the longest at each place."""
        words = self._canonical(_words(text))
        keywords: set[_Keyword] = set()
        start = 0
        while start < len(words):
            for end in range(min(start + self._longest, len(words)), start, -1):
                if words[start:end] in self._known:
                    keywords.add(words[start:end])
                    start = end
                    break
            else:
                start += 1
        return keywords

    def _canonical(self, words: Iterable[str]) -> _Keyword:
        return tuple(map(self._form, words))

    def _form(self, word: str) -> str:
        """Give the word that stands for this one in singular and plural."""
        return next((self._forms[s] for s in _singulars(word) if s in self._forms), word)


def _words(text: str) -> list[str]:
    """Split at all but letters and digits; an accent is the same letter however it is encoded."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def _singulars(word: str) -> list[str]:
    """Give the word itself, then what it may be the plural of, by the rules of English spelling.

    Too many rather than too few: they matter only where one is a word of some keyword. Irregular
    plurals (mice, geese) are not known.
    """
    if len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return [word]
    stem = word[:-1]
    if word.endswith("ies"):
        return [word, word[:-3] + "y", stem]
    if word.endswith("ves"):
        return [word, stem, word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith(("oes", "ses", "xes", "zes", "ches", "shes")):
        return [word, word[:-2], stem]
    return [word, stem]


def _counts(named: set[_Keyword], true: set[_Keyword]) -> tuple[float, float, float]:
    return len(named & true), len(named), len(true)


def _ratio(over: FloatArray, under: FloatArray) -> FloatArray:
    """Divide, giving 0 where the divisor is 0."""
    result: FloatArray = np.divide(over, under, out=np.zeros_like(over), where=under != 0)
    return result
