"""``exemplar_without_image``: worked examples that speak of an image, and show none.

As turns without images: where every one of them says "the image", "this photo" and the like, or
has a label such as "Image:" with nothing behind it. As text, which never has images: where there
is such an empty label for every exemplar.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.records import ImagePart, Lint, TextPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import Message, PromptVariant, RenderedPrompt, Where

_WORD = r"(?:images?|photos?|photographs?|pictures?)"
_SPOKEN = re.compile(
    rf"\b(?:the|this|that|these|those|each|following|attached|given|above|below)\s+"
    rf"(?:[\w-]+\s+)?{_WORD}\b",
    re.IGNORECASE,
)
"""Words of an image that is there to be seen; no "picture yourself", no "a picture of health"."""
_LABEL = re.compile(
    rf"^\W*{_WORD}(?:[ \t]*\d+)?[ \t]*:[ \t]*$|[\[(]{_WORD}(?:[ \t]*\d+)?[\])]",
    re.IGNORECASE | re.MULTILINE,
)
"""A place for an image: a label that nothing follows on its line, or a word in brackets."""


def exemplar_without_image(looked: Looked) -> Iterator[Lint]:
    """Find variants whose exemplars speak of images that they do not show."""
    places: dict[Where | None, list[tuple[PromptVariant, str]]] = {}
    for renderer in looked.renderers:
        variant = renderer.variant
        spec = variant.exemplars
        if spec is None or (spec.form == "turns" and spec.images):
            continue
        if said := _said(looked, variant):
            places.setdefault(variant.where.get("exemplars"), []).append((variant, said))
    for where, each in places.items():
        variant, said = each[0]
        turns = variant.exemplars is not None and variant.exemplars.form == "turns"
        yield Lint(
            name="exemplar_without_image",
            where=where,
            message=f"the exemplars of '{variant.name}' say '{said}' and show no image",
            hint="show theirs with 'images: true', or ask without one where there is none: "
            "{% if image %} … {% else %} … {% endif %}"
            if turns
            else "exemplars that are text have no images: leave the label out, or take 'as: turns'",
            variants=tuple(found.name for found, _ in each),
        )


def _said(looked: Looked, variant: PromptVariant) -> str | None:
    """Give what a variant's exemplars say of images that are not there."""
    assert variant.exemplars is not None  # looked at before
    for sample, prompt in looked.rendered(variant.name, looked.plan.samples[:1]):
        similar = looked.plan.similar.get(variant.name)
        exemplars = similar(sample) if similar else looked.plan.exemplars.get(variant.name, ())
        if not exemplars:
            return None
        if variant.exemplars.form == "turns":
            return _in_turns(prompt, len(exemplars), variant.own_text)
        labels = [label for message in prompt.messages for label in _labels(message)]
        return labels[0] if len(labels) >= len(exemplars) else None
    return None


def _in_turns(prompt: RenderedPrompt, count: int, own: str) -> str | None:
    """Look at the exemplars' turns, which stand before the last of the user."""
    question = max(i for i, message in enumerate(prompt.messages) if message.role == "user")
    turns = prompt.messages[question - 2 * count : question : 2]
    said = [_spoken(message, own) or next(_labels(message), None) for message in turns]
    return said[0] if all(said) else None


def _spoken(message: Message, own: str) -> str | None:
    """Find words of an image in a turn, which are not a cell of the data."""
    found = (_SPOKEN.search(text) for text in _texts(message))
    words = (match[0] for match in found if match)
    return next((each for each in words if each.split()[-1] in own), None)


def _labels(message: Message) -> Iterator[str]:
    """Find places for images that hold none: an image may stand right behind its label."""
    for part, following in zip(message.parts, (*message.parts[1:], None), strict=True):
        if isinstance(part, TextPart):
            for match in _LABEL.finditer(part.text):
                filled = isinstance(following, ImagePart) and match.end() == len(part.text)
                if not filled:
                    yield match[0].strip()


def _texts(message: Message) -> Sequence[str]:
    return [part.text for part in message.parts if isinstance(part, TextPart)]
