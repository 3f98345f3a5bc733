"""Every frozen dataclass that travels between the stages; no behaviour beyond small views."""

from harness.records.answer import Answer, Prediction, PredictionStatus, StoredCompletion
from harness.records.effect import Effect
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
    FLOOR_SDS,
    RUN_SCHEMA,
    Cost,
    DatasetRecord,
    Declaration,
    DrawVariance,
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
from harness.records.score import Comparison, MetricResult, Resampling, SampleScore, Verdict
from harness.records.signature import Difference, Differences, Signature
from harness.records.source import Where
from harness.records.suite import Decision, Decoding, ModelConfig, Suite, System

__all__ = [
    "FLOOR_SDS",
    "RUN_SCHEMA",
    "Answer",
    "CellPlace",
    "Comparison",
    "Completion",
    "Cost",
    "DatasetConfig",
    "DatasetRecord",
    "Decision",
    "Declaration",
    "Decoding",
    "Difference",
    "Differences",
    "DrawVariance",
    "Dropped",
    "Effect",
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
    "Verdict",
    "Where",
]
