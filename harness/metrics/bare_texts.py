"""Answers → the texts in them, and texts without a run → answers: what metrics take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.records import Answer, Completion, Prediction, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.records import Json


def texts_of(answers: Sequence[Answer]) -> tuple[list[str], list[Sequence[str]]]:
    """Give what was said and the references, a place each per answer."""
    references: list[Sequence[str]] = [answer.sample.references for answer in answers]
    assert all(references), "a sample without a reference"
    return [answer.text for answer in answers], references


def answers_of(
    predictions: Sequence[str],
    references: Sequence[Sequence[str]],
    metadata: Sequence[Mapping[str, Json]] | None = None,
) -> list[Answer]:
    """Make answers of bare texts, which have no picture and no completion of a model.

    Args:
        predictions: one per sample.
        references: one or more per sample.
        metadata: what else is known of each sample.
    """
    assert len(predictions) == len(references)
    assert metadata is None or len(metadata) == len(predictions)
    known = metadata or ({},) * len(predictions)
    return [
        Answer(
            sample=Sample(id=str(i), media=(), references=tuple(texts), metadata=facts),
            completion=Completion(key="", text=text, finish_reason="stop"),
            prediction=Prediction(value=text, status="ok" if text.strip() else "empty", steps=()),
        )
        for i, (text, texts, facts) in enumerate(zip(predictions, references, known, strict=True))
    ]
