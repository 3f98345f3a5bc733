"""The shape of what a dataset's file says of its faults: ``clean:`` and ``mend:``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from harness.config.schema.strict import Strict

Fault = Literal[
    "missing_id",
    "duplicate_id",
    "bad_cell",
    "missing_reference",
    "missing_image",
    "image_outside",
    "unreadable_image",
    "unsuitable_image",
    "image_across_splits",
    "duplicate_image",
    "near_duplicate_image",
    "near_duplicate_reference",
    "off_topic",
]
"""Faults that need no number; all but the last four end a run where they are not listed."""
Mend = Literal["html_entities", "unicode", "white_space"]
"""The steps of ``harness.dataset.mending``."""

_NUMBERED = {"too_short_reference": "{words: 2}", "too_long_reference": "{words: 50}"}
"""Faults that say nothing without a number → how it is written."""


class WordsFile(Strict):
    """The options of ``too_short_reference`` and ``too_long_reference``."""

    words: int = Field(ge=1, examples=["2"], description="The fewest, or the most, that will do.")


class LikenessFile(Strict):
    """The options of ``near_duplicate_image``."""

    bits: int = Field(
        ge=0, le=64, examples=["26"], description="Of 256, by which two pictures may differ."
    )


class NumberedFaultFile(Strict):
    """An entry of ``clean:`` with a number."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    too_short_reference: WordsFile | None = Field(
        default=None,
        examples=["{words: 2}"],
        description="No reference of the row has so many words.",
    )
    too_long_reference: WordsFile | None = Field(
        default=None,
        examples=["{words: 50}"],
        description="Each reference of the row has more words.",
    )
    near_duplicate_image: LikenessFile | None = Field(
        default=None,
        examples=["{bits: 26}"],
        description="The picture looks like that of a sample before.",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if len(self.model_fields_set) != 1 or self._options() is None:
            raise PydanticCustomError("one_fault", "One fault with its number is wanted here")
        return self

    @property
    def number(self) -> tuple[str, int]:
        """Give the fault, and its number."""
        match self._options():
            case WordsFile(words=number) | LikenessFile(bits=number):
                return next(iter(self.model_fields_set)), number
        raise AssertionError("an entry without a number has been refused")

    def _options(self) -> WordsFile | LikenessFile | None:
        return self.too_short_reference or self.too_long_reference or self.near_duplicate_image


def _in_its_form(value: Any) -> Any:
    if isinstance(value, str) and value in _NUMBERED:
        written = f"{{{value}: {_NUMBERED[value]}}}"
        raise PydanticCustomError("words", "It needs a number: {written}", {"written": written})
    if isinstance(value, dict) and len(value) == 1:
        (name,) = value
        if name in get_args(Fault) and name not in NumberedFaultFile.model_fields:
            bare = "'{name}' takes no number: write the word alone"
            raise PydanticCustomError("bare", bare, {"name": name})
    return value


def _checked(entries: list[str | NumberedFaultFile]) -> list[str | NumberedFaultFile]:
    names = [entry if isinstance(entry, str) else entry.number[0] for entry in entries]
    numbers = dict(entry.number for entry in entries if not isinstance(entry, str))
    for name in numbers:
        if names.count(name) > 1:
            raise PydanticCustomError("twice", "'{name}' stands twice", {"name": name})
    fewest, most = numbers.get("too_short_reference", 0), numbers.get("too_long_reference")
    if most is not None and fewest > most:
        counts = {"fewest": fewest, "most": most}
        raise PydanticCustomError(
            "none_left", "No reference has at least {fewest} words and at most {most}", counts
        )
    return entries


def _form(value: Any) -> str:
    return "numbered" if isinstance(value, dict | NumberedFaultFile) else "named"


Clean = Annotated[
    list[
        Annotated[
            Annotated[Fault, Tag("named")] | Annotated[NumberedFaultFile, Tag("numbered")],
            Discriminator(_form),
            BeforeValidator(_in_its_form),
        ]
    ],
    AfterValidator(_checked),
]
"""Faults whose rows are left out."""
