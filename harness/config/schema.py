"""The shape of every YAML file that a person writes, checked at the border by pydantic.

These models only say what is allowed; `load` turns them into records and resolves their names.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from harness.additions import additions
from harness.records import Control  # noqa: TC001 - pydantic reads the annotations

FORMATS = ("csv", "tsv", "jsonl", "parquet")
"""Of a dataset's source, beside those that packages add."""


class Strict(BaseModel):
    """No unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


Scalar = str | bool | int | float
"""A value of one kind, as YAML writes it."""
Value = Scalar | list[Scalar]
"""What a variable may be."""


def _step(written: Any) -> Any:
    """Write a step with an argument in one text, as it is known by: ``truncate_words: 8``."""
    if isinstance(written, dict) and len(written) == 1:
        [(name, argument)] = written.items()
        if isinstance(name, str) and type(argument) in (str, int):
            return f"{name}:{argument}"
    return written


StepText = Annotated[str, BeforeValidator(_step)]
"""A post-processing step: a name, ``name:argument``, or ``{name: argument}``."""


class ExemplarsFile(Strict):
    """``exemplars:`` of a variant."""

    dataset: str = Field(
        examples=["recipes-demo-train"],
        description="The dataset that the worked examples come from.",
    )
    ids: list[str] | None = Field(
        default=None,
        min_length=1,
        examples=["[a12, b7]"],
        description="Which of its samples, in order.",
    )
    choose: Literal["first", "random", "similar"] | None = Field(
        default=None,
        description="How they are chosen where no ids are listed; similar: for each sample anew.",
    )
    seed: int | None = Field(default=None, ge=0, description="Of choose: random. Default: 0.")
    by: str | None = Field(
        default=None,
        examples=["metadata.ingredients"],
        description="Of choose: similar. image, or metadata.FIELD: the words of a field.",
    )
    form: Literal["turns", "text"] = Field(
        default="turns",
        alias="as",
        description="turns of the chat, or text: the variable exemplars, which templates show.",
    )
    images: bool | None = Field(
        default=None, description="Whether their images are shown too. Default: in turns."
    )
    count: int | str | None = Field(
        default=None,
        examples=["2"],
        description="How many are shown, or the variable or axis that says so. Default: all ids.",
    )
    order: int | str | None = Field(
        default=None,
        examples=["reversed"],
        description="listed, reversed, a seed to shuffle by, or the variable or axis that says so.",
    )


class MessageFile(Strict):
    """One of ``messages:`` of a variant."""

    role: Literal["system", "developer", "user", "assistant", "tool"] = Field(
        examples=["user"], description="Who speaks."
    )
    content: str = Field(description="Jinja source of what is said.")


class AxisFile(Strict):
    """An axis of ``matrix:``, where it is more than a list of values."""

    values: list[Scalar] | dict[str, Value] = Field(
        examples=['{formal: "Please give a title.", short: "Title:"}'],
        description="Its levels: values, or name → what templates see.",
    )
    nuisance: bool = Field(
        default=False, description="Whether its levels mean the same, and scores are averaged."
    )


class MatrixFile(BaseModel):
    """``matrix:`` of a variant: every key but ``exclude`` is an axis."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, list[Scalar] | AxisFile] = Field(init=False)
    EXTRA: ClassVar[type[BaseModel]] = AxisFile
    """What a key of the user's own choice holds, for hints."""
    exclude: list[dict[str, Scalar]] = Field(
        default_factory=list,
        max_length=256,
        examples=["[{tone: catchy, length: long}]"],
        description="Assignments, also partial ones, that are left out.",
    )

    @property
    def axes(self) -> dict[str, tuple[list[Scalar] | dict[str, Value], bool]]:
        """Each axis's levels, and whether it is a nuisance."""
        return {
            name: (axis, False) if isinstance(axis, list) else (axis.values, axis.nuisance)
            for name, axis in self.__pydantic_extra__.items()
        }


class FormFile(Strict):
    """``structured_outputs:`` of a variant; one of the three."""

    regex: str | None = Field(default=None, description="What the whole answer must match.")
    choice: list[str] | None = Field(default=None, min_length=1, description="Answers allowed.")
    json_schema: dict[str, Any] | None = Field(
        default=None, alias="json", description="A JSON schema of the answer."
    )


class VariantFile(Strict):
    """One prompt variant: ``prompts/<suite>/<variant>.yaml``."""

    description: str | None = Field(default=None, description="What this prompt tries.")
    extends: str | None = Field(default=None, description="The variant to start from.")
    system: str | None = Field(default=None, description="Jinja source of the system message.")
    user: str | None = Field(default=None, description="Jinja source of the user message.")
    messages: list[MessageFile] | None = Field(
        default=None,
        min_length=1,
        examples=["[{role: system, content: …}, {role: user, content: …}]"],
        description="The whole chat, in the place of system and user.",
    )
    vars: dict[str, Value] | None = Field(
        default=None,
        examples=["{words: 5}"],
        description="Variables of the templates, with their values.",
    )
    matrix: MatrixFile | None = Field(
        default=None,
        examples=["{tone: [plain, catchy], length: [short, long]}"],
        description="Axes: the file stands for a variant for each assignment of their levels.",
    )
    exemplars: ExemplarsFile | None = Field(
        default=None,
        examples=["{dataset: recipes-demo-train, ids: [a12, b7]}"],
        description="Worked examples shown before the question.",
    )
    postprocess: list[StepText] | dict[str, list[StepText]] | None = Field(
        default=None,
        examples=["[strip_reasoning, strip_preamble, first_line]"],
        description="Named steps that turn a completion into a prediction; "
        "or several such lists under names, each scored by itself.",
    )
    generation: dict[str, Any] | None = Field(
        default=None,
        examples=["{max_tokens: 32}"],
        description="Sampling parameters that this prompt needs: max_tokens …",
    )
    structured_outputs: FormFile | None = Field(
        default=None,
        examples=["{choice: [yes, no]}"],
        description="The form that answers must have.",
    )


class PriceFile(Strict):
    """``price:`` of a model."""

    prompt: float = Field(ge=0, description="US dollars for a million prompt tokens.")
    completion: float = Field(ge=0, description="US dollars for a million tokens written.")


class ModelFile(Strict):
    """A preset in ``harness/models/``, or an inline model of a suite."""

    name: str | None = Field(default=None, description="The word in tables and --model.")
    description: str | None = None
    engine: str = Field(default="vllm", description="vllm, transformers, openai, replay or fake.")
    model: str = Field(
        examples=["Qwen/Qwen2.5-VL-3B-Instruct"],
        description="Hub id, or a folder: ./x and ../x are beside this file.",
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub.")
    adapter: str | None = Field(
        default=None, description="A LoRA adapter on it: a folder (./x), or Hub id[@revision]."
    )
    args: dict[str, Any] = Field(default_factory=dict, description="Engine arguments.")
    image: dict[str, int] = Field(
        default_factory=dict,
        examples=["{max_pixels: 602112}"],
        description="min_pixels, max_pixels.",
    )
    generation: dict[str, Any] = Field(default_factory=dict, description="Default sampling.")
    timeout: float | None = Field(
        default=None, gt=0, description="Seconds that a request may take; default: 1800."
    )
    price: PriceFile | None = Field(
        default=None,
        examples=["{prompt: 0.15, completion: 0.6}"],
        description="What its tokens cost.",
    )


class DecideFile(Strict):
    """``decide:`` of a suite; what its values mean together is checked by ``config.decide``."""

    metric: str | list[str] = Field(
        examples=["CIDEr"], description="The column that decides, or a list of them."
    )
    baseline: str | None = Field(
        default=None,
        examples=["baseline"],
        description="The variant that each other is compared with. Default: all pairs.",
    )
    margin: float | dict[str, float] | None = Field(
        default=None,
        examples=["0.1"],
        description="The smallest difference that matters, in the metric's units; "
        "of several metrics {metric: margin}.",
    )


class ControlsFile(Strict):
    """``controls:`` of a suite, where not every variant has them."""

    kinds: list[Control] = Field(
        min_length=1, examples=["[blind, shuffled, grey]"], description="Which controls."
    )
    variants: list[str] = Field(
        min_length=1, examples=["[title-style]"], description="Of which variants."
    )


class SuiteFile(Strict):
    """``prompts/<suite>/suite.yaml``."""

    description: str = ""
    dataset: str = Field(
        examples=["recipes-demo"], description="A name under datasets/, or a path ending in .yaml."
    )
    variants: list[str] | None = Field(
        default=None,
        min_length=1,
        examples=["[baseline, title-style]"],
        description="Default: every YAML file beside this one.",
    )
    baseline: str | None = Field(
        default=None, description="The variant others are compared with. Default: the first."
    )
    vars: dict[str, dict[str, Value]] = Field(
        default_factory=dict,
        examples=["{title-style: {words: 5}}"],
        description="Variant → variables of it that have another value in this suite.",
    )
    models: list[str | ModelFile] = Field(
        min_length=1,
        examples=["[demo]"],
        description="Names of presets, or models described here: {model: …, engine: …}.",
    )
    decoding: dict[str, dict[str, Any]] = Field(
        default_factory=lambda: {"greedy": {"temperature": 0}},
        min_length=1,
        examples=["{warm: {temperature: 0.7}}"],
        description="Ways to decode, each under a name of its own.",
    )
    metrics: list[str | dict[str, Any]] = Field(
        default=["bleu", "rouge_l", "meteor", "cider"],
        min_length=1,
        examples=["[bleu, cider]"],
        description="Names; {name: {option: …}}; or {evaluate: ./path or Hub id, revision: …}.",
    )
    decide: DecideFile | None = Field(
        default=None,
        examples=["{metric: CIDEr, baseline: baseline}"],
        description="By what the systems are to be compared, said before answers exist.",
    )
    controls: list[Control] | ControlsFile | None = Field(
        default=None,
        examples=["[blind, shuffled, grey]"],
        description="What each variant is asked with, too, in the place of a sample's images.",
    )
    allow_leakage: bool = Field(
        default=False,
        description="Whether prompts may show answers of samples under test; every table says so.",
    )
    tokenizer: Literal["ptb", "none"] = "ptb"
    reported: str | None = Field(
        default=None, description="A CSV of figures printed elsewhere, for --with-reported."
    )


class SourceFile(Strict):
    """``source:`` of a dataset."""

    format: Annotated[
        str, WithJsonSchema({"anyOf": [{"enum": list(FORMATS)}, {"type": "string"}]})
    ] = Field(description="csv, tsv, jsonl or parquet, or one that a package adds.")
    path: str
    delimiter: str | None = Field(
        default=None,
        description="One letter between cells. Default: a comma for csv, a tab for tsv.",
    )
    encoding: str = Field(default="utf-8", description="Of csv, tsv and jsonl: latin-1, utf-16 …")
    quoting: Literal["double", "none"] | None = Field(
        default=None,
        description="none: quotation marks are text. double: they are syntax, also around cells "
        "whose lines look like rows, which are refused otherwise.",
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

    @model_validator(mode="after")
    def _options_of_the_format(self) -> Self:
        tabular = self.format in ("csv", "tsv")
        if not tabular and (self.delimiter is not None or self.quoting is not None):
            raise PydanticCustomError("format", "Delimiter and quoting are for csv and tsv alone")
        if self.format == "parquet" and self.encoding != "utf-8":
            raise PydanticCustomError("format", "Parquet has no encoding to be declared")
        return self


class ReferencesFile(Strict):
    """``references:`` of a dataset's columns; a list of names means no more than ``columns``."""

    columns: list[str] = Field(min_length=1)
    written_as: Literal["json", "python", "text"] | None = Field(
        default=None,
        alias="list",
        description="How a cell of text holds several: as a list that JSON or Python writes; text: "
        "never, whatever it looks like. Default: what is wholly a list of quoted texts is one.",
    )
    separator: str | None = Field(
        default=None, min_length=1, description="What stands between several in a cell of text."
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.written_as is not None and self.separator is not None:
            raise PydanticCustomError("list", "Either 'list' or 'separator', not both")
        return self


class ColumnsFile(Strict):
    """``columns:`` of a dataset."""

    id: str
    image: str | list[str]
    references: ReferencesFile
    metadata: list[str] = Field(default_factory=list)
    cluster: str | None = Field(
        default=None,
        description="Samples with the same value are resampled together: one cook, one restaurant.",
    )

    @field_validator("references", mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        return {"columns": value} if isinstance(value, list) else value


class ImagesFile(Strict):
    """``images:`` of a dataset."""

    root: str = "."
    suffix: str = Field(default="", description="Added to the image column, e.g. .jpg")


Fault = Literal[
    "missing_id",
    "duplicate_id",
    "bad_cell",
    "missing_reference",
    "missing_image",
    "image_outside",
    "unreadable_image",
    "duplicate_image",
]


class DatasetFile(Strict):
    """``datasets/<name>.yaml``."""

    description: str = ""
    source: SourceFile
    columns: ColumnsFile
    obtain: str | None = Field(
        default=None,
        description="For data that are no part of the project: how to get them, where to put them.",
    )
    images: ImagesFile = Field(default_factory=ImagesFile)
    clean: list[Fault] = Field(
        default=["missing_reference", "missing_image", "image_outside", "unreadable_image"],
        description="Faults whose rows are dropped and counted; any other stops the run.",
    )
