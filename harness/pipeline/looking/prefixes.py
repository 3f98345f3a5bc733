"""Rendered prompts of a sample → which begin alike up to the image, and why others do not.

What begins alike is computed once: the image's encoding and, in vLLM's prefix cache, all attention
up to it. What stands after the last image may differ freely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.records import ImagePart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.records import RenderedPrompt, Request, System

_Part = tuple[str, str, str]
"""Role; "image" or "text"; the image's hash or the text."""
_SHOWN = 60


def shared_prefixes(requests: Sequence[tuple[System, Request]]) -> list[str]:
    """Say for each model which systems share their prompts' beginning, a line a group.

    Controls are left out: another beginning is what they are for.

    Args:
        requests: of one sample.
    """
    lines: list[str] = []
    requests = [(system, request) for system, request in requests if system.control is None]
    for model in dict.fromkeys(system.model for system, _ in requests):
        prompts = {s.name: _parts(r.rendered) for s, r in requests if s.model == model}
        groups: dict[tuple[_Part, ...], list[str]] = {}
        for name, parts in prompts.items():
            groups.setdefault(_beginning(parts), []).append(name)
        (first, names), *others = groups.items()
        if not first:
            continue
        lines.append(f"{model}: one beginning, the image included: {', '.join(names)}")
        lines += [
            f"{model}: another beginning: {', '.join(more)} ({_difference(first, other)})"
            for other, more in others
        ]
    return lines


def _parts(prompt: RenderedPrompt) -> list[_Part]:
    return [
        (message.role, "image", prompt.media[part.index].sha256)
        if isinstance(part, ImagePart)
        else (message.role, "text", part.text)
        for message in prompt.messages
        for part in message.parts
    ]


def _beginning(parts: Sequence[_Part]) -> tuple[_Part, ...]:
    """Give a prompt up to its last image."""
    last = max((i for i, (_, kind, _) in enumerate(parts) if kind == "image"), default=-1)
    return tuple(parts[: last + 1])


def _difference(first: Sequence[_Part], other: Sequence[_Part]) -> str:
    """Say where a beginning leaves the first one."""
    for first_part, other_part in zip(first, other, strict=False):
        if first_part == other_part:
            continue
        role, kind, content = other_part
        if "system" in (first_part[0], role):
            return "its system message is another, or only one of the two has one"
        if kind == "image":
            return "it shows another image first"
        shown = content if len(content) <= _SHOWN else f"{content[:_SHOWN]}…"
        return f"before the image stands: '{shown}'"
    return "it shows more images, or fewer: exemplars stand before the sample's image"
