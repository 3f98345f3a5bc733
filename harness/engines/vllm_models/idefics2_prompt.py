"""The tokens of a prompt with ``<image>`` in it → the tokens that Idefics2's own processor writes.

vLLM tokenizes a prompt before it looks at the images; transformers' processor changes the text
first, and then tokenizes. This makes up for the difference, all but for repeating the image token.
Imports nothing heavy.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

TEXT = re.compile(r"[^\s<]")
"""What may not follow a boundary token directly: the processor puts a space between."""


def with_boundaries(prompt: list[int], tokenizer: Any, image: int, boundary: int) -> list[int]:
    """Put boundary tokens around the images, one between neighbours, and a space after the last.

    Args:
        prompt: token ids, with one ``image`` for each image.
        tokenizer: the checkpoint's, of Hugging Face.
        image: id of ``<image>``.
        boundary: id of ``<fake_token_around_image>``.
    """
    special = {*tokenizer.all_special_ids, image, boundary}
    written: list[int] = []
    start = 0
    while start < len(prompt):
        token = prompt[start]
        start += 1
        if token not in (image, boundary):
            written.append(token)
            continue
        written += [boundary, image, boundary] if token == image else [boundary]
        end = start
        while end < len(prompt) and prompt[end] not in special:
            end += 1
        written += _spaced(token, prompt[start:end], tokenizer)
        start = end
    return _paired(written, boundary)


def _spaced(marker: int, after: list[int], tokenizer: Any) -> list[int]:
    """Put a space before the text that follows a special token, unless it starts with one."""
    name = tokenizer.decode([marker], skip_special_tokens=False)
    text = tokenizer.decode([marker, *after], skip_special_tokens=False)[len(name) :]
    if not TEXT.match(text):
        return after
    # Behind the special token, because some tokenizers treat the start of a text differently.
    ids: list[int] = tokenizer.encode(f"{name} {text}", add_special_tokens=False)
    return ids[1:]


def _paired(ids: list[int], boundary: int) -> list[int]:
    """Make one boundary token of every two that stand together, as the processor does."""
    kept: list[int] = []
    for token, run in groupby(ids):
        length = len(list(run))
        kept += [token] * ((length + 1) // 2 if token == boundary else length)
    return kept
