"""A run's samples → what answers should be like: as long as references, and in their language."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from harness.compliance.word_languages import language_of, script_of
from harness.records import ExpectedAnswers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Sample

FACTOR = 3
"""How many times the references' 99th percentile an answer may be long."""
LEAST_SHARE = 0.05
"""Share of references from which on a language or script is one of theirs."""
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")
"""A letter of a script that writes no spaces, or what white space parts."""


def word_count(text: str) -> int:
    """Count words; of scripts without spaces, letters."""
    # Where there are none of these, words are what white space parts: told in a fifth of the time.
    return len(text.split() if text.isascii() else _WORD.findall(text))


def expected_of(samples: Iterable[Sample]) -> ExpectedAnswers:
    """Learn from references what answers should be like."""
    lengths: Counter[int] = Counter()
    scripts: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    for text in (text for sample in samples for text in sample.references):
        lengths[word_count(text)] += 1
        scripts.update(filter(None, [script_of(text)]))
        languages.update(filter(None, [language_of(text)]))
    return ExpectedAnswers(
        most_words=FACTOR * _percentile(lengths, 0.99),
        scripts=_frequent(scripts),
        languages=_frequent(languages),
    )


def languages_of(samples: Iterable[Sample]) -> dict[str | None, int]:
    """Count references by their language, the most frequent first; None: their words tell none."""
    counts = Counter(language_of(text) for sample in samples for text in sample.references)
    return dict(counts.most_common())


def _percentile(counts: Counter[int], share: float) -> int:
    """Give the value that this share of values does not pass; 0 of none."""
    left = math.ceil(share * counts.total())
    for value, count in sorted(counts.items()):
        left -= count
        if left <= 0:
            return value
    return 0


def _frequent(counts: Counter[str]) -> tuple[str, ...]:
    least = LEAST_SHARE * counts.total()
    return tuple(name for name, count in counts.most_common() if count >= least)
