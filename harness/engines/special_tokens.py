"""A checkpoint's special tokens: strings that steer the model wherever they stand in a text.

Its tokenizer and processor cannot tell whether the chat template wrote ``<|im_end|>``, or a cell of
the dataset. So texts that hold one are found here, and refused by those who ask: split by a
character or a space, the model would see a text that is nobody's.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from harness.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable


class SpecialTokens:
    """The special tokens of one checkpoint.

    Args:
        processor: the checkpoint's, or its tokenizer.
    """

    def __init__(self, processor: Any) -> None:
        self._tokenizer = getattr(processor, "tokenizer", processor)
        added = getattr(self._tokenizer, "added_tokens_decoder", {})
        special = {number: token for number, token in added.items() if token.special}
        strings = {str(token) for token in self._tokenizer.all_special_tokens}
        strings |= {token.content for token in special.values()} | _placeholders(processor)
        self.pattern = pattern_of(strings)
        # A token of these is found in other spellings as well; only the tokenizer knows in which.
        self._normalized = {n: token.content for n, token in special.items() if token.normalized}

    def count(self, text: str) -> Counter[str]:
        """Count the special tokens that the tokenizer or the processor would find in a text."""
        counts = Counter(self.pattern.findall(text))
        if self._normalized:
            ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
            counts |= Counter(self._normalized[n] for n in ids if n in self._normalized)
        return counts


def pattern_of(strings: Iterable[str]) -> re.Pattern[str]:
    """Make what finds strings in a text, of two at one place the longer."""
    longest_first = sorted(strings, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def refusal(tokens: Iterable[str], roles: Iterable[str]) -> RenderError:
    """Say which special tokens a prompt must not hold, and in whose messages they stand."""
    where = " and ".join(f"the {role} message" for role in dict.fromkeys(roles)) or "the prompt"
    named = ", ".join(f"'{token}'" for token in sorted(tokens))
    return RenderError(f"{where}: this model reads {named} as a special token, not as text")


def _placeholders(processor: Any) -> set[str]:
    """Give the strings that a processor looks for in a prompt's text."""
    values = (
        getattr(value, "content", value)
        for name, value in vars(processor).items()
        if name.endswith(("_token", "_tag"))
    )
    return {value for value in values if isinstance(value, str) and value}
