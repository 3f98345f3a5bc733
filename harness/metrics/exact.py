"""Exact match: predictions that are a reference letter by letter, or up to SQuAD's normalisation.

Texts are compared as they stand, without the tokeniser of the caption metrics.
"""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

import numpy as np

from harness.metrics.bare_texts import texts_of
from harness.metrics.mean import MeanOfSamples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.metrics.arrays import FloatArray
    from harness.metrics.tools import ScoringTools
    from harness.records import Answer

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


class ExactMatch(MeanOfSamples):
    """The share of predictions that equal one of their references.

    EXACT compares texts as written; EXACT_NORM after ``normalized``. An empty prediction matches
    nothing, not even an empty reference.
    """

    columns = ("EXACT", "EXACT_NORM")
    bounds = (0.0, 1.0)
    shares = True

    def __init__(self, tools: ScoringTools) -> None:
        """Take ``tools`` as every metric does; nothing of them is needed."""

    def values(self, answers: Sequence[Answer]) -> FloatArray:
        """Give 1 or 0 for each of the two columns, shape (answers, 2)."""
        pairs = zip(*texts_of(answers), strict=True)
        return np.array([_matches(*pair) for pair in pairs], dtype=np.float64)

    def signature(self) -> Mapping[str, str]:
        """Say how it is computed."""
        return {"match": "any-ref", "norm": "squad-1.1"}


def normalized(text: str) -> str:
    """Lower-case, drop ASCII punctuation, then the articles a, an, the, then surplus white space.

    As SQuAD's evaluate-v1.1.py does, in its order (Rajpurkar et al., 2016, section 6.1): "A-Z"
    becomes one word, "don't" becomes dont, and accents, curly quotes and emoji stay.
    """
    words = _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION))
    return " ".join(words.split())


def _matches(prediction: str, references: Sequence[str]) -> tuple[bool, bool]:
    if not prediction.strip():
        return False, False
    if prediction in references:
        return True, True
    form = normalized(prediction)
    return False, any(normalized(reference) == form for reference in references)
