"""Prompt variant + sample (+ exemplars) → rendered prompt; no I/O.

A template sees ``image``, ``id``, ``metadata`` and the variant's variables, and never the
references: a prompt cannot leak the answer. White space at the edges of a text part is removed,
since YAML blocks end in a newline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, UndefinedError

from harness.errors import RenderError
from harness.fingerprint import sha256_json
from harness.records import (
    ImagePart,
    MediaRef,
    Message,
    PromptVariant,
    RenderedPrompt,
    Role,
    Sample,
    TemplatePart,
    TextPart,
    Where,
)
from harness.render.budget import one_prompt
from harness.render.miscalculation import miscalculated
from harness.render.mistakes import NullShown, missing
from harness.render.placed import Placed
from harness.render.templates import Compiled, PromptTemplates, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

SEEN = ("image", "images", "id", "metadata")
"""What every template sees, beside its variables."""
EXEMPLARS = "exemplars"
"""What templates see too, where a variant's exemplars are text."""
KEPT = 16
"""Variants whose compiled templates are kept: those of one matrix have them in common."""

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


class Renderer:
    """Renders one prompt variant for any number of samples.

    Args:
        variant: the prompt.
        exemplars: the samples that its ``exemplars:`` names, in order, or what gives those of a
            sample. As turns, each becomes a user turn by the template of the last user turn, and
            an assistant turn with its first reference; as text, templates see them.
        answers: columns of the dataset that hold references; said where a template names one.

    Raises:
        RenderError: a template is no valid Jinja; the place is its line in the YAML file. Or the
            exemplars are text, and no template shows it.
    """

    def __init__(
        self,
        variant: PromptVariant,
        exemplars: Sequence[Sample] | Callable[[Sample], Sequence[Sample]] = (),
        answers: Collection[str] = (),
    ) -> None:
        self.variant = variant
        self._answers = {"reference", "references", "answer", *answers}
        written = list(variant.templates())
        begins = [variant.where.get(field) for field, _ in written]
        compiled = _compiled(
            tuple(
                Source(text=turn.content, begin=begin, folder=begin.path.parent if begin else None)
                for (_, turn), begin in zip(written, begins, strict=True)
            ),
            variant.parts,
        )
        if isinstance(compiled, RenderError):
            raise RenderError(compiled.message, where=compiled.where, hint=compiled.hint)
        self._templates = compiled
        self._turns = [
            (turn.role, template)
            for (_, turn), template in zip(written, compiled.turns, strict=True)
        ]
        self._question = max(i for i, (role, _) in enumerate(self._turns) if role == "user")
        self._exemplars = exemplars
        self._as_text = variant.exemplars is not None and variant.exemplars.form == "text"
        if self._as_text and EXEMPLARS not in compiled.names:
            hint = "{% for e in exemplars %} … {{ e.reference }} {% endfor %}"
            message = "'exemplars' are text, and no template shows them"
            place = variant.where.get("exemplars.as") or variant.where.get("exemplars")
            raise RenderError(message, where=place, hint=hint)

    @property
    def names(self) -> frozenset[str]:
        """What its templates look up: variables, and what every template sees."""
        return self._templates.names

    def place_of(self, column: str) -> Where | None:
        """Find where its templates look up a column of the metadata; None: none does by name."""
        return self._templates.place_of(column)

    def render(self, sample: Sample, *, blind: bool = False) -> RenderedPrompt:
        """Give exactly what a model is sent for this sample.

        Args:
            sample: what is asked about.
            blind: show no image, also none of exemplars: what places one gives nothing.

        Raises:
            RenderError: the template fails, e.g. names metadata that the sample does not have.
        """
        exemplars = self._exemplars(sample) if callable(self._exemplars) else self._exemplars
        turns, shown = self._turns_before(exemplars, blind=blind)
        media = [*shown, *(() if blind else sample.media)]
        indices = range(len(shown), len(media))
        hidden = len(sample.media) if blind else 0
        filled = [
            self._fill(role, template, sample, indices, hidden, exemplars)
            for role, template in self._turns
        ]
        placed = any(isinstance(piece, int) for pieces in filled for piece in pieces)
        messages: list[Message] = []
        for i, ((role, _), pieces) in enumerate(zip(self._turns, filled, strict=True)):
            asks = i == self._question
            messages += turns if asks else []
            parts = _parts(pieces, indices if asks and not placed else ())
            if parts or asks:
                messages.append(Message(role=role, parts=parts))
            elif not self.variant.messages:  # as it always was, so that no key changes
                messages.append(Message(role=role, parts=(TextPart(text=""),)))
        return RenderedPrompt(
            messages=tuple(messages),
            media=tuple(media),
            sha256=sha256_json(prompt_content(messages, media)),
        )

    def _turns_before(
        self, exemplars: Sequence[Sample], *, blind: bool
    ) -> tuple[Sequence[Message], Sequence[MediaRef]]:
        """Give the turns of the worked examples, and their images."""
        if self._as_text:
            return (), ()
        if callable(self._exemplars):
            return self._turns_of(exemplars, blind=blind)
        return self._same_blind_turns if blind else self._same_turns

    @cached_property
    def _same_turns(self) -> tuple[list[Message], list[MediaRef]]:
        """Those which are the same in every prompt."""
        assert not callable(self._exemplars)
        return self._turns_of(self._exemplars, blind=False)

    @cached_property
    def _same_blind_turns(self) -> tuple[list[Message], list[MediaRef]]:
        """The same, without their images."""
        assert not callable(self._exemplars)
        return self._turns_of(self._exemplars, blind=True)

    def _turns_of(
        self, exemplars: Sequence[Sample], *, blind: bool
    ) -> tuple[list[Message], list[MediaRef]]:
        media: list[MediaRef] = []
        messages: list[Message] = []
        shown = self.variant.exemplars is None or self.variant.exemplars.images
        role, template = self._turns[self._question]
        for exemplar in exemplars:
            answer = exemplar.references[0]
            first = len(media)
            media += exemplar.media if shown and not blind else ()
            indices = range(first, len(media))
            hidden = len(exemplar.media) if shown and blind else 0
            pieces = self._fill(role, template, exemplar, indices, hidden)
            placed = any(isinstance(piece, int) for piece in pieces)
            parts = _parts(pieces, () if placed else indices)
            messages.append(Message(role=role, parts=parts))
            messages.append(Message(role="assistant", parts=(TextPart(text=answer),)))
        return messages, media

    def _fill(
        self,
        role: Role,
        compiled: Compiled,
        sample: Sample,
        indices: Sequence[int],
        hidden: int = 0,
        exemplars: Sequence[Sample] = (),
    ) -> tuple[str | int, ...]:
        """Give the template's texts, and images by their index, in order.

        In the place of ``hidden`` images there is nothing, so that templates may name them.
        """
        offered: Sequence[int | str] = indices if role == "user" else ()
        if hidden and role == "user":
            offered = [""] * hidden
        image: Any = Placed(pieces=tuple(offered)) if offered else ""
        images: Any = [Placed(pieces=(index,)) for index in offered]
        if role != "user" and self.variant.messages:
            image, images = (missing(_NO_IMAGE, name, _NO_IMAGE_HINT) for name in SEEN[:2])
        try:
            with one_prompt():
                text: str | Placed = compiled.template.render(
                    {
                        **({EXEMPLARS: _as_data(exemplars)} if self._as_text else {}),
                        **self.variant.vars,
                        "image": image,
                        "images": images,
                        "id": sample.id,
                        "metadata": dict(sample.metadata),
                    }
                )
        except _WHAT_FAILS as error:
            raise self._failure(compiled, sample, error) from error
        return text.pieces if isinstance(text, Placed) else (text,)

    def _failure(self, compiled: Compiled, sample: Sample, error: Exception) -> RenderError:
        """Say what went wrong, where, and what to write instead."""
        index, line = self._templates.failed_at(error, compiled.index)
        message, hint = str(error), getattr(error, "hint", None)
        if isinstance(error, NullShown):
            paths = self._templates.columns(index, line)
            nulls = _nulls(paths, sample.metadata)
            if nulls:
                message = f"{' and '.join(nulls)} {'are' if len(nulls) > 1 else 'is'} null"
                hint = hint and hint.replace("…", nulls[0])
        elif isinstance(error, UndefinedError) and not hint:
            hint = self._offered(error, sample)
        elif isinstance(error, TypeError) and (said := miscalculated(error)):
            message, hint = said
        elif isinstance(error, RecursionError):
            message = "macros call each other without end, or values are nested too deeply"
        elif isinstance(error, MemoryError):
            message = "the template needs more memory than there is"
        where = self._templates.where(index, line)
        return RenderError(f"{message} (sample '{sample.id}')", where=where, hint=hint)

    def _offered(self, error: UndefinedError, sample: Sample) -> str:
        """Say what a template can look up, first what may be meant."""
        offered = [*SEEN[:3], *(f"metadata.{key}" for key in sample.metadata)]
        known = f"a sample offers {', '.join(offered)}"
        names = sorted(self.variant.vars)
        if names:
            known += f"; the variables are {', '.join(names)}"
        named = re.match(r"'(\w+)' is undefined", str(error))
        if not named:
            return known
        if named[1] in self._answers:
            return f"a prompt never sees the answer that it asks for; {known}"
        meant = {name: name for name in (*sorted(self._templates.made), *names, *SEEN)}
        meant |= {key: f"metadata.{key}" for key in sample.metadata if key not in meant}
        close = get_close_matches(named[1], meant, n=1)
        return f"did you mean '{meant[close[0]]}'? {known}" if close else known


_NO_IMAGE = "an image can stand in a message of the user alone"
_NO_IMAGE_HINT = "place it by {{ image }} in a message with role: user"


@lru_cache(maxsize=KEPT)
def _compiled(
    sources: tuple[Source, ...], parts: tuple[TemplatePart, ...]
) -> PromptTemplates | RenderError:
    """Compile the templates of a variant once for all variants that have the same ones."""
    try:
        return PromptTemplates(sources, parts)
    except RenderError as error:
        return error.with_traceback(None)


def _as_data(exemplars: Sequence[Sample]) -> list[dict[str, Any]]:
    """Give what templates see of exemplars that are text."""
    return [
        {"id": e.id, "reference": e.references[0], "metadata": dict(e.metadata)} for e in exemplars
    ]


def _parts(pieces: Sequence[str | int], before: Sequence[int]) -> tuple[ImagePart | TextPart, ...]:
    """Make the parts of a turn: images that are to stand before it, then texts and images."""
    parts: list[ImagePart | TextPart] = [ImagePart(index=index) for index in before]
    for piece in pieces:
        if isinstance(piece, int):
            parts.append(ImagePart(index=piece))
        elif piece.strip():
            parts.append(TextPart(text=piece.strip()))
    return tuple(parts)


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


def _nulls(paths: Iterable[tuple[str, ...]], metadata: Mapping[str, Any]) -> list[str]:
    """Name what is looked up in the metadata and is null."""
    return list(
        dict.fromkeys(".".join(("metadata", *path)) for path in paths if _is_null(metadata, path))
    )


def _is_null(value: Any, path: Sequence[str]) -> bool:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return False
        value = value[key]
    return value is None
