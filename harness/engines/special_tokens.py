"""A checkpoint's special tokens: strings that steer the model wherever they stand in a text.

Its tokenizer and processor cannot tell whether the chat template wrote ``<|im_end|>``, or a cell of
the dataset. So texts that hold one are found here, and refused by those who ask: split by a
character or a space, the model would see a text that is nobody's.
"""

from __future__ import annotations

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
        self._ids = _special_ids(self._tokenizer)
        self._strings = _placeholders(processor)
        # An unknown character is this token, too, and no harm: only its name is looked for.
        if self._ids.pop(getattr(self._tokenizer, "unk_token_id", None), None) is not None:
            self._strings |= {str(self._tokenizer.unk_token)}

    def count(self, text: str) -> Counter[str]:
        """Count special tokens: as the tokenizer reads a text, and as the processor does."""
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        counts = Counter(self._ids[number] for number in ids if number in self._ids)
        # A processor replaces its placeholders in the text, before any tokenizer sees it.
        return counts | Counter({string: text.count(string) for string in self._strings})


def refusal(tokens: Iterable[str], roles: Iterable[str]) -> RenderError:
    """Say which special tokens a prompt must not hold, and in whose messages they stand."""
    where = " and ".join(f"the {role} message" for role in dict.fromkeys(roles)) or "the prompt"
    named = ", ".join(f"'{token}'" for token in sorted(tokens))
    return RenderError(f"{where}: this model reads {named} as a special token, not as text")


def _special_ids(tokenizer: Any) -> dict[int | None, str]:
    """Give each special token's id and name."""
    named = zip(tokenizer.all_special_ids, tokenizer.all_special_tokens, strict=True)
    added = getattr(tokenizer, "added_tokens_decoder", {})
    return {number: str(token) for number, token in named} | {
        number: token.content for number, token in added.items() if token.special
    }


def _placeholders(processor: Any) -> set[str]:
    """Give the strings that a processor looks for in a prompt's text."""
    values = (
        getattr(value, "content", value)
        for name, value in vars(processor).items()
        if name.endswith(("_token", "_tag"))
    )
    return {value for value in values if isinstance(value, str) and value}
