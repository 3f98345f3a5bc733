"""Every frozen dataclass that travels between the stages; no behaviour beyond small views."""

from harness.records.answer import Answer, Prediction, PredictionStatus, StoredCompletion
from harness.records.json_value import Json
from harness.records.media import (
    CellPlace,
    FilePlace,
    MediaRef,
    MemberPlace,
    Place,
    UrlPlace,
)
from harness.records.metric_spec import MetricSpec
from harness.records.prompt import (
    ExemplarSpec,
    ImagePart,
    Message,
    PromptVariant,
    RenderedPrompt,
    TextPart,
)
from harness.records.request import Completion, Request
from harness.records.run_record import (
    RUN_SCHEMA,
    Cost,
    DatasetRecord,
    GitState,
    ImageCounts,
    Machine,
    ModelRecord,
    Money,
    NoiseFloor,
    ReportedRow,
    RunRecord,
    RunSummary,
    SystemSummary,
    TextsSummary,
    TokenCounts,
    VariantRecord,
)
from harness.records.sample import DatasetConfig, Dropped, Sample
from harness.records.score import Comparison, MetricResult, Resampling, SampleScore
from harness.records.signature import Difference, Differences, Signature
from harness.records.source import Where
from harness.records.suite import Decoding, ModelConfig, Suite, System

__all__ = [
    "RUN_SCHEMA",
    "Answer",
    "CellPlace",
    "Comparison",
    "Completion",
    "Cost",
    "DatasetConfig",
    "DatasetRecord",
    "Decoding",
    "Difference",
    "Differences",
    "Dropped",
    "ExemplarSpec",
    "FilePlace",
    "GitState",
    "ImageCounts",
    "ImagePart",
    "Json",
    "Machine",
    "MediaRef",
    "MemberPlace",
    "Message",
    "MetricResult",
    "MetricSpec",
    "ModelConfig",
    "ModelRecord",
    "Money",
    "NoiseFloor",
    "Place",
    "Prediction",
    "PredictionStatus",
    "PromptVariant",
    "RenderedPrompt",
    "ReportedRow",
    "Request",
    "Resampling",
    "RunRecord",
    "RunSummary",
    "Sample",
    "SampleScore",
    "Signature",
    "StoredCompletion",
    "Suite",
    "System",
    "SystemSummary",
    "TextPart",
    "TextsSummary",
    "TokenCounts",
    "UrlPlace",
    "VariantRecord",
    "Where",
]
