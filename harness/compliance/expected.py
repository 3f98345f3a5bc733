"""A run's samples → what answers should be like: as long as references, and in their language."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from harness.compliance.word_languages import language_of, script_of
from harness.records import ExpectedAnswers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    return sum(1 for _ in _WORD.finditer(text))


def expected_of(samples: Sequence[Sample]) -> ExpectedAnswers:
    """Learn from references what answers should be like."""
    references = [text for sample in samples for text in sample.references]
    lengths = sorted(map(word_count, references))
    longest = lengths[math.ceil(0.99 * len(lengths)) - 1] if lengths else 0
    return ExpectedAnswers(
        most_words=FACTOR * longest,
        scripts=_frequent(map(script_of, references)),
        languages=_frequent(map(language_of, references)),
    )


def _frequent(names: Iterable[str | None]) -> tuple[str, ...]:
    counts = Counter(name for name in names if name)
    total = counts.total()
    return tuple(name for name, count in counts.most_common() if count >= LEAST_SHARE * total)
