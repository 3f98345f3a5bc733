"""What a completion depends on: its key, the record that is kept beside it, and how two differ.

All that the model saw stands in it, and nothing else: no name, order, date or batch. What many
completions share (the messages, the model, the decoding) is a *part*, kept once by its hash.
"""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from harness.fingerprint import canonical_json, sha256_text
from harness.records import ImagePart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.records import Json, RenderedPrompt

VERSION = 1
"""Of the key and the record; both change with it."""

_PARTS = ("messages", "model", "decoding")


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """All that one completion depends on."""

    prompt: RenderedPrompt
    model: str
    """Canonical JSON of what of the model and its engine counts."""
    decoding: str
    """Canonical JSON of the sampling parameters."""
    draw: int

    @cached_property
    def key(self) -> str:
        """The completion's key: a sha256 in hexadecimal."""
        # Canonical JSON put together from parts that are canonical already.
        return sha256_text(
            f'{{"decoding":{self.decoding},"draw":{self.draw},"model":{self.model},'
            f'"prompt":"{self.prompt.sha256}","version":{VERSION}}}'
        )

    @property
    def parts(self) -> dict[str, str]:
        """The canonical JSON of each part, by its sha256."""
        return dict(zip(self._digests.values(), self._texts.values(), strict=True))

    @property
    def record(self) -> dict[str, Json]:
        """What is kept beside the completion: parts by their sha256, images by theirs."""
        media = self.prompt.media
        pixels = [ref.pixels for ref in media]
        return {
            "version": VERSION,
            **self._digests,
            "images": [ref.sha256 for ref in media],
            **({} if set(pixels) <= {1} else {"pixels": pixels}),
            "draw": self.draw,
        }

    @cached_property
    def _digests(self) -> dict[str, str]:
        """The sha256 of each part, by its name."""
        messages, *shared = self._texts.values()
        return dict(zip(_PARTS, (sha256_text(messages), *map(_digest, shared)), strict=True))

    @cached_property
    def _texts(self) -> dict[str, str]:
        messages = [
            [
                message.role,
                [
                    {"image": part.index} if isinstance(part, ImagePart) else {"text": part.text}
                    for part in message.parts
                ],
            ]
            for message in self.prompt.messages
        ]
        texts = (canonical_json(messages), self.model, self.decoding)
        return dict(zip(_PARTS, texts, strict=True))


@lru_cache(maxsize=256)
def _digest(text: str) -> str:
    """Hash what many completions share: the model, the decoding."""
    return sha256_text(text)


def differences(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    parts: Mapping[str, str],
) -> list[str]:
    """Name the ingredients in which two records differ, a line each or a unified diff.

    Args:
        before: the record beside one completion.
        after: the record beside the other.
        parts: the canonical JSON of the parts, by sha256; a part that is not there is told by its
            hash alone.
    """
    lines: list[str] = []
    for name in _PARTS:
        if before.get(name) == after.get(name):
            continue
        old, new = (parts.get(record.get(name, "")) for record in (before, after))
        if old is None or new is None:
            lines.append(f"{name}: {_short(before.get(name))} → {_short(after.get(name))}")
        elif name == "messages":
            diff = _diff(_readable(json.loads(old)), _readable(json.loads(new)))
            lines += diff or ["messages: other line ends, or the same text in other parts"]
        else:
            lines += _changed(name, json.loads(old), json.loads(new))
    images = [record.get("images", []) for record in (before, after)]
    if len(images[0]) != len(images[1]):
        lines.append(f"images: {len(images[0])} → {len(images[1])}")
    else:
        lines += [
            f"images[{i}]: content {_short(old)} → {_short(new)}"
            for i, (old, new) in enumerate(zip(*images, strict=True))
            if old != new
        ]
        lines += [
            f"images[{i}]: pixels made by rules {old} → {new}"
            for i, (old, new) in enumerate(zip(*map(_pixels, (before, after)), strict=True))
            if old != new
        ]
    for name in ("draw", "version"):
        if before.get(name) != after.get(name):
            lines.append(f"{name}: {before.get(name)} → {after.get(name)}")
    return lines


def _pixels(record: Mapping[str, Any]) -> list[int]:
    """Give the version of the rules by which each image's pixels were made."""
    return record.get("pixels") or [1] * len(record.get("images", []))


def _readable(messages: list[Any]) -> list[str]:
    """Write messages as lines of text, an image by its place."""
    lines: list[str] = []
    for role, pieces in messages:
        lines.append(f"[{role}]")
        for piece in pieces:
            lines += (
                [f"<image {piece['image']}>"] if "image" in piece else piece["text"].splitlines()
            )
    return lines


def _diff(old: list[str], new: list[str]) -> list[str]:
    return list(difflib.unified_diff(old, new, "messages before", "messages after", lineterm=""))


def _changed(name: str, old: Any, new: Any) -> Iterator[str]:
    """Say where two values of a part differ, by their place in it."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            if old.get(key, _ABSENT) != new.get(key, _ABSENT):
                yield from _changed(f"{name}.{key}", old.get(key, _ABSENT), new.get(key, _ABSENT))
    else:
        yield f"{name}: {_shown(old)} → {_shown(new)}"


class _Absent:
    def __repr__(self) -> str:
        return "(not set)"


_ABSENT = _Absent()


def _shown(value: Any) -> str:
    if isinstance(value, str) and len(value) == 64:
        return _short(value)
    return repr(value) if isinstance(value, _Absent) else json.dumps(value, ensure_ascii=False)


def _short(digest: str | None) -> str:
    return f"{digest[:12]}…" if digest else "(not kept)"
