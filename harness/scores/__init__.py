"""Answers → a result per system and metric, and a score per sample.

``measured`` makes sufficient statistics of answers, block by block; ``results`` makes every number
of them. An answer that failed is left out and counted; an empty one is an answer, and scores as
such.
"""

from harness.scores.measured import Measured
from harness.scores.results import (
    ScoredRun,
    best_of,
    evaluate_fields,
    raw_values,
    sample_scores,
    score,
    score_by_evaluate,
    signature_of,
    signatures,
)

__all__ = [
    "Measured",
    "ScoredRun",
    "best_of",
    "evaluate_fields",
    "raw_values",
    "sample_scores",
    "score",
    "score_by_evaluate",
    "signature_of",
    "signatures",
]
