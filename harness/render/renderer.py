"""Prompt variant + sample (+ exemplars) → rendered prompt; no I/O.

A template sees ``image``, ``id`` and ``metadata``, and never the references: a prompt cannot leak
the answer. White space at the edges of a text part is removed, since YAML blocks end in a newline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jinja2 import Template, TemplateError, TemplateSyntaxError, UndefinedError

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
from harness.render.mistakes import NullShown, TemplateMistake
from harness.render.placed import Placed
from harness.render.sandbox import PromptEnvironment

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SOURCE = 500_000
"""Characters that a template may have."""
MAX_TOKENS = 20_000
"""Words and signs that a template may have inside its {{ … }} and {% … %}."""

_TEMPLATE_LINE = re.compile(r"<(?:unknown|template)>")

_WHAT_FAILS = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a template can raise by what it computes: Jinja's filters raise what Python does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Compiled:
    """A template of a variant."""

    field: str
    """user or system."""
    template: Template
    columns: tuple[tuple[int, tuple[str, ...]], ...]
    """Line → a path that is looked up in the metadata there."""


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
        environment = PromptEnvironment()
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
            (text,) = self._fill(self._system, sample, ())
            assert isinstance(text, str)  # no image is offered here
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
        pieces = self._fill(self._user, sample, indices)
        parts: list[ImagePart | TextPart] = []
        if not any(isinstance(piece, int) for piece in pieces):
            parts += [ImagePart(index=index) for index in indices]
        for piece in pieces:
            if isinstance(piece, int):
                parts.append(ImagePart(index=piece))
            elif piece.strip():
                parts.append(TextPart(text=piece.strip()))
        return Message(role="user", parts=tuple(parts))

    def _compile(self, environment: PromptEnvironment, field: str, source: str) -> _Compiled:
        if len(source) > MAX_SOURCE:
            raise RenderError(
                f"a template of more than {MAX_SOURCE:,} characters", where=self._place(field, 1)
            )
        grammar = environment.grammar()
        try:
            _check_length(environment, source)
            template = environment.from_string(grammar.visit(environment.parse(source)))
        except TemplateSyntaxError as error:
            raise RenderError(
                error.message or "not valid Jinja",
                where=self._place(field, error.lineno),
                hint="Jinja writes values as {{ name }} and statements as {% if … %}",
            ) from error
        except TemplateMistake as error:
            raise RenderError(
                str(error), where=self._place(field, error.line), hint=error.hint
            ) from error
        except (RecursionError, MemoryError, SyntaxError) as error:
            # SyntaxError: Python's own limit on how deep what Jinja has compiled may be nested.
            raise RenderError(
                "the template is nested too deeply", where=self._place(field, 1)
            ) from error
        except ValueError as error:
            raise RenderError(f"not valid Jinja: {error}", where=self._place(field, 1)) from error
        template.globals = dict(template.globals)  # copied for every prompt: a ChainMap is slow
        return _Compiled(field=field, template=template, columns=tuple(grammar.columns))

    def _fill(
        self, compiled: _Compiled, sample: Sample, indices: Sequence[int]
    ) -> tuple[str | int, ...]:
        """Give the template's texts, and images by their index, in order."""
        try:
            text: str | Placed = compiled.template.render(
                image=Placed(pieces=tuple(indices)) if indices else "",
                images=[Placed(pieces=(index,)) for index in indices],
                id=sample.id,
                metadata=dict(sample.metadata),
            )
        except _WHAT_FAILS as error:
            raise self._failure(compiled, sample, error) from error
        return text.pieces if isinstance(text, Placed) else (text,)

    def _failure(self, compiled: _Compiled, sample: Sample, error: Exception) -> RenderError:
        """Say what went wrong, where, and what to write instead."""
        line = _line_of(error)
        message, hint = str(error), getattr(error, "hint", None)
        if isinstance(error, NullShown):
            nulls = _nulls(compiled, sample.metadata, line)
            if nulls:
                message = f"{' and '.join(nulls)} {'are' if len(nulls) > 1 else 'is'} null"
                hint = hint and hint.replace("…", nulls[0])
        elif isinstance(error, UndefinedError) and not hint:
            offered = ["image", "images", "id", *(f"metadata.{key}" for key in sample.metadata)]
            hint = f"a sample offers {', '.join(offered)}"
        elif isinstance(error, RecursionError):
            message = "macros call each other without end, or values are nested too deeply"
        elif isinstance(error, MemoryError):
            message = "the template needs more memory than there is"
        return RenderError(
            f"{message} (sample '{sample.id}')", where=self._place(compiled.field, line), hint=hint
        )

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
                else _image_content(media[part.index])
                for part in message.parts
            ],
        ]
        for message in messages
    ]


def _image_content(ref: MediaRef) -> dict[str, Any]:
    """Name an image by its bytes, and by the rules of its pixels where they are not the first."""
    return {"image": ref.sha256} | ({} if ref.pixels == 1 else {"pixels": ref.pixels})


def _line_of(error: Exception) -> int | None:
    """Find the template's line in a traceback: the last frame that Jinja compiled."""
    line = None
    trace = error.__traceback__
    while trace:
        if _TEMPLATE_LINE.fullmatch(trace.tb_frame.f_code.co_filename):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _check_length(environment: PromptEnvironment, source: str) -> None:
    for count, (line, _, _) in enumerate(environment.lex(source)):
        if count > MAX_TOKENS:
            raise TemplateMistake("a template with too much code in it", line=line)


def _nulls(compiled: _Compiled, metadata: Mapping[str, Any], line: int | None) -> list[str]:
    """Name what is looked up in the metadata on a line and is null."""
    return list(
        dict.fromkeys(
            ".".join(("metadata", *path))
            for at, path in compiled.columns
            if at == line and _is_null(metadata, path)
        )
    )


def _is_null(value: Any, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return value is None
