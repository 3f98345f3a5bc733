"""What a system said of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harness.records.json_value import Json
from harness.records.request import Completion
from harness.records.sample import Sample

PredictionStatus = Literal["ok", "empty", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A completion after post-processing: a value, or a status saying why there is none."""

    value: str | None
    """None exactly where the status is failed."""
    status: PredictionStatus
    """ok; empty: the model answered with nothing or white space (scored as such); failed: no
    answer (unscored). Post-processing never makes an answer empty: see ``declined``."""
    steps: tuple[str, ...]
    """The post-processing steps that changed the text."""
    declined: tuple[str, ...] = ()
    """Steps that would have left nothing of a text that was not empty, and so were left out."""
    unapplied: tuple[str, ...] = ()
    """Steps that did not find what they look for, such as a JSON field, and so were left out."""
    slow: tuple[str, ...] = ()
    """Those of ``unapplied`` that were stopped because they took too long."""
    reason: str | None = None
    """Why it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAnswers:
    """What answers should be like, learnt from references."""

    most_words: int
    """Three times the references' 99th percentile; 0 where there are none."""
    scripts: tuple[str, ...]
    """Of one reference in twenty at least, the most frequent first."""
    languages: tuple[str, ...]
    """As ``scripts``, of references in Latin letters whose language their words tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCompletion:
    """A completion in its place in a run: a line of ``completions.jsonl``."""

    system: str
    variant: str
    sample_id: str
    completion: Completion
    draw: int = 0
    """0 for the run itself; others measure how much a prompt differs from itself."""
    record: Mapping[str, Json] | None = None
    """What the completion depends on, as ``Ingredients.record`` writes it; the parts are in
    ``ingredients.jsonl``. Empty for a prediction that version 0.1 scored; None where a still older
    one kept none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One sample's completion and prediction of one system, with the sample.

    It is what metrics, tables and galleries take. A failed one has no text: ``failure`` says why.
    """

    sample: Sample
    completion: Completion
    prediction: Prediction

    @property
    def text(self) -> str:
        """The text that is scored; empty where there is none."""
        return self.prediction.value or ""

    @property
    def failure(self) -> str | None:
        """Why there is no answer; None where there is one."""
        return self.prediction.reason if self.prediction.value is None else None
