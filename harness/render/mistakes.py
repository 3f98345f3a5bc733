"""What a template did wrong, while Jinja still runs; the renderer adds file, line and sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import StrictUndefined, TemplateRuntimeError, UndefinedError

if TYPE_CHECKING:
    from collections.abc import Callable


class TemplateMistake(TemplateRuntimeError):
    """A template asks for something that templates may not do."""

    def __init__(self, message: str, *, hint: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        self.line = line
        """In the template, where it is known before the template runs."""


class NullShown(TemplateMistake):
    """A value that is null would have become text or a number."""


class NoSuchValue(UndefinedError):
    """A value has nothing of the name that the template looks up."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def missing(message: str, name: str, hint: str | None = None) -> StrictUndefined:
    """Make what stands for a value that is not there: testable, an error in any other use."""

    def mistake(text: str) -> NoSuchValue:
        return NoSuchValue(text, hint=hint)

    make: Callable[[str], Exception] = mistake
    return StrictUndefined(
        message,
        name=name,
        exc=make,  # type: ignore[arg-type]  # Jinja only calls it, with the message
    )


def use_of(value: object) -> None:
    """Raise the error of an undefined value."""
    str(value)
