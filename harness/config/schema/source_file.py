"""The shape of ``source:`` of a dataset's file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue, field_validator
from pydantic_core import PydanticCustomError

from harness.additions import additions
from harness.config.schema.strict import Strict, known

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "csv": ("delimiter", "encoding", "quoting"),
    "tsv": ("delimiter", "encoding", "quoting"),
    "jsonl": ("encoding",),
    "parquet": (),
    "coco": (),
    "folder": ("title_from",),
    "webdataset": (),
    "hf": ("revision", "config", "split"),
}
"""Format → the keys of ``source:`` that it has beside ``format`` and ``path``."""
ADDED = ("encoding",)
"""Those of a format that a package adds."""
FORMATS = tuple(OPTIONS)
"""Of a dataset's source, beside those that packages add."""


OWN_COLUMNS = ("coco", "folder", "webdataset")
"""Formats that have columns by themselves."""


def _of_formats() -> dict[str, JsonValue]:
    """Say of which formats each key is; a format that a package adds has ``ADDED``."""
    made: dict[str, JsonValue] = {}
    for key in dict.fromkeys(key for keys in OPTIONS.values() for key in keys):
        having: list[JsonValue] = [name for name, keys in OPTIONS.items() if key in keys]
        others: list[JsonValue] = [name for name, keys in OPTIONS.items() if key not in keys]
        of: JsonValue = {"not": {"enum": others}} if key in ADDED else {"enum": having}
        made[key] = {"properties": {"format": of}}
    return made


class SourceFile(Strict):
    """``source:`` of a dataset; which format has which keys ``config.row_sources`` says."""

    model_config = ConfigDict(json_schema_extra={"dependencies": _of_formats()})
    format: Annotated[str, known("format")] = Field(
        description=f"{', '.join(FORMATS)}, or one that a package adds."
    )
    path: str = Field(examples=["mine/rows.csv"], description="The data, beside this file.")
    delimiter: str | None = Field(
        default=None,
        json_schema_extra={"pattern": r'^[^"\r\n]$'},
        description="One letter between cells. Default: a comma for csv, a tab for tsv.",
    )
    encoding: str = Field(default="utf-8", description="Of csv, tsv and jsonl: latin-1, utf-16 …")
    quoting: Literal["double", "none"] | None = Field(
        default=None,
        description="none: quotation marks are text. double: they are syntax, also around cells "
        "whose lines look like rows, which are refused otherwise.",
    )

    title_from: str | None = Field(
        default=None,
        examples=["name"],
        description="Of folder: name (its words are split at - and _), or a regular expression "
        "that the path below the folder matches whole; its named groups are columns.",
    )

    revision: str | None = Field(
        default=None,
        description="Of hf: the commit, all 40 digits, of a dataset on the Hub; path is its id.",
    )
    config: str | None = Field(
        default=None, description="Of hf: which configuration of a dataset on the Hub."
    )
    split: str | None = Field(
        default=None, examples=["validation"], description="Of hf: which split."
    )

    @field_validator("format")
    @classmethod
    def _known_format(cls, value: str) -> str:
        if value not in FORMATS and value not in (added := additions("source", FORMATS)):
            *most, last = map(repr, (*FORMATS, *added))
            expected = f"{', '.join(most)} or {last}"
            raise PydanticCustomError("literal_error", "A format", {"expected": expected})
        return value

    @field_validator("delimiter")
    @classmethod
    def _one_letter(cls, value: str | None) -> str | None:
        if value is not None and (len(value) != 1 or value in '"\r\n'):
            raise PydanticCustomError("delimiter", 'One letter is wanted, such as ";" or "\\t"')
        return value

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, ValueError) as error:
            known = "Not an encoding of text; utf-8, latin-1, cp1252, utf-16 are some"
            raise PydanticCustomError("encoding", known) from error
        return value
