"""The shape of a suite's file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from harness.config.schema.model_file import ModelFile  # noqa: TC001 - pydantic reads the annotations
from harness.config.schema.names_chosen import NAMES, Variables
from harness.config.schema.strict import ONCE, Sampling, Strict, known
from harness.records import Control, LintName  # noqa: TC001

ColumnName = Annotated[str, known("column")]
MetricText = Annotated[str | dict[str, Any], known("metric")]
PresetName = Annotated[str, known("preset")]


Margin = Annotated[float, Field(gt=0)]


class DecideFile(Strict):
    """``decide:`` of a suite; what its values mean together is checked by ``config.decide``."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {  # one number is no margin of several metrics
                    "not": {
                        "required": ["metric", "margin"],
                        "properties": {
                            "metric": {"type": "array", "minItems": 2},
                            "margin": {"type": "number"},
                        },
                    }
                }
            ]
        }
    )
    metric: ColumnName | list[ColumnName] = Field(
        examples=["CIDEr"],
        description="The column that decides, or a list of them.",
        json_schema_extra={"minItems": 1, **ONCE},
    )
    baseline: str | None = Field(
        default=None,
        examples=["baseline"],
        description="The variant that each other is compared with. Default: all pairs.",
    )
    margin: Margin | Annotated[dict[str, Margin], Field(min_length=1)] | None = Field(
        default=None,
        examples=["0.1"],
        description="The smallest difference that matters, in the metric's units; "
        "of several metrics {metric: margin}.",
    )
    ladder: bool = Field(
        default=False,
        description="Whether tables of dev show a new best only where it gains more than noise.",
    )


class ControlsFile(Strict):
    """``controls:`` of a suite, where not every variant has them."""

    kinds: list[Control] = Field(
        min_length=1,
        examples=["[blind, shuffled, grey]"],
        description="Which controls.",
        json_schema_extra=ONCE,
    )
    variants: list[str] = Field(
        min_length=1, examples=["[title-style]"], description="Of which variants."
    )


class SuiteFile(Strict):
    """``prompts/<suite>/suite.yaml``."""

    description: str = Field(default="", description="What the suite is for; shown nowhere else.")
    dataset: str = Field(
        examples=["recipes-demo"], description="A name under datasets/, or a path ending in .yaml."
    )
    variants: list[Annotated[str, Field(json_schema_extra=dict(NAMES))]] | None = Field(
        default=None,
        min_length=1,
        json_schema_extra=ONCE,
        examples=["[baseline, title-style]"],
        description="The prompts to compare. Default: every YAML file beside this one.",
    )
    baseline: str | None = Field(
        default=None, description="The variant others are compared with. Default: the first."
    )
    vars: dict[str, Variables] = Field(
        default_factory=dict,
        examples=["{title-style: {words: 5}}"],
        description="Variant → variables of it that have another value in this suite.",
    )
    models: list[PresetName | ModelFile] = Field(
        min_length=1,
        examples=["[demo]"],
        description="Names of presets, or models described here: {model: …, engine: …}.",
    )
    decoding: dict[str, Sampling] = Field(
        default={"greedy": {"temperature": 0}},
        min_length=1,
        json_schema_extra={"propertyNames": dict(NAMES)},
        examples=["{warm: {temperature: 0.7}}"],
        description="Ways to decode, each under a name of its own.",
    )
    metrics: list[MetricText] = Field(
        default=["bleu", "rouge_l", "meteor", "cider"],
        min_length=1,
        json_schema_extra=ONCE,
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
        json_schema_extra={"minItems": 1, **ONCE},
        examples=["[blind, shuffled, grey]"],
        description="What each variant is asked with, too, in the place of a sample's images.",
    )
    allow_leakage: bool = Field(
        default=False,
        description="Whether prompts may show answers of samples under test; every table says so.",
    )
    silence: list[LintName] = Field(
        default_factory=list,
        examples=["[unused_variable]"],
        description="Lints of harness check that are not wanted of any of its variants.",
    )
    tokenizer: Literal["ptb", "none"] = Field(
        default="ptb",
        description="How BLEU, ROUGE-L and CIDEr see words: as COCO's evaluation does, or as they "
        "stand.",
    )
    reported: str | None = Field(
        default=None, description="A CSV of figures printed elsewhere, for --with-reported."
    )
