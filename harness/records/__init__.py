"""Every frozen dataclass that travels between the stages; no behaviour beyond small views."""

from harness.records.answer import Prediction, PredictionStatus
from harness.records.json_value import Json
from harness.records.prompt import (
    ExemplarSpec,
    ImagePart,
    Message,
    PromptVariant,
    RenderedPrompt,
    TextPart,
)
from harness.records.request import Completion, Request
from harness.records.sample import DatasetConfig, Dropped, MediaRef, Sample
from harness.records.score import Comparison, MetricResult, SampleScore
from harness.records.source import Where
from harness.records.suite import Decoding, ModelConfig, Suite, System

__all__ = [
    "Comparison",
    "Completion",
    "DatasetConfig",
    "Decoding",
    "Dropped",
    "ExemplarSpec",
    "ImagePart",
    "Json",
    "MediaRef",
    "Message",
    "MetricResult",
    "ModelConfig",
    "Prediction",
    "PredictionStatus",
    "PromptVariant",
    "RenderedPrompt",
    "Request",
    "Sample",
    "SampleScore",
    "Suite",
    "System",
    "TextPart",
    "Where",
]
