"""A model's text → what stands outside of the tags that it thinks in."""

from __future__ import annotations

import re

_TAG = re.compile(r"[<\[◁](/?)(?:seed:)?(?:think|thinking|thought|reasoning)[>\]▷]", re.IGNORECASE)


def without_thoughts(text: str) -> tuple[str, bool]:
    """Leave out ``<think>…</think>``, also without its opening tag, or cut off before its end.

    Returns:
        The rest, and whether there was a tag at all.
    """
    kept: list[str] = []
    begin: int | None = 0
    tagged = False
    for tag in _TAG.finditer(text):
        tagged = True
        if tag.group(1):
            if begin is not None:
                kept.clear()  # the chat template wrote the opening tag: all so far is reasoning
            begin = tag.end()
        elif begin is not None:
            kept.append(text[begin : tag.start()])
            begin = None
    if begin is not None:
        kept.append(text[begin:])
    return "".join(kept), tagged
