"""The shape of what a dataset's file says on which of its rows are used."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from harness.config.schema.strict import Strict
from harness.records import Plain  # noqa: TC001 - pydantic reads the annotations


class ConditionFile(Strict):
    """A field of ``where:``, where it is more than a value or a list of values."""

    min: float | None = Field(
        default=None, allow_inf_nan=False, description="A number from this on."
    )
    max: float | None = Field(default=None, allow_inf_nan=False, description="A number up to this.")
    # No default that can be written, since null is a value to be excluded.
    excluded: Plain | list[Plain] = Field(
        default="",
        alias="not",
        examples=["dessert"],
        description="Not this value, or none of these.",
    )

    @property
    def none_of(self) -> list[Plain]:
        """What is excluded."""
        if "excluded" not in self.model_fields_set:
            return []
        return self.excluded if isinstance(self.excluded, list) else [self.excluded]


class SampleFile(Strict):
    """``sample:`` of a dataset."""

    n: int = Field(ge=1, examples=["200"], description="How many rows.")
    seed: int = Field(default=0, ge=0, description="Another seed draws others.")


class SplitsFile(BaseModel):
    """``splits:`` of a dataset: every key but these is a split."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, float] = Field(init=False)
    sealed: list[str] = Field(
        default_factory=list,
        examples=["[test]"],
        description="Splits to prove on, not to try on: each look at them is counted.",
    )
    column: str | None = Field(
        default=None,
        examples=["split"],
        description="That names the split of each row; default: the hash of its id or cluster.",
    )

    @property
    def shares(self) -> dict[str, float]:
        """Each split's share."""
        return dict(self.__pydantic_extra__)
