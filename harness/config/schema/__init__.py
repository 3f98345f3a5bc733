"""The shape of every YAML file that a person writes, checked at the border by pydantic.

These models only say what is allowed; `load` turns them into records and resolves their names.
"""

from harness.config.schema.choosing_file import ConditionFile, SampleFile, SplitsFile
from harness.config.schema.dataset_file import ColumnsFile, DatasetFile, ReferencesFile
from harness.config.schema.model_file import ModelFile, PriceFile
from harness.config.schema.source_file import ADDED, FORMATS, OPTIONS
from harness.config.schema.strict import KNOWN, Known
from harness.config.schema.suite_file import ControlsFile, DecideFile, SuiteFile
from harness.config.schema.variant_file import (
    AxisFile,
    ExemplarsFile,
    FormFile,
    MatrixFile,
    MessageFile,
    VariantFile,
)

__all__ = [
    "ADDED",
    "FORMATS",
    "KNOWN",
    "OPTIONS",
    "AxisFile",
    "ColumnsFile",
    "ConditionFile",
    "ControlsFile",
    "DatasetFile",
    "DecideFile",
    "ExemplarsFile",
    "FormFile",
    "Known",
    "MatrixFile",
    "MessageFile",
    "ModelFile",
    "PriceFile",
    "ReferencesFile",
    "SampleFile",
    "SplitsFile",
    "SuiteFile",
    "VariantFile",
]
