"""Models → which images none of them can be asked about together, as far as that is known before.

An image that one model's processor refuses is left out for all, so that models and variants are
compared on the same samples.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from harness.engines.picture_sizes import size_rule
from harness.errors import DataError
from harness.media import upright_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.engines.picture_sizes import Refusal
    from harness.records import MediaRef, ModelConfig

    Unsuitable = Callable[[MediaRef], str | None]
    """An image → why it cannot be shown; None: it can."""

_NAMED = 3
"""Models that are named as refusing an image; of more their number is told."""


def unsuitable_for(models: Iterable[ModelConfig]) -> Unsuitable | None:
    """Find what tells which images a model among these refuses for their size.

    Returns:
        None where nothing is known to be refused.
    """
    rules = {model.name: rule for model in models if (rule := size_rule(model))}

    def unsuitable(ref: MediaRef) -> str | None:
        refusing = {name: why for name, rule in rules.items() if (why := _refused(rule, ref))}
        if not refusing:
            return None
        names = [f"'{name}'" for name in refusing]
        word = "model" if len(names) == 1 else "models"
        if len(names) > _NAMED:
            names[_NAMED:] = [f"{len(names) - _NAMED} others"]
        *most, last = names
        told = f"{', '.join(most)} and {last}" if most else last
        why = next(iter(refusing.values()))
        return f"image of {ref.width}×{ref.height} pixels is none for the {word} {told} ({why})"

    return unsuitable if rules else None


def _refused(rule: Refusal, ref: MediaRef) -> str | None:
    """Say why an image is refused as it is seen: turned, where its EXIF says so."""
    lying, turned = rule(ref.width, ref.height), rule(ref.height, ref.width)
    if (lying is None) is not (turned is None):  # only then it matters, and a header is read
        with suppress(DataError):  # what cannot be read now is told when it is to be seen
            return rule(*upright_size(ref))
    return lying
