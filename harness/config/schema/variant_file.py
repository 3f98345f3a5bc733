"""The shape of a prompt variant's file."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from harness.config.schema.names_chosen import (
    LEVELS,
    PIPELINES,
    VARIABLES,
    Level,
    Scalar,
    Value,
    Variables,
)
from harness.config.schema.strict import ONCE, Sampling, Strict, known
from harness.records import LintName  # noqa: TC001 - pydantic reads the annotations


def _step(written: Any) -> Any:
    """Write a step with an argument in one text, as it is known by: ``truncate_words: 8``."""
    if isinstance(written, dict) and len(written) == 1:
        [(name, argument)] = written.items()
        if isinstance(name, str) and type(argument) in (str, int):
            return f"{name}:{argument}"
    if not isinstance(written, str):
        raise PydanticCustomError("step", "A step is a name, or one name with its argument")
    return written


StepText = Annotated[str, BeforeValidator(_step), known("step")]
"""A post-processing step: a name, ``name:argument``, or ``{name: argument}``."""


class ExemplarsFile(Strict):
    """``exemplars:`` of a variant; what its keys mean together ``config.exemplars`` says."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"oneOf": [{"required": ["ids"]}, {"required": ["choose"]}]},
                {
                    "if": {"required": ["choose"], "properties": {"choose": {"const": "similar"}}},
                    "then": {"required": ["by"]},
                },
                {
                    "not": {
                        "required": ["as", "images"],
                        "properties": {"as": {"const": "text"}, "images": {"const": True}},
                    }
                },
            ],
            "dependencies": {
                "choose": ["count"],
                "seed": {"required": ["choose"], "properties": {"choose": {"const": "random"}}},
                "by": {"required": ["choose"], "properties": {"choose": {"const": "similar"}}},
            },
        }
    )
    dataset: str = Field(
        examples=["recipes-demo-train"],
        description="The dataset that the worked examples come from.",
    )
    ids: list[str] | None = Field(
        default=None,
        min_length=1,
        json_schema_extra=ONCE,
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
        json_schema_extra={"pattern": r"^(image$|metadata\..)"},
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
        json_schema_extra={"minimum": 0},
        examples=["2"],
        description="How many are shown, or the variable or axis that says so. Default: all ids.",
    )
    order: int | str | None = Field(
        default=None,
        json_schema_extra={"minimum": 0},
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

    values: list[Level] | dict[str, Value] = Field(
        json_schema_extra={
            "minItems": 1,
            **ONCE,
            "minProperties": 1,
            "propertyNames": dict(LEVELS),
        },
        examples=['{formal: "Please give a title.", short: "Title:"}'],
        description="Its levels: values, or name → what templates see.",
    )
    nuisance: bool = Field(
        default=False, description="Whether its levels mean the same, and scores are averaged."
    )


Levels = Annotated[list[Level], Field(json_schema_extra={"minItems": 1, **ONCE})]


class MatrixFile(BaseModel):
    """``matrix:`` of a variant: every key but ``exclude`` is an axis."""

    model_config = ConfigDict(
        extra="allow", strict=True, json_schema_extra={"propertyNames": dict(VARIABLES)}
    )
    __pydantic_extra__: dict[str, Levels | AxisFile] = Field(init=False)
    EXTRA: ClassVar[type[BaseModel]] = AxisFile
    """What a key of the user's own choice holds, for hints."""
    exclude: list[Annotated[dict[str, Scalar], Field(min_length=1)]] = Field(
        default_factory=list,
        max_length=256,
        examples=["[{tone: catchy, length: long}]"],
        description="Assignments, also partial ones, that are left out.",
    )

    @property
    def axes(self) -> dict[str, tuple[list[Level] | dict[str, Value], bool]]:
        """Each axis's levels, and whether it is a nuisance."""
        return {
            name: (axis, False) if isinstance(axis, list) else (axis.values, axis.nuisance)
            for name, axis in self.__pydantic_extra__.items()
        }


class FormFile(Strict):
    """``structured_outputs:`` of a variant; one of the three."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})
    regex: str | None = Field(default=None, description="What the whole answer must match.")
    choice: list[str] | None = Field(default=None, min_length=1, description="Answers allowed.")
    json_schema: dict[str, Any] | None = Field(
        default=None, alias="json", description="A JSON schema of the answer."
    )


class VariantFile(Strict):
    """One prompt variant: ``prompts/<suite>/<variant>.yaml``."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependencies": {
                "messages": {"not": {"anyOf": [{"required": ["system"]}, {"required": ["user"]}]}}
            }
        }
    )
    description: str | None = Field(default=None, description="What this prompt tries.")
    extends: str | None = Field(default=None, description="The variant to start from.")
    system: str | None = Field(default=None, description="Jinja source of the system message.")
    user: str | None = Field(default=None, description="Jinja source of the user message.")
    messages: list[MessageFile] | None = Field(
        default=None,
        min_length=1,
        json_schema_extra={"contains": {"properties": {"role": {"const": "user"}}}},
        examples=["[{role: system, content: …}, {role: user, content: …}]"],
        description="The whole chat, in the place of system and user.",
    )
    vars: Variables | None = Field(
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
        json_schema_extra={"minProperties": 1, "propertyNames": dict(PIPELINES)},
        examples=["[strip_reasoning, strip_preamble, first_line]"],
        description="Named steps that turn a completion into a prediction; "
        "or several such lists under names, each scored by itself.",
    )
    generation: Sampling | None = Field(
        default=None,
        examples=["{max_tokens: 32}"],
        description="Sampling parameters that this prompt needs: max_tokens …",
    )
    structured_outputs: FormFile | None = Field(
        default=None,
        examples=["{choice: [soup, salad]}"],
        description="The form that answers must have.",
    )
    silence: list[LintName] = Field(
        default_factory=list,
        examples=["[unused_variable]"],
        description="Lints of harness check that this file does not want to hear of.",
    )
