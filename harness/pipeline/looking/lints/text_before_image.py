"""``text_before_image``: a text before the image keeps a prompt from sharing the image's work.

What prompts of a sample begin with alike is computed once by vLLM and by most servers: with the
image first, all that the model works out of it. Looked for among variants that would begin alike
but for a text in front of the image; text between images says what each is, and stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.engines.prompt_length import prompt_length
from harness.records import ImagePart, Lint, TextPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.pipeline.looking.lints.looked import Looked
    from harness.records import Message, PromptVariant, RenderedPrompt, Where

KEEPING = ("vllm", "openai")
"""Engines that keep what was computed of a prompt's beginning for the next prompt."""
BLOCK = 32
"""Tokens of a beginning that vLLM keeps as one, at most: of an image with fewer nothing is kept."""
_SHOWN = 40

_Pieces = tuple[str, ...]
"""What a prompt shows, piece by piece: a text, or an image by its hash."""


class _Beginning(NamedTuple):
    """Of a prompt, up to the image that it asks about."""

    variant: PromptVariant
    prompt: RenderedPrompt
    before: _Pieces
    """What stands before the message that asks."""
    text: str
    """What stands before the image in that message."""
    images: _Pieces

    @property
    def movable(self) -> tuple[_Pieces, _Pieces]:
        """How it would begin with the image first."""
        return self.before, self.images


def text_before_image(looked: Looked) -> Iterator[Lint]:
    """Find variants that begin with a text, and would begin as others do with the image first."""
    if not any(model.engine in KEEPING for model in looked.plan.suite.models):
        return
    alike: dict[tuple[_Pieces, _Pieces], list[_Beginning]] = {}
    for renderer in looked.renderers:
        for _, prompt in looked.rendered(renderer.variant.name, looked.plan.samples[:1]):
            beginning = _beginning(renderer.variant, prompt)
            if beginning:
                alike.setdefault(beginning.movable, []).append(beginning)
    for group in alike.values():
        if len({beginning.text for beginning in group}) > 1:
            yield from _lints(looked, group)


def _lints(looked: Looked, group: Sequence[_Beginning]) -> Iterator[Lint]:
    tokens = _tokens(looked, group[0].prompt)
    if tokens is not None and tokens < BLOCK:
        return
    places: dict[Where | None, list[_Beginning]] = {}
    for beginning in group:
        if beginning.text:
            places.setdefault(looked.question(beginning.variant), []).append(beginning)
    for where, (first, *more) in places.items():
        others = [other.variant.name for other in group if other.text != first.text]
        text = first.text if len(first.text) <= _SHOWN else f"{first.text[:_SHOWN]}…"
        cost = f", {tokens:,} tokens for each sample" if tokens else ""
        yield Lint(
            name="text_before_image",
            where=where,
            message=f"'{text}' stands before the image, so that a model reads the image anew for "
            f"this prompt{cost}, and shares nothing with {_named(others)}",
            hint="write {{ image }} first, or leave it out, which does the same",
            variants=(first.variant.name, *(beginning.variant.name for beginning in more)),
        )


def _tokens(looked: Looked, prompt: RenderedPrompt) -> int | None:
    """Count a prompt's image tokens, of the models of which they are known the most."""
    measures = [prompt_length(m) for m in looked.plan.suite.models if m.engine in KEEPING]
    counts = [measure.images(prompt) if measure else 0 for measure in measures]
    return max(counts) if all(counts) else None


def _beginning(variant: PromptVariant, prompt: RenderedPrompt) -> _Beginning | None:
    """Part a prompt at its question's image; None where that has none, or texts between several."""
    asking = [i for i, message in enumerate(prompt.messages) if message.role == "user"]
    parts = prompt.messages[asking[-1]].parts if asking else ()
    shown = [i for i, part in enumerate(parts) if isinstance(part, ImagePart)]
    if not shown or shown != list(range(shown[0], shown[-1] + 1)):
        return None
    texts = [part.text for part in parts[: shown[0]] if isinstance(part, TextPart)]
    return _Beginning(
        variant=variant,
        prompt=prompt,
        before=_pieces(prompt, prompt.messages[: asking[-1]]),
        text="\n".join(texts),
        images=tuple(prompt.media[p.index].sha256 for p in parts if isinstance(p, ImagePart)),
    )


def _pieces(prompt: RenderedPrompt, messages: Sequence[Message]) -> _Pieces:
    return tuple(
        piece
        for message in messages
        for part in message.parts
        for piece in (
            message.role,
            part.text if isinstance(part, TextPart) else prompt.media[part.index].sha256,
        )
    )


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown
