"""Prompt variant + sample (+ exemplars) → rendered prompt, by sandboxed Jinja; no I/O.

A template sees ``image``, ``id`` and ``metadata``, and never the references: a prompt cannot leak
the answer. White space at the edges of a text part is removed, since YAML blocks end in a newline.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.errors import RenderError
from harness.fingerprint import sha256_json
from harness.records import (
    ImagePart,
    MediaRef,
    Message,
    PromptVariant,
    RenderedPrompt,
    Sample,
    TextPart,
    Where,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

# Where an image stands while a template is text; NUL cannot be typed in a YAML file.
_MARK = "\x00image{}\x00"
_MARKS = re.compile("\x00image(\\d+)\x00")
_TEMPLATE_LINE = re.compile(r"<(?:unknown|template)>")


class Renderer:
    """Renders one prompt variant for any number of samples.

    Args:
        variant: the prompt.
        exemplars: the samples that its ``exemplars:`` names, in order; each becomes a user turn by
            the same template and an assistant turn with its first reference.

    Raises:
        RenderError: a template is no valid Jinja; the place is its line in the YAML file.
    """

    def __init__(self, variant: PromptVariant, exemplars: Sequence[Sample] = ()) -> None:
        self.variant = variant
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._user = self._compile(environment, "user", variant.user)
        self._system = (
            self._compile(environment, "system", variant.system) if variant.system else None
        )
        self._exemplars = exemplars
        self.exemplar_answers = tuple(exemplar.references[0] for exemplar in exemplars)
        """What the prompt shows as good answers."""

    def render(self, sample: Sample) -> RenderedPrompt:
        """Give exactly what a model is sent for this sample.

        Raises:
            RenderError: the template fails, e.g. names metadata that the sample does not have.
        """
        media: list[MediaRef] = []
        messages: list[Message] = []
        if self._system:
            text = self._fill(self._system, "system", sample, ())
            messages.append(Message(role="system", parts=(TextPart(text=text.strip()),)))
        turns, shown = self._exemplar_turns
        messages += turns
        media += shown
        messages.append(self._user_turn(sample, media, with_images=True))
        return RenderedPrompt(
            messages=tuple(messages),
            media=tuple(media),
            sha256=sha256_json(prompt_content(messages, media)),
        )

    @cached_property
    def _exemplar_turns(self) -> tuple[list[Message], list[MediaRef]]:
        """The worked examples, which are the same in every prompt, and their images."""
        media: list[MediaRef] = []
        messages: list[Message] = []
        shown = self.variant.exemplars is None or self.variant.exemplars.images
        for exemplar, answer in zip(self._exemplars, self.exemplar_answers, strict=True):
            messages.append(self._user_turn(exemplar, media, with_images=shown))
            messages.append(Message(role="assistant", parts=(TextPart(text=answer),)))
        return messages, media

    def _user_turn(self, sample: Sample, media: list[MediaRef], *, with_images: bool) -> Message:
        first = len(media)
        if with_images:
            media.extend(sample.media)
        indices = range(first, len(media))
        text = self._fill(self._user, "user", sample, indices)
        pieces = _MARKS.split(text)  # text, index, text, index, … text
        parts: list[ImagePart | TextPart] = []
        if len(pieces) == 1:
            parts += [ImagePart(index=index) for index in indices]
        for position, piece in enumerate(pieces):
            if position % 2:
                parts.append(ImagePart(index=int(piece)))
            elif piece.strip():
                parts.append(TextPart(text=piece.strip()))
        return Message(role="user", parts=tuple(parts))

    def _compile(
        self, environment: ImmutableSandboxedEnvironment, field: str, source: str
    ) -> Template:
        try:
            template = environment.from_string(source)
        except TemplateSyntaxError as error:
            raise RenderError(
                error.message or "not valid Jinja",
                where=self._place(field, error.lineno),
                hint="Jinja writes values as {{ name }} and statements as {% if … %}",
            ) from error
        template.globals = dict(template.globals)  # copied for every prompt: a ChainMap is slow
        return template

    def _fill(self, template: Template, field: str, sample: Sample, indices: Sequence[int]) -> str:
        marks = [_MARK.format(index) for index in indices]
        try:
            return template.render(
                image="".join(marks), images=marks, id=sample.id, metadata=dict(sample.metadata)
            )
        except UndefinedError as error:
            offered = ["image", "images", "id", *(f"metadata.{key}" for key in sample.metadata)]
            raise RenderError(
                f"{error.message} (sample '{sample.id}')",
                where=self._place(field, _line_of(error)),
                hint=f"a sample offers {', '.join(offered)}",
            ) from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise RenderError(
                f"{error} (sample '{sample.id}')", where=self._place(field, _line_of(error))
            ) from error

    def _place(self, field: str, line: int | None) -> Where | None:
        begin = self.variant.where.get(field)
        if begin is None or begin.line is None or line is None:
            return begin
        return Where(path=begin.path, line=begin.line + line - 1)


def prompt_content(messages: Sequence[Message], media: Sequence[MediaRef]) -> list[Any]:
    """Write messages as plain data, an image by its content hash: what a prompt's hash is over."""
    return [
        [
            message.role,
            [
                {"text": part.text}
                if isinstance(part, TextPart)
                else {"image": media[part.index].sha256}
                for part in message.parts
            ],
        ]
        for message in messages
    ]


def _line_of(error: Exception) -> int | None:
    """Find the template's line in a traceback: the last frame that Jinja compiled."""
    line = None
    trace = error.__traceback__
    while trace:
        if _TEMPLATE_LINE.fullmatch(trace.tb_frame.f_code.co_filename):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
