"""The token ids that a model wrote → the text of its answer, up to a stop string.

The transformers engine and the beam search on vLLM share it; vLLM itself writes the same texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def answer_text(
    tokenizer: Any, last: int, ids: Sequence[int], stops: Iterable[str]
) -> tuple[str, bool]:
    """Write an answer as text, and tell whether a stop string cut it.

    Args:
        tokenizer: the checkpoint's.
        last: the prompt's last token.
        ids: what follows it, in tokens; special ones are left out of the text.
        stops: the text ends before the first of them.
    """
    # Behind the prompt's last token: at the very start some tokenizers drop a word's space.
    before, text = _decoded(tokenizer, [last]), _decoded(tokenizer, [last, *ids])
    text = text[len(before) :] if text.startswith(before) else _decoded(tokenizer, ids)
    text = text.rstrip("\ufffd")  # a character cut in the middle: vLLM shows no part of it
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return text[: min(places)] if places else text, bool(places)


def _decoded(tokenizer: Any, ids: Sequence[int]) -> str:
    text: str = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return text
