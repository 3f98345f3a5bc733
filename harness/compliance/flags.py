"""A raw text → its flags: how it is no bare answer in the raw text, before post-processing.

The flags are counted, and change no score. How often each is right is measured on texts in the
style of real models: tests/unit/compliance/test_labelled.py. Linear in the text.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.compliance import phrases
from harness.compliance.expected import word_count
from harness.compliance.repeating import repeats_itself
from harness.compliance.word_languages import ENOUGH, language_weights, script_of
from harness.thoughts import without_thoughts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.records import ExpectedAnswers

FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "nothing, or white space",
        "refusal": "it will not or cannot answer",
        "preamble": "words that lead up to the answer",
        "quotes": "the answer stands in quotation marks",
        "several_lines": "more than one line, tagged reasoning left out",
        "markdown": "headings, lists, emphasis, fences",
        "reasoning": "thinking in tags, or aloud",
        "truncated": "cut off at max_tokens",
        "language": "another language or script than the references",
        "too_long": "more than three times the references' 99th percentile, in words",
        "repeats": "a phrase follows itself",
    }
)
"""Flag → what it says of a text; in the order of tables."""

HEAD = 400
"""Characters in which a refusal or a lead-in begins."""


def flags_of(text: str, finish_reason: str, expected: ExpectedAnswers) -> frozenset[str]:
    """Say in which ways a text is no bare answer: names of FLAGS.

    Args:
        text: as the model wrote it.
        finish_reason: of a request that did not fail: stop or length.
        expected: what answers should be like.
    """
    cut = {"truncated"} if finish_reason == "length" else set()
    if not text.strip():
        return frozenset({"empty", *cut})
    answer, tagged = without_thoughts(text)
    head = answer.strip()[:HEAD]
    aloud = phrases.ALOUD.match(head) is not None
    refused = _refuses(head)
    found = {
        "refusal": refused,
        "preamble": not refused and not aloud and _leads_in(head),
        "quotes": _is_quoted(answer),
        "several_lines": sum(1 for line in answer.splitlines() if line.strip()) > 1,
        "markdown": _is_marked(answer),
        "reasoning": tagged or aloud,
        "language": _is_foreign(text, expected),
        "too_long": 0 < expected.most_words < word_count(text),
        "repeats": repeats_itself(text),
    }
    return frozenset({*cut, *(flag for flag, holds in found.items() if holds)})


def _refuses(head: str) -> bool:
    small = head.casefold()
    clue = any(map(small.__contains__, phrases.REFUSAL_CLUES))
    return clue and phrases.REFUSAL.search(head) is not None


def _leads_in(head: str) -> bool:
    bare = phrases.MARKS.sub("", head)
    labelled = phrases.ANY_COLON.search(bare) and phrases.LABEL.match(bare)
    return bool(labelled or phrases.WILLING.match(bare) or phrases.LEAD_IN.match(bare))


def _is_quoted(answer: str) -> bool:
    if not phrases.ANY_QUOTE.search(answer):
        return False
    for line in answer.splitlines()[:20]:
        bare = phrases.LINE_MARK.sub("", line).strip()[-HEAD:].strip("*_ ")
        quoted = phrases.QUOTED.search(bare) or (
            _leads_in(bare) and phrases.NAMED_IN_QUOTES.search(bare)
        )
        if quoted and not re.search(r"'\s[^']*\s'", quoted["single"] or ""):
            return True
    return False


def _is_marked(answer: str) -> bool:
    return bool(phrases.ANY_MARK.search(answer) and phrases.MARKDOWN.search(answer))


def _is_foreign(text: str, expected: ExpectedAnswers) -> bool:
    script = script_of(text)
    if script is None or not expected.scripts:
        return False
    if script not in expected.scripts:
        return True
    if script != "Latin" or not expected.languages:
        return False
    weights = language_weights(text)
    known = max((weights.pop(language, 0.0) for language in expected.languages), default=0.0)
    return max(weights.values(), default=0.0) >= known + ENOUGH
