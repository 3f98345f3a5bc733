"""The shape of a dataset's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from harness.config.schema.choosing_file import (  # noqa: TC001 - pydantic reads the annotations
    ConditionFile,
    SampleFile,
    SplitsFile,
)
from harness.config.schema.cleaning_file import Clean, Mend  # noqa: TC001 - pydantic reads them
from harness.config.schema.source_file import OWN_COLUMNS, SourceFile
from harness.config.schema.strict import Strict
from harness.records import Plain  # noqa: TC001 - pydantic reads the annotations

MAX_MEGAPIXELS = 100
"""Of any image that is read."""


class ReferencesFile(Strict):
    """``references:`` of a dataset's columns; a list of names means no more than ``columns``."""

    model_config = ConfigDict(
        json_schema_extra={
            "type": ["array", "object"],
            "items": {"type": "string"},
            "minItems": 1,
        }
    )
    columns: list[str] = Field(min_length=1, description="The columns that hold them.")
    written_as: Literal["json", "python", "text"] | None = Field(
        default=None,
        alias="list",
        description="How a cell of text holds several: as a list that JSON or Python writes; text: "
        "never, whatever it looks like. Default: what is wholly a list of quoted texts is one.",
    )
    separator: str | None = Field(
        default=None, min_length=1, description="What stands between several in a cell of text."
    )

    @model_validator(mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        return {"columns": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.written_as is not None and self.separator is not None:
            raise PydanticCustomError("list", "Either 'list' or 'separator', not both")
        return self


class ColumnsFile(Strict):
    """``columns:`` of a dataset."""

    id: str | None = Field(
        default=None, description="The column with a sample's name, by which scores are kept."
    )
    image: str | Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None,
        description="The column with the image's file, or a list of them, in the order of prompts.",
    )
    references: ReferencesFile | None = Field(
        default=None,
        examples=["[title]"],
        description="The ground truth: a list of columns; or columns and how their cells are read.",
    )
    metadata: list[str] = Field(
        default_factory=list,
        examples=["[cuisine]"],
        description="Columns for prompts, as {{ metadata.cuisine }}, and slices, as --by cuisine.",
    )
    cluster: str | None = Field(
        default=None,
        description="Samples with the same value are resampled together: one cook, one restaurant.",
    )


class ImagesFile(Strict):
    """``images:`` of a dataset."""

    root: str = Field(
        default=".",
        examples=["mine/images", "s3://bucket/photos"],
        description="The folder that holds them, beside this file, or a URL; none lies outside.",
    )
    suffix: str = Field(default="", description="Added to the image column, e.g. .jpg")
    max_megapixels: float | None = Field(
        default=None,
        gt=0,
        le=MAX_MEGAPIXELS,
        description="Images of more million pixels are left out as unreadable_image; default: "
        f"{MAX_MEGAPIXELS}.",
    )


class DatasetFile(Strict):
    """``datasets/<name>.yaml``."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {
                "required": ["source"],
                "properties": {
                    "source": {
                        "required": ["format"],
                        "properties": {"format": {"not": {"enum": list(OWN_COLUMNS)}}},
                    }
                },
            },
            "then": {
                "required": ["columns"],
                "properties": {"columns": {"required": ["id", "image", "references"]}},
            },
        }
    )
    description: str = Field(default="", description="What the data are.")
    source: SourceFile = Field(
        examples=["{format: csv, path: mine/rows.csv}"], description="Where the rows are."
    )
    columns: ColumnsFile | None = Field(
        default=None,
        examples=["{id: id, image: photo, references: [title]}"],
        description="What columns mean; id, image and references are needed of csv, tsv, jsonl "
        "and parquet.",
    )
    remote: bool = Field(
        default=False,
        description="Whether files may be fetched over http(s): from whoever answers there, and "
        "whatever stands there that day.",
    )
    obtain: str | None = Field(
        default=None,
        description="For data that are no part of the project: how to get them, where to put them.",
    )
    images: ImagesFile = Field(
        default_factory=ImagesFile,
        examples=["{root: mine/images, suffix: .jpg}"],
        description="Where the files are that the image column names.",
    )
    clean: Clean = Field(
        default=[
            "missing_reference",
            "missing_image",
            "image_outside",
            "unreadable_image",
            "unsuitable_image",
        ],
        description="Faults whose rows are dropped and counted; any other of the first nine stops "
        "the run, and those behind them are looked for only where they are listed.",
    )
    mend: list[Mend] = Field(
        default_factory=list,
        examples=["[html_entities, unicode, white_space]"],
        description="What is changed in references, and counted. Default: nothing.",
    )
    where: dict[str, Plain | list[Plain] | ConditionFile] = Field(
        default_factory=dict,
        examples=["{cuisine: [thai, indian], year: {min: 2000}}"],
        description="Metadata field → the value, or one of the values, or min, max and not.",
    )
    splits: SplitsFile | None = Field(
        default=None,
        examples=["{dev: 0.5, test: 0.5, sealed: [test]}"],
        description="Parts that samples are in by the hash of their id or cluster, with the share "
        "of each; runs use the first.",
    )
    sample: SampleFile | None = Field(
        default=None,
        examples=["{n: 200}"],
        description="Only so many rows, drawn by their ids; rows that are added change few.",
    )
    limit: int | None = Field(default=None, ge=1, description="Only the first so many samples.")
